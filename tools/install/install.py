#!/usr/bin/env python3
"""Installs rove for builds without Bazel: headers, static archives, and what
pkg-config needs to find them. All of it, or nothing."""

import argparse
import os
import pathlib
import re
import sys
import tempfile

# Where in the build's output a file lies, and where it goes to.
PLACES = (
    ("include/rove/*.h", "include/rove/"),
    ("adapters/*/rove_*.h", "include/rove/adapters/"),
    ("tools/install/*.a", "@libdir@/"),
    ("tools/install/*.pc.in", "@libdir@/pkgconfig/"),
)
# pkg-config's files have no sure way to write others.
NAME = re.compile(r"[\w./+@,:=~-]+")


class Refusal(Exception):
    """Why nothing was installed."""


def built_files():
    """The directory in which Bazel has put what there is to install."""
    program = pathlib.Path(sys.argv[0]).absolute()
    beside = program.with_name(program.name + ".runfiles") / "rove"
    return beside if beside.is_dir() else program.parents[2]


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="./bazelw run //:install --", allow_abbrev=False,
        description=__doc__)
    parser.add_argument("--prefix", default="/usr/local", metavar="DIR",
                        help="where it is to be found (%(default)s)")
    parser.add_argument("--libdir", default="lib", metavar="DIR",
                        help="of the archives, below the prefix (%(default)s)")
    parser.add_argument("--destdir", default="", metavar="DIR",
                        help="put in front of all, for packages")
    options = parser.parse_args(arguments)
    for name, value in vars(options).items():
        if value and not NAME.fullmatch(value):
            parser.error(f"--{name}: pkg-config could not read {value!r}")
    start = os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd())
    options.prefix = os.path.normpath(os.path.join(start, options.prefix))
    options.libdir = os.path.normpath(
        os.path.join(options.prefix, options.libdir))
    if options.destdir:
        options.destdir = os.path.join(start, options.destdir)
    return options


def version(root):
    text = (root / "src/api/version.c").read_text(encoding="utf-8")
    return re.search(r'"(\d+\.\d+\.\d+)"', text)[1]


def collect(root, words):
    """What is to be written: {path: content}."""
    contents = {}
    for pattern, place in PLACES:
        found = sorted(root.glob(pattern))
        if not found:
            raise Refusal(f"{root}: no {pattern} was built")
        for source in found:
            content = source.read_bytes()
            name = source.name
            if name.endswith(".pc.in"):
                name = name[:-len(".in")]
                content = fill_in(content.decode(), words).encode()
            target = os.path.join(words["prefix"], fill_in(place, words), name)
            contents[target] = content
    return contents


def fill_in(text, words):
    return re.sub(r"@(\w+)@", lambda match: words[match[1]], text)


def make_directory(path, made):
    """Makes a directory and those above it; notes which."""
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    if not os.path.isdir(path):
        raise Refusal(f"{path} is not a directory")
    for directory in reversed(missing):
        os.mkdir(directory)
        made.append(directory)


def write_all(contents):
    """Writes the files beside their places first, and moves them when all of
    them are there."""
    made, written = [], {}
    try:
        for target, content in contents.items():
            if os.path.isdir(target):
                raise Refusal(f"{target} is a directory")
            make_directory(os.path.dirname(target), made)
            fd, name = tempfile.mkstemp(
                prefix=".rove-", dir=os.path.dirname(target))
            written[name] = target
            with os.fdopen(fd, "wb") as file:
                file.write(content)
            os.chmod(name, 0o644)
        for name, target in written.items():
            os.replace(name, target)
    except BaseException as error:
        for name in written:
            pathlib.Path(name).unlink(missing_ok=True)
        for directory in reversed(made):
            os.rmdir(directory)
        if isinstance(error, OSError):
            raise Refusal(f"{error.filename or target}: {error.strerror}") \
                from error
        raise


def main(arguments):
    options = parse(arguments)
    root = built_files()
    words = {"prefix": options.prefix, "libdir": options.libdir,
             "version": version(root)}
    try:
        contents = collect(root, words)
        write_all({options.destdir + path: content
                   for path, content in contents.items()})
    except Refusal as refusal:
        print(f"install: nothing was installed: {refusal}", file=sys.stderr)
        return 1
    print(f"rove {words['version']} is in {options.destdir}{options.prefix}"
          f" ({len(contents)} files); where it is not found by itself:\n"
          f"export PKG_CONFIG_PATH={options.libdir}/pkgconfig")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
