# SPDX-License-Identifier: GPL-3.0-or-later
"""Crowds: many peers, few descriptors, peers that stall."""
import os
import random
import re
import resource
import select
import signal

import pytest

from support import (LEEWAY, Background, dial, fill, half_close, payload, port_of, receive, receive_all, reset,
                     until_resting)


def few_descriptors(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


@pytest.mark.parametrize("epoll", [True, False])
def test_a_thousand_peers_come_and_go(pollcat, epoll):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3000:
        pytest.skip("too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    cat = pollcat("-E", "--backlog", "1000", "127.0.0.1", "0", env={} if epoll else {"POLLCAT_NO_EPOLL": "1"})
    peers, shuffled = [], random.Random(1)
    for number in range(1000):
        peers.append(dial(cat.port))
        peers[-1].sendall(b"%4d" % number)
        if number % 3 == 2:
            peers.pop(shuffled.randrange(len(peers))).close()
        if number % 7 == 6:
            reset(peers.pop(shuffled.randrange(len(peers))))
    numbers = [int(receive(peer, 4)) for peer in peers]
    assert len(set(numbers)) == len(peers) > 500
    for peer in shuffled.sample(peers, len(peers)):
        assert receive_all(half_close(peer)) == b""
    kept = 2 * 16  # pipes for bulk data
    assert len(os.listdir(f"/proc/{cat.pid}/fd")) < 20 + kept


def test_a_crowd_hears_standard_input(pollcat):
    cat = pollcat("-l", "-k", "127.0.0.1", "0")
    peers = [dial(cat.port) for _ in range(200)]
    for peer in peers:
        peer.sendall(b"x")
    cat.until_out(200)
    cat.send(payload(10_000)).close()
    assert all(receive_all(peer) == payload(10_000) for peer in peers)


@pytest.mark.parametrize("service", [("-E",), ("-l", "-k")], ids=" ".join)
def test_a_listener_out_of_descriptors_rests_and_recovers(pollcat, service):
    cat = pollcat("-v", *service, "127.0.0.1", "0", preexec_fn=few_descriptors(16))
    waiting = [dial(cat.port) for _ in range(40)]
    cat.until_err(r"rests: Too many open files")
    until_resting(cat.pid)
    served = 0
    while waiting:
        peer = waiting.pop(0)
        peer.sendall(b"x" * 10)
        if service == ("-E",):
            assert receive(peer, 10) == b"x" * 10
        else:
            served += 10
            cat.until_out(served)
        peer.close()
    until_resting(cat.pid)
    assert cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM
    assert 1 <= len(re.findall("rests", cat.err)) <= 3


def test_resting_takes_no_time(pollcat):
    cat = pollcat("-v", "-E", "127.0.0.1", "0", preexec_fn=few_descriptors(16))
    peers = [dial(cat.port) for _ in range(30)]
    cat.until_err("rests")
    until_resting(cat.pid)
    peers[0].sendall(payload(1000))
    assert receive(peers[0], 1000) == payload(1000)
    until_resting(cat.pid)


def test_a_peer_that_never_reads_stalls_standard_input_and_nothing_else(pollcat):
    cat = pollcat("-l", "-k", "127.0.0.1", "0")
    stuck, other = dial(cat.port), dial(cat.port)
    for peer in (stuck, other):
        peer.sendall(b"x")
    cat.until_out(2)
    before = cat.memory()
    feeder = Background(lambda: cat.send(bytes(64 << 20)).close())
    reader = Background(receive_all, other)
    stuck.sendall(b"I can still speak")
    cat.until_out(b"I can still speak")
    until_resting(cat.pid, lambda: not select.select([], [cat.stdin], [], 0)[1])
    assert feeder.is_alive() and cat.memory() - before < (8 << 20) * LEEWAY
    stuck.close()
    assert reader.result() == bytes(64 << 20)
    feeder.result()


def test_stalled_output_costs_little(pollcat):
    reader, writer = os.pipe()
    cat = pollcat("-l", "-k", "127.0.0.1", "0", stdout=writer)
    os.close(writer)
    peers = [dial(cat.port) for _ in range(4)]
    before = cat.memory()
    sent = sum(fill(peer, cat.pid) for peer in peers)
    assert cat.memory() - before < (8 << 20) * LEEWAY
    for peer in peers:
        peer.close()
    with os.fdopen(reader, "rb") as out:
        assert len(out.read(sent)) == sent


def test_bytes_of_gone_peers_are_counted(pollcat):
    cat = pollcat("-v", "-E", "127.0.0.1", "0")
    for _ in range(3):
        with dial(cat.port) as peer:
            peer.sendall(b"12345")
            assert receive_all(half_close(peer)) == b"12345"
            name = port_of(peer)
        cat.until_err(rf"closed .* port {name}: sent 5 bytes, received 5 bytes$")
    cat.signal(signal.SIGUSR1)
    cat.until_err("^pollcat: sent 15 bytes, received 15 bytes$")
