# SPDX-License-Identifier: GPL-3.0-or-later
"""Bulk data over each path, many readers of one input, and the line of --progress."""
import os
import re
import signal
import socket
import threading

import pytest

from support import Background, accept, dial, payload, port_of, receive_all, reset, serve, udp

PIPE = 1 << 16
PATHS = {
    "chosen": {},
    "kernel": {"POLLCAT_SPLICE": "1"},
    "copied": {"POLLCAT_NO_SPLICE": "1"},
    "poll": {"POLLCAT_NO_EPOLL": "1"},
}
SIZES = [0, 1, 4095, 4096, PIPE - 1, PIPE, PIPE + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 7_000_003]
over_all_paths = pytest.mark.parametrize("env", PATHS.values(), ids=PATHS.keys())


@over_all_paths
@pytest.mark.parametrize("size", SIZES)
def test_pipe_to_pipe(pollcat, env, size):
    server = pollcat("-l", "-d", "127.0.0.1", "0", env=env)
    cat = pollcat("127.0.0.1", server.port, env=env)
    cat.send(payload(size)).close()
    assert (cat.wait(), server.wait()) == (0, 0)
    assert server.stdout.whole() == payload(size)


@over_all_paths
@pytest.mark.parametrize("size", [0, 1, PIPE + 1, 7_000_003])
def test_file_to_file(pollcat, tmp_path, env, size):
    (tmp_path / "in").write_bytes(payload(size))
    with open(tmp_path / "in", "rb") as source, open(tmp_path / "out", "wb") as sink:
        server = pollcat("-l", "-d", "127.0.0.1", "0", env=env, stdout=sink)
        cat = pollcat("127.0.0.1", server.port, env=env, stdin=source)
        assert (cat.wait(), server.wait()) == (0, 0)
    assert (tmp_path / "out").read_bytes() == payload(size)


@over_all_paths
def test_file_that_is_appended_to(pollcat, tmp_path, env):
    (tmp_path / "out").write_bytes(b"before ")
    with open(tmp_path / "out", "ab") as sink:
        server = pollcat("-l", "-d", "127.0.0.1", "0", env=env, stdout=sink)
        cat = pollcat("127.0.0.1", server.port, env=env)
        cat.send(payload(1_000_000)).close()
        assert (cat.wait(), server.wait()) == (0, 0)
    assert (tmp_path / "out").read_bytes() == b"before " + payload(1_000_000)


@over_all_paths
def test_reset_behind_bulk(pollcat, env):
    """What came before the reset is delivered, and counted."""
    server = serve()
    cat = pollcat("-v", "-d", "127.0.0.1", port_of(server), env=env)
    peer = accept(server)
    peer.sendall(payload(3_000_000))
    cat.until_out(3_000_000)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    assert cat.wait() == 1
    assert cat.stdout.whole() == payload(3_000_000)
    assert "received 3000000 bytes" in cat.err


@over_all_paths
@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_bulk_to_nowhere(pollcat, tmp_path, env, kind):
    """What goes to /dev/null is counted like everything else, to the end or to the reset."""
    where = ("-U", tmp_path / "s") if kind == "unix" else ("127.0.0.1", "0")
    with open(os.devnull, "wb") as nowhere:
        cat = pollcat("-v", "-l", "-k", "-d", *where, env=env, stdout=nowhere)
        cat.bound()
        for size in (0, 1, 7_000_003):
            with dial(where[1] if kind == "unix" else cat.port) as peer:
                peer.sendall(payload(size))
            cat.until_err(rf"received {size} bytes")
        peer = dial(where[1] if kind == "unix" else cat.port)
        peer.sendall(payload(3_000_000))
        reset(peer)
        cat.until_err(r"received \d+ bytes")
        cat.signal(signal.SIGTERM).wait()


@over_all_paths
def test_echo_of_bulk(pollcat, env):
    echo = pollcat("--echo", "127.0.0.1", "0", env=env)
    peer = dial(echo.port)
    answer = Background(lambda: receive_all(peer))
    peer.sendall(payload(7_000_003))
    peer.shutdown(socket.SHUT_WR)
    assert answer.result() == payload(7_000_003)


def flood(cat, peers):
    """Sends 20 MB to all from standard input; the first peer reads, the second does not."""
    got = Background(lambda: receive_all(peers[0]))
    sender = threading.Thread(target=lambda: cat.send(payload(20_000_000)).close(), daemon=True)
    sender.start()
    return got, sender


@pytest.mark.parametrize("policy, said", [("drop", r"misses bytes"), ("close", r"was closed")])
def test_slow_peer_does_not_hold_up_the_others(pollcat, policy, said):
    cat = pollcat("-lkv", "--slow-peer", policy, "127.0.0.1", "0")
    quick = dial(cat.port)
    slow = dial(cat.port)
    cat.until_err(rf"connection from .* port {port_of(slow)} on ")
    got, sender = flood(cat, [quick, slow])
    cat.until_err(rf"127\.0\.0\.1 port {port_of(slow)} is too slow and {said}")
    assert got.result() == payload(20_000_000)
    sender.join()
    slow.close()
    cat.signal(15).wait()


def test_slow_peer_is_waited_for(pollcat):
    """By default nothing is lost: the input waits until the slow one reads."""
    cat = pollcat("-lkv", "127.0.0.1", "0")
    quick, slow = dial(cat.port), dial(cat.port)
    cat.until_err(rf"connection from .* port {port_of(slow)} on ")
    got, sender = flood(cat, [quick, slow])
    assert receive_all(slow) == payload(20_000_000)
    assert got.result() == payload(20_000_000)
    sender.join()
    cat.signal(15).wait()


def test_progress(pollcat, tmp_path):
    (tmp_path / "in").write_bytes(payload(7_000_003))
    server = serve()
    got = Background(lambda: receive_all(accept(server)))
    with open(tmp_path / "in", "rb") as source:
        cat = pollcat("--progress", "--send-only", "127.0.0.1", port_of(server), stdin=source)
        assert cat.wait() == 0
    got.result()
    assert re.search(r"\rsent 6\.68 MiB  \S+ [KMG]iB/s  0:0\d  100%  0:00 left\x1b\[K\n$", cat.stderr.whole().decode())


def test_datagrams_of_one_size(pollcat):
    """All are of the size asked for but the last, however the input comes in."""
    server = udp()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    cat = pollcat("-u", "--datagram-size", "100", "-q", "0", "127.0.0.1", port_of(server))
    cat.send(payload(10_050)).close()
    assert cat.wait() == 0
    sizes = [len(server.recv(2000)) for _ in range(101)]
    assert sizes == [100] * 100 + [50]


def test_drops_are_reported(pollcat):
    """Datagrams that the kernel had no room for: told, and the exit status says so."""
    read_end, write_end = os.pipe()
    cat = pollcat("-u", "-l", "-I", "4k", "-q", "1", "127.0.0.1", "0", stdout=write_end)
    os.close(write_end)
    peer = udp()
    for _ in range(3000):
        peer.sendto(b"x" * 1000, ("127.0.0.1", cat.port))
    drained = Background(lambda: drain(read_end, peer, cat.port))
    cat.close()
    assert cat.wait() == 1
    drained.result()
    assert re.search(r"^pollcat: \d+ datagrams were dropped: the receive buffer was full", cat.err, re.M)


def drain(fd, peer, port):
    """Reads until the end; one datagram more carries the kernel's count of drops to the reader."""
    while os.read(fd, 1 << 20):
        try:
            peer.sendto(b"last", ("127.0.0.1", port))
        except OSError:
            pass
    os.close(fd)
