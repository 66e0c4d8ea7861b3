#!/usr/bin/env python3
"""check_layers.py on samples: what it must accept and what it must refuse."""

import unittest

import check_layers
import c_source


def check(path, *includes):
    text = "".join(f"#include {name}\n" for name in includes)
    return check_layers.check([c_source.Source(path, text)])


class LayersTest(unittest.TestCase):
    def test_down_and_same_room_pass(self):
        self.assertEqual([], check(
            "src/sched/worker.c", '"src/sched/worker.h"', "<stdint.h>",
            '"rove/base.h"', '"src/queue/deque.h"', '"src/base/atomic.h"'))

    def test_up_fails(self):
        self.assertEqual(
            ["src/base/mem.h:2: base may not include platform"],
            check("src/base/mem.h", "<stddef.h>", '"src/platform/futex.h"'))

    def test_sideways_fails(self):
        self.assertEqual(1, len(check("src/queue/ring.h",
                                      '"src/context/switch.h"')))
        self.assertEqual(1, len(check("src/sync/mutex.c",
                                      '"src/offload/pool.h"')))

    def test_unknown_rooms_fail(self):
        self.assertEqual(1, len(check("src/attic/box.c",
                                      '"src/base/bits.h"')))
        self.assertEqual(1, len(check("src/api/runtime.c",
                                      '"src/attic/box.h"')))

    def test_src_includes_neither_tests_nor_bare_names(self):
        self.assertEqual(2, len(check("src/api/runtime.c",
                                      '"tests/support/fault.h"',
                                      '"options.h"')))

    def test_public_headers_include_public_headers_only(self):
        self.assertEqual([], check("include/rove/task.h", '"rove/base.h"'))
        self.assertEqual(1, len(check("include/rove/task.h",
                                      '"src/base/bits.h"')))

    def test_users_see_include_only(self):
        for path in ("tests/api/spawn_test.cc", "examples/echo.c",
                     "adapters/curl/multi.c"):
            self.assertEqual([], check(path, '"rove/rove.h"'))
            self.assertEqual(1, len(check(path, '"src/base/bits.h"')))

    def test_white_box_tests_see_src(self):
        self.assertEqual([], check("tests/queue/ring_test.cc",
                                   '"src/queue/ring.h"'))

    def test_a_commented_include_is_no_include(self):
        self.assertEqual([], check_layers.check([c_source.Source(
            "src/base/a.h", '/*\n#include "src/api/runtime.h"\n*/\n')]))


if __name__ == "__main__":
    unittest.main()
