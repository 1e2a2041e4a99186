# SPDX-License-Identifier: GPL-3.0-or-later
"""One socket connected to itself: what is sent comes back."""
import os
import signal

import pytest

from support import Background, namespace, payload, port_of, serve, udp

HOSTS = {"default": (), "port 0": ("0",), "ipv4": ("127.0.0.1", "0"), "ipv6": ("::1", "0"), "-4": ("-4",),
         "-6": ("-6",)}


@pytest.mark.parametrize("where", HOSTS)
@pytest.mark.parametrize("kind", [(), ("-u",)], ids=["tcp", "udp"])
def test_what_is_sent_comes_back(pollcat, kind, where):
    cat = pollcat("-v", "--self-connect", *kind, *HOSTS[where]).send(b"to myself")
    cat.until_out(b"to myself")
    address = "::1" if "6" in where else r"127\.0\.0\.1"
    cat.until_err(rf"^pollcat: connected to itself at {address} port [1-9]\d*$")
    cat.close()
    assert (cat.wait(), cat.out) == (0, b"to myself")


def test_by_the_name_of_the_mode(pollcat):
    cat = pollcat("--mode", "self-connect").send(b"x").close()
    assert (cat.wait(), cat.out, cat.err) == (0, b"x", "")


def test_both_ends_are_shown_to_be_the_same(pollcat):
    cat = pollcat("-v", "--self-connect").send(b"x").close()
    assert cat.wait() == 0
    cat.until_err(r"^pollcat: closed \S+ port \d+: sent 1 bytes, received 1 bytes$")


def test_by_the_same_address_and_port(pollcat, free_port):
    """As other netcats: who is bound to the address that it connects to meets itself."""
    cat = pollcat("-s", "127.0.0.1", "-p", free_port, "127.0.0.1", free_port).send(b"to myself")
    cat.until_out(b"to myself")
    cat.close()
    assert (cat.wait(), cat.out, cat.err) == (0, b"to myself", "")


def test_much(pollcat):
    cat = pollcat("--self-connect")
    feeder = Background(lambda: cat.send(payload(50 << 20)).close())
    assert (cat.wait(), cat.out) == (0, payload(50 << 20))
    feeder.result()


@pytest.mark.parametrize("kind, make", [((), serve), (("-u",), udp)], ids=["tcp", "udp"])
def test_given_port(pollcat, kind, make, host):
    with make(host) as sock:
        port = port_of(sock)
        busy = pollcat("--self-connect", *kind, host, port)
        assert busy.wait() == 2
        assert busy.err == f"pollcat: bind to {host} port {port}: Address already in use\n"
    cat = pollcat("-v", "--self-connect", *kind, host, port).send(b"x").close()
    cat.until_err(rf"connected to itself at {host} port {port}$")
    assert (cat.wait(), cat.out) == (0, b"x")


@pytest.mark.parametrize("size", [1, 1400, 65507])
def test_datagrams_stay_whole(pollcat, tmp_path, size):
    (tmp_path / "in").write_bytes(payload(size))
    with open(tmp_path / "in", "rb") as source:
        cat = pollcat("--self-connect", "-u", stdin=source)
    assert (cat.wait(), cat.out) == (0, payload(size))


@pytest.mark.parametrize("args", [("-u", "-U"), ("-U",)], ids=" ".join)
@pytest.mark.parametrize("where", ["none", "path", "abstract"])
def test_unix(pollcat, tmp_path, args, where):
    path = {"none": [], "path": [tmp_path / "self"], "abstract": [f"@self-{os.getpid()}"]}[where]
    cat = pollcat("-v", "--self-connect", *args, *path).send(b"x")
    cat.until_out(b"x")
    cat.until_err(r"^pollcat: connected to itself at \S+$")
    assert cat.close().wait() == 0
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("kind", [(), ("-u",)], ids=["tcp", "udp"])
def test_link_local_scope(pollcat, program, kind):
    cat = pollcat("-v", "--self-connect", *kind, "fe80::1%lo", "0", wrap=namespace(program))
    cat.send(b"x").close()
    cat.until_err(r"connected to itself at fe80::1%lo port \d+$")
    assert (cat.wait(), cat.out) == (0, b"x")


def test_strangers_are_not_heard(pollcat):
    cat = pollcat("-v", "--self-connect", "-u").send(b"x")
    cat.until_out(b"x")
    port = int(cat.until_err(r"itself at 127\.0\.0\.1 port (\d+)$")[1])
    with udp() as stranger:
        stranger.connect(("127.0.0.1", port))
        stranger.send(b"psst")
        with pytest.raises(ConnectionRefusedError):
            stranger.recv(1)
    assert (cat.close().wait(), cat.out) == (0, b"x")


def test_signal(pollcat):
    cat = pollcat("--self-connect").send(b"x")
    cat.until_out(b"x")
    assert cat.signal(signal.SIGINT).wait() == -signal.SIGINT


def test_many_at_once(pollcat):
    cats = [pollcat("--self-connect").send(b"%d" % i) for i in range(10)]
    for number, cat in enumerate(cats):
        assert (cat.close().wait(), cat.out) == (0, b"%d" % number)
