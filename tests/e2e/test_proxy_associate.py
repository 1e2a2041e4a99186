# SPDX-License-Identifier: GPL-3.0-or-later
"""Datagrams through us as a proxy of SOCKS5 (UDP ASSOCIATE)."""
import os
import socket

import pytest

from proxying import ASSOCIATE, answer, ask5, unwrapped, wrapped
from support import (Held, dial, fill, half_close, payload, port_of, receive, receive_all, refusing, reset, udp, until_resting,
                     with_hosts)


@pytest.fixture
def proxy(pollcat):
    def start(*args, kind="socks5", host="127.0.0.1", **more):
        cat = pollcat("-v", "-l", "-k", "--proxy-type", kind, host, "0", *args, **more)
        cat.bound()
        return cat

    return start


class Association:
    """The client of one."""

    def __init__(self, cat, host="127.0.0.1", announced=False, login=None):
        self.socket = udp(host)
        self.connection = ask5(cat, ASSOCIATE, host if announced else "0.0.0.0", port_of(self.socket) if announced else 0,
                               login, host)
        code, *self.relay = answer(self.connection)
        assert code == 0 and self.relay[0] == host
        self.relay = tuple(self.relay)

    def send(self, host, port, data):
        self.socket.sendto(wrapped(host, port, data), self.relay)

    def receive(self):
        datagram, sender = self.socket.recvfrom(1 << 16)
        assert sender[:2] == self.relay
        return unwrapped(datagram)

    def exchange(self, target, data=b"ping", host=None):
        """There and back; returns the address that the target heard."""
        here = target.getsockname()[:2]
        self.send(host or here[0], here[1], data)
        came, sender = target.recvfrom(1 << 16)
        assert came == data
        target.sendto(data[::-1], sender)
        assert self.receive() == (*here, data[::-1])
        return sender


@pytest.mark.parametrize("kind", ["socks5", "any"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("target", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("announced", [True, False])
def test_there_and_back(proxy, kind, client, target, announced):
    cat = proxy(kind=kind, host=client)
    one, other = udp(target), udp(target)
    association = Association(cat, client, announced)
    assert association.exchange(one) == association.exchange(other)  # from one address to all
    for size in (0, 1, 1400, 60000):
        association.exchange(one, payload(size))
    cat.until_err(r"ASSOCIATE \S+ port \d+$")


@pytest.mark.parametrize("name", ["localhost", "127.1"])
def test_names(proxy, name):
    cat, target = proxy("-4"), udp()
    association = Association(cat)
    for _ in range(3):
        association.exchange(target, host=name)


def test_names_that_there_are_not(proxy):
    cat, target = proxy("-n"), udp()
    association = Association(cat)
    for name in ("nosuch.invalid", "localhost", "a b", "a" * 255):
        association.send(name, port_of(target), b"never")
    association.exchange(target)
    cat.until_err("nosuch.invalid: not a numeric address")


def test_names_that_take_long(proxy, tmp_path):
    """They hold up nothing else, and who asks for many has some of them dropped."""
    hosts = "127.0.0.1 localhost " + " ".join(f"slow{i}" for i in range(100)) + "\n"
    cat, target = proxy("-4", wrap=with_hosts(tmp_path, hosts)), udp()
    association = Association(cat)
    with Held(tmp_path / "hosts"):
        for i in range(100):
            association.send(f"slow{i}", port_of(target), b"%d" % i)
        cat.until_err("slow99 was dropped: too much waits for names already$")
        association.exchange(target)
        Association(cat).exchange(target)
    assert sorted(target.recvfrom(100)[0] for _ in range(2)) == [b"0", b"1"]
    association.exchange(target, host="slow0")


def test_long_datagrams_for_names_that_take_long(proxy, tmp_path):
    """As many as come would be much memory."""
    cat, target = proxy("-4", wrap=with_hosts(tmp_path, "127.0.0.1 slow\n")), udp()
    association = Association(cat)
    with Held(tmp_path / "hosts"):
        for _ in range(3):
            association.send("slow", port_of(target), payload(45000))
        cat.until_err("slow was dropped: too much waits for names already$")
    for _ in range(2):
        assert target.recvfrom(1 << 16)[0] == payload(45000)
    association.exchange(target)


def test_the_end_while_names_are_looked_up(proxy, tmp_path):
    cat, target = proxy("-4", wrap=with_hosts(tmp_path, "127.0.0.1 slow\n")), udp()
    association = Association(cat)
    with Held(tmp_path / "hosts"):
        association.send("slow", port_of(target), b"never")
        association.exchange(target)
        association.connection.close()
        cat.until_err("closed 127")
    Association(cat).exchange(target)


@pytest.mark.parametrize("rules", [["--deny-to", "127.0.0.2"], ["--allow-to", "127.0.0.1"], ["--deny-to", "127.0.0.2/32,::1"]])
@pytest.mark.parametrize("denied", ["127.0.0.2", "::ffff:127.0.0.2"])
def test_targets_that_are_not_allowed(proxy, rules, denied):
    cat, target, other = proxy(*rules), udp(), udp("127.0.0.2")
    association = Association(cat)
    association.send(denied, port_of(other), b"never")
    association.exchange(target)
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.recv(1)
    cat.until_err(r"a datagram for 127\.0\.0\.2 port \d+ was dropped: not allowed$")


@pytest.mark.parametrize("target", ["169.254.169.254", "fe80::1", "::ffff:169.254.1.1", "0.0.0.0", "::",
                                    "224.0.0.251", "::ffff:239.255.255.250", "ff02::fb"])
def test_targets_that_are_for_nobody(proxy, target):
    cat, good = proxy("--deny-to", "127.0.0.2,::1" if target == "::" else "0.0.0.0"), udp()
    association = Association(cat)
    association.send(target, 80, b"never")
    association.exchange(good)
    cat.until_err(r"a datagram for \S+ port 80 was dropped: not allowed$")


@pytest.mark.parametrize("target", ["0.0.0.0", "::ffff:0.0.0.0"])
def test_nobodys_address_is_that_of_this_machine(proxy, target):
    cat, server, good = proxy("--deny-to", "127.0.0.1"), udp(), udp("::1")
    association = Association(cat)
    association.send(target, port_of(server), b"never")
    association.exchange(good)
    cat.until_err(r"a datagram for 0\.0\.0\.0 port \d+ was dropped: not allowed$")


def test_strangers_do_not_answer(proxy):
    """But who was spoken to does, again and again."""
    cat, target, stranger = proxy(), udp(), udp()
    association = Association(cat)
    outside = association.exchange(target)
    stranger.sendto(b"never", ("127.0.0.1", outside[1]))
    for i in range(3):
        target.sendto(b"%d" % i, outside)
        assert association.receive() == ("127.0.0.1", port_of(target), b"%d" % i)
    association.exchange(stranger)


@pytest.mark.parametrize("announced", [True, False])
def test_nobody_else_may_use_it(proxy, announced):
    cat, target = proxy(), udp()
    association = Association(cat, announced=announced)
    if not announced:
        association.exchange(target)
    for host in ("127.0.0.1", "127.0.0.2"):
        udp(host).sendto(wrapped("127.0.0.1", port_of(target), b"never"), association.relay)
    association.exchange(target)


def test_another_host_is_not_heard_even_first(proxy):
    cat, target = proxy(), udp()
    association = Association(cat)
    udp("127.0.0.2").sendto(wrapped("127.0.0.1", port_of(target), b"never"), association.relay)
    association.exchange(target)


@pytest.mark.parametrize("datagram", [b"", b"\0", b"\0\0\0\1\x7f\0\0\1\0", b"\0\0\1\1\x7f\0\0\1\0\x50x", b"\0\1\0\1\x7f\0\0\1\0\x50x",
                                      b"\0\0\0\7\x7f\0\0\1\0\x50x", b"\0\0\0\3\0\0\x50x", b"\0\0\0\3\xffab", b"\0\0\0\4" + bytes(17),
                                      b"\0\0\0\1\x7f\0\0\1\0\0x", b"\0\0\0\1\xe0\0\0\1\0\x50x", b"\0\0\0\1\xff\xff\xff\xff\0\x50x"])
def test_datagrams_that_go_nowhere(proxy, datagram):
    """They are dropped, and neither end the association nor fail the program."""
    cat, target = proxy(), udp()
    association = Association(cat)
    association.exchange(target)
    for _ in range(100):
        association.socket.sendto(datagram, association.relay)
    association.exchange(target)
    association.connection.close()
    cat.until_err("closed 127")
    assert b"error" not in bytes(cat.stderr.data)


def test_a_target_that_refuses(proxy):
    """It is that datagram's end alone."""
    cat, nobody, target = proxy(), refusing(kind=socket.SOCK_DGRAM), udp()
    association = Association(cat)
    for _ in range(3):
        association.send("127.0.0.1", port_of(nobody), b"never")
        association.exchange(target)


@pytest.mark.parametrize("end", [socket.socket.close, half_close, reset])
def test_it_ends_with_its_connection(proxy, end):
    cat, target = proxy(), udp()
    before = os.listdir(f"/proc/{cat.pid}/fd")
    for _ in range(3):
        association = Association(cat)
        association.exchange(target)
        probe = dial(association.relay[1], kind=socket.SOCK_DGRAM)
        end(association.connection)
        if end is half_close:
            assert receive_all(association.connection) == b""
            association.connection.close()
        while True:
            try:
                probe.send(b"")
                probe.settimeout(0.05)
                probe.recv(1)
            except ConnectionRefusedError:
                break
            except TimeoutError:
                continue
    until_resting(cat.pid, lambda: len(os.listdir(f"/proc/{cat.pid}/fd")) == len(before))


def test_it_costs_nothing_while_idle(proxy):
    cat, target = proxy(), udp()
    associations = [Association(cat) for _ in range(20)]
    for association in associations:
        association.exchange(target)
    until_resting(cat.pid)


def test_what_comes_through_the_connection_is_dropped(proxy):
    cat, target = proxy(), udp()
    association = Association(cat)
    association.connection.sendall(payload(1 << 20))
    association.exchange(target)


def test_it_needs_the_login(proxy):
    cat, target = proxy("--proxy-auth", "joe:secret"), udp()
    Association(cat, login=(b"joe", b"secret")).exchange(target)
    client = dial(cat.port)
    client.sendall(b"\5\1\0")
    assert receive_all(client) == b"\5\xff"


def test_many_targets(proxy):
    """Of too many the first are forgotten, until they are spoken to again."""
    cat = proxy()
    targets = [udp() for _ in range(300)]
    association = Association(cat)
    outside = [association.exchange(target) for target in targets][0]
    targets[0].sendto(b"never", outside)
    targets[-1].sendto(b"last", outside)
    assert association.receive() == ("127.0.0.1", port_of(targets[-1]), b"last")
    association.exchange(targets[0])


def test_a_flood(proxy):
    """Who sends more than passes loses some; the others lose nothing."""
    cat, target, sink = proxy(), udp(), udp()
    flooding, quiet = Association(cat), Association(cat)
    for i in range(5000):
        flooding.send("127.0.0.1", port_of(sink), b"x" * 1000)
        if i % 500 == 0:
            quiet.exchange(target)
    flooding.exchange(target)
    assert cat.memory() < 100 << 20


def test_one_without_keep_open(pollcat):
    cat, target = pollcat("-v", "-l", "--proxy-type", "socks5", "127.0.0.1", "0"), udp()
    cat.bound()
    association = Association(cat)
    association.exchange(target)
    association.send("127.0.0.1", port_of(refusing(kind=socket.SOCK_DGRAM)), b"never")
    association.exchange(target)
    association.connection.close()
    assert cat.wait() == 0


def test_through_the_prompt(proxy):
    """With --watch they pass, though they are not shown."""
    cat, target = proxy("--watch"), udp()
    association = Association(cat)
    association.exchange(target)
    association.connection.close()
    until_resting(cat.pid)
