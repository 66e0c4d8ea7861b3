#!/usr/bin/env python3
"""check_exports.py on samples of headers and of readelf's listing."""

import unittest

import check_exports

HEADER = """
#define ROVE_API __attribute__((visibility("default")))
/* ROVE_API int rove_in_a_comment(void); */
ROVE_API rove_task *rove_spawn(rove_fn *fn, void *arg);
ROVE_API ROVE_MUST_CHECK int
rove_chan_send(rove_chan *chan,
               const void *item);
ROVE_API extern const int rove_version_number;
static inline int rove_inline(void) { return 0; }
"""

LISTING = """
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     1: 0000000000000000     0 FILE    LOCAL  DEFAULT  ABS task.c
     2: 0000000000000000     9 FUNC    LOCAL  DEFAULT    1 grow
     3: 0000000000000000     9 FUNC    GLOBAL DEFAULT    1 rove_spawn
     4: 0000000000000000     9 FUNC    GLOBAL HIDDEN     1 rv_task_new
     5: 0000000000000000     0 NOTYPE  GLOBAL DEFAULT  UND malloc
     6: 0000000000000000     4 OBJECT  WEAK   DEFAULT    4 rove_hook
"""


class ExportsTest(unittest.TestCase):
    def test_declarations_are_found(self):
        self.assertEqual(
            {"rove_spawn", "rove_chan_send", "rove_version_number"},
            check_exports.declared_names(HEADER))

    def test_only_visible_definitions_are_exports(self):
        self.assertEqual({"rove_spawn", "rove_hook"},
                         check_exports.exported_names(LISTING))

    def test_both_sides_must_agree(self):
        self.assertEqual([], check_exports.check({"rove_a"}, {"rove_a"}))
        self.assertEqual(["rove_a: ROVE_API, but no archive defines it",
                          "rv_b: exported, but not ROVE_API"],
                         check_exports.check({"rove_a"}, {"rv_b"}))


if __name__ == "__main__":
    unittest.main()
