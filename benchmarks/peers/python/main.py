"""The workloads of benchmarks/peers on one event loop: asyncio's or uvloop's.

    main.py LOOP --list                  the workloads, one a line, with the
                                         most workers that each makes sense for
    main.py LOOP WORKLOAD WORKERS OPS    one run: a line of JSON with ns_per_op
    main.py LOOP serve_SERVICE WORKERS   a server: a line of JSON with its port;
                                         it ends when standard input does

A workload checks its answer and fails when it is wrong; a short run does so
before the one that is timed.
"""

import asyncio
import gc
import json
import sys

import servers
import tasks
import waiting

WORKLOADS = {
    "yield": tasks.yield_pair,
    "yield_100": tasks.yield_100,
    "spawn_join": tasks.spawn_join,
    "spawn_join_wait": tasks.spawn_join_wait,
    "spawn_batch": tasks.spawn_batch,
    "gather": tasks.gather,
    "fib": tasks.fib_tree,
    "chan_buffered": waiting.chan_buffered,
    "chan_mpmc": waiting.chan_mpmc,
    "chan_pingpong": waiting.chan_pingpong,
    "mutex_uncontended": waiting.mutex_uncontended,
    "mutex_contended": waiting.mutex_contended,
    "mutex_brief": waiting.mutex_brief,
    "scope_unused": waiting.scope_unused,
    "timer_add_cancel": waiting.timer_add_cancel,
    "foreign_wake": waiting.foreign_wake,
    "offload_roundtrip": waiting.offload_roundtrip,
}
SERVICES = {"serve_echo": servers.serve_echo, "serve_http": servers.serve_http}


def choose_loop(name):
    if name == "uvloop":
        import uvloop  # pylint: disable=import-outside-toplevel
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def measure(name, ops):
    asyncio.run(WORKLOADS[name](ops // 100 + 100))
    gc.collect()
    print(json.dumps(asyncio.run(WORKLOADS[name](ops))))


def main(arguments):
    choose_loop(arguments[0])
    if arguments[1:] == ["--list"]:
        for name in WORKLOADS:
            print(name, 1)
        for name in SERVICES:
            print(name)
        return 0
    if len(arguments) == 3 and arguments[1] in SERVICES:
        SERVICES[arguments[1]](int(arguments[2]))
    if len(arguments) == 4 and arguments[1] in WORKLOADS:
        measure(arguments[1], int(arguments[3]))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
