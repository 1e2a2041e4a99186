# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries are loaded when they are needed, and what lacks one says so."""

import json
import re

import pytest

from support import POLLCAT
from terminal import start, peer

with open(POLLCAT, "rb") as program:
    NOTES = [row for note in re.findall(rb"\[\{\"feature\".*?\}\]", program.read()) for row in json.loads(note)]

NEEDED = [
    ("libssl.so", ["--ssl", "-l", "0"], "TLS needs {} of OpenSSL 3, which is not installed"),
    ("libwslay.so", ["-l", "--websocket", "0"], "WebSocket needs {} of wslay, which is not installed"),
]


def sonames(stem):
    return [name for row in NOTES for name in row["soname"] if name.startswith(stem)]


def spoilt(directory, names):
    """An environment in which these libraries cannot be loaded."""
    for name in names:
        (directory / name).touch()
    return {"LD_LIBRARY_PATH": str(directory)}


def test_packagers_are_told_of_all(pollcat):
    assert {row["feature"]: row["priority"] for row in NOTES} == {
        "prompt": "required", "tls": "recommended", "websocket": "suggested"}
    assert all(len(sonames(stem)) > 0 for stem in ("libreadline.so.", "libssl.so.", "libcrypto.so.", "libwslay.so."))


def test_nothing_is_loaded_that_is_not_needed(pollcat):
    server = pollcat("-l", "127.0.0.1", "0")
    assert server.port
    with open(f"/proc/{server.pid}/maps") as maps:
        assert not re.search("lib(ssl|crypto|wslay|readline|tinfo)", maps.read())


@pytest.mark.parametrize("stem, args, words", NEEDED)
def test_what_lacks_a_library_says_so(pollcat, tmp_path, stem, args, words):
    cat = pollcat(*args, env=spoilt(tmp_path, sonames(stem)))
    assert (cat.wait(), cat.out) == (2, b"")
    assert cat.err.startswith("pollcat: " + words.format(sonames(stem)[0])) and cat.err.count("\n") == 1


def test_a_prompt_that_lacks_its_library_says_so(start, peer, tmp_path):
    names = sonames("libreadline.so.")
    t = start(accept=False, columns=300, env=spoilt(tmp_path, names))
    t.wait_text(f"pollcat: a prompt (see --no-prompt) needs {names[0]} of readline, which is not installed")
    assert t.wait_exit() == 2
    assert not t.is_raw()


def test_without_a_prompt_its_library_is_not_missed(start, peer, tmp_path):
    t = start("--no-prompt", accept=False, env=spoilt(tmp_path, sonames("libreadline.so.")))
    peer.accept()
    t.type("line\r")
    assert peer.receive(b"\n") == b"line\n"
