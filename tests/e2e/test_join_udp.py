# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends that are sockets of datagrams, and senders of datagrams that each have an end of their own."""
import os
import socket

import pytest

from support import dial, half_close, payload, port_of, receive, receive_all, refusing, serve_unix, udp

SIZES = (1, 0, 1400, 65_507, 3)


@pytest.fixture
def relay(pollcat):
    """relay(END, *ARGS): a listener for many streams whose peers are joined to END."""
    def start(end, *args, **more):
        cat = pollcat("-l", "-k", *args, "127.0.0.1", "0", "--to", end, **more)
        cat.bound()
        return cat

    return start


def end_of(kind, tmp_path):
    """A socket of datagrams, and the word for it."""
    if kind.startswith("udp"):
        host = "::1" if kind == "udp6" else "127.0.0.1"
        sock = udp(host)
        return sock, f"udp:{'[::1]' if kind == 'udp6' else host}:{port_of(sock)}"
    name = f"@far-{os.getpid()}" if kind == "abstract" else str(tmp_path / "far")
    return serve_unix(name, socket.SOCK_DGRAM), f"unix-dgram:{name}"


KINDS = ["udp", "udp6", "unix-dgram", "abstract"]


@pytest.mark.parametrize("kind", KINDS)
def test_stream_to_datagrams(relay, tmp_path, kind):
    far, word = end_of(kind, tmp_path)
    cat = relay(word)
    one, two = dial(cat.port), dial(cat.port)
    one.sendall(b"one")
    data, first = far.recvfrom(100)
    two.sendall(b"two")
    other, second = far.recvfrom(100)
    assert (data, other) == (b"one", b"two") and first != second
    far.sendto(b"for two", second)
    far.sendto(b"for one", first)
    assert receive(one, 7) == b"for one" and receive(two, 7) == b"for two"


@pytest.mark.parametrize("kind", KINDS)
def test_peer_that_ended_gets_the_answers(relay, tmp_path, kind):
    """There is no end of datagrams to pass on: after some silence the peer is done with."""
    far, word = end_of(kind, tmp_path)
    peer = dial(relay(word, "-w", "300ms").port)
    peer.sendall(b"question")
    data, source = far.recvfrom(100)
    half_close(peer)
    for answer in (b"one ", b"two"):
        far.sendto(answer, source)
    assert data == b"question" and receive_all(peer) == b"one two"


def test_stream_is_reset_when_datagrams_are_refused(relay):
    with refusing(kind=socket.SOCK_DGRAM) as nobody:
        cat = relay(f"udp:127.0.0.1:{port_of(nobody)}", "-v")
        peer = dial(cat.port)
        peer.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            peer.recv(1)
        cat.until_err(rf"127\.0\.0\.1 port {port_of(nobody)}: Connection refused")


@pytest.mark.parametrize("gone", [False, True])
def test_no_such_name(relay, tmp_path, gone):
    if gone:
        serve_unix(tmp_path / "far", socket.SOCK_DGRAM).close()
    cat = relay(f"unix-dgram:{tmp_path / 'far'}")
    with pytest.raises(ConnectionResetError):
        dial(cat.port).recv(1)
    cat.until_err(rf"far: {'Connection refused' if gone else 'No such file'}")


def test_own_name_is_gone_at_the_end(pollcat, tmp_path):
    far = serve_unix(tmp_path / "far", socket.SOCK_DGRAM)
    cat = pollcat("-l", "127.0.0.1", "0", "--to", f"unix-dgram:{tmp_path / 'far'}", "-w", "100ms")
    peer = dial(cat.port)
    peer.sendall(b"x")
    source = far.recvfrom(1)[1]
    assert source
    peer.close()
    assert cat.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        far.sendto(b"x", source)
    assert os.listdir(tmp_path) == ["far"]


def test_no_end_is_malformed(pollcat):
    for word, said in (("udp:here", "HOST:PORT is needed"), ("udp:a:0", "'0' is no port"),
                       ("unix-dgram:", "a path is missing")):
        cat = pollcat("-l", "0", "--to", word)
        assert cat.wait() == 2 and said in cat.err
