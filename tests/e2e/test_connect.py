# SPDX-License-Identifier: GPL-3.0-or-later
"""Connecting: addresses tried in turn, failures told, real servers on the other side."""
import errno
import os
import socket

import pytest

from support import (LOOPBACK, accept, deaf, half_close, need, payload, on_one_port, port_of, receive, receive_all,
                     refusing, serve, with_hosts)

BOTH = "127.0.0.1 both\n::1 both\n"


@pytest.mark.parametrize("form", ["{host} {port}", "{quoted}:{port}"])
def test_bytes_both_ways(pollcat, host, form):
    server = serve(host)
    text = form.format(host=host, port=port_of(server), quoted=f"[{host}]" if ":" in host else host)
    cat = pollcat(*text.split())
    peer = accept(server)
    cat.send(b"\0ping\r\n\xff").close()
    assert receive_all(peer) == b"\0ping\r\n\xff"
    peer.sendall(b"pong\n")
    peer.close()
    assert (cat.wait(), cat.out, cat.err) == (0, b"pong\n", "")


def test_refusal_is_told(pollcat, host):
    with refusing(host) as sock:
        cat = pollcat(host, port_of(sock))
        assert (cat.wait(), cat.out) == (1, b"")
        assert cat.err == f"pollcat: connect to {host} port {port_of(sock)}: Connection refused\n"


def test_unknown_name(pollcat):
    cat = pollcat("no-such-host.invalid", "80")
    assert cat.wait() == 2
    assert cat.err.startswith("pollcat: no-such-host.invalid: ") and cat.err.count("\n") == 1


def test_names_can_be_forbidden(pollcat):
    cat = pollcat("-n", "localhost", "80")
    assert cat.wait() == 2
    assert cat.err == "pollcat: localhost: not a numeric address, and looking up names is turned off\n"


@pytest.mark.parametrize("good", [4, 6])
def test_other_family_after_refusal(pollcat, tmp_path, good):
    server, dead = on_one_port(lambda: serve(LOOPBACK[good]), lambda port: refusing(LOOPBACK[10 - good], port))
    with dead:
        cat = pollcat("both", port_of(server), wrap=with_hosts(tmp_path, BOTH))
        with accept(server) as peer:
            cat.close()
            assert receive_all(peer) == b""
        assert (cat.wait(), cat.err) == (0, "")


def test_localhost_is_both_families(pollcat, tmp_path):
    server, dead = on_one_port(lambda: serve("127.0.0.1"), lambda port: refusing("::1", port))
    with dead:
        wrap = with_hosts(tmp_path, "127.0.0.1 localhost\n::1 localhost\n")
        cat = pollcat("-v", "localhost", port_of(server), wrap=wrap)
        accept(server).close()
        cat.close()
        assert cat.wait() == 0
        cat.until_err(rf"^pollcat: connect to ::1 port {port_of(server)}: Connection refused$")
        cat.until_err(rf"^pollcat: connected to 127\.0\.0\.1 port {port_of(server)} from 127\.0\.0\.1 port ")


def test_other_family_while_first_is_silent(pollcat, tmp_path):
    server, keep = on_one_port(lambda: serve("127.0.0.1"), lambda port: deaf("::1", port))
    cat = pollcat("both", port_of(server), wrap=with_hosts(tmp_path, BOTH))
    with accept(server) as peer:
        cat.send(b"late").close()
        assert receive_all(peer) == b"late"
    assert cat.wait() == 0
    del keep


def test_one_line_for_a_host_with_two_addresses(pollcat, tmp_path):
    sock, other = on_one_port(refusing, lambda port: refusing("::1", port))
    with sock, other:
        cat = pollcat("both", port_of(sock), wrap=with_hosts(tmp_path, BOTH))
        assert cat.wait() == 1
        assert cat.err == f"pollcat: connect to both port {port_of(sock)}: Connection refused\n"


@pytest.mark.parametrize("version", [4, 6])
def test_one_family_only(pollcat, tmp_path, version):
    other, dead = on_one_port(lambda: serve(LOOPBACK[10 - version]), lambda port: refusing(LOOPBACK[version], port))
    with other, dead:
        cat = pollcat(f"-{version}", "both", port_of(other), wrap=with_hosts(tmp_path, BOTH))
        assert cat.wait() == 1
        assert f"connect to {LOOPBACK[version]} port" in cat.err


@pytest.mark.parametrize("option", ["-w", "--timeout", "--wait"])
def test_no_answer_times_out(pollcat, option):
    keep = deaf()
    cat = pollcat(option, "300ms", "127.0.0.1", port_of(keep[0]))
    assert cat.wait() == 1
    assert cat.err == f"pollcat: connect to 127.0.0.1 port {port_of(keep[0])}: Connection timed out\n"


def test_interrupted_while_connecting(pollcat):
    keep = deaf()
    cat = pollcat("-vv", "127.0.0.1", port_of(keep[0]))
    cat.until_err(rf"^pollcat: connecting to 127\.0\.0\.1 port {port_of(keep[0])}$")
    assert cat.signal(2).wait() == -2


def test_source_address_and_port(pollcat):
    with socket.socket() as sock:
        sock.bind(("127.0.0.2", 0))
        port = port_of(sock)
    server = serve("127.0.0.1")
    cat = pollcat("-s", "127.0.0.2", "-p", port, "127.0.0.1", port_of(server))
    with accept(server) as peer:
        assert peer.getpeername() == ("127.0.0.2", port)
        cat.close()
    assert cat.wait() == 0


def test_foreign_source_address(pollcat):
    cat = pollcat("-s", "192.0.2.77", "127.0.0.1", "9")
    assert cat.wait() == 2
    assert cat.err == f"pollcat: bind to 192.0.2.77: {os.strerror(errno.EADDRNOTAVAIL)}\n"


def test_verbose_names_both_ends(pollcat, host):
    server = serve(host)
    cat = pollcat("-v", host, port_of(server))
    peer = accept(server)
    local = peer.getpeername()[1]
    cat.until_err(rf"^pollcat: connected to {host} port {port_of(server)} from {host} port {local}$")
    cat.send(b"12345").close()
    assert receive_all(peer) == b"12345"
    peer.sendall(b"123")
    peer.close()
    assert cat.wait() == 0
    cat.until_err(rf"^pollcat: closed {host} port {port_of(server)}: "
                  r"sent 5 bytes, received 3 bytes$")


SERVERS = [
    ("nc.openbsd", "-l", "-N", "127.0.0.1", "{port}"),
    ("nc.traditional", "-l", "-s", "127.0.0.1", "-p", "{port}"),
    ("ncat", "-l", "127.0.0.1", "{port}"),
    ("socat", "-", "TCP-LISTEN:{port},bind=127.0.0.1"),
]


@pytest.mark.parametrize("argv", SERVERS, ids=lambda argv: argv[0])
def test_real_servers(pollcat, program, free_port, argv):
    server = program(need(argv[0]), *(arg.format(port=free_port) for arg in argv[1:]))
    free_port.wait_listening()
    cat = pollcat("127.0.0.1", free_port)
    cat.send(payload(200_000))
    server.until_out(200_000)
    server.send(payload(100_000))
    cat.until_out(100_000)
    cat.close()
    server.close()
    assert cat.wait() == 0
    assert (server.wait(), server.out, cat.out) == (0, payload(200_000), payload(100_000))


def test_peer_that_ends_first(pollcat, host):
    server = serve(host)
    cat = pollcat(host, port_of(server))
    peer = accept(server)
    peer.sendall(b"bye")
    half_close(peer)
    cat.until_out(b"bye")
    cat.send(b"still here").close()
    assert receive(peer, 100) == b"still here"
    assert cat.wait() == 0
