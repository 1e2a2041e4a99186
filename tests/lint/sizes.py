#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""No function over 60 lines, no file over 700. Const tables at file scope are no functions; neither is there a
limit for a test's function, which may be little more than a table of cases."""

import os
import re
import sys
from pathlib import Path

TOP = Path(os.environ.get("POLLCAT_SRC") or Path(__file__).resolve().parents[2])
FUNCTION_LINES = 60
FILE_LINES = 700
# "file:function", for those that are little more than a const table
LONG_FUNCTIONS = set()
LONG_FILES = set()


def functions(lines):
    """Yields (name, first line, number of lines) of each function: its braces stand alone in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield name(lines[: start - 1]), start, number - start + 1
            start = None


def name(before):
    """The function's name, from the lines that end with its head."""
    head = []
    for line in reversed(before):
        head.insert(0, line)
        if line[:1].isalpha() or line[:1] == "_":
            break
    found = re.findall(r"(\w+)\s*\(", " ".join(head))
    return found[0] if found else "?"


def check(path):
    file = path.relative_to(TOP).as_posix()
    lines = path.read_text().splitlines()
    if len(lines) > FILE_LINES and file not in LONG_FILES:
        yield f"{file}: {len(lines)} lines, at most {FILE_LINES}"
    if path.suffix != ".c" or file.startswith("tests/"):
        return
    for function, first, length in functions(lines):
        if length > FUNCTION_LINES and f"{file}:{function}" not in LONG_FUNCTIONS:
            yield f"{file}:{first}: {function}() has {length} lines, at most {FUNCTION_LINES}"


def main():
    patterns = ["src/**/*.[ch]", "tools/*.c", "tests/**/*.[ch]", "tests/**/*.py"]
    paths = sorted(path for pattern in patterns for path in TOP.glob(pattern))
    faults = [fault for path in paths for fault in check(path)]
    for fault in faults:
        print(fault)
    print(f"# sizes: {len(paths)} files, {len(faults)} faults")
    return 1 if faults or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
