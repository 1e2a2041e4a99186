#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the option table generates is in step with it: the manual's OPTIONS and the completions of three shells.

$GEN_OPTIONS is the program made from tools/gen-options.c; it writes one file, made anew, to standard output. With
--update (that is what `make generate` does) the files are rewritten.
"""

import os
import subprocess
import sys
from pathlib import Path

TOP = Path(os.environ.get("POLLCAT_SRC") or Path(__file__).resolve().parents[2])
PARTS = {
    "man": "doc/pollcat.1",
    "bash": "completions/pollcat.bash",
    "zsh": "completions/_pollcat",
    "fish": "completions/pollcat.fish",
}


def main():
    program = os.environ.get("GEN_OPTIONS", "")
    if not (TOP / "tools/gen-options.c").is_file():
        print("# generated: there is no tools/gen-options.c")
        return 1 if os.environ.get("POLLCAT_TESTS_STRICT") else 77
    if not os.access(program, os.X_OK):
        print(f"# generated: set GEN_OPTIONS to the program tools/gen-options; it is '{program}'")
        return 1
    faults = []
    for kind, name in PARTS.items():
        path = TOP / name
        old = path.read_text() if path.is_file() else ""
        made = subprocess.run([program, kind] + ([path] if kind == "man" else []), capture_output=True, text=True)
        new = made.stdout
        if made.returncode != 0 or not new:
            faults.append(f"gen-options {kind}: status {made.returncode}, {made.stderr.strip() or 'nothing written'}")
        elif new != old and "--update" in sys.argv[1:]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(new)
        elif new != old:
            faults.append(f"{name}: out of step with the option table")
    for fault in faults:
        print(fault)
    print("# generated:", "run make generate in the build directory" if faults else f"{len(PARTS)} files in step")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
