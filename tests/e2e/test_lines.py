# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt's options where there is no prompt: how what arrives is written, and what lines of standard input mean."""
import os
import re

import pytest

from support import Background, accept, dial, fill, half_close, payload, port_of, receive_all, serve


def exchange(pollcat, *options, sends=b"", answers=b""):
    """What a client with these options sends and writes, its status and its messages."""
    with serve() as server:
        p = pollcat(*options, "127.0.0.1", port_of(server))
        with accept(server) as sock:
            p.send(sends)
            p.close()
            got = receive_all(sock)
            sock.sendall(answers)
    return got, p.out, p.wait(), p.err


def test_a_logging_listener(pollcat):
    log = pollcat("-ldk", "--view", "hex", "--time", "absolute", "127.0.0.1", 0)
    for data, shown in ((b"hello\n", b"|hello.|\n"), (b"\x00\x01", b"|..|\n")):
        with dial(log.port) as sock:
            sock.sendall(data)
            half_close(sock)
            log.until_out(shown)
    rows = log.stdout.wait_for(lambda data: data).decode().splitlines()
    assert [re.sub(r"^[0-9:.]+(?= \[)", "TIME", row) for row in rows] == [
        "TIME [1] 00000000  68 65 6c 6c 6f 0a                                 |hello.|",
        "TIME [2] 00000000  00 01                                             |..|"]


@pytest.mark.parametrize("options, answers, shown", [
    (["--view", "text"], b"a\x1b[1mb\r\nc\rd", b"a\\x1b[1mb\nc\\x0dd"),
    (["--view", "raw"], b"a\x1b[1mb\r\nc\rd", b"a\x1b[1mb\r\nc\rd"),
    (["--view", "hex"], b"\x00" * 17, b"00000000" + b"  00" + b" 00" * 7 + b"  00" + b" 00" * 7 + b"  |" + b"." * 16 + b"|\n"
     b"00000010  00" + b" " * 48 + b"|.|\n"),
    (["--marks", "peer"], b"one\ntwo", b"[1] one\n[1] two\n"),
], ids=["text", "raw", "hex", "marks"])
def test_views(pollcat, options, answers, shown):
    assert exchange(pollcat, *options, answers=answers) == (b"", shown, 0, "")


def test_both_directions_are_marked(pollcat):
    got, out, status, _ = exchange(pollcat, "--marks", "direction", sends=b"one\ntwo", answers=b"three\n")
    assert (got, out, status) == (b"one\ntwo", b"> one\n> two\n< three\n", 0)


@pytest.mark.parametrize("options, sends, got", [
    (["--input", "hex"], b"48 65 6c6c 6f0a\n0x41\n\n42", b"Hello\nAB"),
    (["--input", "escapes"], b"a\\tb\\n\n\\x00", b"a\tb\n\x00"),
    (["--eol", "crlf"], b"one\ntwo\nthree", b"one\r\ntwo\r\nthree"),
    (["--eol", "nul"], b"one\ntwo\n", b"one\0two\0"),
], ids=["hex", "escapes", "crlf", "nul"])
def test_lines_of_input(pollcat, options, sends, got):
    assert exchange(pollcat, *options, sends=sends, answers=b"raw\x1b\n") == (got, b"raw\x1b\n", 0, "")


def test_a_malformed_line_ends_the_program(pollcat):
    got, _, status, messages = exchange(pollcat, "--input", "hex", sends=b"41\n4g\n43\n")
    assert (got, status) == (b"A", 2)
    assert "standard input, line 2, byte 2: not a hex digit" in messages


def test_much_is_whole(pollcat):
    data = payload(3 << 20).replace(b"\r", b"x").hex("\n", 40).encode()
    with serve() as server:
        p = pollcat("--view", "text", "--eol", "lf", "127.0.0.1", port_of(server))
        with accept(server) as sock:
            sender = Background(lambda: (p.send(data), p.close()))
            assert receive_all(sock) == data
            sender.result()
            sock.sendall(data)
    assert (p.out, p.wait(), p.err) == (data, 0, "")


def test_a_full_disk_is_told(pollcat):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    with serve() as server, open("/dev/full", "wb") as full:
        p = pollcat("-d", "--time", "start", "127.0.0.1", port_of(server), stdout=full)
        with accept(server) as sock:
            sock.sendall(b"lost\n")
            assert p.wait() == 2
    assert "standard output: No space left on device" in p.err


def test_a_reader_that_leaves_needs_no_telling(pollcat):
    reader, writer = os.pipe()
    with serve() as server, open(reader, "rb") as out, open(writer, "wb") as pipe:
        p = pollcat("-d", "--time", "start", "127.0.0.1", port_of(server), stdout=pipe)
        pipe.close()
        with accept(server) as sock:
            fill(sock, p.pid, block=b"much\n" * 4096)
            out.close()
            assert p.wait() == 2
    assert p.err == ""
