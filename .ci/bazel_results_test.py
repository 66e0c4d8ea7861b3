#!/usr/bin/env python3
"""bazel_results.py on samples of bazel's build events."""

import unittest

import bazel_results


def completed(label, success):
    return {"id": {"targetCompleted": {"label": label}},
            "completed": {"success": True} if success else {}}


def summary(label, status):
    return {"id": {"testSummary": {"label": label}},
            "testSummary": {"overallStatus": status}}


class ResultsTest(unittest.TestCase):
    def test_tests_count_and_libraries_do_not(self):
        self.assertEqual({"//a:b_test": "PASSED"}, bazel_results.results([
            completed("//a:b", True), completed("//a:b_test", True),
            summary("//a:b_test", "PASSED")]))

    def test_flaky_and_late_tests_are_named(self):
        self.assertEqual(
            {"//a:b": "FLAKY", "//a:c": "TIMEOUT"}, bazel_results.results([
                summary("//a:b", "FLAKY"), summary("//a:c", "TIMEOUT")]))

    def test_what_does_not_build_is_a_failure(self):
        self.assertEqual(
            {"//a:b": "FAILED TO BUILD", "//a:c": "FAILED TO BUILD",
             "//a:d": "ABORTED"}, bazel_results.results([
                 completed("//a:b", False), completed("//a:c", False),
                 summary("//a:c", "NO_STATUS"),
                 {"id": {"unconfiguredLabel": {"label": "//a:d"}},
                  "aborted": {"reason": "LOADING_FAILURE"}}]))


if __name__ == "__main__":
    unittest.main()
