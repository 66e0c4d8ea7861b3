#!/usr/bin/env python3
"""Checks the taste of CONTRIBUTING.md as far as a machine can.

Each rule is one function that yields (line, sentence) for one file. Lists of
exceptions stand at the top and may only shrink.
"""

import re
import sys

import c_source

LINE_COLUMNS = 80
FILE_LINES = 500
TEST_FILE_LINES = 800
FUNCTION_LINES = 70

THREAD_LOCAL_HOMES = ("src/sched/current.c", "src/base/shake.c")

# Words with one home. `asm volatile` is not meant.
OWNED_WORDS = {
    "volatile": (),
    "_Atomic": (),
    "errno": ("src/platform/",),
    "__thread": THREAD_LOCAL_HOMES,
    "_Thread_local": THREAD_LOCAL_HOMES,
    "__atomic_": ("src/base/atomic.h",),
    "atomic_thread_fence": (),
    "__sync_": (),
}

# Files that need no twin test.
NO_TWIN = ()

MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
OUR_NAMES = re.compile(r"\b(?:rv|RV|rove|ROVE)_\w+")
CONDITIONAL = re.compile(r"\s*#\s*(?:if|ifdef|ifndef|elif|else)\b")
ORDERED_ACCESS = re.compile(
    r"\brv_(?:u32|u64|ptr)_\w+?_(acquire|release|acq_rel|seq_cst|relaxed)\(")
TAG = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")


def in_src(source):
    return source.path.parts[0] == "src"


def is_c_file(source):
    return source.path.suffix == ".c"


def is_header(source):
    return source.path.suffix == ".h"


def short_lines(source, _):
    for number, line in enumerate(source.lines, 1):
        if len(line) > LINE_COLUMNS and "://" not in line:
            yield number, f"{len(line)} columns, at most {LINE_COLUMNS}"


def short_file(source, _):
    most = TEST_FILE_LINES if source.path.parts[0] == "tests" else FILE_LINES
    if len(source.lines) > most:
        yield 1, (f"{len(source.lines)} lines, at most {most}: "
                  "two nouns in one room?")


def functions(source):
    """Yields (signature, first line, last line), bodies formatted by us."""
    start = None
    for number, line in enumerate(source.code, 1):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start:
            first = start - 1
            while first > 1 and not re.fullmatch(
                    r"\s*|.*[;}]\s*|#.*|extern \s+\{", source.code[first - 2]):
                first -= 1
            signature = " ".join(source.code[first - 1:start - 1])
            yield " ".join(signature.split()), first, number
            start = None


def short_functions(source, _):
    for _signature, first, last in functions(source):
        if last - first + 1 > FUNCTION_LINES:
            yield first, (f"function of {last - first + 1} lines, "
                          f"at most {FUNCTION_LINES}")


def function_names(source, _):
    """rv_ and rove_ tell the reach of a function; a static one has neither."""
    if not in_src(source):
        return
    for signature, first, _last in functions(source):
        bare = re.sub(r"__attribute__\s*\(\(.*?\)\)|\bRV_[A-Z_]+\([^)]*\)",
                      "", signature)
        match = re.search(r"(\w+)\s*\(", bare)
        if not match:
            continue
        prefixed = match[1].startswith(("rv_", "rove_"))
        local = bare.startswith("static") and is_c_file(source)
        if prefixed and local:
            yield first, f"static {match[1]} needs no prefix"
        if not prefixed and not local:
            yield first, f"{match[1]} lacks its rv_ or rove_ prefix"


def no_conditionals(source, _):
    if in_src(source) and is_c_file(source):
        for number, line in enumerate(source.code, 1):
            if CONDITIONAL.match(line):
                yield number, "no #if in a .c file: let Bazel choose a file"


def owned_words(source, _):
    if not in_src(source):
        return
    for number, line in enumerate(source.code, 1):
        if re.match(r"\s*#\s*include", line):
            continue
        line = re.sub(r"\b(?:asm|__asm__)\s+volatile\b", "", line)
        for word, homes in OWNED_WORDS.items():
            end = "" if word.endswith("_") else r"\b"
            if re.search(r"\b" + word + end, line) and \
                    not str(source.path).startswith(homes or ("\0",)):
                yield number, f"{word} has no place in this file"


def no_marks(source, _):
    for number, line in enumerate(source.lines, 1):
        match = MARKS.search(line)
        if match:
            yield number, f"{match[0]}: finish it, or write an issue"


def clean_names(source, _):
    for number, line in enumerate(source.code, 1):
        for name in OUR_NAMES.findall(line):
            if "__" in name:
                yield number, f"{name}: double underscores are reserved"
            if name.endswith("_t"):
                yield number, f"{name}: _t is reserved by POSIX"


def twin_test(source, paths):
    if in_src(source) and is_c_file(source):
        path = str(source.path)
        twin = "tests/" + path[len("src/"):-len(".c")] + "_test.cc"
        if twin not in paths and path not in NO_TWIN:
            yield 1, f"no twin test {twin}"


def own_header_first(source, paths):
    """A file that implements a public header has none of its own."""
    header = str(source.path)[:-len(".c")] + ".h"
    if not in_src(source) or not is_c_file(source) or header not in paths:
        return
    for number, name in source.includes():
        if name != f'"{header}"':
            yield number, f'the first include is "{header}"'
        return
    yield 1, f'the first include is "{header}"'


def opening_comment(source, paths):
    """A header starts with its map; so does a file without a header."""
    first = source.lines[0] if source.lines else ""
    if first.startswith(("/*", "//")):
        return
    header = str(source.path)[:-len(".c")] + ".h"
    if is_c_file(source) and header in paths:
        return
    yield 1, "starts without a comment that says what lives here"


def include_guard(source, _):
    if not is_header(source):
        return
    parts = list(source.path.parts)
    if parts[0] == "include":
        parts = parts[1:]
    want = re.sub(r"\W", "_", "_".join(parts)).upper()
    for number, line in enumerate(source.code, 1):
        words = line.split()
        if words:
            if words[:2] != ["#ifndef", want]:
                yield number, f"the include guard is {want}"
            return


def statement_comments(source, index):
    """The comments of the statement around line index, and just above it."""
    first = last = index
    while last + 1 < len(source.code) and last < index + 8 and \
            not re.search(r"[;{]\s*$", source.code[last].rstrip()):
        last += 1
    while first > 0 and source.code[first - 1].strip() and \
            not re.search(r"[;{}:]\s*$", source.code[first - 1].rstrip()):
        first -= 1
    if first > 0 and source.comments[first - 1].strip():
        first -= 1
        while first > 0 and not source.code[first].strip() and \
                source.comments[first - 1].strip() and \
                not source.code[first - 1].strip():
            first -= 1
    return " ".join(source.comments[first:last + 1])


def declared_tags(source, paths):
    """Words in capitals in whole-line comments here and in what it includes."""
    near, tags = [source], set()
    for file in near:
        for code, comment in zip(file.code, file.comments):
            if not code.strip():
                tags.update(TAG.findall(comment))
        for _number, name in file.includes():
            included = paths.get(name.strip('"'))
            if included and included not in near:
                near.append(included)
    return tags


def paragraph_comments(source, index):
    """The comments from the last empty line down to line index."""
    first = index
    while first > 0 and source.lines[first - 1].strip():
        first -= 1
    return " ".join(source.comments[first:index + 1])


def tagged_accesses(source, paths):
    """Each ordered access names its pair, each relaxed one gives a reason: its
    own, its paragraph's, or `Relaxed throughout` for the file."""
    if not in_src(source) or str(source.path) == "src/base/atomic.h":
        return
    tags = None
    all_relaxed = "relaxed throughout" in " ".join(source.comments).lower()
    for index, line in enumerate(source.code):
        for match in ORDERED_ACCESS.finditer(line):
            words = statement_comments(source, index)
            if match[1] == "relaxed":
                words = words + paragraph_comments(source, index)
                if not words.strip() and not all_relaxed:
                    yield index + 1, f"{match[0][:-1]} without a reason"
                continue
            tags = tags or declared_tags(source, paths)
            if not tags.intersection(TAG.findall(words)):
                yield index + 1, f"{match[0][:-1]} names no declared pair"


def contracts(source, _):
    """A ROVE_API declaration has a comment above, or follows one that has."""
    if source.path.parts[0] != "include":
        return
    covered = False
    for number, line in enumerate(source.lines, 1):
        if re.match(r"\s*ROVE_API\b", line):
            if not covered:
                yield number, "ROVE_API without a contract above"
        elif not line.strip():
            covered = False
        elif line.rstrip().endswith("*/"):
            covered = True


RULES = (short_lines, short_file, short_functions, function_names,
         no_conditionals, owned_words, no_marks, clean_names, twin_test,
         own_header_first, opening_comment, include_guard, tagged_accesses,
         contracts)


def check(sources, rules=RULES):
    paths = {str(source.path): source for source in sources}
    problems = []
    for source in sources:
        for rule in rules:
            for number, sentence in rule(source, paths):
                problems.append((str(source.path), number, sentence))
    return [f"{path}:{number}: {sentence}"
            for path, number, sentence in sorted(problems)]


def main():
    sources = c_source.load(c_source.root_from_arguments())
    return c_source.report(check(sources), len(sources))


if __name__ == "__main__":
    sys.exit(main())
