#!/usr/bin/env python3
"""Measures one loop against many along four axes, and writes what
docs/one-loop-or-many.md shows: its figures as JSON, its tables, its plots.

Bazel passes where the comparison is; see --help for the rest.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "peers"))

# pylint: disable=wrong-import-position
from runner import marked, options, process
import page
import points
import results

PAGE = "one-loop-or-many"


def parse():
    parser = argparse.ArgumentParser(
        prog="sweep", description="Compares one loop with many for several "
        "numbers of workers and connections and costs of requests, "
        f"and renews docs/{PAGE}.md: tables, plots and the JSON behind them.")
    parser.add_argument("--draw", action="store_true",
                        help="measure nothing: renew tables and plots from "
                        "the JSON that is there")
    parser.add_argument("--rounds", type=options.positive, default=3,
                        help="runs of each (%(default)s)")
    parser.add_argument("--duration", type=options.seconds, default=0.3,
                        help="measured seconds of each run (%(default)s)")
    parser.add_argument("--docs", metavar="DIRECTORY",
                        default=os.path.join(HERE, "..", "..", "..", "docs"),
                        help=f"where {PAGE}.md is (this checkout's)")
    parser.add_argument("--compare", help=argparse.SUPPRESS)
    return parser.parse_args()


def renew(docs, found):
    marked.update(os.path.join(docs, f"{PAGE}.md"), page.parts(found))
    return page.write_plots(os.path.join(docs, PAGE), found)


def main():
    choice = parse()
    docs = os.path.join(
        os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd()), choice.docs)
    path = os.path.join(docs, PAGE, "figures.json")
    try:
        if not choice.draw:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            results.write(path, results.measure(
                os.path.abspath(choice.compare), points.points(),
                [f"--rounds={choice.rounds}",
                 f"--duration={choice.duration:g}"]))
        if not renew(docs, results.read(path)):
            print("sweep: no plots: gnuplot is not installed (Debian: "
                  "gnuplot-nox), or cannot draw them", file=sys.stderr)
            return 1
    except (process.Failed, marked.Missing, OSError) as failed:
        print(f"sweep: {failed}", file=sys.stderr)
        return 1
    print(f"sweep: docs/{PAGE}.md and docs/{PAGE}/ are renewed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
