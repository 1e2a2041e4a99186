#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lists of files in Makefile.am are in step with the files there are.

`tests/lint/sources.py --update` rewrites the lists: run it after adding, renaming or removing a file.
"""

import os
import re
import sys
from pathlib import Path

TOP = Path(os.environ.get("POLLCAT_SRC") or Path(__file__).resolve().parents[2])


LEAVINGS = re.compile(r"__pycache__|\.deps/|\.dirstamp$|\.(pyc|o|log|trs|orig|rej|swp)$|~$")


def files(*patterns):
    """Files below TOP, as text, without what editors, interpreters and a build in the source tree leave."""
    paths = [path for pattern in patterns for path in TOP.glob(pattern) if path.is_file()]
    built = {path for path in paths if path.suffix == "" and path.with_suffix(".c").is_file()}
    found = {path.relative_to(TOP).as_posix() for path in paths if path not in built}
    return {name for name in found if not LEAVINGS.search(name)}


def programs(pattern):
    return {f.removesuffix(".c") for f in files(pattern)}


def lists():
    """The lists of Makefile.am, by name."""
    tests_c = files("tests/unit/*.[ch]") - files("tests/unit/test_*.c")
    lint = {f for f in files("tests/lint/*.py") if os.access(TOP / f, os.X_OK)}
    wanted = {
        "libpollcat_a_SOURCES": files("src/**/*.[ch]") - {"src/main.c"},
        "dist_man_MANS": files("doc/*.1"),
        "dist_bashcomp_DATA": files("completions/*.bash"),
        "dist_zshcomp_DATA": files("completions/_*"),
        "dist_fishcomp_DATA": files("completions/*.fish"),
        "generators": programs("tools/*.c"),
        "unit_tests": programs("tests/unit/test_*.c"),
        "fuzz_tests": programs("tests/fuzz/fuzz_*.c"),
        "libtest_a_SOURCES": files("tests/fuzz/replay.c", "tests/fuzz/*.h") | tests_c,
        "e2e_files": files("tests/e2e/**/*"),
        "lint_tests": lint,
    }
    other = files("README.md", "CONTRIBUTING.md", "NEWS", "bootstrap", "dev", ".ci/run", ".clang-format", ".editorconfig")
    other |= files("doc/**/*", "tools/**/*", "tests/*", "tests/unit/*", "tests/lint/*", "tests/bench/**/*")
    other |= files("packaging/*", "tests/package/*", "tests/fault/*.c")  # not debian: who builds for Debian brings it beside the tarball
    built = {f + ".c" for name in ("generators", "unit_tests") for f in wanted[name]}
    wanted["other_files"] = other - built - set().union(*wanted.values())
    return wanted


def block(name, entries):
    if not entries:
        return f"{name} =\n"
    return f"{name} = \\\n" + " \\\n".join(f"\t{entry}" for entry in sorted(entries)) + "\n"


def main():
    path = TOP / "Makefile.am"
    text = path.read_text()
    fixed = text
    faults = []
    for name, wanted in lists().items():
        match = re.search(rf"^{name} =[ \t]*(\\\n(?:.*\\\n)*.*\n|\n)", fixed, re.M)
        if not match:
            faults.append(f"Makefile.am has no list {name}")
            continue
        have = match.group(0).replace("\\\n", " ").split("=", 1)[1].split()
        faults += [f"{name}: {f} is missing" for f in sorted(wanted - set(have))]
        faults += [f"{name}: {f} does not exist" for f in sorted(set(have) - wanted)]
        if match.group(0) != block(name, wanted) and not faults:
            faults.append(f"{name}: not one file a line, sorted")
        fixed = fixed[: match.start()] + block(name, wanted) + fixed[match.end() :]
    if "--update" in sys.argv[1:]:
        if fixed != text:
            path.write_text(fixed)
        return 0
    for fault in faults:
        print(fault)
    print("# Makefile.am:", "run tests/lint/sources.py --update" if faults else "in step")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
