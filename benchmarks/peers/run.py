#!/usr/bin/env python3
"""Measures rove beside its peers: the same work in Go, Tokio, Rayon,
Boost.Fiber, oneTBB, libuv, plain epoll, pthreads, asyncio and uvloop.

Bazel passes where rove's own programs are; see --help for the rest.
"""

import os
import sys

sys.dont_write_bytecode = True

from runner import campaign, options, page, programs, report, table


def print_table(series):
    for line in table.lines(series):
        print(line)


def main():
    choice = options.parse()
    if choice.install:
        return programs.install()
    os.makedirs(choice.out, exist_ok=True)
    runtimes = programs.prepare(choice)
    series = campaign.plan(runtimes, choice)
    if not series:
        print("peers: nothing to run", file=sys.stderr)
        return 2
    failures = campaign.run(series, choice)
    print_table(series)
    context = report.context(choice, failures)
    for path in filter(None, [os.path.join(choice.out, "peers.json"),
                              choice.json]):
        report.write(path, context, series)
    page.write(os.path.join(choice.out, "peers.html"), context, series)
    for failure in failures:
        print(f"peers: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
