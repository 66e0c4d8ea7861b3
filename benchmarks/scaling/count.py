#!/usr/bin/env python3
"""Counts what each hot path does to the machine, per operation.

usage: count.py PATHS [name...]      PATHS: the binary //benchmarks/scaling:paths

Prints a Markdown table:
  instructions, locked   executed, by callgrind (--dump-instr): the difference
                         of two runs, so that what happens once drops out.
                         Locked are those with a lock prefix and xchg with
                         memory, told by objdump; where they are, by the
                         function that others are inlined into.
  lines                  64-byte lines stored to in at least every fourth
                         operation, by lackey (--trace-mem)
  system calls           by strace, both runs again

Needs valgrind, binutils, strace.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile

NAMES = ["yield/2", "wake_same_worker", "spawn_join", "spawn_join_wait",
         "spawn_batch", "fib/32", "future_pingpong/1", "chan_buffered",
         "chan_rendezvous", "chan_pingpong/1", "mutex_uncontended",
         "scope_unused", "timer_add_cancel", "select_ready", "read_ready",
         "read_waiting"]
FEW, MANY = 1000, 5000
TRACED = 256


def run(*command):
    return subprocess.run(command, check=True, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                          ).stdout


def locked_addresses(binary):
    """Addresses of instructions that lock a line."""
    found = set()
    for line in run("objdump", "-d", "--no-show-raw-insn", binary).splitlines():
        match = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
        if match and (match[2].startswith("lock ") or
                      re.match(r"xchg\s.*\(", match[2])):
            found.add(int(match[1], 16))
    return found


def executed(binary, name, ops, locked):
    """Instructions and locked ones of a run, these by function, too."""
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "out")
        run("valgrind", "--tool=callgrind", "--dump-instr=yes",
            "--compress-pos=no", "--compress-strings=no", "--fair-sched=yes",
            f"--callgrind-out-file={out}", binary, name, str(ops))
        with open(out, encoding="utf-8") as file:
            return add_up(file, binary, locked)


def add_up(lines, binary, locked):
    counts = collections.Counter()
    here, function, is_call = "", "", False
    for line in lines:
        if line.startswith("ob="):
            here = line[3:].strip()
        elif line.startswith("fn="):
            function = line[3:].strip().split("'")[0]  # recursion
        elif line.startswith("calls="):
            is_call = True
        elif line.startswith("0x"):
            address, _, cost = line.split()[:3]
            if not is_call:
                counts["instructions"] += int(cost)
                if here == binary and int(address, 16) in locked:
                    counts["locked"] += int(cost)
                    counts["in " + function] += int(cost)
            is_call = False
    return counts


def lines_stored(binary, name):
    """How many lines a path stores to again and again."""
    text = run("valgrind", "--tool=lackey", "--trace-mem=yes",
               "--fair-sched=yes", binary, name, str(TRACED))
    mark = int(re.search(r"^mark (0x[0-9a-f]+)", text, re.MULTILINE)[1], 16)
    stores = collections.Counter()
    within = False
    for access in re.finditer(r"^ [SM] ([0-9a-f]+),\d+$", text, re.MULTILINE):
        address = int(access[1], 16)
        if address == mark:
            within = not within
        elif within:
            stores[address // 64] += 1
    return sum(1 for count in stores.values() if count >= TRACED // 4)


def calls(binary, name, ops):
    with tempfile.NamedTemporaryFile() as out:
        run("strace", "-f", "-c", "-o", out.name, binary, name, str(ops))
        text = out.read().decode()
    return {m[2]: int(m[1]) for m in re.finditer(
        r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+ )?\s*(\w+)$", text,
        re.MULTILINE) if m[2] != "total"}


def count(binary, name, locked):
    span = MANY - FEW
    before = executed(binary, name, FEW, locked)
    after = executed(binary, name, MANY, locked)
    calls_before = calls(binary, name, FEW)
    calls_after = calls(binary, name, MANY)
    often = []
    for call in sorted(calls_after):
        rate = (calls_after[call] - calls_before.get(call, 0)) / span
        if rate >= 0.05:
            often.append(f"{rate:.1f} {call}")
    each = {what: (after[what] - before[what]) / span for what in after}
    return (f"| `{name}` | {each['instructions']:.0f} | {each['locked']:.2f} "
            f"| {lines_stored(binary, name)} | {', '.join(often) or '–'} "
            f"| {where(each)} |")


def where(each):
    """The functions that lock in at least every tenth operation."""
    parts = [(rate, what[3:]) for what, rate in each.items()
             if what.startswith("in ") and rate >= 0.1]
    return ", ".join(f"{rate:.1f} `{function}`"
                     for rate, function in sorted(parts, reverse=True))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    binary = os.path.realpath(sys.argv[1])
    locked = locked_addresses(binary)
    print("| an operation of | instructions | locked | lines | system calls "
          "| where it locks |")
    print("|---|---:|---:|---:|---|---|")
    for name in sys.argv[2:] or NAMES:
        print(count(binary, name, locked), flush=True)


if __name__ == "__main__":
    main()
