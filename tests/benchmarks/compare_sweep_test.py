#!/usr/bin/env python3
"""The sweep of benchmarks/compare: that its points fit the comparison, which
figures meet in a table, and that the page shows the figures that lie beside it.
"""

import os
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "benchmarks", "peers"))
sys.path.insert(0, os.path.join(ROOT, "benchmarks", "compare", "sweep"))
COMPARE = os.path.abspath(sys.argv.pop()) if len(sys.argv) > 1 else None

# pylint: disable=wrong-import-position
import page
import points
import results
from runner import marked


def cell(design, shape, requests):
    return {"design": design, "shape": shape, "requests_per_second": requests}


def point(axis, workers, connections, *cells):
    return {"axis": axis, "workers": workers, "connections": connections,
            "compute": 5, "cells": list(cells)}


RESULTS = {"points": [
    point("base", 2, 64, cell("single", "uniform", 100),
          cell("stealing", "uniform", 150)),
    point("workers", 4, 64, cell("stealing", "uniform", 120)),
    point("connections", 2, 1024, cell("single", "uniform", 80),
          cell("stealing", "uniform", 80)),
]}
RATE = "requests_per_second"


class PointsTest(unittest.TestCase):
    def test_base_comes_first_and_no_point_twice(self):
        found = list(points.points())
        self.assertEqual(found[0], points.BASE)
        self.assertEqual(len(set(found)), len(found))

    def test_comparison_takes_every_point(self):
        for one in points.points():
            subprocess.run([COMPARE] + points.arguments(one) + ["--help"],
                           check=True, stdout=subprocess.DEVNULL)

    def test_all_workers_together_compute_the_same(self):
        self.assertEqual({one.workers * one.compute
                          for one in points.points() if one.axis == "workers"},
                         {points.BASE.workers * points.BASE.compute})


class MeasureTest(unittest.TestCase):
    def test_rate_of_the_base_is_everybodys(self):
        seen = []

        def compare(_program, one, options):
            seen.append((one.axis, options))
            return {"context": {"open_loop_rate": 700 + len(seen)},
                    "benchmarks": [{"name": "single/mixed/echo",
                                    "p99_us": 1.23456, "unknown": 3}]}
        real, results.compare = results.compare, compare
        try:
            found = results.measure("", list(points.points())[:3], ["-r1"])
        finally:
            results.compare = real
        self.assertEqual(seen, [("base", ["-r1"])] +
                         [("workers", ["-r1", "--rate=701"])] * 2)
        self.assertEqual(found["context"], {"open_loop_rate": 701})
        self.assertEqual(found["points"][0]["cells"], [
            {"design": "single", "shape": "mixed", "p99_us": 1.235}])


class AxisTest(unittest.TestCase):
    def test_base_is_on_every_axis(self):
        axis = results.Axis(RESULTS, "connections")
        self.assertEqual(axis.values, [64, 1024])
        self.assertEqual(axis.find(64, "uniform", "stealing", RATE), 150)
        self.assertIsNone(axis.find(64, "skewed", "stealing", RATE))

    def test_one_loop_is_the_same_for_any_number_of_workers(self):
        axis = results.Axis(RESULTS, "workers")
        self.assertEqual(axis.values, [2, 4])
        self.assertEqual(axis.find(4, "uniform", "single", RATE), 100)
        self.assertEqual(axis.find(4, "uniform", "stealing", RATE), 120)


class PageTest(unittest.TestCase):
    def test_many_loops_are_shown_beside_one(self):
        rows = list(page.axis_rows(RESULTS, "workers", "workers", RATE,
                                   ("uniform",), ("single", "stealing")))
        self.assertEqual(rows, [
            ["workers", "uniform, single", "uniform, stealing"],
            ["2", "100", "150 (1.50)"], ["4", "100", "120 (1.20)"]])

    def test_numbers_have_three_digits(self):
        self.assertEqual([page.number(value) for value in
                          (1.234, 12.34, 123.4, 1234, 12345, 123456)],
                         ["1.23", "12.3", "123", "1234", "12.3k", "123k"])

    def test_page_shows_the_figures_beside_it(self):
        path = os.path.join(ROOT, "docs", "one-loop-or-many")
        found = results.read(os.path.join(path, "figures.json"))
        with open(path + ".md", encoding="utf-8") as file:
            text = file.read()
        renewed = text
        for name, lines in page.parts(found).items():
            renewed = marked.replaced(renewed, name, lines)
        self.assertEqual(renewed, text)
        for name, _script in page.plots(found):
            self.assertIn(f"(one-loop-or-many/{name})", text)
            self.assertTrue(os.path.exists(os.path.join(path, name)), name)


if __name__ == "__main__":
    unittest.main()
