# SPDX-License-Identifier: GPL-3.0-or-later
"""--watch: what passes between peers and their ends is shown at the prompt, and what is typed goes into it."""
import os
import re
import shlex
import signal
import socket
import subprocess
import sys

import pytest

from support import (DEADLINE, POLLCAT, Background, accept, dial, half_close, need, payload, port_of, receive, receive_all, refusing,
                     reset, serve, serve_unix)
from terminal import Terminal, listen, many, says, wait_for


# Who is reset at once may learn it while connecting.
RESET = (ConnectionResetError, BrokenPipeError)


def shown_while(t, run):
    """What `run()` gives, while the terminal takes what is shown."""
    job = Background(run)
    wait_for(lambda: not job.is_alive(), "the stream", lambda: t.read(0.01))
    return job.result()


class Watch:
    """A prompt that watches pairs between those who join and a server of ours."""

    def __init__(self, home, *options, columns=100, **how):
        self.server = serve()
        self.end = f"127.0.0.1:{port_of(self.server)}"
        how.setdefault("rows", 40)
        self.terminal, self.port = listen(home, *options, "-lk", "127.0.0.1", 0, "--to", self.end, "--watch",
                                          columns=columns, **how)
        self.pairs = []

    def pair(self):
        """The peer, and what it is joined to."""
        peer = dial(self.port)
        end = accept(self.server)
        self.pairs += [peer, end]
        n = len(self.pairs) // 2
        self.terminal.wait_text(f"[{n}<] 127.0.0.1 port {port_of(self.server)} joined")
        self.name = f"127.0.0.1 port {port_of(peer)}"
        return peer, end

    def close(self):
        for sock in self.pairs:
            sock.close()
        self.server.close()
        self.terminal.close()


@pytest.fixture
def watch(tmp_path):
    running = []

    def begin(*options, **how):
        running.append(Watch(tmp_path, *options, **how))
        return running[-1]

    yield begin
    for one in running:
        one.close()


def test_both_directions_are_shown_and_passed(watch):
    w = watch()
    peer, end = w.pair()
    peer.sendall(b"question\n")
    assert receive(end, 9) == b"question\n"
    w.terminal.wait_text("[1>] question")
    end.sendall(b"answer\n")
    assert receive(peer, 7) == b"answer\n"
    w.terminal.wait_text("[1<] answer")


def test_typed_lines_go_into_either_direction(watch):
    w = watch()
    peer, end = w.pair()
    w.terminal.type("~@1> to the end\r~@1< to the peer\r")
    assert receive(end, 11) == b"to the end\n"
    assert receive(peer, 12) == b"to the peer\n"
    w.terminal.type("~to 1>\rmore\r")
    assert receive(end, 5) == b"more\n"
    w.terminal.type("~to 1<\rless\r")
    assert receive(peer, 5) == b"less\n"


def test_which_pair_must_be_said(watch):
    w = watch()
    (one, first), (two, second) = w.pair(), w.pair()
    says(w.terminal, "hello", "which of 2 pairs?")
    w.terminal.type("~to 2>\rhello\r")
    assert receive(second, 6) == b"hello\n"
    for sock in one, first, two:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(1)


@pytest.mark.parametrize("first", ["peer", "end"])
def test_half_close(watch, first):
    w = watch()
    one, other = w.pair()
    if first == "end":
        one, other = other, one
    one.sendall(b"question")
    half_close(one)
    assert receive_all(other) == b"question"
    other.sendall(b"answer\n")
    assert receive(one, 7) == b"answer\n"
    other.close()
    assert receive_all(one) == b""
    w.terminal.wait_text("[1] " + w.name + " left")


@pytest.mark.parametrize("first", ["peer", "end"])
def test_reset_is_passed_on(watch, first):
    w = watch()
    one, other = w.pair()
    if first == "end":
        one, other = other, one
    one.sendall(b"x\n")
    assert receive(other, 2) == b"x\n"
    reset(one)
    with pytest.raises(ConnectionResetError):
        receive_all(other)
    w.terminal.wait_text("[1] " + w.name + " left: Connection reset by peer")


def test_an_end_that_cannot_be_reached(tmp_path):
    nobody = refusing()
    t, port = listen(tmp_path, "-lk", "127.0.0.1", 0, "--to", f"127.0.0.1:{port_of(nobody)}", "--watch", columns=100)
    with t:
        for _ in range(2):
            with pytest.raises(RESET):
                receive_all(dial(port))
        t.wait_text("[2] 127.0.0.1")
        t.wait(lambda t: sum("Connection refused" in row for row in t.lines()) >= 2)


def test_single_pair_ends_the_program(tmp_path):
    server = serve()
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0, "--to", f"127.0.0.1:{port_of(server)}", "--watch")
    with t:
        peer = dial(port)
        end = accept(server)
        t.skim()
        sender = Background(lambda: (peer.sendall(payload(300000)), peer.close()))
        assert shown_while(t, lambda: receive_all(end)) == payload(300000)
        sender.result()
        end.close()
        assert t.wait_exit() == 0


def test_single_pair_whose_end_fails(tmp_path):
    nobody = refusing()
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0, "--to", f"127.0.0.1:{port_of(nobody)}", "--watch")
    with t:
        with pytest.raises(RESET):
            receive_all(dial(port))
        t.wait_text("Connection refused")
        assert t.wait_exit() == 1


def test_client_is_watched(tmp_path):
    server, far = serve(), serve_unix(tmp_path / "far")
    with Terminal([POLLCAT, "127.0.0.1", port_of(server), "--to", f"unix:{tmp_path / 'far'}", "--watch"],
                  home=tmp_path) as t:
        one, other = accept(server), accept(far)
        one.sendall(b"there\n")
        assert receive(other, 6) == b"there\n"
        other.sendall(b"and back\n")
        assert receive(one, 9) == b"and back\n"
        t.wait_text("[1>] there")
        t.wait_text("[1<] and back")
        t.type("typed\r")
        assert receive(one, 6) == b"typed\n"
        half_close(other)
        assert receive_all(one) == b""
        one.close()
        assert receive_all(other) == b""
        assert t.wait_exit() == 0


@pytest.mark.parametrize("end", ["echo:", "exec:cat", "sh:cat"])
def test_other_ends(tmp_path, end):
    t, port = listen(tmp_path, "-lk", "127.0.0.1", 0, "--to", end, "--watch")
    with t:
        peer = dial(port)
        peer.sendall(b"hello\n")
        assert receive(peer, 6) == b"hello\n"
        t.wait_text("[1>] hello")
        t.wait_text("[1<] hello")
        half_close(peer)
        assert receive_all(peer) == b""
        t.wait_text("left")


def test_file_end(tmp_path):
    t, port = listen(tmp_path, "-lk", "127.0.0.1", 0, "--to", f"append:{tmp_path / 'out'}", "--watch")
    with t:
        peer = dial(port)
        t.skim()
        sender = Background(lambda: (peer.sendall(payload(100000)), half_close(peer)))
        assert shown_while(t, lambda: receive_all(peer)) == b""
        sender.result()
        t.look()
        t.wait_text("left")
        assert (tmp_path / "out").read_bytes() == payload(100000)


def test_a_program_that_ends_ends_its_pair(tmp_path):
    t, port = listen(tmp_path, "-lk", "127.0.0.1", 0, "--to", "sh:read x; echo got $x", "--watch")
    with t:
        peer = dial(port)
        peer.sendall(b"line\n")
        assert receive_all(peer) == b"got line\n"
        t.wait_text("left")


def test_bulk_both_ways(watch):
    """A full screen makes the pair wait; nothing is lost."""
    w = watch()
    peer, end = w.pair()
    data = payload(2 << 20)
    w.terminal.skim()
    senders = [Background(lambda: (peer.sendall(data), half_close(peer))),
               Background(lambda: (end.sendall(data[::-1]), half_close(end)))]
    reader = Background(lambda: receive_all(end))
    assert shown_while(w.terminal, lambda: receive_all(peer)) == data[::-1]
    assert shown_while(w.terminal, reader.result) == data
    for sender in senders:
        sender.result()


MARK = b"=== typed ===\n"


def test_what_is_typed_stands_between_what_passes(watch):
    w = watch("--view", "hex")
    peer, end = w.pair()
    there, back = payload(1 << 20), payload(1 << 20)[::-1]
    w.terminal.skim()
    senders = [Background(peer.sendall, there), Background(end.sendall, back)]
    got = {"end": bytearray(), "peer": bytearray()}

    def take(name, sock, size):
        while len(got[name]) < size and (data := sock.recv(1 << 16)):
            got[name] += data

    typed = 5
    readers = [Background(take, "end", end, len(there) + typed * len(MARK)),
               Background(take, "peer", peer, len(back) + typed * len(MARK))]
    for i in range(typed):
        wait_for(lambda: len(got["end"]) > i * 100000 and len(got["peer"]) > i * 100000, "some of it",
                 lambda: w.terminal.read(0.01))
        w.terminal.type("~@1>,1< " + MARK.decode().strip() + "\r")
    wait_for(lambda: not any(r.is_alive() for r in readers), "both streams", lambda: w.terminal.read(0.01))
    for job in senders + readers:
        job.result()
    for name, data in ("end", there), ("peer", back):
        assert got[name].count(MARK) == typed
        assert got[name].replace(MARK, b"") == data


def test_a_slow_end_holds_up_no_other_pair(watch):
    w = watch("--view", "hex")
    (one, first), (two, second) = w.pair(), w.pair()
    data = payload(16 << 20)
    w.terminal.skim()
    stuck = Background(one.sendall, data)
    wait_for(lambda: b"[1>]" in w.terminal.unseen, "the first", lambda: w.terminal.read(0.01))
    for _ in range(20):
        two.sendall(b"hello")
        assert shown_while(w.terminal, lambda: receive(second, 5)) == b"hello"
    assert stuck.is_alive()
    assert shown_while(w.terminal, lambda: receive(first, len(data))) == data
    stuck.result()


def test_fifty_pairs(watch):
    w = watch()
    pairs = [w.pair() for _ in range(50)]
    for i, (peer, end) in enumerate(pairs):
        peer.sendall(b"to %d\n" % i)
        end.sendall(b"from %d\n" % i)
    for i, (peer, end) in enumerate(pairs):
        assert receive(end, len(b"to %d\n" % i)) == b"to %d\n" % i
        assert receive(peer, len(b"from %d\n" % i)) == b"from %d\n" % i
    w.terminal.wait(lambda t: all(f"[{i + 1}>] to {i}" in t.scrolled() and f"[{i + 1}<] from {i}" in t.scrolled()
                                  for i in range(50)))
    for i, (peer, end) in enumerate(pairs):
        peer.close()
        assert receive_all(end) == b""
        end.close()
    w.terminal.wait(lambda t: sum(row.endswith("left") and row.startswith("[") for row in t.scrolled()) == 50)
    says(w.terminal, "~peers", "nobody is connected")


HOSTILE = b"\x1b]0;title\x07\x1b[2J\x1b[6n\x9b5n\x1bP1$r\x1b\\\x1b[?1049h\r\x1b[1A[1>] forged\x08\n"


@pytest.mark.parametrize("by", ["peer", "end"])
def test_escape_sequences_of_either_side_are_made_safe(watch, by):
    w = watch()
    peer, end = w.pair()
    before = len(w.terminal.output)
    (peer if by == "peer" else end).sendall(HOSTILE + b"done\n")
    assert receive(end if by == "peer" else peer, len(HOSTILE) + 5) == HOSTILE + b"done\n"
    w.terminal.wait_text("] done")
    seen = w.terminal.output[before:]
    for bad in b"\x1b]", b"\x1b[2J", b"\x1b[6n", b"\x9b", b"\x1bP", b"\x1b[?1049h", b"\x1b[1A":
        assert bad not in seen
    assert not any(row.startswith("[1>] forged") for row in w.terminal.scrolled())


@pytest.mark.parametrize("side, data, way", [("<", b"to the end", 0), (">", b"to the peer", 1)])
def test_either_side_is_paused(watch, side, data, way):
    """2< is the peer, of whom no more is read; 2> is the end."""
    w = watch()
    w.pair()
    pair = w.pair()
    source, target = pair[way], pair[1 - way]
    says(w.terminal, f"~pause 2{side}", "reading is paused")
    source.sendall(data)
    target.sendall(b"other way\n")
    assert receive(source, 10) == b"other way\n"
    says(w.terminal, "~peers", "paused")
    target.setblocking(False)
    with pytest.raises(BlockingIOError):
        target.recv(1)
    target.settimeout(30)
    w.terminal.type(f"~resume 2{side}\r")
    assert receive(target, len(data)) == data


def test_both_wait_when_all_are_paused(watch):
    w = watch()
    peer, end = w.pair()
    says(w.terminal, "~pause", "reading is paused")
    peer.sendall(b"a")
    end.sendall(b"b")
    says(w.terminal, "~info 1<", "reading is paused")
    says(w.terminal, "~info 1>", "reading is paused")
    w.terminal.type("~resume\r")
    assert receive(end, 1) == b"a" and receive(peer, 1) == b"b"


@pytest.mark.parametrize("side", ["<", ">"])
def test_closing_a_side_ends_the_other(watch, side):
    w = watch()
    peer, end = w.pair()
    peer.sendall(b"before\n")
    end.sendall(b"before\n")
    w.terminal.wait_text("[1>] before")
    w.terminal.wait_text("[1<] before")
    w.terminal.type(f"~close 1{side}\r")
    assert receive_all(peer) == b"before\n" and receive_all(end) == b"before\n"
    w.terminal.wait_text("[1] " + w.name + " left")


@pytest.mark.parametrize("side", ["<", ">"])
def test_resetting_a_side_resets_the_other(watch, side):
    w = watch()
    peer, end = w.pair()
    peer.sendall(b"x\n")
    assert receive(end, 2) == b"x\n"
    w.terminal.type(f"~reset 1{side}\r")
    for sock in peer, end:
        with pytest.raises(ConnectionResetError):
            receive_all(sock)


@pytest.mark.parametrize("side, way", [("<", 0), (">", 1)])
def test_the_end_of_one_direction(watch, side, way):
    w = watch()
    pair = w.pair()
    w.terminal.type(f"~eof 1{side}\r")
    assert receive_all(pair[way]) == b""
    pair[way].sendall(b"still\n")
    assert receive(pair[1 - way], 6) == b"still\n"
    says(w.terminal, f"~@1{side} more", "nothing can be sent to 1" + side)


@pytest.mark.parametrize("side, way", [("<", 0), (">", 1)])
def test_what_would_go_where_nothing_goes_waits(watch, side, way):
    w = watch()
    pair = w.pair()
    w.terminal.type(f"~eof 1{side}\r")
    assert receive_all(pair[way]) == b""
    pair[1 - way].sendall(b"too late\n")
    pair[way].sendall(b"last\n")
    half_close(pair[way])
    assert receive(pair[1 - way], 5) == b"last\n"
    w.terminal.wait_text("left")


def test_what_a_program_leaves_unread_is_no_failure(tmp_path):
    t, port = listen(tmp_path, "-lk", "127.0.0.1", 0, "--to", "sh:head -c 1 >/dev/null; echo hello", "--watch")
    with t:
        t.skim()
        peer = dial(port)
        sender = Background(lambda: peer.sendall(bytes(100000)))
        assert shown_while(t, lambda: receive(peer, 6)) == b"hello\n"
        sender.join()
        wait_for(lambda: b" left" in t.unseen, "the end of the pair", lambda: t.read(0.01))
        assert b"lost" not in t.unseen


def test_peers_and_info_tell_of_both_sides(watch):
    w = watch()
    peer, end = w.pair()
    peer.sendall(b"12345\n")
    end.sendall(b"123\n")
    assert receive(end, 6) and receive(peer, 4)
    says(w.terminal, "~peers", "[1>] " + w.name, f"[1<] {w.end.replace(':', ' port ')}", "received 6 B", "received 4 B")
    says(w.terminal, "~info 1>", f"remote    {w.end.replace(':', ' port ')}", "received  4 bytes", "sent      6 bytes")
    says(w.terminal, "~info 1<", f"remote    {w.name}", "received  6 bytes", "sent      4 bytes")
    w.terminal.type("~to 1>\r")
    says(w.terminal, "~opt keepalive=on")
    says(w.terminal, "~opt keepalive", "keepalive=on")
    w.terminal.type("~to 1<\r")
    says(w.terminal, "~opt keepalive", "keepalive=off")
    for side in "><":
        w.terminal.type(f"~to 1{side}\r")
        says(w.terminal, "~opt nodelay", "nodelay=on")


def test_signs_need_a_pair(many):
    t, one = many(count=1)
    says(t, "~to 1>", "1 has no end")
    says(t, "~to 7>", "there is no peer 7")


def test_the_transcript_has_all(watch, tmp_path):
    w = watch("--log", tmp_path / "log")
    peer, end = w.pair()
    peer.sendall(b"question\n")
    assert receive(end, 9)
    end.sendall(b"answer\n")
    assert receive(peer, 7)
    w.terminal.type("~@1> typed there\r~@1< typed back\r")
    assert receive(end, 12) and receive(peer, 11)
    w.terminal.type("~log\r")
    w.terminal.wait_text("closed")
    log = (tmp_path / "log").read_text()
    far = w.end.replace(":", " port ")
    for line in (f"< [1] {w.name}: question", f"> [1] {w.name}: answer", f"> [1] {far}: typed there",
                 f"> [1] {w.name}: typed back"):
        assert line in log, log


def test_prompt_says_which_side(watch):
    w = watch()
    w.pair()
    w.pair()
    w.terminal.type("~to 2>\r")
    w.terminal.wait(lambda t: t.row() == "2>>")
    w.terminal.type("~name 2 bob\r")
    w.terminal.wait(lambda t: t.row() == "bob>>")
    w.terminal.type("~to bob<\r")
    w.terminal.wait(lambda t: t.row() == "bob<>")
    w.pairs[3].sendall(b"hello\n")
    w.terminal.wait_text("[bob<] hello")


def test_who_was_chosen_has_left(watch):
    w = watch()
    peer, end = w.pair()
    w.pair()
    w.terminal.type("~to 1>\r")
    w.terminal.wait(lambda t: t.row() == "1>>")
    peer.close()
    end.close()
    w.terminal.wait_text("left")
    says(w.terminal, "hello", "1> has left")


def test_end_of_input_leaves_pairs_alone(watch):
    w = watch()
    peer, end = w.pair()
    w.terminal.type("\x04")
    w.terminal.wait_text("^D again quits")
    peer.sendall(b"on\n")
    assert receive(end, 3) == b"on\n"
    w.terminal.type("~@1< typed\r")
    assert receive(peer, 6) == b"typed\n"
    w.terminal.type("\x04")
    assert w.terminal.wait_exit() == 0
    assert receive_all(peer) == b"" and receive_all(end) == b""


def test_stop_and_resize_in_between(tmp_path):
    server = serve()
    with Terminal(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], home=tmp_path, rows=40, columns=100,
                  env={"PS1": "$ ", "ENV": ""}) as t:
        t.wait_text("$")
        t.type(f"{shlex.quote(POLLCAT)} -lkU {tmp_path}/here --to 127.0.0.1:{port_of(server)} --watch\n")
        wait_for(lambda: (tmp_path / "here").exists(), "the socket", lambda: t.read(0.01))
        t.wait_prompt()
        peer = dial(tmp_path / "here")
        end = accept(server)
        t.wait_text("[1<] 127.0.0.1")
        t.type("half a li")
        t.wait(lambda t: t.row() == "> half a li")
        t.type("\x1a")
        t.wait_text("Stopped")
        peer.sendall(b"while away\n")
        t.type("fg\n")
        assert receive(end, 11) == b"while away\n"
        t.wait_text("[1>] while away")
        t.resize(50, 20)
        t.wait(lambda t: t.row() == "> half a li")
        t.type("ne\r")
        assert shown_while(t, lambda: receive(peer, 12)) == b"half a line\n"
        end.sendall(b"x" * 200 + b"\n")
        assert receive(peer, 201)
        t.wait(lambda t: sum("xxxx" in row for row in t.lines()) >= 4)


def test_seqpacket_keeps_messages(tmp_path):
    server = serve_unix(tmp_path / "end", socket.SOCK_SEQPACKET)
    with Terminal([POLLCAT, "-lk", "--seqpacket", tmp_path / "here", "--to", f"seqpacket:{tmp_path / 'end'}", "--watch"],
                  home=tmp_path) as t:
        wait_for(lambda: (tmp_path / "here").exists(), "the socket", lambda: t.read(0.01))
        t.wait_prompt()
        peer = dial(tmp_path / "here", kind=socket.SOCK_SEQPACKET)
        end = accept(server)
        t.skim()
        for one, other in (peer, end), (end, peer):
            for size in 1, 5000, 20000, 3:
                one.send(bytes(size))
                assert len(shown_while(t, lambda: other.recv(1 << 16))) == size


def test_real_programs(tmp_path):
    curl, python = need("curl"), sys.executable
    (tmp_path / "page").write_text("some text\n")
    web = subprocess.Popen([python, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"], cwd=tmp_path,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        number = re.search(rb"port (\d+)", web.stdout.readline())[1].decode()
        t, port = listen(tmp_path, "-lk", "127.0.0.1", 0, "--to", f"127.0.0.1:{number}", "--watch", rows=60)
        with t:
            for i in 1, 2:
                page = shown_while(t, lambda: subprocess.run([curl, "-s", f"http://127.0.0.1:{port}/page"],
                                                             capture_output=True, check=True).stdout)
                assert page == b"some text\n"
                t.wait_text(f"[{i}>] GET /page HTTP/1.1")
                t.wait_text(f"[{i}<] some text")
    finally:
        web.kill()
        web.wait()


# Elsewhere than at a terminal

def test_without_a_terminal_the_transcript_goes_to_standard_error(pollcat):
    server = serve()
    cat = pollcat("-lk", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(server)}", "--watch")
    peer = dial(cat.port)
    end = accept(server)
    peer.sendall(b"question \x1b[2J\n")
    assert receive(end, 14)
    end.sendall(b"answer\n")
    assert receive(peer, 7)
    name = f"127.0.0.1 port {port_of(peer)}"
    cat.until_err(rf" < {name}: question \\x1b\[2J$|question")
    cat.until_err(rf" > {name}: answer$")
    cat.signal(signal.SIGTERM)
    cat.wait()
    assert "\x1b" not in cat.err and cat.out == b""


def test_bulk_without_a_terminal(pollcat):
    server = serve()
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(server)}", "--watch")
    peer = dial(cat.port)
    end = accept(server)
    data = payload(1 << 20)
    sender = Background(lambda: (peer.sendall(data), half_close(peer)))
    assert receive_all(end) == data
    sender.result()
    end.close()
    assert receive_all(peer) == b""
    assert cat.wait() == 0


@pytest.mark.parametrize("args, why", [(["-l", "0"], "needs --to"), (["-E", "0"], "--to"), (["-l", "0", "-e", "cat", "--exec-direct"], "--exec-direct")])
def test_there_must_be_something_to_watch(pollcat, args, why):
    cat = pollcat(*args, "--watch")
    assert cat.wait() == 2
    assert why in cat.err and cat.err.count("\n") == 1


def test_whose_direction_is_to_end_must_be_said(watch):
    w = watch()
    pairs = [w.pair(), w.pair()]
    says(w.terminal, "~eof", "which of 2 peers?")
    for peer, end in pairs:
        peer.sendall(b"on\n")
        assert receive(end, 3) == b"on\n"
        end.sendall(b"on\n")
        assert receive(peer, 3) == b"on\n"


def test_standard_error_that_nobody_reads_holds_up_nobody_for_good():
    unread, err = os.pipe()
    watching = subprocess.Popen([POLLCAT, "--ready-fd", "1", "-lk", "--to", "echo:", "--watch", "127.0.0.1", "0"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
    os.close(err)
    with watching, dial(int(watching.stdout.readline().split()[-1])) as peer:
        data = b"a line\n" * 50_000
        sending = Background(peer.sendall, data)
        assert receive(peer, len(data)) == data
        sending.result()
        watching.terminate()
        watching.wait(DEADLINE)
    os.close(unread)


def test_an_end_that_we_do_not_read_is_no_silence_of_the_peer(watch):
    w = watch("-w", "2")
    peer, end = w.pair()
    says(w.terminal, "~pause 1>", "reading is paused")
    end.sendall(b"waits")
    w.pair()
    w.terminal.wait_text("[2] " + w.name + " left")
    assert b"[1] " + f"127.0.0.1 port {port_of(peer)} left".encode() not in w.terminal.output
    w.terminal.type("~resume 1>\r")
    assert receive(peer, 5) == b"waits"


def test_an_end_that_is_over_is_still_known(watch):
    """Until its peer has gone as well."""
    w = watch()
    w.pair()
    w.terminal.type("~close 1>\r~peers\r~reset 1>\r")
    w.terminal.wait_text(f"[1] {w.name} left")
    says(w.terminal, "~peers", "nobody is connected")
