#!/usr/bin/env python3
"""Checks that a library exports what its headers mark ROVE_API, nothing else.

usage: check_exports.py <header>... <archive>...

Exported is every defined global symbol of default visibility in the archives;
hidden ones stay inside a shared object, but nothing hides a forgotten static.
"""

import re
import subprocess
import sys

import c_source

_SYMBOL = re.compile(
    r"\s*\d+:\s+\w+\s+\d+\s+(?P<type>\w+)\s+(?P<bind>GLOBAL|WEAK)\s+DEFAULT"
    r"(?:\s+\[[^]]*\])?\s+(?P<section>\w+)\s+(?P<name>[^\s@]+)")


def declared_names(text):
    """The functions and variables that a header's text marks ROVE_API."""
    code = "\n".join(c_source.Source("", text).code)
    code = re.sub(r"^\s*#(?:.*\\\n)*.*$", "", code, flags=re.MULTILINE)
    names = set()
    for declaration in re.findall(r"\bROVE_API\b([^;{]*)", code):
        function = re.search(r"\b(rove_\w+)\s*\(", declaration)
        words = re.findall(r"\brove_\w+", declaration)
        if function:
            names.add(function[1])
        elif words:
            names.add(words[-1])
    return names


def exported_names(listing):
    """The names that `readelf -sW` lists as defined, global and visible."""
    names = set()
    for line in listing.splitlines():
        match = _SYMBOL.match(line)
        if match and match["section"] != "UND" and match["type"] != "FILE":
            names.add(match["name"])
    return names


def check(declared, exported):
    return [f"{name}: ROVE_API, but no archive defines it"
            for name in sorted(declared - exported)] + \
           [f"{name}: exported, but not ROVE_API"
            for name in sorted(exported - declared)]


def main(arguments):
    headers = [a for a in arguments if a.endswith(".h")]
    archives = [a for a in arguments if not a.endswith(".h")]
    if not headers or not archives:
        print(__doc__)
        return 2
    declared = set()
    for header in headers:
        with open(header, encoding="utf-8") as file:
            declared |= declared_names(file.read())
    exported = exported_names(subprocess.run(
        ["readelf", "-sW", *archives], check=True, text=True,
        stdout=subprocess.PIPE).stdout)
    problems = check(declared, exported)
    for problem in problems:
        print(problem)
    print(f"{len(declared)} names declared, {len(exported)} exported, "
          f"{len(problems)} problems")
    return 1 if problems or not declared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
