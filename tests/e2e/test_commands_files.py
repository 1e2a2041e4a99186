# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the prompt that go on: files, what is sent before our direction ends, transcripts."""

import os
import re
import signal
import socket

import pytest

from support import DEADLINE, receive, reset
from terminal import at, many, nothing_more, peer, says, start, typed, wait_for


def test_send(at, peer, tmp_path):
    data = os.urandom(3_000_000)
    (tmp_path / "two words").write_bytes(data)
    t = at()
    t.type("~send 'two words'\r")
    assert peer.receive(len(data)) == data
    t.wait_text("two words: sent 2.86 MiB in ")
    says(t, "~send nothing", "pollcat: nothing: No such file or directory")
    says(t, "~send .", ".: Is a directory")
    nothing_more(t, peer)


def test_send_shows_progress(at, peer, tmp_path):
    size = 12_000_000
    (tmp_path / "data").write_bytes(bytes(size))
    t = at()
    t.type("~send data\r")
    t.wait(lambda t: re.match(r"data \[=* *>? *\] \d+% \S+ \S+/s>", t.row()), "a bar")
    t.type("typed")
    t.wait(lambda t: t.row().endswith("> typed"))
    assert peer.receive(size) == bytes(size)
    t.wait_text("data: sent 11.44 MiB in ")
    t.wait(lambda t: typed(t) == "typed")
    t.type("\r")
    assert peer.receive(b"\n") == b"typed\n"


@pytest.mark.parametrize("columns, bar", [(1, ""), (10, r"\d+%> ab"), (20, r"\d+%> ab"), (60, r"data \d+% \S+ \S+/s> ab"),
                                          (500, r"data \[=* *>? *\] \d+% \S+ \S+/s> ab")])
def test_progress_fits_the_terminal(at, peer, tmp_path, columns, bar):
    (tmp_path / "data").write_bytes(bytes(12_000_000))
    t = at("--prompt", "$ ", columns=columns)
    t.type("~send data\r")
    if bar:
        wait_for(lambda: "% " in t.row() or "%>" in t.row(), "progress", t.read)
        t.type("ab")
        t.wait(lambda t: re.fullmatch(bar, t.row()))
    else:
        t.type("ab")
    assert peer.receive(12_000_000) == bytes(12_000_000)
    if bar:
        t.wait(lambda t: t.row() == "$ ab")
    t.type("\r")
    assert peer.receive(b"\n") == b"ab\n"


def test_send_is_stopped(at, peer, tmp_path):
    (tmp_path / "data").write_bytes(bytes(12_000_000))
    t = at()
    t.type("~send data\r")
    t.wait(lambda t: "data [" in t.row(), "a bar")
    says(t, "~send", "data: stopped")
    t.wait(lambda t: typed(t) == "")
    says(t, "~send", "no file is being sent")
    t.type("end\r")
    assert len(peer.receive(b"end\n")) < 12_000_000


@pytest.mark.parametrize("end", ["\x04", "~eof\r"])
def test_our_direction_ends_after_the_file(at, peer, tmp_path, end):
    size = 12_000_000
    (tmp_path / "data").write_bytes(bytes(size))
    t = at()
    t.type("~send data\r")
    t.wait(lambda t: "data [" in t.row(), "a bar")
    t.type(end)
    t.wait_text("pollcat: our direction ends when data is done; ^C stops it")
    if end != "\x04":
        says(t, "more", "our direction is about to end: nothing more can be sent")
        says(t, "~eof", "our direction is about to end already")
    assert peer.receive_all() == bytes(size)
    t.wait_text("data: sent 11.44 MiB in ")
    peer.close()
    assert t.wait_exit() == 0


def test_our_direction_ends_after_repeats_and_programs(at, peer):
    t = at()
    t.type("~repeat 3 100ms tick\r~!read x; sleep 0.2; echo tock\r\x04")
    lines = peer.receive_all().split()
    assert sorted(lines) == [b"tick"] * 3 + [b"tock"]


def test_our_direction_ends_after_a_file_that_is_run(at, peer, tmp_path):
    (tmp_path / "lines").write_text("~repeat 2 100ms tick\nlast\n")
    t = at()
    t.type("~source lines\r\x04")
    assert peer.receive_all() == b"tick\ntick\nlast\n"


@pytest.mark.parametrize("end", ["\x04", "~eof\r"])
def test_what_goes_on_for_ever_ends_with_our_direction(at, peer, end):
    t = at()
    t.type("~repeat 0 10ms tick\r")
    peer.receive(5)
    t.type(end)
    peer.receive_all()
    t.wait_text("repeat: stopped: our direction has ended")
    peer.close()
    assert t.wait_exit() == 0


@pytest.mark.parametrize("end", ["\x04", "~eof\r"])
def test_interrupt_stops_what_our_direction_waits_for(at, peer, end):
    t = at()
    t.type("~!echo begun; sleep 1000\r")
    peer.receive(b"begun\n")
    t.type(end)
    t.wait_text("our direction ends when echo begun; sleep 1000 is done; ^C stops it")
    t.type("\x03")
    assert peer.receive_all() == b""
    t.wait_text("sleep 1000: stopped")
    peer.close()
    assert t.wait_exit() == 0


def test_end_for_one_of_many_waits_for_its_file(many, tmp_path):
    size = 12_000_000
    (tmp_path / "data").write_bytes(bytes(size))
    t, one, two = many()
    t.type("~to 1\r~send data\r")
    t.wait(lambda t: "data [" in t.row(), "a bar")
    t.type("~to all\r~eof 1\r")
    t.wait_text("our direction ends when data is done")
    says(t, "~@1 more", "not delivered: nothing can be sent to 1 any more")
    t.type("x\r")
    assert receive(two, 2) == b"x\n"
    assert receive(one, size + 1) == bytes(size)


def test_interrupt_stops_commands_then_the_program(at, peer):
    t = at()
    t.type("~repeat 0 10ms tick\r")
    peer.receive(5)
    t.type("typed")
    t.wait(lambda t: typed(t) == "typed")
    t.type("\x03")
    t.wait(lambda t: typed(t) == "", "an empty line")
    t.type("\x03")
    t.wait_text("repeat: stopped")
    says(t, "~stop", "nothing is going on")
    t.type("\x03")
    t.wait_text("pollcat: still connected; ^C again quits")
    t.type("still here\r")
    peer.receive(b"still here\n")
    assert t.interrupt_exit() == -signal.SIGINT


@pytest.mark.parametrize("end, why", [("~close\r", "nobody is left to send to"), ("~quit\r", "the program ends")])
def test_the_rest_of_a_file_is_lost(at, peer, tmp_path, end, why):
    (tmp_path / "data").write_bytes(bytes(30_000_000))
    t = at()
    t.type("~send data\r")
    t.wait(lambda t: "data [" in t.row(), "a bar")
    t.type(end)
    t.wait_text(f"data: stopped: {why}")
    if end == "~close\r":
        t.type("~quit\r")
    assert t.wait_exit() == 1
    t.wait(lambda t: any(re.search(r"\d+ bytes for \S+ port \d+ were lost: the program ends", x) for x in t.lines()), "the loss")


def test_send_ends_with_the_peer(many, tmp_path):
    (tmp_path / "data").write_bytes(bytes(12_000_000))
    t, one, two = many()
    t.type("~to 1\r~send data\r")
    t.wait(lambda t: "data [" in t.row(), "a bar")
    one.close()
    t.wait_text("data: stopped: nobody is left to send to")
    t.type("~to all\rx\r")
    assert receive(two, 2) == b"x\n"


def test_save(at, peer, tmp_path):
    end = b"\nthe end\n"
    data = bytes(range(256)) * 399 + b"x" * (256 - len(end)) + end
    t = at()
    says(t, "~save got", "got: what arrives is written there")
    peer.send(data)
    t.wait_text("the end")
    wait_for(lambda: (tmp_path / "got").read_bytes() == data, "the file", t.read)
    says(t, "~save", "got: closed, 100.00 KiB")
    peer.send("later\n")
    t.wait_text("later")
    assert (tmp_path / "got").read_bytes() == data
    says(t, "~save", "no file is being written")
    says(t, "~save got", "got exists: ~save! FILE overwrites")
    assert (tmp_path / "got").read_bytes() == data
    says(t, "~save!", "usage: ~save! FILE")
    says(t, "~save! got", "got: what arrives is written there")
    says(t, "~save", "got: closed, 0 B")
    assert (tmp_path / "got").read_bytes() == b""
    says(t, "~save none/x", "none/x: No such file or directory")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["save", "log"])
def test_full_disk(at, peer, command):
    t = at()
    says(t, f"~{command} /dev/full", "/dev/full: ")
    peer.send("data\n")
    t.wait_text("pollcat: /dev/full: No space left on device; the file was closed after 0 B")
    t.wait_text("data")
    says(t, f"~{command}", "no file is being written")
    nothing_more(t, peer)


def test_log(at, peer, tmp_path):
    t = at()
    says(t, "~log talk", "talk: the transcript is appended")
    peer.send("login: ")
    t.wait_text("login:")
    t.type("joe\r")
    assert peer.receive(b"\n") == b"joe\n"
    peer.send("hello \x1b[31mjoe\n")
    t.wait_text("hello")
    says(t, "~log", "talk: closed")
    t.wait_text(f"talk: closed, {(tmp_path / 'talk').stat().st_size} B")
    lines = (tmp_path / "talk").read_text().splitlines()
    for line in lines:
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [<>#] ", line)
    name = f"[1] 127.0.0.1 port {peer.port}"
    assert [line[24:] for line in lines] == [
        "# the transcript begins", f"# {name}: is connected", f"< {name}: login: \\", f"> {name}: joe",
        f"< {name}: hello \\x1b[31mjoe", "# the transcript ends"]
    says(t, "~log", "no file is being written")


def test_log_of_many(many, tmp_path):
    t, one = many(count=1)
    says(t, "~log talk", "talk: the transcript is appended")
    two = socket.create_connection(one.getpeername(), DEADLINE)
    t.wait_text("joined")
    two.sendall(b"two\n")
    t.wait_text("two")
    one.sendall(b"one\n")
    t.wait_text("one")
    reset(two)
    t.wait_text("left")
    t.type("~quit\r")
    assert t.wait_exit() == 0
    text = (tmp_path / "talk").read_text()
    for part in [r"# \[2\] \S+ port \d+: joined", r"< \[2\] \S+ port \d+: two", r"< \[1\] \S+ port \d+: one",
                 r"# \[2\] \S+ port \d+: left", "# the transcript ends"]:
        text = re.split(part, text, maxsplit=1)[1]
