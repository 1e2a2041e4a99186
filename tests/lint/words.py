#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each file names its licence, and none holds what has no place in it: unsafe functions, notes to oneself,
paths of somebody's machine, references to a tracker, bare output below the application."""

import os
import re
import sys
from pathlib import Path

TOP = Path(os.environ.get("POLLCAT_SRC") or Path(__file__).resolve().parents[2])
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
SOURCES = ["src/**/*.[ch]", "tools/**/*", "tests/**/*.[ch]", "tests/**/*.py", "tests/**/*.sh", "doc/**/*.py", "doc/**/*.sh"]
SCRIPTS = ["dev", "bootstrap", ".ci/run", "tests/run", "tests/*/run", "configure.ac", "Makefile.am", "completions/*",
           "packaging/*", "tests/package/*", "debian/rules", "debian/p*[mt]", "debian/tests/[!c]*"]
PROSE = ["*.md", "NEWS", "doc/**/*.md", "doc/*.1", "debian/c*", "debian/watch"]
HOMES = "|".join(["home", "root", "Users", "work", "workspace", "builds"])

# (which files, what, why)
EVERYWHERE = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "a note to oneself"),
    (rf"(?<![\w./~$}}:-])/({HOMES})/\w", "a path of one machine"),
    (r"(?i)\b(issue|ticket|bug|pr) ?#? ?\d", "a reference to a tracker"),
    (r"[ \t]+$", "white space at the end of a line"),
    (r"\r$", "a carriage return"),
]
SOURCE = [
    (r"\b(gets|strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|alloca|tmpnam|mktemp|usleep)\s*\(", "an unsafe function"),
    (r"^typedef struct\b", "a typedef of a struct"),
    (r"^\s*(//|.*;\s*//)", "a // comment"),
]
BELOW_APP = [
    (r"(?<![\w.>])(printf|puts|putchar|perror|vprintf|err|errx|warn|warnx)\s*\(", "printing below app"),
    (r"(?<![\w.>])(exit|_exit|abort)\s*\(", "ending below app"),
]
# mem ends the program when memory is out, spawn a process that could not become another program; log and prompt show
# lines: that is what they are for.
MAY_PRINT = {"src/base/mem.c", "src/base/log.c", "src/loop/spawn.c", "src/term/prompt.c", "src/term/screen.c"}


LEAVINGS = re.compile(r"__pycache__|\.deps/|\.dirstamp$|\.(pyc|o|log|trs)$|~$")


def glob(patterns):
    """The files meant, without what interpreters and a build in the source tree leave."""
    found = {path for pattern in patterns for path in TOP.glob(pattern) if path.is_file()}
    built = {path for path in found if path.suffix == "" and path.with_suffix(".c").is_file()}
    return sorted(path for path in found - built if not LEAVINGS.search(path.as_posix()))


def rules(name):
    wanted = list(EVERYWHERE)
    if name.startswith("src/"):
        wanted += SOURCE
        if not name.startswith(("src/app/", "src/main.c")) and name not in MAY_PRINT:
            wanted += BELOW_APP
    return wanted


def without_comments(text):
    """C without comments and string contents, its lines kept."""
    token = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: '""' if m[0][0] == '"' else re.sub(r"[^\n]", "", m[0]) or " ", text)


def check(path, licensed):
    name = path.relative_to(TOP).as_posix()
    text = path.read_text(errors="replace")
    if licensed and SPDX not in "".join(text.splitlines(True)[:3]):
        yield f"{name}: no line '{SPDX}' at its beginning"
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what in EVERYWHERE:
            if name != "tests/lint/words.py" and re.search(pattern, line):
                yield f"{name}:{number}: {what}: {line.strip()}"
    if path.suffix in (".c", ".h"):
        for number, line in enumerate(without_comments(text).split("\n"), 1):
            for pattern, what in rules(name)[len(EVERYWHERE) :]:
                if re.search(pattern, line):
                    yield f"{name}:{number}: {what}: {line.strip()}"


def shared_bits(path):
    """Two traits with one bit are one trait."""
    seen = {}
    for trait, bit in re.findall(r"^#define (TRAIT_\w+) TRAIT_BIT\((\d+)\)", path.read_text(), re.M):
        if int(bit) > 63 or bit in seen:
            yield f"{path.relative_to(TOP).as_posix()}: {trait} has bit {bit}, which {seen.get(bit, 'nobody')} has"
        seen[bit] = trait
    if not seen:
        yield f"{path.relative_to(TOP).as_posix()}: no traits found"


def main():
    licensed = glob(SOURCES + SCRIPTS)
    prose = glob(PROSE)
    faults = [fault for path in licensed for fault in check(path, True)]
    faults += [fault for path in prose for fault in check(path, False)]
    faults += shared_bits(TOP / "src/app/mode.h")
    for fault in faults:
        print(fault)
    print(f"# words: {len(licensed) + len(prose)} files, {len(faults)} faults")
    return 1 if faults or not licensed else 0


if __name__ == "__main__":
    sys.exit(main())
