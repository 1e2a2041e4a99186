# SPDX-License-Identifier: GPL-3.0-or-later
"""--output, --hex-dump, --append-output, --log: what passes is written to a file as well. --commands: one is read."""
import os
import re
import resource
import stat

import pytest

from support import accept, dial, payload, port_of, receive, receive_all, serve, udp
from terminal import at, listen, peer, start  # noqa: F401  fixtures


def blocks(file):
    """The blocks of a hex dump: how many bytes each has at which place, and its bytes."""
    found = []
    for line in file.read_text().splitlines():
        if head := re.fullmatch(r"# ([<>]) (.+): (\d+) bytes? at (\d+)", line):
            found.append([head[1], int(head[4]), b""])
        else:
            assert len(line) == 73
            assert int(line[:4], 16) == len(found[-1][2])
            found[-1][2] += bytes.fromhex(line[7:56])
    return found


def test_both_directions_of_a_client(pollcat, tmp_path):
    plain, dump = tmp_path / "plain", tmp_path / "dump"
    plain.write_text("what was there before")
    with serve() as server:
        p = pollcat("--output", plain, "--hex-dump", dump, "127.0.0.1", port_of(server))
        with accept(server) as sock:
            p.send(b"question\n")
            assert receive(sock, 9) == b"question\n"
            sock.sendall(b"answer\n")
            p.until_out(b"answer\n")
            p.close()
            assert receive_all(sock) == b""
    assert p.wait() == 0
    assert p.out == b"answer\n"
    assert plain.read_bytes() == b"question\nanswer\n"
    assert blocks(dump) == [[">", 0, b"question\n"], ["<", 0, b"answer\n"]]
    assert stat.S_IMODE(os.stat(dump).st_mode) == 0o600


def test_bulk_is_whole_in_both_places(pollcat, tmp_path):
    data, plain, dump = payload(3 << 20), tmp_path / "plain", tmp_path / "dump"
    p = pollcat("-ld", "--output", plain, "--hex-dump", dump, "127.0.0.1", "0")
    with dial(p.port) as sock:
        sock.sendall(data)
    assert p.wait() == 0
    assert p.out == data
    assert plain.read_bytes() == data
    at = 0
    for way, where, part in blocks(dump):
        assert (way, where) == ("<", at)
        assert part == data[at:at + len(part)]
        at += len(part)
    assert at == len(data)


def test_many_peers(pollcat, tmp_path):
    plain = tmp_path / "plain"
    p = pollcat("-lk", "--output", plain, "127.0.0.1", "0")
    with dial(p.port) as one, dial(p.port) as two:
        one.sendall(b"one")
        p.until_out(b"one")
        two.sendall(b"two")
        p.until_out(b"onetwo")
    p.signal(15)
    assert p.wait() == -15
    assert plain.read_bytes() == b"onetwo"


def test_an_echo(pollcat, tmp_path):
    dump = tmp_path / "dump"
    p = pollcat("--echo", "--hex-dump", dump, "127.0.0.1", "0")
    with dial(p.port) as sock:
        sock.sendall(b"abc")
        assert receive(sock, 3) == b"abc"
    p.signal(15)
    p.wait()
    assert blocks(dump) == [["<", 0, b"abc"], [">", 0, b"abc"]]


def test_datagrams(pollcat, tmp_path):
    dump = tmp_path / "dump"
    with udp() as sock:
        p = pollcat("-u", "-q", "0", "--hex-dump", dump, "127.0.0.1", port_of(sock))
        p.send(b"ask")
        data, sender = sock.recvfrom(64)
        assert data == b"ask"
        sock.sendto(b"told", sender)
        p.until_out(b"told")
        p.close()
        assert p.wait() == 0
    assert blocks(dump) == [[">", 0, b"ask"], ["<", 0, b"told"]]


def test_at_the_prompt(at, peer, tmp_path):
    plain = tmp_path / "plain"
    t = at("--output", str(plain))
    t.type("hi\r")
    peer.receive(b"hi\n")
    peer.send("there\n")
    t.wait_text("there")
    t.type("~.\r")
    t.wait_exit()
    assert plain.read_bytes() == b"hi\nthere\n"


def test_what_there_is_can_stay(pollcat, tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"before\n")
    p = pollcat("-ld", "--append-output", "--output", plain, "127.0.0.1", "0")
    with dial(p.port) as sock:
        sock.sendall(b"after\n")
    assert p.wait() == 0
    assert plain.read_bytes() == b"before\nafter\n"


@pytest.mark.parametrize("option", ["--output", "--hex-dump"])
def test_a_full_disk_is_told_and_loses_nothing_else(pollcat, option):
    p = pollcat("-ld", option, "/dev/full", "127.0.0.1", "0")
    with dial(p.port) as sock:
        sock.sendall(b"one")
        p.until_err(r"^pollcat: /dev/full: No space left on device$")
        p.until_out(b"one")
        sock.sendall(b"two")
    assert p.wait() == 2
    assert p.out == b"onetwo"
    assert p.err.count("/dev/full") == 1


@pytest.mark.parametrize("option", ["--output", "--hex-dump"])
def test_a_file_at_its_limit_is_told_as_a_full_disk_is(pollcat, tmp_path, option):
    p = pollcat("-ld", option, tmp_path / "small", "127.0.0.1", "0",
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    with dial(p.port) as sock:
        sock.sendall(payload(2000))
    assert (p.wait(), p.out) == (2, payload(2000))
    assert p.err == f"pollcat: {tmp_path}/small: File too large\n"


@pytest.mark.parametrize("path, why", [("/nowhere/file", "No such file or directory"), ("/", "Is a directory")])
def test_a_file_that_cannot_be_is_told_before_anybody_is_called(pollcat, path, why):
    p = pollcat("--output", path, "127.0.0.1", "9")
    assert p.wait() == 2
    assert p.err == f"pollcat: {path}: {why}\n"


@pytest.mark.parametrize("args, why", [
    (["--append-output", "127.0.0.1", "9"], "--append-output needs --output"),
    (["-z", "--output", "/dev/null", "127.0.0.1", "9"], "--output excludes --zero"),
    (["-o", "file", "127.0.0.1", "9"], "-o is not supported: Ncat's -o is --output here"),
])
def test_what_does_not_go_together(pollcat, args, why):
    p = pollcat(*args)
    assert p.wait() == 2
    assert p.err.splitlines()[-1] == f"pollcat: {why}"


def transcript(file):
    """Its lines without times and addresses."""
    return [re.sub(r"^\S+ \S+ (.) ((\[\d+\] )?127.0.0.1 port \d+: )?", r"\1 \3", row) for row in file.read_text().splitlines()]


def test_a_log_without_a_prompt(pollcat, tmp_path):
    file = tmp_path / "log"
    file.write_text("2000-01-01 00:00:00.000 # before\n")
    with serve() as server:
        p = pollcat("--log", file, "127.0.0.1", port_of(server))
        with accept(server) as sock:
            p.send(b"question\n")
            assert receive(sock, 9) == b"question\n"
            sock.sendall(b"an\x1bswer\n")
            p.until_out(b"swer\n")
            p.close()
            assert receive_all(sock) == b""
    assert (p.wait(), p.err) == (0, "")
    assert transcript(file) == ["# before", "# the transcript begins", "> question", "< an\\x1bswer", "# the transcript ends"]


def test_a_log_of_a_prompt_is_that_of_its_command(at, peer, tmp_path):
    t = at("--log", "log")
    t.wait_text("log: the transcript is appended")
    t.type("question\r")
    assert peer.receive(b"\n") == b"question\n"
    t.type("~log\r")
    t.wait_text("log: closed, ")
    assert transcript(tmp_path / "log") == ["# the transcript begins", "# [1] joined", "> [1] question",
                                            "# the transcript ends"]


@pytest.mark.parametrize("option", ["--log", "--commands"])
def test_a_file_of_a_prompt_that_cannot_be_opened(at, peer, option):
    t = at(option, "nowhere/log", accept=False)
    peer.accept()
    assert t.wait_exit() == 2
    assert "pollcat: nowhere/log: No such file or directory" in t.scrolled()
    assert peer.receive_all() == b""


def test_a_log_that_cannot_be_opened(pollcat, tmp_path):
    p = pollcat("--log", tmp_path / "nowhere/log", "127.0.0.1", 9)
    assert p.wait() == 2
    assert "nowhere/log: No such file or directory" in p.err


def test_commands_are_typed_first(at, peer, tmp_path):
    (tmp_path / "hello").write_text("~eol crlf\nHELO me\n")
    t = at("--commands", "hello")
    t.type("QUIT\r")
    assert peer.receive(b"QUIT\r\n") == b"HELO me\r\nQUIT\r\n"


def test_commands_wait_for_the_first_who_joins(tmp_path):
    (tmp_path / "hello").write_text("welcome\n")
    t, port = listen(tmp_path, "--commands", "hello", "-lk", "127.0.0.1", 0)
    with t:
        t.wait_text("nobody is connected: what is sent now waits for the first who joins")
        with dial(port) as sock:
            assert receive(sock, 8) == b"welcome\n"


def test_commands_need_a_prompt(pollcat, tmp_path):
    p = pollcat("--commands", tmp_path / "hello", "127.0.0.1", 9)
    assert p.wait() == 2
    assert p.err == "pollcat: --commands needs a prompt, and there is none here\n"
