# SPDX-License-Identifier: GPL-3.0-or-later
"""DTLS: what may happen to datagrams on the way, and what strangers send."""
import re
import signal

import pytest

from dtls import client, listener, relay, talk  # noqa: F401
from support import LEEWAY, SANITIZED, FreePort, payload, port_of, udp

ALERT = bytes.fromhex("15fefd 0000 00000000000f 0002 0228")  # handshake_failure, in the clear
VERIFY_REQUEST = b"\x16\xfe\xff"


# The way there


def drop(*numbers):
    return lambda up, number, data: [] if number in numbers else [data]


def twice(up, number, data):
    return [data, data]


def reorder(first, length):
    """Of `length` datagrams from `first` on the last comes first."""
    kept = {True: [], False: []}

    def rule(up, number, data):
        if not first <= number < first + length:
            return [data]
        kept[up].insert(0, data)
        return kept[up] if number == first + length - 1 else []

    return rule


@pytest.mark.parametrize("rule", [drop(0), drop(1), drop(2), drop(0, 2, 4), twice, reorder(1, 2)],
                         ids=["first", "second", "third", "many", "twice", "reordered"])
def test_a_handshake_over_a_bad_line(listener, client, relay, rule):
    server = listener()
    between = relay(server.port, lambda up, number, data: rule(up, number, data) if number < 8 else [data])
    one = client(between.port)
    one.send(b"question")
    if not server.stdout.wait_for(lambda seen: b"question" in seen):
        pytest.fail(f"{one.err}")
    server.send(b"answer")
    one.until_out(b"answer")
    assert one.close().wait() == 0
    assert server.out == b"question"


def test_large_flights_over_a_bad_line(pollcat, client, relay, certs, tmp_path):
    """A chain of certificates in several datagrams, of which some are lost and others come late."""
    chain = tmp_path / "chain.pem"
    chain.write_bytes((certs["good.pem"]).read_bytes() + 12 * certs["ca.pem"].read_bytes())
    server = pollcat("-l", "-u", "--ssl", "--ssl-cert", chain, "--ssl-key", certs["good.key"], "127.0.0.1", "0")
    between = relay(server.port, lambda up, number, data: [] if not up and number in (2, 5) else [data])
    one = client(between.port).send(b"x")
    server.until_out(b"x")
    assert all(len(data) <= 1472 for data in between.seen[False])
    assert one.close().wait() == 0


def test_what_is_repeated_comes_once(listener, client, relay):
    server = listener()
    between = relay(server.port, twice)
    one = client(between.port)
    talk(server, one)
    for data in list(between.seen[True]):
        between.inject(True, data)
    talk(server, one, b"more", b"of it")
    assert one.close().wait() == 0
    assert (server.wait(), server.out, one.out) == (0, b"questionmore", b"answerof it")


def secret(kind, size):
    return bytes([kind]) + b"\xfe\xfd\0\1" + bytes(5) + b"\x0f" + bytes([0, size]) + payload(size)


GARBAGE = [ALERT, *(secret(kind, size) for kind in (20, 21, 22, 23) for size in (0, 1, 2, 15, 16, 23, 24, 40)), b"", b"x", bytes(100), payload(2000), b"\x16\xfe\xfd" + payload(60),
           b"\x14\xfe\xfd\0\0" + bytes(6) + b"\0\1\1"]


def test_forged_datagrams_do_no_harm(listener, client, relay):
    server = listener("-v")
    between = relay(server.port)
    one = client(between.port, "-v")
    talk(server, one)
    for up in (True, False):
        for data in GARBAGE:
            between.inject(up, data)
    talk(server, one, b"still", b"there")
    assert one.close().wait() == 0
    assert (server.wait(), server.out, one.out) == (0, b"questionstill", b"answerthere")


def clear(kind, data):
    return bytes([kind]) + b"\xfe\xfd" + bytes(7) + b"\x0f" + len(data).to_bytes(2, "big") + data


@pytest.mark.parametrize("forged", [ALERT, 2 * ALERT, clear(20, b"\1") + ALERT, clear(21, b"\2"), clear(21, b"\2\x28\0"), clear(21, b""),
                                    clear(21, 2 * b"\2\x28"), clear(23, b""), clear(23, b"data"), clear(24, b"\1\0\1x"), clear(99, b"x"),
                                    clear(20, b""), clear(20, b"\2"), clear(20, b"\1\1")],
                         ids=["alert", "two", "behind", "short", "long", "empty", "pair", "nothing", "data", "heartbeat", "unknown",
                              "empty-change", "odd-change", "long-change"])
def test_what_is_forged_does_not_end_a_handshake(listener, client, relay, forged):
    server = listener()
    between = relay(server.port, lambda up, number, data: [forged, data] if number in (1, 2) else [data])
    one = client(between.port)
    talk(server, one)
    assert one.close().wait() == 0


# Hellos


def test_a_forged_source_gets_no_state(listener, client, relay):
    server = listener("-k", "-v")
    seen = []
    between = relay(server.port, lambda up, number, data: [data] if not up or number == 0 else [])
    one = client(between.port)
    first, second = between.until(True, 2)[:2]
    one.kill()
    before = server.memory()
    with udp() as other:
        other.connect(("127.0.0.1", server.port))
        for data in (b"", b"hello", first[:40], first[:-1], ALERT, second[:-1]):
            other.send(data)  # to this nothing is answered
        for _ in range(2000):
            other.send(first)
            answer = other.recv(100)
            assert answer.startswith(VERIFY_REQUEST) and len(answer) < len(first)
            seen.append(answer)
        other.send(second)  # the cookie is of another address
        assert other.recv(100).startswith(VERIFY_REQUEST)
    assert SANITIZED or server.memory() - before < LEEWAY * 300_000  # theirs grows with what they have once seen
    between.inject(True, second)
    between.until(False, 3)  # now the server speaks
    server.signal(signal.SIGTERM).wait()
    assert "connection from" not in server.err


def hello_again(first, cookie):
    """What a client says once it has a cookie."""
    at = 25 + 34 + 1 + first[59]  # behind heads, version, random number and session
    body = first[25:at] + bytes([len(cookie)]) + cookie + first[at + 1:]
    size = len(body).to_bytes(3, "big")
    message = first[13:14] + size + b"\0\1" + bytes(3) + size + body
    return first[:10] + b"\1" + len(message).to_bytes(2, "big") + message


def test_one_host_has_a_bound_on_handshakes(listener, client, relay):
    """The oldest make room, and others do not see it."""
    server = listener("-k", "-v")
    between = relay(server.port, lambda up, number, data: [])
    one = client(between.port)
    first = between.until(True, 1)[0]
    one.kill()
    some = [udp() for _ in range(300)]
    for sock in some:
        sock.connect(("127.0.0.1", server.port))
        sock.send(first)
        sock.send(hello_again(first, sock.recv(100)[28:]))
        assert sock.recv(2000)[13:14] == b"\x02"  # ServerHello
    gone = [port_of(sock) for sock in some[:300 - 256]]
    for sock in some:
        sock.close()
    other = client(server.port, "-s", "127.0.0.2").send(b"hello")
    server.until_out(b"hello")
    assert other.close().wait() == 0
    server.signal(signal.SIGTERM).wait()
    assert [int(port) for port in re.findall(r"port (\d+): its handshake was given up for another's", server.err)] == gone


def test_who_is_denied_learns_nothing(listener, client, pollcat):
    server = listener("-k", "--deny", "127.0.0.1")
    one = client(server.port, "-w", "500ms")
    assert one.wait() == 1
    assert "timed out" in one.err


def test_a_client_that_begins_anew(listener, client):
    server = listener("-k", "-v")
    port = FreePort()
    one = client(server.port, "-p", port).send(b"one")
    server.until_out(b"one")
    one.signal(signal.SIGKILL).wait()
    two = client(server.port, "-p", port).send(b"two")
    server.until_out(b"two")
    server.send(b"answer")
    two.until_out(b"answer")
    server.until_err("Connection reset by peer")
    assert two.close().wait() == 0


def test_a_hello_of_a_stranger_ends_nobody(listener, client, relay):
    """One that comes from a peer's address, and has no cookie."""
    server = listener("-k", "-v")
    between = relay(server.port)
    one = client(between.port)
    talk(server, one)
    first, second = between.until(True, 2)[:2]
    forged = first[:27] + bytes(32) + first[59:]
    for data in (first, second, forged, second[:27] + bytes(32) + second[59:]):
        between.inject(True, data)
    talk(server, one, b"still", b"there")
    one.close().wait()
    server.signal(signal.SIGTERM).wait()
    assert server.err.count("connection from") == 1
