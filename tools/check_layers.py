#!/usr/bin/env python3
"""Checks that includes go down only.

The build refuses most wrong includes (visibility, layering_check); a header
that includes a header of an indirect dependency passes there and fails here.
"""

import sys

import c_source

# A room sees the rooms with a smaller number, and itself.
LAYER = {
    "base": 0,
    "platform": 1,
    "context": 2,
    "queue": 2,
    "sched": 3,
    "task": 4,
    "sync": 5,
    "offload": 5,
    "io": 6,
    "inspect": 7,
    "api": 8,
}


def src_problem(room, name):
    """What is wrong with file of src/<room> including name, or None."""
    if room not in LAYER:
        return f"room {room} has no layer in tools/check_layers.py"
    if name.startswith("rove/"):
        return None
    parts = name.split("/")
    if parts[0] != "src" or len(parts) < 3:
        return f'"{name}" is neither "src/..." nor "rove/..."'
    if parts[1] not in LAYER:
        return f"room {parts[1]} has no layer in tools/check_layers.py"
    if parts[1] != room and LAYER[parts[1]] >= LAYER[room]:
        return f"{room} may not include {parts[1]}"
    return None


def problem(path, name):
    """What is wrong with the file at path including "name", or None."""
    top = path.parts[0]
    if top == "src":
        return src_problem(path.parts[1], name)
    if top == "include" and not name.startswith("rove/"):
        return "a public header includes public headers only"
    is_twin = path.parts[:2] == ("tests", "api") and \
        name.startswith("src/api/")  # white-box twins of src/api live there
    outside = top in ("examples", "adapters", "admin") or \
        path.parts[:2] == ("tests", "api")
    if outside and not is_twin and name.startswith("src/"):
        return "only rove/ is open to this file"
    return None


def check(sources):
    problems = []
    for source in sources:
        for number, name in source.includes():
            if name[0] == "<":
                continue
            text = problem(source.path, name.strip('"'))
            if text:
                problems.append(f"{source.path}:{number}: {text}")
    return problems


def main():
    sources = c_source.load(c_source.root_from_arguments())
    return c_source.report(check(sources), len(sources))


if __name__ == "__main__":
    sys.exit(main())
