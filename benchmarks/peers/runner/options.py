"""What the user wants."""

import argparse
import os
import random
import re

from runner import programs, workloads

SECONDS_MAX = 3600  # of a run

EPILOG = """
A workload's name is followed by the number of workers; --filter and --peer may
be given several times. Times are medians over the runs; the order of the runs
within a round is shuffled. Peers that are not installed are named and left out;
--install fetches all of them (as root, through apt).
"""


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        prog="peers", epilog=EPILOG,
        description="Measures rove beside its peers on the same work.")
    parser.add_argument("--filter", action="append", default=[],
                        metavar="REGEX",
                        help="workloads to run, such as 'chan_' or 'yield/1$'")
    parser.add_argument("--peer", action="append", default=[],
                        choices=programs.NAMES,
                        help="peers to run beside rove (all)")
    parser.add_argument("--runs", type=positive, default=5,
                        help="runs of each (%(default)s)")
    parser.add_argument("--workers", type=widths, default=[1, 2],
                        metavar="N[,N...]", help="numbers of workers (1,2)")
    parser.add_argument("--out", default="peers-out", metavar="DIRECTORY",
                        help="for peers.json, peers.html and what is built "
                        "(%(default)s)")
    parser.add_argument("--json", metavar="FILE", help="the results, also here")
    parser.add_argument("--seed", type=int,
                        help="of the order of the runs (from the clock)")
    parser.add_argument("--ops", type=positive,
                        help="operations of every run, instead of as many as "
                        "fill --budget")
    parser.add_argument("--budget", type=seconds, default=0.2,
                        help="seconds of a run, where that is free "
                        "(%(default)s)")
    parser.add_argument("--install", action="store_true",
                        help="install all peers, and nothing else")
    for program in ("micro", "server", "load"):
        parser.add_argument(f"--rove-{program}", help=argparse.SUPPRESS)
    choice = parser.parse_args(arguments)
    choice.filter = [compiled(parser, pattern, choice.workers)
                     for pattern in choice.filter]
    if choice.seed is None:
        choice.seed = random.SystemRandom().randrange(1 << 32)
    place(choice)
    return choice


def compiled(parser, pattern, workers):
    """A filter that fits something."""
    try:
        found = re.compile(pattern)
    except re.error as error:
        parser.error(f"--filter {pattern}: {error}")
    if not any(map(found.search, workloads.names(workers))):
        parser.error(f"--filter {pattern}: no workload of that name with "
                     f"--workers {','.join(map(str, workers))}")
    return found


def seconds(text):
    number = float(text)
    if not 0 < number <= SECONDS_MAX:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not above 0 and at most {SECONDS_MAX}")
    return number


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is below 1")
    return number


def widths(text):
    return sorted({positive(part) for part in text.split(",")})


def place(choice):
    """Paths of the user's count from where bazel was called."""
    caller = os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd())
    choice.out = os.path.join(caller, choice.out)
    if choice.json:
        choice.json = os.path.join(caller, choice.json)
