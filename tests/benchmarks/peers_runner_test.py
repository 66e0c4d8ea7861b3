#!/usr/bin/env python3
"""What the runner of benchmarks/peers computes: statistics, ratios, the table,
the JSON, the operations of a run, and that failures are named and no more."""

import argparse
import contextlib
import io
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                "..", "..", "benchmarks", "peers"))

# pylint: disable=wrong-import-position
from runner import (campaign, figures, marked, options, page, plot, process,
                    programs, report, table, workloads)


class Runtime:
    def __init__(self, name):
        self.name = name


def series(name, values, workload="yield", workers=1, counters=(), **more):
    one = figures.Series(Runtime(name), workload, workers, counters)
    for number, value in enumerate(values):
        one.rounds[number] = dict({"ns_per_op": value}, **more)
    return one


class FiguresTest(unittest.TestCase):
    def test_median_and_spread_ignore_one_outlier(self):
        one = series("rove", [10, 11, 12, 13, 1000])
        self.assertEqual(one.median("ns_per_op"), 12)
        self.assertAlmostEqual(one.spread("ns_per_op"), 1 / 12)

    def test_one_run_has_no_spread(self):
        self.assertEqual(series("rove", [10]).spread("ns_per_op"), 0)

    def test_ratio_pairs_runs_of_the_same_round(self):
        rove, go = series("rove", [10, 100, 20]), series("go", [20, 200, 40])
        self.assertEqual(figures.ratio(rove, go, "ns_per_op"), 0.5)
        del go.rounds[0]
        self.assertEqual(figures.ratio(rove, go, "ns_per_op"), 0.5)

    def test_ratio_without_common_rounds_is_none(self):
        rove, go = series("rove", [10]), series("go", [])
        self.assertIsNone(figures.ratio(rove, go, "ns_per_op"))
        self.assertIsNone(figures.ratio(rove, series("go", [0]), "ns_per_op"))

    def test_best_is_the_one_with_the_least(self):
        go, tokio = series("go", [20]), series("tokio", [10])
        self.assertIs(figures.best([go, tokio], "ns_per_op"), tokio)
        self.assertIsNone(figures.best([go], "p99_ns"))


class TableTest(unittest.TestCase):
    def test_row_has_rove_floor_best_and_each_peer(self):
        rows = table.rows([series("rove", [10], per_F=2.0),
                           series("go", [40]), series("tokio", [20])])
        self.assertEqual(rows[0][-2:], ["go", "tokio"])
        self.assertEqual(rows[1], ["yield/1", "10.0", "0%", "2.00", "tokio",
                                   "0.50", "0.25", "0.50"])

    def test_counters_have_rows_of_their_own(self):
        rows = table.rows([
            series("rove", [10], "parked_task", 1, ("bytes_per_task",),
                   bytes_per_task=4400.0),
            series("go", [40], "parked_task", 1, ("bytes_per_task",),
                   bytes_per_task=2700.0)])
        self.assertEqual([row[0] for row in rows[1:]],
                         ["parked_task/1", "parked_task/1 bytes"])
        self.assertEqual(rows[2][-1], "1.63")

    def test_workload_that_rove_lost_keeps_its_row(self):
        rows = table.rows([series("rove", []), series("go", [40])])
        self.assertEqual(rows[1][:5], ["yield/1", "", "", "", "go"])

    def test_columns_line_up(self):
        lines = list(table.lines([series("rove", [10]), series("go", [40])]))
        self.assertEqual(len(lines[0]), len(lines[1]))

    def test_numbers_are_short(self):
        self.assertEqual([table.number(value) for value in
                          (1.234, 12.34, 12345, 12345678, None)],
                         ["1.23", "12.3", "12.3k", "12.35M", ""])


class ReportTest(unittest.TestCase):
    def test_entry_has_googles_layout_and_our_counters(self):
        one = series("rove", [10, 30, 20], workers=2, p99_ns=7.0)
        one.ops = 1000
        found = report.entry(one)
        self.assertEqual(found["name"], "rove/yield/2")
        self.assertEqual(found["ns_per_op"], 20)
        self.assertEqual(found["real_time"], 20)
        self.assertEqual((found["repetitions"], found["iterations"]),
                         (3, 1000))
        self.assertEqual((found["time_unit"], found["p99_ns"]), ("ns", 7.0))

    def test_entry_can_be_read_again(self):
        one = series("rove", [10, 30, 20], "parked_task", 2, (),
                     bytes_per_task=7.0)
        found = report.series_of(report.entry(one))
        self.assertEqual(found.name, one.name)
        self.assertEqual(found.values("ns_per_op"), [10, 30, 20])
        self.assertEqual(found.counters, ("ns_per_op", "bytes_per_task"))
        self.assertEqual(found.median("bytes_per_task"), 7)

    def test_series_without_runs_is_left_out(self):
        found = report.layout({}, [series("rove", [1]), series("go", [])])
        self.assertEqual([row["name"] for row in found["benchmarks"]],
                         ["rove/yield/1"])

    def test_busy_machine_is_told(self):
        choice = argparse.Namespace(load=(99.0, 0, 0), seed=1, runs=5)
        self.assertIn("warning", report.context(choice, []))
        choice.load = (0.0, 0, 0)
        self.assertNotIn("warning", report.context(choice, []))

    def test_page_escapes_and_names_failures(self):
        choice = argparse.Namespace(load=(0.0, 0, 0), seed=1, runs=5)
        context = report.context(choice, ["go/<x>/1: no end"])
        text = "\n".join(page.body(context, []))
        self.assertIn("go/&lt;x&gt;/1: no end", text)

    def test_plot_leaves_out_what_a_group_has_not(self):
        text = plot.script("id", "title", "ns",
                           [("yield", {"rove": 10.0})], ["rove", "go"])
        self.assertIn('"yield" 10 NaN', text)


class MarkedTest(unittest.TestCase):
    TEXT = ("a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n"
            "<!-- generated: x y -->\nkept\n<!-- end -->\n")

    def test_part_is_replaced_and_the_rest_kept(self):
        found = marked.replaced(self.TEXT, "x", ["1", r"\2"])
        self.assertEqual(found, self.TEXT.replace("old", "1\n\\2"))
        self.assertEqual(marked.replaced(found, "x", ["1", r"\2"]), found)

    def test_part_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(marked.Missing, "0 parts named 'z'"):
            marked.replaced(self.TEXT, "z", [])

    def test_table_has_numbers_at_the_right(self):
        self.assertEqual(list(marked.table([["", "ns"], ["yield", "1"]])),
                         ["|  | ns |", "|---|---:|", "| yield | 1 |"])


class WorkloadsTest(unittest.TestCase):
    def test_ops_fill_the_budget(self):
        self.assertEqual(workloads.fill(100, 0.25, 1), 2000000)
        self.assertEqual(workloads.fill(1e9, 0.25, 50), 50)

    def test_names_are_unique(self):
        self.assertEqual(len(set(workloads.ORDER)), len(workloads.ORDER))

    def test_list_tells_the_most_workers(self):
        self.assertEqual(programs.abilities("yield\n\nfib 1\n"),
                         {"yield": programs.WORKERS_MAX, "fib": 1})


class OptionsTest(unittest.TestCase):
    def refusal(self, *arguments):
        """What is said about arguments that are refused."""
        with contextlib.redirect_stderr(io.StringIO()) as said, \
                self.assertRaises(SystemExit) as end:
            options.parse(list(arguments))
        self.assertEqual(end.exception.code, 2)
        return said.getvalue().splitlines()[-1]

    def test_widths_are_a_list(self):
        self.assertEqual(options.parse(["--workers", "2,1"]).workers, [1, 2])

    def test_filter_sees_workload_and_workers(self):
        choice = options.parse(["--filter", "yield/1$"])
        self.assertTrue(campaign.is_wanted(choice, "yield", 1))
        self.assertFalse(campaign.is_wanted(choice, "yield", 2))

    def test_budget_is_a_time(self):
        self.assertEqual(options.parse(["--budget", "1.5"]).budget, 1.5)
        for bad in ("-1", "0", "nan", "inf", "soon"):
            self.assertIn("--budget", self.refusal(f"--budget={bad}"))

    def test_filter_that_fits_nothing_is_refused(self):
        self.assertIn("--filter zzz", self.refusal("--filter", "yield",
                                                   "--filter", "zzz"))
        self.assertIn("--workers 2", self.refusal(
            "--filter", "unstarted_task", "--workers", "2"))
        self.assertIn("--filter (", self.refusal("--filter", "("))


class ProcessTest(unittest.TestCase):
    def test_crash_is_told_in_a_line(self):
        with self.assertRaisesRegex(process.Failed, "signal 6: oh"):
            process.output(["/bin/sh", "-c", "echo oh >&2; kill -6 $$"], 10)

    def test_endless_run_is_ended(self):
        with self.assertRaisesRegex(process.Failed, "no end within"):
            process.output(["/bin/sh", "-c", "exec sleep 100"], 0.05)

    def test_program_that_is_not_there_fails(self):
        with self.assertRaises(process.Failed):
            process.output(["/no/such/program"], 1)

    def test_output_must_be_json(self):
        with self.assertRaisesRegex(process.Failed, "no JSON: hello"):
            process.parsed("hello\n")


class CampaignTest(unittest.TestCase):
    def setUp(self):
        self.stderr, sys.stderr = sys.stderr, open(os.devnull, "w",
                                                   encoding="ascii")

    def tearDown(self):
        sys.stderr.close()
        sys.stderr = self.stderr

    def run_jobs(self, *measures):
        found = []
        for number, measure in enumerate(measures):
            one = series(f"peer{number}", [])
            one.job = campaign.Job(one, measure)
            found.append(one)
        choice = argparse.Namespace(seed=1, runs=3, ops=10, budget=0.1)
        return found, campaign.run(found, choice)

    def test_failed_series_is_named_and_the_rest_goes_on(self):
        def fail(_ops):
            raise process.Failed("wrong answer")

        (good, bad), failures = self.run_jobs(lambda _: {"ns_per_op": 1.0},
                                              fail)
        self.assertEqual(len(good.rounds), 3)
        self.assertEqual(len(bad.rounds), 0)
        self.assertEqual(failures, ["peer1/yield/1, round 1: wrong answer"])

    def test_order_depends_on_the_seed_alone(self):
        orders = []
        for _ in range(2):
            order = []
            measures = [lambda _, n=n: order.append(n) or {"ns_per_op": 1.0}
                        for n in range(8)]
            self.run_jobs(*measures)
            orders.append(order)
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], sorted(orders[0]))


if __name__ == "__main__":
    unittest.main()
