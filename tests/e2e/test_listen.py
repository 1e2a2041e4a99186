# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening: both families, the real port, one peer or many."""
import itertools
import os

import pytest

from support import (LOOPBACK, dial, need, payload, port_of, receive, receive_all, reset, serve, until_resting,
                     with_hosts)


def refused(port, host="127.0.0.1"):
    with pytest.raises(ConnectionRefusedError):
        dial(port, host)


def test_both_families_at_once(pollcat):
    cat = pollcat("-l", "-k", "0")
    for host in LOOPBACK.values():
        dial(cat.port, host).sendall(host.encode())
        cat.until_out(host.encode())
    assert cat.signal(15).wait() == -15


@pytest.mark.parametrize("version", [4, 6])
def test_one_family_only(pollcat, version):
    cat = pollcat("-l", f"-{version}", "0")
    refused(cat.port, LOOPBACK[10 - version])
    dial(cat.port, LOOPBACK[version]).close()


@pytest.mark.parametrize("form", ["{host} 0", "{quoted}:0", "-s {host} -p 0", "-p 0 {host}", "-s {host} 0"])
def test_port_of_the_kernels_choice_is_told(pollcat, host, form):
    text = form.format(host=host, quoted=f"[{host}]" if ":" in host else host)
    cat = pollcat("-v", "-l", *text.split())
    assert cat.bound() == [(host, cat.port)] and cat.port > 0
    cat.until_err(rf"^pollcat: listening on {host} port {cat.port}$")
    peer = dial(cat.port, host)
    cat.until_err(rf"^pollcat: connection from {host} port {port_of(peer)} on {host} port {cat.port}$")


def test_name_with_two_addresses(pollcat, tmp_path):
    cat = pollcat("-l", "-k", "both", "0", wrap=with_hosts(tmp_path, "127.0.0.1 both\n::1 both\n"))
    bound = cat.bound(2)
    assert sorted(bound) == [("127.0.0.1", cat.port), ("::1", cat.port)]
    for host, port in bound:
        dial(port, host).sendall(host.encode())
        cat.until_out(host.encode())


def test_one_peer_then_no_more(pollcat):
    cat = pollcat("-l", "0")
    port = cat.port
    peer = dial(port)
    peer.sendall(b"first")
    cat.until_out(b"first")
    refused(port)
    cat.close()
    peer.close()
    assert (cat.wait(), cat.out, cat.err) == (0, b"first", "")


def test_input_given_before_the_peer_came(pollcat):
    cat = pollcat("-l", "0").send(b"early").close()
    with dial(cat.port) as peer:
        assert receive_all(peer) == b"early"
    assert cat.wait() == 0


def test_address_in_use(pollcat, host):
    with serve(host) as other:
        cat = pollcat("-l", host, port_of(other))
        assert cat.wait() == 2
        assert cat.err == f"pollcat: listen on {host} port {port_of(other)}: Address already in use\n"


def test_second_listener_is_refused(pollcat):
    first = pollcat("-l", "127.0.0.1", "0")
    second = pollcat("-l", "127.0.0.1", first.port)
    assert second.wait() == 2
    with dial(first.port) as peer:
        first.send(b"x").close()
        assert receive_all(peer) == b"x"


def test_port_can_be_reused_at_once(pollcat):
    port = 0
    for _ in range(2):
        cat = pollcat("-l", "127.0.0.1", port).close()
        port = cat.port
        with dial(port) as peer:
            assert receive_all(peer) == b""  # our side closes first: the port stays in TIME_WAIT
        assert cat.wait() == 0


def test_foreign_address(pollcat):
    cat = pollcat("-l", "192.0.2.77", "0")
    assert (cat.wait(), cat.err) == (2, "pollcat: listen on 192.0.2.77: Cannot assign requested address\n")


def test_input_goes_to_all_peers(pollcat):
    cat = pollcat("-l", "-k", "0")
    peers = [dial(cat.port, host) for host in [*LOOPBACK.values()] * 3]
    for number, peer in enumerate(peers):
        peer.sendall(b"<%d>" % number)
        cat.until_out(b"<%d>" % number)
    cat.send(payload(100_000)).close()
    assert [receive_all(peer) == payload(100_000) for peer in peers] == [True] * 6


def test_peer_after_the_end_of_input(pollcat):
    cat = pollcat("-l", "-k", "0").close()
    for word in (b"one", b"two"):
        with dial(cat.port) as peer:
            peer.sendall(word)
            cat.until_out(word)
            assert receive_all(peer) == b""


def test_peers_leave_and_others_stay(pollcat):
    cat = pollcat("-v", "-l", "-k", "0")
    stays, leaves, breaks = (dial(cat.port) for _ in range(3))
    for peer in (stays, leaves, breaks):
        peer.sendall(b"hi")
    cat.until_out(6)
    reset(breaks)
    cat.until_err("Connection reset by peer")
    leaves.close()
    cat.send(b"news")
    assert receive(stays, 4) == b"news"
    stays.sendall(b"thanks")
    cat.until_out(b"thanks")
    assert cat.signal(2).wait() == -2


def test_what_is_read_at_once_is_written_at_once(pollcat, tmp_path):
    reader, writer = os.pipe()
    cat = pollcat("-l", "-k", "-U", tmp_path / "s", stdout=writer)
    os.close(writer)
    assert cat.bound()
    peers = [dial(tmp_path / "s") for _ in range(2)]
    for letter, peer in itertools.product((b"a", b"b", b"c"), peers):
        peer.sendall((letter if peer is peers[0] else letter.upper()) * 30_000)
    with os.fdopen(reader, "rb") as out:
        seen = out.read(180_000)
    runs = [(key, len([*run])) for key, run in itertools.groupby(seen.decode(), str.isupper)]
    assert all(length % 30_000 == 0 for _, length in runs)
    assert sum(length for upper, length in runs) == 180_000


def test_max_conns(pollcat):
    cat = pollcat("-v", "-l", "-k", "--max-conns", "2", "127.0.0.1", "0")
    first, second = dial(cat.port), dial(cat.port)
    second.sendall(b"in")
    cat.until_out(b"in")
    third = dial(cat.port)
    assert third.recv(1) == b""
    cat.until_err(rf"^pollcat: refused connection from 127\.0\.0\.1 port {port_of(third)}: limit of 2 peers")
    reset(first)
    cat.until_err("Connection reset by peer")
    dial(cat.port).sendall(b"fourth")
    cat.until_out(b"fourth")


def test_failure_of_the_only_peer_is_the_status(pollcat):
    cat = pollcat("-l", "0")
    peer = dial(cat.port)
    name = f"127.0.0.1 port {port_of(peer)}"
    peer.sendall(b"last words")
    cat.until_out(b"last words")
    reset(peer)
    assert (cat.wait(), cat.err) == (1, f"pollcat: receive from {name}: Connection reset by peer\n")


CLIENTS = [
    ("nc.openbsd", "-N", "{host}", "{port}"),
    ("nc.traditional", "-q", "-1", "127.0.0.1", "{port}"),
    ("ncat", "{host}", "{port}"),
    ("socat", "-", "TCP:{quoted}:{port}"),
]


@pytest.mark.parametrize("argv", CLIENTS, ids=lambda argv: argv[0])
def test_real_clients(pollcat, program, host, argv):
    cat = pollcat("-l", host if argv[0] != "nc.traditional" else "127.0.0.1", "0")
    quoted = f"[{host}]" if ":" in host else host
    words = {"host": host, "quoted": quoted, "port": cat.port}
    client = program(need(argv[0]), *(arg.format(**words) for arg in argv[1:]))
    client.send(payload(200_000))
    cat.until_out(200_000)
    cat.send(payload(100_000)).close()
    client.until_out(100_000)
    client.close()
    assert cat.wait() == 0
    assert (client.wait(), client.out, cat.out) == (0, payload(100_000), payload(200_000))


def test_telnet(pollcat, program):
    cat = pollcat("-l", "127.0.0.1", "0")
    client = program(need("telnet"), "127.0.0.1", cat.port)
    client.until_out(b"Connected to")
    client.send(b"hello\n")
    cat.until_out(b"hello\r\n")
    cat.send(b"welcome\r\n")
    client.until_out(b"welcome")
    cat.close()
    client.wait()
    assert cat.wait() == 0


def test_the_end_of_input_with_nobody_there_ends_nothing(pollcat):
    cat = pollcat("-v", "-l", "-k", "127.0.0.1", "0")
    reset(dial(cat.port))
    cat.until_err("^pollcat: closed ")
    cat.close()
    until_resting(cat.pid)
    with dial(cat.port) as peer:
        peer.sendall(b"still here")
        cat.until_out(b"still here")
