#!/usr/bin/env python3
"""Counts what an operation of //benchmarks:micro costs on one worker, under
callgrind: instructions, memory accesses, mispredicted branches, cache misses.

Each workload runs with two numbers of operations; the difference, divided by
the difference of the numbers, is free of all that happens once. Counts do not
depend on what else the machine does, except that callgrind is slow: what comes
by the clock, such as a turn of the loop, comes oftener for each operation.
"""

import argparse
import collections
import glob
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "peers"))

# pylint: disable=wrong-import-position
from runner import marked, process, workloads

TIMEOUT = 600
PART = "instructions"  # of the page
OPS = (20000, 120000)

# Workloads that want other numbers: trees, which have sizes of their own, and
# crowds, each of whose operations is a task that takes long to make.
SIZES = {
    "fib": (8361, 150049),
    "skynet": (10000, 100000),
    "skynet_spawn": (10000, 100000),
    "nqueens": (8394, 166926),
    "parked_task": (2000, 12000),
    "unstarted_task": (2000, 12000),
    "sleepers": (2000, 12000),
    "delayed": (2000, 12000),
}

# Between threads the instructions are those of spinning.
NOT_COUNTED = ("foreign_wake", "offload_roundtrip")

FLOOR = "raw_jump"  # F
OWN = (FLOOR, "wake_same_worker")  # what peers have not, for one worker
NAMES = list(OWN) + [workload.name for workload in workloads.TASKS
                     if workload.name not in NOT_COUNTED]

COLUMNS = ("instructions", "loads", "stores", "branches", "mispredicted",
           "L1 data misses", "L1 code misses")


def totals(text):
    """The events of one output file of callgrind, by name."""
    events = re.search(r"^events: (.*)$", text, re.MULTILINE)
    counts = re.search(r"^totals: (.*)$", text, re.MULTILINE)
    if not events or not counts:
        raise process.Failed("callgrind's output has no totals")
    names, numbers = events[1].split(), map(int, counts[1].split())
    return collections.Counter(dict(zip(names, numbers)))


def run(micro, name, ops):
    """All events of a run: of the benchmark, whose process is a child, and of
    its parent, where they are the same in each run."""
    found = collections.Counter()
    numbers = [f"--jumps={ops if name == FLOOR else 2}", f"--ops={ops}"]
    if name not in OWN:
        numbers.append("--workers=1")
    with tempfile.TemporaryDirectory() as folder:
        process.output(
            ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes",
             "--cache-sim=yes", "--branch-sim=yes",
             f"--callgrind-out-file={folder}/%p", micro,
             f"--benchmark_filter=^{name}$",
             "--benchmark_repetitions=1"] + numbers, TIMEOUT)
        for path in glob.glob(f"{folder}/*"):
            with open(path, encoding="utf-8", errors="replace") as file:
                found.update(totals(file.read()))
    return found


def columns(few, many, ops):
    """What each of the operations between the two runs cost. Indirect branches
    are left out of the mispredicted: callgrind guesses them all wrong."""
    each = {name: (many[name] - few[name]) / ops for name in many}
    return (each["Ir"], each["Dr"], each["Dw"], each["Bc"] + each["Bi"],
            each["Bcm"], each["D1mr"] + each["D1mw"], each["I1mr"])


def number(value):
    value = max(value, 0)
    return f"{value:.0f}" if value >= 9.95 else f"{value:.2f}"


def rows(micro, names):
    """The lines of the table, as they come."""
    for name in names:
        print(f"instructions: {name}", file=sys.stderr, flush=True)
        low, high = SIZES.get(name, OPS)
        found = columns(run(micro, name, low), run(micro, name, high),
                        high - low)
        yield [f"`{name}`"] + [number(value) for value in found]


def parse():
    parser = argparse.ArgumentParser(
        prog="instructions",
        description="Counts what an operation of each micro benchmark costs "
        "on one worker, under callgrind, and renews the table of "
        "docs/performance.md. Takes some minutes.")
    parser.add_argument("--filter", type=re.compile, metavar="REGEX",
                        help="workloads to count; the page is left alone")
    parser.add_argument("--page", metavar="FILE",
                        default=os.path.join(HERE, "..", "docs",
                                             "performance.md"),
                        help="the page to renew (this checkout's)")
    parser.add_argument("--micro", help=argparse.SUPPRESS)
    choice = parser.parse_args()
    choice.names = [name for name in NAMES
                    if not choice.filter or choice.filter.search(name)]
    if not choice.names:
        parser.error("--filter: no workload of that name is counted")
    return choice


def main():
    choice = parse()
    page = os.path.join(
        os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd()), choice.page)
    try:
        table = list(marked.table(
            [("an operation of",) + COLUMNS] +
            list(rows(os.path.abspath(choice.micro), choice.names))))
        print("\n".join(table))
        if not choice.filter:
            marked.update(page, {PART: table})
    except (process.Failed, marked.Missing, OSError) as failed:
        print(f"instructions: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
