# SPDX-License-Identifier: GPL-3.0-or-later
"""What was sent arrives though we leave first: -q 0 and --send-only, and peers who still speak."""
import os
from pathlib import Path
import resource
import signal
import socket
import time

import pytest

from support import (DEADLINE, Background, accept, dial, half_close, made, payload, port_of, receive, receive_all, reset,
                     resting, serve, serve_unix)

SIZE = 4 << 20
LEAVING = [("-q", "0"), ("--send-only",)]


@pytest.fixture(params=["TCP", "UNIX"])
def client(request, pollcat, tmp_path):
    """client(*ARGS): the program, connected, and the peer's socket."""
    def connect(*args):
        unix = request.param == "UNIX"
        with serve_unix(tmp_path / "s") if unix else serve() as server:
            where = ("-U", str(tmp_path / "s")) if unix else ("127.0.0.1", port_of(server))
            cat = pollcat(*args, *where)
            return cat, accept(server)

    return connect


def acknowledge(peer, step=1 << 16):
    """Reads all, a little at a time, and answers each piece. An error of either ends it."""
    got = bytearray()
    while piece := peer.recv(step):
        got += piece
        peer.sendall(b"%d\n" % len(got))
    return bytes(got)


def flood(peer):
    """Sends as long as somebody is there."""
    block = bytes(1 << 16)
    try:
        while True:
            peer.sendall(block)
    except OSError:
        pass


@pytest.mark.parametrize("args", LEAVING)
def test_a_peer_that_acknowledges_while_it_reads_gets_all(client, args):
    cat, peer = client(*args)
    sender = Background(lambda: cat.send(payload(SIZE)).close())
    assert acknowledge(peer) == payload(SIZE)
    sender.result()
    peer.close()
    assert (cat.wait(), cat.err) == (0, "")


@pytest.mark.parametrize("args", LEAVING)
def test_a_peer_that_floods_gets_all(client, args):
    cat, peer = client(*args)
    sender = Background(lambda: cat.send(payload(1 << 20)).close())
    flooder = Background(flood, peer)
    assert receive_all(peer) == payload(1 << 20)
    sender.result()
    peer.close()
    flooder.result()
    assert (cat.wait(), cat.err) == (0, "")


def until_it_looked(cat, times):
    """Waits until it has looked so often whether its peer has all, or is gone."""
    end, last, seen = time.monotonic() + DEADLINE, None, 0
    while seen < times and cat.popen.poll() is None:
        assert time.monotonic() < end, "it does not look"
        now = resting(cat.pid)
        seen += now is not None and now != last
        last = now or last
        os.sched_yield()


def test_who_speaks_and_reads_has_the_time_it_needs(pollcat, tmp_path):
    """A peer that had no time to read for a moment is not gone."""
    with serve_unix(tmp_path / "s") as server:
        cat = pollcat("-v", "-q", "0", "-U", tmp_path / "s")
        peer = accept(server)
    peer.sendall(b"x")
    cat.until_out(b"x")
    cat.send(payload(100_000)).close()
    cat.until_err("closed .* sent 100000 bytes")
    until_it_looked(cat, 8)
    assert acknowledge(peer) == payload(100_000)
    peer.close()
    assert cat.wait() == 0


def narrow():
    server = serve()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return server


def test_what_never_arrived_is_told(pollcat):
    with narrow() as server:
        cat = pollcat("-q", "0", "-w", "1s", "127.0.0.1", port_of(server))
        peer = accept(server)
    cat.send(payload(100_000)).close()
    assert cat.wait() == 1
    assert cat.until_err(r"^pollcat: \d+ bytes for 127.0.0.1 port \d+ were lost: it took nothing for 1 s$")
    peer.close()


def test_a_reset_while_we_leave_is_told(pollcat):
    with narrow() as server:
        cat = pollcat("-q", "0", "127.0.0.1", port_of(server))
        peer = accept(server)
    cat.send(payload(100_000)).close()
    peer.recv(1)
    peer.close()  # with bytes unread, it is a reset
    assert cat.wait() == 1
    assert cat.until_err(r"^pollcat: (\d+ bytes for .* were lost: |(send to|receive from) .*: )")


@pytest.mark.parametrize("args", [(), ("-q", "0"), ("-q", "0", "--no-shutdown")])
def test_who_ended_its_side_may_reset_all_the_same(pollcat, args):
    """What is in our kernel's queue has not arrived, though the peer says no more."""
    with narrow() as server:
        cat = pollcat("-v", *args, "127.0.0.1", port_of(server))
        peer = accept(server)
    half_close(peer)
    cat.send(payload(100_000)).close()
    cat.until_err("closed .* sent 100000 bytes")
    reset(peer)
    assert cat.wait() == 1
    assert cat.until_err(r"^pollcat: \d+ bytes for 127.0.0.1 port \d+ were lost: ")


def test_who_ended_its_side_is_waited_for(pollcat):
    with narrow() as server:
        cat = pollcat("-v", "127.0.0.1", port_of(server))
        peer = accept(server)
    half_close(peer)
    cat.send(payload(100_000)).close()
    cat.until_err("closed .* sent 100000 bytes")
    assert receive_all(peer) == payload(100_000)
    assert cat.wait() == 0
    assert "lost" not in cat.err


def test_an_interrupt_waits_for_nobody(pollcat):
    with narrow() as server:
        cat = pollcat("-v", "-q", "0", "127.0.0.1", port_of(server))
        peer = accept(server)
    cat.send(payload(100_000)).close()
    cat.until_err("closed .* sent 100000 bytes")
    assert cat.signal(signal.SIGINT).wait() == -signal.SIGINT
    peer.close()


def test_a_closing_peer_holds_up_no_other(pollcat):
    """A listener that only sends goes on while one of its peers takes nothing."""
    cat = pollcat("-l", "-k", "-v", "-w", "1s", "127.0.0.1", "0", "--send-only")
    slow = dial(cat.port)
    quick = dial(cat.port)
    sender = Background(lambda: cat.send(payload(200_000)).close())
    assert receive_all(quick) == payload(200_000)
    sender.result()
    assert receive_all(slow) == payload(200_000)
    cat.signal(signal.SIGTERM)
    assert cat.wait() == -signal.SIGTERM


def take_nothing(cat):
    """A peer that asks for much, says that it is done, and reads nothing."""
    peer = made(socket.socket())
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", cat.port))
    peer.sendall(payload(100_000))
    return half_close(peer)


def test_the_limit_of_peers_is_one_for_those_who_leave(pollcat):
    """As many are waited for; of more, the oldest is given up."""
    cat = pollcat("-v", "-E", "--max-conns", "2", "127.0.0.1", "0")
    peers = []
    for i in range(12):
        peers.append(take_nothing(cat))
        cat.stderr.until(lambda seen, i=i: seen.count(b"closed") > i)
    cat.stderr.until(lambda seen: seen.count(b"its place is needed") >= 10)
    with dial(cat.port) as last:
        last.sendall(b"x")
        assert receive(last, 1) == b"x"
        links = [os.readlink(link) for link in Path(f"/proc/{cat.pid}/fd").iterdir()]
    assert sum(link.startswith("socket:") for link in links) <= 1 + 2 + 2


def test_those_who_leave_give_their_descriptors_to_others(pollcat):
    cat = pollcat("-v", "-E", "127.0.0.1", "0",
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24)))
    peers = []
    for i in range(40):
        peers.append(take_nothing(cat))
        cat.stderr.until(lambda seen, i=i: seen.count(b"closed") > i)
    with dial(cat.port) as last:
        last.sendall(b"x")
        assert receive(last, 1) == b"x"
    assert "rests" not in bytes(cat.stderr.data).decode()
