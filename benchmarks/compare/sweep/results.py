"""What the points found: measured, kept as JSON, looked up."""

import json
import os
import sys
import tempfile

from runner import process
from points import BASE, arguments

TIMEOUT = 3600
CONTEXT = ("date", "cpu_model", "num_cpus", "kernel", "compiler",
           "library_build_type", "load_avg", "warning", "rounds", "duration",
           "open_loop_rate")
COUNTERS = ("requests_per_second", "requests_per_second_min",
            "requests_per_second_max", "p50_us", "p99_us", "p99_us_min",
            "p99_us_max", "computing_p99_us", "cpu_seconds_per_million",
            "generator_cpus", "steals", "parks", "errors")


def compare(program, point, options):
    """The report of one comparison."""
    with tempfile.TemporaryDirectory() as folder:
        process.output([program, "--out", folder] + arguments(point) + options,
                       TIMEOUT)
        with open(os.path.join(folder, "compare.json"),
                  encoding="utf-8") as file:
            return json.load(file)


def entry(found):
    """One design in one shape, with the counters that a page may need."""
    design, shape, _service = found["name"].split("/")
    kept = {"design": design, "shape": shape}
    kept.update((name, round(found[name], 3)) for name in COUNTERS
                if name in found)
    return kept


def measure(program, points, options):
    """All points; where requests cost the same as at the first of them, at the
    rate that it chose. Raises process.Failed."""
    results = {"context": None, "points": []}
    rate = []
    for number, point in enumerate(points, 1):
        print(f"sweep: point {number}, {' '.join(arguments(point))}",
              file=sys.stderr, flush=True)
        report = compare(program, point,
                         options + (rate if point.work == BASE.work else []))
        if results["context"] is None:
            results["context"] = {name: report["context"][name]
                                  for name in CONTEXT
                                  if name in report["context"]}
            rate = [f"--rate={report['context']['open_loop_rate']}"]
        results["points"].append(dict(
            point._asdict(), cells=[entry(one)
                                    for one in report["benchmarks"]]))
    return results


def write(path, results):
    """A line for each design, so that a change of the figures can be read.
    Never leaves a part of a file at path."""
    lines = ['{"context": ' + json.dumps(results["context"]) + ",",
             ' "points": [']
    for number, point in enumerate(results["points"]):
        head = {key: value for key, value in point.items() if key != "cells"}
        cells = ",\n    ".join(json.dumps(cell) for cell in point["cells"])
        comma = "," if number + 1 < len(results["points"]) else ""
        lines.append(f'  {json.dumps(head)[:-1]},\n   "cells": [\n    '
                     f'{cells}]}}{comma}')
    lines.append(" ]}")
    scratch = f"{path}.{os.getpid()}"
    with open(scratch, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(scratch, path)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Axis:
    """The cells along one axis: what changes, and the base point among it."""

    def __init__(self, results, name):
        self.name = name
        self.cells = {}  # by value on the axis, shape and design
        self.base = {}   # by shape and design
        for point in results["points"]:
            for cell in point["cells"]:
                key = cell["shape"], cell["design"]
                if point["axis"] == BASE.axis:
                    self.base[key] = cell
                if point["axis"] in (BASE.axis, name):
                    self.cells[(point.get(name, 0),) + key] = cell
        self.values = sorted({key[0] for key in self.cells})

    def find(self, value, shape, design, counter):
        """None where nothing was measured. With any number of workers, who has
        one loop is as at the base."""
        cell = self.cells.get((value, shape, design))
        if cell is None and self.name == "workers":
            cell = self.base.get((shape, design))
        return cell.get(counter) if cell else None
