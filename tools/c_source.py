"""What the checkers share: finding C and C++ files, and telling code from
comments and strings."""

import pathlib
import re
import sys

ROOMS = ("include", "src", "tests", "benchmarks", "examples", "adapters",
         "admin")
EXTENSIONS = (".c", ".h", ".cc")

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE)
_INCLUDE = re.compile(r'\s*#\s*include\s+(?P<name>"[^"]+"|<[^>]+>)')


def blank(text):
    """The same text with every character but line ends made a space."""
    return re.sub(r"[^\n]", " ", text)


class Source:
    """One file: its lines as written, its code alone, its comments alone.

    All three have the same number of lines, and a character keeps its place.
    """

    def __init__(self, path, text):
        self.path = pathlib.PurePosixPath(path)
        self.lines = text.split("\n")
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        self.code = _TOKEN.sub(lambda m: blank(m[0]), text).split("\n")
        pieces, end = [], 0
        for m in _TOKEN.finditer(text):
            pieces.append(blank(text[end:m.start()]))
            pieces.append(m[0] if m["comment"] else blank(m[0]))
            end = m.end()
        pieces.append(blank(text[end:]))
        self.comments = "".join(pieces).split("\n")

    def includes(self):
        """Yields (line number, name with its quotes or brackets)."""
        for number, line in enumerate(self.lines, 1):
            match = _INCLUDE.match(line)
            if match and not self.code[number - 1].isspace():
                yield number, match["name"]


def load(root):
    """Every source file below root, sorted by path."""
    root = pathlib.Path(root)
    sources = []
    for room in ROOMS:
        for path in (root / room).rglob("*"):
            if path.suffix in EXTENSIONS and path.is_file():
                sources.append(Source(path.relative_to(root).as_posix(),
                                      path.read_text(encoding="utf-8")))
    return sorted(sources, key=lambda source: source.path)


def root_from_arguments():
    """The checkout: the first argument, else where this file lies."""
    if len(sys.argv) > 1:
        return pathlib.Path(sys.argv[1])
    return pathlib.Path(__file__).resolve().parent.parent


def report(problems, checked):
    """Prints one line per problem; returns the exit code."""
    for problem in problems:
        print(problem)
    print(f"{checked} files, {len(problems)} problems")
    return 1 if problems or not checked else 0
