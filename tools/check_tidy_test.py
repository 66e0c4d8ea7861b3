#!/usr/bin/env python3
"""check_tidy.py on samples: each rule accepts the good and names the bad."""

import unittest

import c_source
import check_tidy


def check(rule, *files):
    """The problems that one rule finds in (path, text) pairs."""
    sources = [c_source.Source(path, text) for path, text in files]
    return check_tidy.check(sources, [rule])


class TidyTest(unittest.TestCase):
    def good(self, rule, path, text, *more):
        self.assertEqual([], check(rule, (path, text), *more))

    def bad(self, rule, path, text, *more, line=1):
        problems = check(rule, (path, text), *more)
        self.assertEqual(1, len(problems), problems)
        self.assertTrue(problems[0].startswith(f"{path}:{line}: "), problems)

    def test_line_length(self):
        self.good(check_tidy.short_lines, "src/a/b.c", "x" * 80 + "\n")
        self.bad(check_tidy.short_lines, "src/a/b.c",
                 "\n" + "x" * 81 + "\n", line=2)
        self.good(check_tidy.short_lines, "src/a/b.c",
                  "/* https://" + "x" * 90 + " */\n")

    def test_file_length(self):
        self.good(check_tidy.short_file, "src/a/b.c", "\n" * 500)
        self.bad(check_tidy.short_file, "src/a/b.c", "\n" * 501)
        self.good(check_tidy.short_file, "tests/a/b_test.cc", "\n" * 800)

    def test_function_length(self):
        def sample(lines):
            return "void rv_b_do(void)\n{\n" + "    f();\n" * lines + "}\n"
        self.good(check_tidy.short_functions, "src/a/b.c", sample(67))
        self.bad(check_tidy.short_functions, "src/a/b.c", sample(68))

    def test_function_names(self):
        rule = check_tidy.function_names
        body = "\n{\n}\n"
        self.good(rule, "src/a/b.c", "void rv_b_do(int x,\n      int y)" + body)
        self.good(rule, "src/a/b.c", "static void grow(void)" + body)
        self.good(rule, "src/a/b.h", "static inline int rv_b(void)" + body)
        self.good(rule, "src/a/b.c",
                  "__attribute__((noinline)) int *rv_b_now(void)" + body)
        self.good(rule, "tests/a/b_test.cc", "TEST(BTest, Works)" + body)
        self.bad(rule, "src/a/b.c", "void grow(void)" + body)
        self.bad(rule, "src/a/b.c", "static void rv_b_grow(void)" + body)
        self.bad(rule, "src/a/b.h", "static inline int grow(void)" + body)

    def test_conditionals(self):
        rule = check_tidy.no_conditionals
        self.bad(rule, "src/a/b.c", "int x;\n#ifdef Y\n", line=2)
        self.good(rule, "src/a/b.h", "#ifdef Y\n")
        self.good(rule, "src/a/b.c", "/*\n#if this were code\n*/\n")

    def test_owned_words(self):
        rule = check_tidy.owned_words
        self.bad(rule, "src/io/fd.c", "return -errno;\n")
        self.good(rule, "src/platform/epoll.c", "return -errno;\n")
        self.good(rule, "src/io/fd.c", "#include <errno.h>\n")
        self.good(rule, "src/io/fd.c", "/* errno */ say(\"errno\");\n")
        self.bad(rule, "src/a/b.c", "volatile int x;\n")
        self.good(rule, "src/a/b.c", "__asm__ volatile(\"pause\");\n")
        self.bad(rule, "src/a/b.c", "x = __atomic_load_n(&y, 0);\n")
        self.bad(rule, "src/a/b.c", "_Thread_local int x;\n")
        self.good(rule, "src/sched/current.c", "_Thread_local int x;\n")
        self.good(rule, "tests/a/b_test.cc", "volatile int x;\n")

    def test_marks(self):
        self.bad(check_tidy.no_marks, "src/a/b.c", "/* TODO later */\n")
        self.good(check_tidy.no_marks, "src/a/b.c", "int todo_list;\n")

    def test_clean_names(self):
        rule = check_tidy.clean_names
        self.bad(rule, "src/a/b.h", "int rv_b__grow(void);\n")
        self.bad(rule, "src/a/b.h", "typedef struct rv_b rv_b_t;\n")
        self.good(rule, "src/a/b.h", "uint64_t rv_b_size(void);\n")
        self.good(rule, "tests/a/b.c", "int __wrap_rv_b_size(void);\n")

    def test_twin(self):
        rule = check_tidy.twin_test
        self.bad(rule, "src/a/b.c", "")
        self.good(rule, "src/a/b.c", "", ("tests/a/b_test.cc", ""))

    def test_own_header_first(self):
        rule = check_tidy.own_header_first
        header = ("src/a/b.h", "")
        self.good(rule, "src/a/b.c", '#include "src/a/b.h"\n', header)
        self.bad(rule, "src/a/b.c", '#include <x.h>\n#include "src/a/b.h"\n',
                 header)
        self.bad(rule, "src/a/b.c", "int x;\n", header)
        self.good(rule, "src/a/b.c", '#include <x.h>\n#include "rove/b.h"\n')

    def test_opening_comment(self):
        rule = check_tidy.opening_comment
        self.good(rule, "src/a/b.h", "/* Boxes. */\n")
        self.bad(rule, "src/a/b.h", "#ifndef X\n")
        self.good(rule, "src/a/b.c", "#include\n", ("src/a/b.h", "/* B. */\n"))
        self.bad(rule, "src/a/b.c", "#include\n")
        self.good(rule, "tests/a/b_test.cc", "// At stake: boxes.\n")
        self.bad(rule, "tests/a/b_test.cc", "#include\n")

    def test_include_guard(self):
        rule = check_tidy.include_guard
        self.good(rule, "src/a/b.h", "/* B. */\n#ifndef SRC_A_B_H\n")
        self.bad(rule, "src/a/b.h", "/* B. */\n#ifndef A_B_H\n", line=2)
        self.good(rule, "include/rove/b.h", "#ifndef ROVE_B_H\n")
        self.bad(rule, "include/rove/b.h", "#pragma once\n")

    def test_tagged_accesses(self):
        rule = check_tidy.tagged_accesses
        include = '#include "src/a/b.h"\n'
        header = ("src/a/b.h", "/* Ordering.\n *   FILL  push and pop. */\n")
        load = "    x = rv_u64_load_acquire(&b->end);"
        self.good(rule, "src/a/b.c", include + load + " /* FILL */\n", header)
        self.good(rule, "src/a/b.c",
                  include + "    /* FILL */\n" + load + "\n", header)
        self.good(rule, "src/a/b.c",
                  include + "    if (long_name &&\n        "
                  "rv_ptr_cas_seq_cst(&b->end,\n             y)) { /* FILL */\n",
                  header)
        self.bad(rule, "src/a/b.c", include + load + "\n", header, line=2)
        self.bad(rule, "src/a/b.c", include + load + " /* yes */\n", header,
                 line=2)
        self.bad(rule, "src/a/b.c", include + load + " /* FULL */\n", header,
                 line=2)
        relaxed = load.replace("acquire", "relaxed")
        self.bad(rule, "src/a/b.c", include + relaxed + "\n", header, line=2)
        self.good(rule, "src/a/b.c",
                  include + relaxed + " /* only the owner writes it */\n",
                  header)
        self.good(rule, "src/a/b.c", include + "    /* not shared yet */\n" +
                  relaxed + "\n" + relaxed + "\n", header)
        self.bad(rule, "src/a/b.c", include + "    /* not shared yet */\n" +
                 "    y = 1;\n\n" + relaxed + "\n", header, line=5)
        self.good(rule, "src/a/b.c", "/* Relaxed throughout: counters. */\n" +
                  relaxed + "\n", header)
        self.good(rule, "src/a/c.c", '#include "src/a/c.h"\n' + load +
                  " /* FILL */\n", header, ("src/a/c.h", include))
        self.good(rule, "tests/a/b_test.cc", load + "\n")

    def test_contracts(self):
        rule = check_tidy.contracts
        text = "ROVE_API int rove_b(void);\n"
        self.good(rule, "include/rove/b.h", "/* Returns 0. */\n" + text + text)
        self.bad(rule, "include/rove/b.h", text)
        self.bad(rule, "include/rove/b.h", "/* B. */\n" + text + "\n" + text,
                 line=4)

    def test_an_empty_tree_is_a_failure(self):
        self.assertEqual(1, c_source.report([], 0))


if __name__ == "__main__":
    unittest.main()
