"""Parts of a Markdown page that programs write: each between a line
<!-- generated: NAME --> and a line <!-- end -->."""

import os
import re


class Missing(Exception):
    """The page has no such part; the text names it."""


def replaced(text, name, lines):
    """The text with that part anew."""
    start = f"<!-- generated: {name} -->\n"
    pattern = re.escape(start) + r".*?^<!-- end -->$"
    part = start + "\n".join(lines) + "\n<!-- end -->"
    found, count = re.subn(pattern, lambda _: part, text,
                           flags=re.DOTALL | re.MULTILINE)
    if count != 1:
        raise Missing(f"{count} parts named '{name}' instead of one")
    return found


def update(path, parts):
    """Rewrites the parts, lines by name. Never leaves a part of a file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, lines in parts.items():
        text = replaced(text, name, lines)
    scratch = f"{path}.{os.getpid()}"
    with open(scratch, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(scratch, path)


def table(rows):
    """Markdown lines; the first row is the heading, numbers stand right."""
    yield "| " + " | ".join(rows[0]) + " |"
    yield "|---|" + "---:|" * (len(rows[0]) - 1)
    for row in rows[1:]:
        yield "| " + " | ".join(row) + " |"
