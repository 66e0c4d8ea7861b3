#!/usr/bin/env python3
"""Renews the table of times of docs/performance.md from a peers.json, as
//benchmarks:peers wrote it."""

import argparse
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "peers"))

# pylint: disable=wrong-import-position
from runner import marked, report, table

PART = "times"  # of the page


def lines(context, series):
    yield (f"{context['num_cpus']} CPUs, kernel {context['kernel']}, "
           f"{context['date'][:10]}, {context['runs']} runs of each.")
    if "warning" in context:
        yield f"**Warning: {context['warning']}.**"
    yield ""
    yield from marked.table(table.rows(series))
    yield ""
    yield from table.LEGEND


def parse():
    parser = argparse.ArgumentParser(prog="times", description=__doc__)
    parser.add_argument("report", nargs="?", metavar="FILE",
                        default="peers-out/peers.json",
                        help="the report (%(default)s)")
    parser.add_argument("--page", metavar="FILE",
                        default=os.path.join(HERE, "..", "docs",
                                             "performance.md"),
                        help="the page to renew (this checkout's)")
    return parser.parse_args()


def main():
    choice = parse()
    caller = os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd())
    try:
        context, series = report.read(os.path.join(caller, choice.report))
        marked.update(os.path.join(caller, choice.page),
                      {PART: list(lines(context, series))})
    except KeyError as missing:
        print(f"times: {choice.report} is not of this version of "
              f"//benchmarks:peers: no {missing}", file=sys.stderr)
        return 1
    except (marked.Missing, OSError, ValueError) as failed:
        print(f"times: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
