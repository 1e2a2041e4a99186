# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow outputs and slow readers: what is received is delivered or told, and time-outs are for a silent network."""
import contextlib
import os
import re
import select
import signal
import socket
import time

import pytest

from support import (DEADLINE, Background, Collector, accept, fill, payload, port_of, receive, receive_all, serve, udp,
                     until_resting)


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
    """Waits until it woke up so many times and sleeps again: where nothing else happens its timer has run out. Returns
    when it had not yet."""
    before = now = time.monotonic()
    end, wanted = now + DEADLINE, sleeps(cat) + times
    while sleeps(cat) < wanted:
        assert now < end, "it sleeps"
        assert cat.popen.poll() is None, cat.err
        os.sched_yield()
        before, now = now, time.monotonic()
    return before


class TooSlow(Exception):
    """The machine, or what else it does, took longer than the time-out in question."""


@contextlib.contextmanager
def within(seconds, since=None):
    """What must be done before a time-out runs out: else nothing can be said."""
    since = since or time.monotonic()
    try:
        yield
    finally:
        if time.monotonic() - since >= seconds:
            raise TooSlow


def patiently(play, *times):
    """play(SECONDS), again with a longer time-out where one is too short."""
    for seconds in times:
        with contextlib.suppress(TooSlow):
            play(seconds)
            return
    pytest.skip("the machine is too slow")


def take(reader):
    return Collector(os.fdopen(reader.detach(), "rb"))


@pytest.mark.parametrize("option", ["-w", "--idle-timeout"])
def test_slow_output_is_no_silence(client, option):
    data = payload(16 << 20)

    def play(seconds):
        reader, writer = narrow()
        with within(seconds):
            cat, peer = client(option, f"{seconds}", stdout=writer)
            writer.close()
            sent = fill(peer, cat.pid, block=data)
        until_woken(cat, 3)
        with within(seconds):
            got = take(reader)
            peer.sendall(data[sent:])
            got.until(lambda seen: len(seen) == len(data))
        assert receive_all(peer) == b""  # now there is silence
        assert got.whole() == data
        assert (cat.wait(), cat.err) == (1, f"pollcat: 127.0.0.1 port {port_of(peer)}: no data for {seconds} s\n")

    patiently(play, 0.3, 2.5)


@pytest.mark.parametrize("times", [(0.1, 1.5), (1,)])
def test_slow_output_of_datagrams(pollcat, times):
    parts = [payload(8000 + i) for i in range(8)]

    def play(seconds):
        reader, writer = narrow()
        server = udp()
        option = () if seconds == 1 else ("-w", f"{seconds}")
        with within(seconds):
            cat = pollcat("-u", *option, "127.0.0.1", port_of(server), stdout=writer).send(b"?").close()
            writer.close()
            _, to = server.recvfrom(10)
            for part in parts:
                server.sendto(part, to)
            until_resting(cat.pid)
        until_woken(cat, 2)
        assert take(reader).whole() == b"".join(parts)
        assert (cat.wait(), cat.err) == (0, "")

    patiently(play, *times)


@pytest.mark.parametrize("times", [(0.2, 2), (1, 3)])
def test_slow_reader_is_not_silent(client, times):
    """What leaves the kernel's buffer is traffic, though we are not told: there is no room to speak of in it. Between two
    of its reads it may be asked for room."""
    def play(seconds):
        asleep = time.monotonic()
        ours, theirs = socket.socketpair()
        cat, peer = client("-w", f"{seconds}", stdin=theirs)
        theirs.close()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # so that what is read opens the window
        with within(seconds, asleep):
            fill(ours, cat.pid)
            assert receive(peer, 2 << 16)
        for _ in range(20):  # five times as long as it would wait
            asleep = time.monotonic()
            with within(seconds / 2.5, asleep):  # each second read opens the window
                select.select([], [], [], seconds / 4)
                assert receive(peer, 1 << 16)
                assert cat.popen.poll() is None, cat.err
        cat.signal(signal.SIGTERM).wait()

    patiently(play, *times)


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
