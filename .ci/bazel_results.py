#!/usr/bin/env python3
"""Counts what one `bazel test` did.

usage: bazel_results.py <file of --build_event_json_file> <exit code of bazel>

Prints a line per target that did not pass, then `N passed, N failed`. Counted
are the test targets; a target that does not build counts as a failure, and so
does a flaky test. Bazel failing for any other reason is one failure more.
"""

import json
import sys


def read_events(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError) as error:
        print(f"bazel_results: {error}")
        return []


def results(events):
    """{label: "PASSED" or what went wrong} of tests and of broken targets."""
    outcome = {}
    for event in events:
        for kind, identity in event.get("id", {}).items():
            if not isinstance(identity, dict) or "label" not in identity:
                continue
            label = identity["label"]
            if kind == "targetCompleted":
                if not event.get("completed", {}).get("success"):
                    outcome[label] = "FAILED TO BUILD"
            elif kind == "testSummary":
                status = event["testSummary"].get("overallStatus", "NO_STATUS")
                if outcome.get(label, "PASSED") == "PASSED":
                    outcome[label] = status.replace("_", " ")
            elif "aborted" in event:
                outcome[label] = "ABORTED"
    return outcome


def main():
    outcome = results(read_events(sys.argv[1]))
    bad = sorted((label, status) for label, status in outcome.items()
                 if status != "PASSED")
    passed, failed = len(outcome) - len(bad), len(bad)
    for label, status in bad:
        print(f"{status}: {label}")
    if int(sys.argv[2]) != 0 and not failed:
        print(f"bazel ended with exit code {sys.argv[2]}")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
