#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may include what: a folder of src itself and the folders above it alone, some headers one file each, headers
that say "Private to X" X alone; and no circle among files. A file and its header count as one."""

import os
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

TOP = Path(os.environ.get("POLLCAT_SRC") or Path(__file__).resolve().parents[2])
ORDER = ["base", "proto", "loop", "io", "layer", "peer", "record", "net", "end", "svc", "term", "console", "app"]
# Never include each other, whatever the order
STRANGERS = [{"net", "svc"}, {"net", "console"}, {"term", "io"}, {"term", "peer"}, {"term", "net"}, {"svc", "term"}]
# Files that may include each other in circles
KNOT = "io/link*"
# "file includes file", still to be cut: the fault it stands for is not told, and circles are looked for without it
KNOWN = {
    "src/io/port.c includes io/link.h",
}
OWNERS = {
    r"poll\.h|sys/poll\.h": "src/loop/wait.c",
    r"sys/epoll\.h": "src/loop/crowd.c",
    r"readline/.*": "src/term/readline.h",
    r"openssl/.*": "src/layer/tls*.[ch]",
    r"wslay/.*": "src/layer/websocket*.[ch]",
    r"dlfcn\.h": "src/base/library.c",
    r"pthread\.h": "src/net/resolve_ahead.c",
    r"getopt\.h": "src/app/options.c",
}
SOCKETS = r"sys/socket\.h|sys/un\.h|netinet/.*|arpa/.*|netdb\.h"
SOCKETLESS = {"svc", "term", "console"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.M)
PRIVATE = re.compile(r"Private to ((?:[\w/*]+(?:\.[ch])?(?:, | and )?)+)")


def private_to(target):
    """The files that may include a header, as patterns from src; None: all."""
    text = re.sub(r"\n \* ?", " ", (TOP / "src" / target).read_text())
    match = PRIVATE.search(text)
    if not match:
        return ["nobody"] if "Private to" in text else None
    return [name if "." in name else name + "*" for name in re.split(", | and ", match.group(1))]


def fault_of_system(name, folder, header):
    for pattern, owner in OWNERS.items():
        if re.fullmatch(pattern, header) and not fnmatch(name, owner):
            return f"belongs to {owner}"
    if folder in SOCKETLESS and re.fullmatch(SOCKETS, header):
        return f"{folder} has no sockets"
    return None


def fault_of_own(name, folder, target):
    if not (TOP / "src" / target).is_file():
        return "is not written from src"
    room = target.split("/")[0]
    if folder is not None and ORDER.index(room) > ORDER.index(folder):
        return f"{room} is below {folder}"
    if {room, folder} in STRANGERS:
        return f"{folder} and {room} are strangers"
    allowed = private_to(target)
    inside = allowed is None or module(name) == module(target)
    if not inside and not any(fnmatch(name.removeprefix("src/"), pattern) for pattern in allowed):
        return "is private to " + ", ".join(allowed)
    return None


def module(path):
    """A file without src/ and its ending: what it and its header are together."""
    name = re.sub(r"\.[ch]$", "", path.removeprefix("src/"))
    return KNOT if fnmatch(name, KNOT) else name


def route(edges, start, goal):
    """The modules from `start` to `goal`, or None."""
    ways = {start: [start]}
    todo = [start]
    while todo:
        here = todo.pop(0)
        if here == goal:
            return ways[here]
        for there in sorted(edges.get(here, ())):
            if there not in ways:
                ways[there] = ways[here] + [there]
                todo.append(there)
    return None


def circles(includes):
    """The includes that close a circle, besides those in KNOWN: what each closes."""
    edges = {}
    for name, target in includes:
        if f"{name} includes {target}" not in KNOWN:
            edges.setdefault(module(name), set()).add(module(target))
    for name, target in includes:
        if module(name) != module(target):
            back = route(edges, module(target), module(name))
            if back:
                yield f"{name} includes {target}", "a circle: " + " > ".join([module(name), *back])


def check(path):
    """The faults of a file's includes, and its includes of our own."""
    name = path.relative_to(TOP).as_posix()
    folder = path.parent.name if path.parent.parent == TOP / "src" else None
    faults, own = {}, []
    if folder is None and name != "src/main.c":
        faults[name] = "not in a folder of src"
    elif folder is not None and folder not in ORDER:
        faults[name] = f"{folder} has no place in the order of folders"
        return faults, own
    for header, target in INCLUDE.findall(path.read_text()):
        if target == "config.h":
            continue
        fault = fault_of_own(name, folder, target) if target else fault_of_system(name, folder, header)
        if fault:
            faults[f"{name} includes {target or header}"] = fault
        if target:
            own.append((name, target))
    return faults, own


def main():
    paths = sorted(TOP.glob("src/**/*.[ch]"))
    faults, includes = {}, []
    for path in paths:
        found, own = check(path)
        faults.update(found)
        includes += own
    faults = dict(circles(includes)) | faults
    told = [f"{what}: {why}" for what, why in faults.items() if what not in KNOWN]
    told += [f"{what}: not so any more; take it out of KNOWN" for what in sorted(KNOWN - set(faults))]
    for line in told:
        print(line)
    print(f"# layering: {len(paths)} files, {len(told)} faults")
    return 1 if told or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
