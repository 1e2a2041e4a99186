# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow outputs and slow readers: what is received is delivered or told, and time-outs are for a silent network."""
import os
import re
import signal
import socket
import time

import pytest

from support import (DEADLINE, Background, Collector, accept, payload, port_of, receive, receive_all, serve, udp)


@pytest.fixture
def client(pollcat):
    """client(*ARGS): the program, connected, and the peer's socket."""
    def connect(*args, **more):
        with serve() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            cat = pollcat(*args, "127.0.0.1", port_of(server), **more)
            return cat, accept(server)

    return connect


def narrow():
    """Two ends of an output that a few thousand bytes fill."""
    reader, writer = socket.socketpair()
    writer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return reader, writer


def sleeps(cat):
    """How often the program has gone to sleep."""
    with open(f"/proc/{cat.pid}/status") as status:
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read(), re.M)[1])


def until_woken(cat, times):
    """Waits until it woke up so many times and sleeps again: where nothing else happens its timer has run out."""
    end, wanted = time.monotonic() + DEADLINE, sleeps(cat) + times
    while sleeps(cat) < wanted:
        assert time.monotonic() < end, "it sleeps"
        assert cat.popen.poll() is None, cat.err
        os.sched_yield()


def is_asleep(cat):
    with open(f"/proc/{cat.pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "S"


def stuff(cat, sock, data):
    """Sends until the program sleeps and takes no more. Returns how much was sent."""
    end, sent, asleep = time.monotonic() + DEADLINE, 0, 0
    sock.setblocking(False)
    while asleep < 3:
        try:
            sent += sock.send(data[sent:])
            asleep = 0
        except BlockingIOError:
            asleep = asleep + 1 if is_asleep(cat) else 0
            os.sched_yield()
        assert time.monotonic() < end and sent < len(data)
    sock.settimeout(DEADLINE)
    return sent


def take(reader):
    return Collector(os.fdopen(reader.detach(), "rb"))


@pytest.mark.parametrize("option", ["-w", "--idle-timeout"])
def test_slow_output_is_no_silence(client, option):
    reader, writer = narrow()
    cat, peer = client(option, "300ms", stdout=writer)
    writer.close()
    data = payload(16 << 20)
    sent = stuff(cat, peer, data)
    until_woken(cat, 3)
    got = take(reader)
    peer.sendall(data[sent:])
    assert receive_all(peer) == b""  # now there is silence
    assert got.whole() == data
    assert (cat.wait(), cat.err) == (1, f"pollcat: 127.0.0.1 port {port_of(peer)}: no data for 0.3 s\n")


@pytest.mark.parametrize("option", [("-w", "100ms"), ()])
def test_slow_output_of_datagrams(pollcat, option):
    reader, writer = narrow()
    server = udp()
    cat = pollcat("-u", *option, "127.0.0.1", port_of(server), stdout=writer).send(b"?").close()
    writer.close()
    _, to = server.recvfrom(10)
    parts = [payload(8000 + i) for i in range(8)]
    for part in parts:
        server.sendto(part, to)
    until_woken(cat, 2)
    assert take(reader).whole() == b"".join(parts)
    assert (cat.wait(), cat.err) == (0, "")


def test_slow_reader_is_not_silent(client):
    """What leaves the kernel's buffer is traffic, though we are not told: there is no room to speak of in it."""
    ours, theirs = socket.socketpair()
    cat, peer = client("-w", "200ms", stdin=theirs)
    theirs.close()
    stuff(cat, ours, bytes(32 << 20))
    for _ in range(5):
        assert receive(peer, 2 << 16)
        until_woken(cat, 1)
    cat.signal(signal.SIGTERM).wait()


def test_peer_that_reads_nothing_is_silent(client):
    cat, peer = client("-w", "200ms")
    feeder = Background(lambda: cat.send(bytes(32 << 20)))
    assert cat.wait() == 1
    assert "no data for 0.2 s" in cat.err
    with pytest.raises(BrokenPipeError):
        feeder.result()
    peer.close()


def test_what_found_no_output_is_told(client):
    reader, writer = narrow()
    cat, peer = client("-q", "200ms", stdout=writer)
    peer.sendall(payload(20000))
    cat.close()
    assert cat.wait() == 1
    assert re.fullmatch(r"pollcat: \d+ bytes from 127\.0\.0\.1 port \d+ were lost: received and not delivered\n", cat.err)
    assert reader.recv(1 << 16)
