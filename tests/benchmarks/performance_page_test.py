#!/usr/bin/env python3
"""What writes the tables of docs/performance.md: how counts are read and
divided, and that the page has a place for each table."""

import os
import re
import sys
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "benchmarks"))

# pylint: disable=wrong-import-position
import instructions
import times
from runner import figures, marked, process, report, workloads

EVENTS = "events: Ir Dr Dw I1mr D1mr D1mw Bc Bcm Bi Bim\n"


def totals(*counts):
    numbers = " ".join(map(str, counts))
    return instructions.totals(f"{EVENTS}summary: 0\n\ntotals: {numbers}\n")


class InstructionsTest(unittest.TestCase):
    def test_what_happens_once_is_not_counted(self):
        few = totals(1000, 100, 50, 9, 4, 1, 20, 2, 10, 10)
        many = totals(3000, 300, 150, 9, 24, 11, 60, 6, 30, 30)
        self.assertEqual(instructions.columns(few, many, 10),
                         (200, 20, 10, 6, 0.4, 3, 0))

    def test_processes_of_a_run_are_added(self):
        both = totals(*range(10))
        both.update(totals(*range(10)))
        self.assertEqual((both["Ir"], both["Dr"], both["Bim"]), (0, 2, 18))

    def test_output_without_totals_is_no_run(self):
        with self.assertRaises(process.Failed):
            instructions.totals("events: Ir\n")

    def test_small_numbers_keep_their_digits(self):
        self.assertEqual([instructions.number(value)
                          for value in (-0.001, 0.123, 9.94, 12.3)],
                         ["0.00", "0.12", "9.94", "12"])


class PageTest(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(ROOT, "docs", "performance.md"),
                  encoding="utf-8") as file:
            self.page = file.read()

    def test_page_has_a_place_for_each_table(self):
        for name in (instructions.PART, times.PART):
            self.assertNotEqual(marked.replaced(self.page, name, ["new"]),
                                self.page)

    def test_page_tells_of_every_workload(self):
        rows = "\n".join(re.findall(r"^\| `.* \|.*\|$", self.page, re.M))
        for workload in workloads.TASKS:
            self.assertIn(f"`{workload.name}`", rows)

    def test_times_are_the_table_of_the_peers(self):
        one = figures.Series(report.Runtime("rove"), "yield", 1)
        one.rounds = {0: {"ns_per_op": 12.0, "per_F": 2.0}}
        context = {"num_cpus": 2, "kernel": "6.1", "runs": 1,
                   "date": "2020-01-02T03:04:05+0000"}
        lines = list(times.lines(context, [one]))
        self.assertIn("| yield/1 | 12.0 | 0% | 2.00 |  |  |", lines)
        self.assertIn("2020-01-02", lines[0])


if __name__ == "__main__":
    unittest.main()
