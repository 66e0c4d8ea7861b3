#!/usr/bin/env python3
"""What benchmarks/scaling/model.py computes in the cases where the answer is
known: nothing shared is linear, one line is a ceiling, an unknown step is an
error."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                "..", "..", "benchmarks", "scaling"))

# pylint: disable=wrong-import-position
import model

LINES = {"line_transfer": 40, "line_locked": 2, "far_ratio": 3, "group": 8,
         "overlap": 4}


def rate(workers, own, *steps):
    return model.simulate(model.Machine(LINES), workers,
                          {"own": own, "steps": list(steps)})


class ModelTest(unittest.TestCase):
    def test_what_shares_nothing_is_linear(self):
        self.assertAlmostEqual(rate(64, 100) / rate(1, 100), 64, delta=4)

    def test_a_line_held_for_long_is_a_ceiling(self):
        step = {"do": "write", "line": "word", "hold": 1000}
        self.assertAlmostEqual(rate(1, 1, step), 1, delta=0.01)
        self.assertLess(rate(64, 1, step), 1)

    def test_a_line_a_group_is_as_many_ceilings(self):
        step = {"do": "write", "line": "word", "hold": 1000, "per": "group"}
        self.assertAlmostEqual(rate(64, 1, step) / rate(8, 1, step), 8,
                               delta=0.5)

    def test_far_lines_cost_more_than_near_ones(self):
        step = {"do": "write", "line": "word"}
        self.assertLess(rate(16, 100, step), rate(8, 100, step))

    def test_a_look_at_all_grows_with_the_workers(self):
        machine = model.Machine(LINES)
        self.assertEqual(machine.look(1, 4, None), 0)
        self.assertEqual(machine.look(8, 4, None), 7 * 40)
        self.assertEqual(machine.look(9, 4, None), 7 * 40 + 120)
        self.assertEqual(machine.look(9, 4, "group"), 7 * 40)

    def test_half_of_linear_is_the_bend(self):
        rates = [1, 2, 4, 3.9] + [4] * 5
        self.assertEqual(model.bend(rates), 8)
        self.assertEqual(model.bend(model.WORKERS), "–")


if __name__ == "__main__":
    unittest.main()
