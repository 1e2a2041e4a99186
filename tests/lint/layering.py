#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of src includes itself and the folders above it alone; some headers belong to one file each."""

import os
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

TOP = Path(os.environ.get("POLLCAT_SRC") or Path(__file__).resolve().parents[2])
ORDER = ["base", "proto", "loop", "io", "layer", "peer", "record", "net", "end", "svc", "term", "console", "app"]
# Never include each other, whatever the order
STRANGERS = [{"net", "svc"}, {"net", "console"}, {"term", "io"}, {"term", "peer"}, {"term", "net"}, {"svc", "term"}]
# "file includes file", still to be cut
KNOWN = {
    "src/record/transcript.h includes console/talker.h",
    "src/svc/service.c includes svc/rows.h",
    "src/term/complete.h includes console/command.h",
    "src/term/prompt.h includes console/view.h",
}
OWNERS = {
    r"poll\.h|sys/poll\.h": "src/loop/wait.c",
    r"sys/epoll\.h": "src/loop/crowd.c",
    r"readline/.*": "src/term/prompt*.[ch]",
    r"openssl/.*": "src/io/tls.c",
    r"pthread\.h": "src/net/resolve_ahead.c",
    r"getopt\.h": "src/app/options.c",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.M)


def check(path, text):
    name = path.relative_to(TOP).as_posix()
    folder = path.parent.name
    if path.parent.parent != TOP / "src":
        folder = None
        if name != "src/main.c":
            yield f"{name}: not in a folder of src"
    elif folder not in ORDER:
        yield f"{name}: {folder} has no place in the order of folders"
        return
    for system, own in INCLUDE.findall(text):
        for pattern, owner in OWNERS.items():
            if re.fullmatch(pattern, system or own) and not fnmatch(name, owner):
                yield f"{name}: <{system or own}> belongs to {owner}"
        if not own or own == "config.h":
            continue
        if f"{name} includes {own}" in KNOWN:
            continue
        target = own.split("/")[0]
        if not (TOP / "src" / own).is_file():
            yield f'{name}: "{own}" is not written from src'
        elif folder is None:
            continue
        elif ORDER.index(target) > ORDER.index(folder):
            yield f"{name}: {folder} includes {own}, which is below it"
        elif target != folder and {target, folder} in STRANGERS:
            yield f"{name}: {folder} includes {own}"


def main():
    paths = sorted(TOP.glob("src/**/*.[ch]"))
    faults = [fault for path in paths for fault in check(path, path.read_text())]
    for fault in faults:
        print(fault)
    print(f"# layering: {len(paths)} files, {len(faults)} faults")
    return 1 if faults or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
