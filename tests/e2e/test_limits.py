# SPDX-License-Identifier: GPL-3.0-or-later
"""--delay and --recv-limit: how fast, and how much."""
import select
import socket
import time

import pytest

from support import Background, accept, dial, payload, port_of, receive, receive_all, serve, udp


def test_each_block_waits_and_all_arrive(pollcat):
    data = payload(20000)
    with serve() as server:
        start = time.monotonic()
        p = pollcat("--delay", "60ms", "127.0.0.1", port_of(server)).send(data).close()
        with accept(server) as sock:
            assert receive_all(sock) == data
    assert p.wait() == 0
    assert time.monotonic() - start >= 0.18  # three blocks of 8 KiB at most


def test_what_comes_waits_too(pollcat):
    p = pollcat("-ld", "--delay", "60ms", "127.0.0.1", "0")
    start = time.monotonic()
    with dial(p.port) as sock:
        sock.sendall(payload(20000))
    assert p.wait() == 0
    assert p.out == payload(20000)
    assert time.monotonic() - start >= 0.18


def test_blocks_for_many_wait_once(pollcat):
    p = pollcat("-lk", "--delay", "60ms", "127.0.0.1", "0")
    with dial(p.port) as one, dial(p.port) as two:
        for sock in one, two:
            sock.sendall(b"x")
        p.until_out(b"xx")
        p.send(b"to both")
        assert receive(one, 7) == receive(two, 7) == b"to both"


def test_datagrams_wait_one_by_one(pollcat):
    with udp() as sock:
        p = pollcat("-u", "-q0", "--delay", "50ms", "127.0.0.1", port_of(sock))
        start = time.monotonic()
        p.send(b"ask")
        _, sender = sock.recvfrom(64)
        for answer in b"1", b"2", b"3":
            sock.sendto(answer, sender)
        p.until_out(b"123")
        assert time.monotonic() - start >= 0.2
        p.close()
        assert p.wait() == 0


def test_one_answer_is_enough(pollcat):
    with udp() as sock:
        p = pollcat("-u", "-W", "1", "127.0.0.1", port_of(sock)).send(b"ask")
        _, sender = sock.recvfrom(64)
        sock.sendto(b"first", sender)
        sock.sendto(b"second", sender)
        assert p.wait() == 0
    assert p.out == b"first"


def test_reads_of_a_stream_are_counted(pollcat):
    with serve() as server:
        p = pollcat("-W", "2", "127.0.0.1", port_of(server))
        with accept(server) as sock:
            sock.sendall(b"one")
            p.until_out(b"one")
            sock.sendall(b"two")
            assert p.wait() == 0
            assert receive_all(sock) == b""
    assert p.out == b"onetwo"


def test_what_was_read_of_the_input_is_sent(pollcat):
    """The peer takes nothing until it has said enough."""
    with serve() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        p = pollcat("-W", "1", "-O", "4096", "127.0.0.1", port_of(server))
        with accept(server) as sock:
            sender = Background(p.send, payload(16 << 20))
            receive(sock, 1)
            sock.sendall(b"enough")
            p.until_out(b"enough")
            got = b"?" + receive_all(sock)
        assert p.wait() == 0
        with pytest.raises(BrokenPipeError):
            sender.result()
    assert got[1:] == payload(16 << 20)[1:len(got)]
    assert "lost" not in p.err


def test_each_peer_has_its_own_limit(pollcat):
    p = pollcat("-lkd", "-W", "1", "127.0.0.1", "0")
    for i in range(3):
        with dial(p.port) as sock:
            sock.sendall(b"%d" % i)
            assert receive_all(sock) == b""
    p.until_out(b"012")


@pytest.mark.parametrize("args, why", [
    (["-W", "0"], "-W: '0' is not a number from 1 to 2147483647"),
    (["--delay", "1", "-i", "1"], "--delay excludes --interval"),
    (["--delay", "x"], "--delay: 'x' is not a time such as 1.5, 200ms, 10s, 2m or 1h"),
])
def test_what_is_refused(pollcat, args, why):
    p = pollcat(*args, "127.0.0.1", "9")
    assert p.wait() == 2
    assert p.err == f"pollcat: {why}\n"


def test_what_came_after_a_long_wait_came_then(pollcat):
    """Silence counts from when bytes came, not from when they began to be waited for."""
    with serve() as server:
        p = pollcat("--idle-timeout", "1s", "127.0.0.1", port_of(server))
        with accept(server) as sock:
            start = time.monotonic()
            select.select([sock], [], [], 0.7)
            sock.sendall(b"x")
            assert p.wait() == 1
            assert time.monotonic() - start >= 1.6
