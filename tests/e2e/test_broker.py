# SPDX-License-Identifier: GPL-3.0-or-later
"""--broker: what a peer sends goes to all others, in its order, and never back."""

import hashlib
import re
import selectors
import signal
import socket
import subprocess
import threading

import pytest

from circle import circle
from support import (DEADLINE, LEEWAY, Background, dial, half_close, need, payload, port_of, receive, receive_all, reset,
                     until_resting)
from terminal import listen, many, says

FLOOD = 4 << 20  # more than any queue holds, ours and the kernel's


def test_all_others_hear_and_so_do_we(circle):
    room = circle("--broker")
    one, two, three = room.join_many(3)
    one.sendall(b"from one\n")
    assert receive(two, 9) == receive(three, 9) == b"from one\n"
    room.cat.until_out(b"from one\n")
    two.sendall(b"from two\n")
    assert receive(one, 9) == receive(three, 9) == b"from two\n"  # the first thing that it hears
    room.cat.send(b"from us\n")
    assert [receive(peer, 8) for peer in (one, two, three)] == [b"from us\n"] * 3
    room.cat.until_out(b"from two\n")
    assert room.cat.signal(signal.SIGTERM).wait() == -signal.SIGTERM
    assert room.cat.out == b"from one\nfrom two\n"  # not what we said


def test_the_end_of_our_input_ends_nothing(circle):
    room = circle("--broker", stdin=subprocess.DEVNULL)
    one, two = room.join_many(2)
    one.sendall(b"x")
    assert receive(two, 1) == b"x"


def test_input_waits_for_the_first(circle):
    room = circle("--broker")
    room.cat.send(b"early").close()
    one = room.join()
    assert receive(one, 5) == b"early"
    two = room.join()
    two.sendall(b"late")
    assert receive(one, 4) == b"late"


def test_without_input_they_still_hear_each_other(circle):
    room = circle("--broker", "--no-stdin")
    one, two = room.join_many(2)
    room.cat.send(b"not read")
    one.sendall(b"x")
    assert receive(two, 1) == b"x"
    room.cat.until_out(b"x")


def test_send_only_drops_what_peers_say(circle):
    room = circle("--broker", "--send-only")
    one, two = room.join_many(2)
    one.sendall(b"dropped")
    room.cat.send(b"said")
    assert receive(one, 4) == receive(two, 4) == b"said"
    room.cat.signal(signal.SIGTERM).wait()
    assert room.cat.out == b""
    assert receive_all(two) == b""


def test_who_half_closed_still_hears(circle):
    room = circle("--broker")
    one, two, three = room.join_many(3)
    one.sendall(b"last words")
    half_close(one)
    assert receive(two, 10) == b"last words"
    two.sendall(b"go on")
    assert receive(one, 5) == receive(three, 10 + 5)[10:] == b"go on"


def test_leave_closes_who_half_closed(circle):
    room = circle("--broker", "--leave")
    one, two = room.join_many(2)
    two.sendall(b"before")
    assert receive(one, 6) == b"before"
    half_close(one)
    assert receive_all(one) == b""
    half_close(room.join())


def test_each_senders_order_is_kept(circle):
    room = circle("--broker")
    one, two, three = room.join_many(3)
    lines = 20000

    def speak(peer, name):
        peer.sendall(b"".join(b"%s%06d\n" % (name, i) for i in range(lines)))

    speakers = [Background(speak, one, b"a"), Background(speak, two, b"b")]
    heard = receive(three, 2 * lines * 8)
    own = [Background(receive, one, lines * 8), Background(receive, two, lines * 8)]
    for speaker in speakers:
        speaker.result()
    # a read of ours may cut a line: each sender's bytes are in order, whole reads of them
    assert sorted(heard) == sorted(b"".join(peer.result() for peer in own))
    assert own[0].result() == b"".join(b"b%06d\n" % i for i in range(lines))
    assert own[1].result() == b"".join(b"a%06d\n" % i for i in range(lines))


def test_all_speakers_get_their_turn(circle):
    room = circle("--broker", "--slow-peer=wait")
    flood, quiet, hearer = room.join_many(3)
    going = threading.Event()

    def speak():
        flood.settimeout(None)
        try:
            while not going.is_set():
                flood.sendall(b"." * 65536)
        except OSError:
            pass

    eaten = Background(receive_all, quiet)  # it is waited for, too
    Background(speak)
    assert receive(hearer, FLOOD) == b"." * FLOOD
    quiet.sendall(b"!")
    heard = b""
    while b"!" not in heard:
        heard = hearer.recv(1 << 16)
        assert heard
    going.set()
    half_close(flood)
    room.cat.signal(signal.SIGTERM).wait()
    assert eaten.result().strip(b".") == b""


class Readers:
    """Many sockets read at once: how much each got, and its checksum."""

    def __init__(self, sockets):
        self.sums = {sock: hashlib.sha256() for sock in sockets}
        self.sizes = dict.fromkeys(sockets, 0)

    def read(self, size):
        poll = selectors.DefaultSelector()
        for sock in self.sums:
            sock.setblocking(False)
            poll.register(sock, selectors.EVENT_READ)
        while poll.get_map():
            ready = poll.select(DEADLINE)
            assert ready, f"stuck: {sorted(self.sizes.values())[:5]}"
            for key, _ in ready:
                data = key.fileobj.recv(1 << 18)
                assert data, "the end came"
                self.sums[key.fileobj].update(data)
                self.sizes[key.fileobj] += len(data)
                if self.sizes[key.fileobj] >= size:
                    poll.unregister(key.fileobj)
        return {total.hexdigest() for total in self.sums.values()}


def test_a_hundred_get_all(circle):
    room = circle("--broker", "--slow-peer=wait")
    sender, *others = room.join_many(101)
    data = payload(1 << 20)
    sending = Background(sender.sendall, data)
    assert Readers(others).read(len(data)) == {hashlib.sha256(data).hexdigest()}
    sending.result()
    room.cat.until_out(len(data))
    assert bytes(room.cat.stdout.data) == data
    sender.setblocking(False)
    with pytest.raises(BlockingIOError):
        sender.recv(1)


PIECE = 1 << 16  # what the buffers of any reader hold


def pour(sender, reader, data):
    """Sends `data` so that a reader is never behind by more than a piece; returns what it got."""
    got = b""
    for i in range(0, len(data), PIECE):
        sender.sendall(data[i:i + PIECE])
        got += receive(reader, len(data[i:i + PIECE]))
    return got


def hold_up(room, *options):
    """A sender, one who reads, and one who does not."""
    sender, reader = room.join_many(2)
    return sender, reader, room.join(receive_buffer=4096)


def test_who_never_reads_is_closed(circle):
    room = circle("--broker", "--send-buffer=16k")
    sender, reader, slow = hold_up(room)
    data = payload(FLOOD)
    assert pour(sender, reader, data) == data
    room.cat.until_err(rf"127\.0\.0\.1 port {port_of(slow)} is too slow and was closed; see --slow-peer$")
    got = b""
    try:
        while chunk := slow.recv(1 << 16):
            got += chunk
    except ConnectionResetError:
        pass
    assert data.startswith(got) and len(got) < FLOOD
    room.cat.signal(signal.SIGTERM).wait()
    assert len([line for line in room.cat.err.splitlines() if f"port {port_of(slow)} " in line and "slow" in line]) == 1


def test_drop_leaves_holes_for_the_slow_one_alone(circle):
    room = circle("--broker", "--slow-peer=drop", "--send-buffer=16k")
    sender, reader, slow = hold_up(room)
    data = payload(FLOOD)
    assert pour(sender, reader, data) == data
    room.cat.until_err(rf"port {port_of(slow)} is too slow and misses bytes")
    # once it reads, it hears what comes
    Background(lambda: [sender.sendall(b"@" * 1000) for _ in range(100)])
    Background(receive_all, reader)
    heard = b""
    while b"@" not in heard:
        heard = slow.recv(1 << 16)
        assert heard


def test_wait_waits_for_the_slowest(circle):
    room = circle("--broker", "--slow-peer=wait", "--send-buffer=16k")
    sender, reader, slow = hold_up(room)
    data = payload(FLOOD)
    got = Background(receive, reader, FLOOD)
    sending = Background(sender.sendall, data)
    until_resting(room.cat.pid)
    assert got.is_alive()
    assert receive(slow, FLOOD) == data
    assert got.result() == data
    sending.result()


def test_two_who_flood_and_never_read_hold_up_nobody(circle):
    room = circle("--broker", "--send-buffer=16k", stdout=subprocess.DEVNULL)
    floods = room.join_many(2, receive_buffer=4096)
    for flood in floods:
        flood.setblocking(False)

    def push():
        for flood in floods:
            try:
                while flood.send(b"." * 65536):
                    pass
            except BlockingIOError:
                pass

    closed = Background(room.cat.until_err, r"was closed; see --slow-peer")
    while closed.is_alive():
        try:
            push()
        except OSError:
            break
    closed.result()
    one, two = room.join_many(2)
    Background(receive_all, one)  # what the other one still has is for both
    one.sendall(b"x")
    heard = b""
    while b"x" not in heard:
        heard = two.recv(1 << 16)
        assert heard


def test_a_reset_in_the_midst_disturbs_nobody(circle):
    room = circle("--broker")
    sender, reader, leaver = room.join_many(3)
    data = payload(FLOOD)
    sending = Background(sender.sendall, data)
    assert receive(leaver, 100_000) == data[:100_000]
    reset(leaver)
    assert receive(reader, FLOOD) == data
    sending.result()
    third = room.join()
    third.sendall(b"x" * 1000)
    assert receive(reader, 1000) == b"x" * 1000
    reset(third)
    assert receive(sender, 1000) == b"x" * 1000


def test_a_sender_that_is_reset_was_heard_so_far(circle):
    room = circle("--broker")
    sender, reader = room.join_many(2)
    sender.sendall(b"before")
    assert receive(reader, 6) == b"before"
    reset(sender)
    room.cat.until_err("receive from|closed 127")
    room.cat.send(b"after")
    assert receive(reader, 5) == b"after"


def test_messages_of_seqpacket_stay_whole(circle, tmp_path):
    path = tmp_path / "s"
    room = circle("--broker", "--seqpacket", where=(str(path),))
    one = room.join_unix(path, socket.SOCK_SEQPACKET)
    two = room.join_unix(path, socket.SOCK_SEQPACKET)
    assert one.recv(100) == b"here is 2\n"
    sizes = [1, 7, 3000, 2, 60000, 5]
    for size in sizes:
        one.send(b"m" * size)
    assert [len(two.recv(100_000)) for _ in sizes] == sizes


def test_who_sends_datagrams_hears_all_others(circle):
    room = circle("--broker", "-u")
    one, two, three = [room.join_datagrams() for _ in range(3)]
    assert [one.recv(99), one.recv(99), two.recv(99)] == [b"here is 2\n", b"here is 3\n", b"here is 3\n"]
    sizes = [1, 7, 1400, 2, 60_000, 5]  # all at once, and whole
    for size in sizes:
        one.send(b"m" * size)
    for peer in (two, three):
        assert [len(peer.recv(70_000)) for _ in sizes] == sizes
    two.send(b"from two")
    assert one.recv(99) == three.recv(99) == b"from two"  # the first thing that the former hears
    room.cat.send(b"from us")
    assert [peer.recv(99) for peer in (one, two, three)] == [b"from us"] * 3


def test_datagrams_of_unix_sockets(circle, tmp_path):
    room = circle("--broker", "-u", "-U", where=(str(tmp_path / "s"),))
    one, two = [room.join_unix_datagrams(tmp_path / "s", tmp_path / name) for name in ("one", "two")]
    assert one.recv(99) == b"here is 2\n"
    one.send(b"a"), one.send(b"bc")
    assert [two.recv(99), two.recv(99)] == [b"a", b"bc"]
    one.close()
    two.send(b"to nobody")
    room.cat.until_out(b"to nobody")
    three = room.join_unix_datagrams(tmp_path / "s", tmp_path / "three")
    assert two.recv(99) == b"here is 3\n"
    two.send(b"still here")
    assert three.recv(99) == b"still here"


def test_who_refuses_datagrams_leaves(circle):
    room = circle("--broker", "-u")
    one, two, three = [room.join_datagrams() for _ in range(3)]
    gone = port_of(two)
    two.close()
    one.send(b"a")
    room.cat.until_err(rf"127\.0\.0\.1 port {gone}: .*refused")
    one.send(b"b")
    assert [three.recv(99), three.recv(99)] == [b"a", b"b"]


def test_who_only_hears_datagrams_leaves(circle):
    """What it is sent does not tell that it is there."""
    room = circle("--broker", "-u", "--idle-timeout", "300ms")
    silent, one = room.join_datagrams(), room.join_datagrams()
    leaving = Background(room.cat.until_err, rf"closed 127\.0\.0\.1 port {port_of(silent)}:")
    while leaving.is_alive():
        one.send(b".")
        leaving.join(0.02)
    leaving.result()
    assert silent.recv(99) == b"here is 2\n" and silent.recv(99) == b"."


def test_an_empty_datagram_says_nothing(circle):
    room = circle("--broker", "-u")
    one, two = room.join_datagrams(), room.join_datagrams()
    two.send(b""), two.send(b"x")
    assert [one.recv(99), one.recv(99)] == [b"here is 2\n", b"x"]


def test_unix_sockets(circle, tmp_path):
    path = tmp_path / "s"
    room = circle("--broker", "-U", where=(str(path),))
    one = room.join_unix(path, socket.SOCK_STREAM)
    two = room.join_unix(path, socket.SOCK_STREAM)
    assert receive(one, 10) == b"here is 2\n"
    sending = Background(one.sendall, payload(1 << 20))  # who does not read meanwhile is too slow
    assert receive(two, 1 << 20) == payload(1 << 20)
    sending.result()
    half_close(one)


@pytest.mark.parametrize("argv", [("nc", "-N"), ("socat", "-t", "9", "STDIO"), ("ncat",)], ids=lambda argv: argv[0])
def test_other_programs_as_peers(circle, program, argv):
    room = circle("--broker", stdin=subprocess.DEVNULL)

    def start():
        before = len(re.findall("connection from", bytes(room.cat.stderr.data).decode()))
        where = [f"TCP4:127.0.0.1:{room.cat.port}"] if argv[0] == "socat" else ["127.0.0.1", room.cat.port]
        peer = program(need(argv[0]), *argv[1:], *where)
        room.cat.stderr.until(lambda seen: seen.count(b"connection from") > before)
        return peer

    one, two = start(), start()
    one.send(b"hello\n")
    two.until_out(b"hello\n")
    two.send(payload(300_000))
    one.until_out(300_000)
    assert bytes(one.stdout.data) == payload(300_000)
    assert bytes(two.stdout.data) == b"hello\n"


@pytest.mark.parametrize("slow", ["drop", "close"])
def test_five_hundred_of_whom_one_never_reads(circle, slow):
    room = circle("--broker", f"--slow-peer={slow}", stdout=subprocess.DEVNULL)
    sender, *others = room.join_many(499)
    room.join(receive_buffer=4096)
    sender.sendall(b"x")  # each has a queue now
    Readers(others).read(1)
    before = room.cat.memory()
    readers = Readers(others)
    for end in range(PIECE, FLOOD + 1, PIECE):
        sender.sendall(bytes(PIECE))
        sums = readers.read(end)
    assert len(sums) == 1
    assert room.cat.memory() - before < LEEWAY * (16 << 20)
    said = {"drop": "is too slow and misses bytes", "close": "is too slow and was closed"}[slow]
    room.cat.until_err(said)
    assert bytes(room.cat.stderr.data).decode().count(said) == 1


def test_small_messages_fill_a_queue_as_well(circle):
    room = circle("--broker", "--slow-peer=drop", "--send-buffer=16k", stdout=subprocess.DEVNULL)
    sender, reader, _ = hold_up(room)
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    before = room.cat.memory()
    for _ in range(100_000):
        sender.sendall(b"x")
    assert receive(reader, 100_000) == b"x" * 100_000
    assert room.cat.memory() - before < LEEWAY * (8 << 20)


@pytest.mark.parametrize("options, words", [
    (("--broker", "--udp-connected"), "--broker excludes --udp-connected"),
    (("--broker", "--chat"), "--broker excludes --chat"),
    (("--broker", "--echo"), "--echo excludes --broker"),
    (("--broker", "--to", "echo:"), "--broker excludes --to"),
    (("--broker", "-e", "cat"), "--broker excludes --exec"),
    (("--broker", "-q", "1"), "--quit-after excludes --broker"),
    (("--broker", "--view", "hex"), "needs a prompt with --broker"),
    (("--chat", "--nick", "a b"), "--nick: 'a b' is no name"),
    (("--chat", "--nick", "12"), "--nick: '12' is no name"),
    (("--broker", "--nick", "me"), "--nick needs --chat"),
], ids=" ".join)
def test_what_does_not_go_together(pollcat, options, words):
    cat = pollcat(*options, "127.0.0.1", "0")
    assert cat.wait() == 2
    assert words in cat.err and len(cat.err.splitlines()) == 1


def test_at_the_prompt_all_hear_all(many):
    t, one, two = many("--broker")
    one.sendall(b"from one\n")
    t.wait_text("[1] from one")
    assert receive(two, 9) == b"from one\n"
    t.type("to all\r")
    assert receive(one, 7) == receive(two, 7) == b"to all\n"
    t.type("~to 2\r")
    t.type("for two\r")
    assert receive(two, 8) == b"for two\n"
    two.sendall(b"from two\n")
    assert receive(one, 9) == b"from two\n"  # and nothing of what went to the other
    t.wait_text("[2] from two")
    says(t, "~peers", "[1]", "[2]")
    t.type("~close 1\r")
    t.wait_text("left")
    assert receive_all(one) == b""


def test_at_the_prompt_senders_of_datagrams_hear_each_other(tmp_path):
    t, port = listen(tmp_path, "--broker", "-u", "127.0.0.1", 0)
    one, two = dial(port, kind=socket.SOCK_DGRAM), dial(port, kind=socket.SOCK_DGRAM)
    for number, peer in enumerate((one, two), 1):
        peer.send(b"here is %d" % number)
        t.wait_text(f"[{number}] here is {number}")
    assert one.recv(99) == b"here is 2"
    t.type("to all\r")
    assert one.recv(99) == two.recv(99) == b"to all\n"
    t.type("~close 1\r")
    t.wait_text("left")
    t.close()


def test_at_the_prompt_the_end_of_input_ends_nobody(many):
    t, one, two = many("--broker")
    t.type("\x04")
    t.wait_text("^D again quits")
    one.sendall(b"still there\n")
    assert receive(two, 12) == b"still there\n"
    t.wait_text("[1] still there")


def test_at_the_prompt_who_never_reads_is_closed(many):
    t, one, two, three = many("--broker", "--send-buffer=16k", count=3)
    three.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line = b"0123456789" * 7 + b"\n"
    count = (FLOOD // 2) // len(line)
    sending = Background(one.sendall, line * count)
    got = Background(receive, two, len(line) * count)
    t.wait(lambda t: b"is too slow and was closed" in t.output, "the slow one to be closed")
    t.wait(lambda t: not got.is_alive(), "the other to have all")
    assert got.result() == line * count
    sending.result()


@pytest.mark.parametrize("how", ["--broker", "--chat"])
def test_at_the_prompt_none_is_joined_to_an_end(many, how):
    t, one, _ = many(how)
    t.type("~to 1\r~join echo:\r")
    t.wait_text("pollcat: peers hear each other here (--broker, --chat): none has an end")


def test_at_the_prompt_we_see_all_of_a_flood(many):
    t, one, two = many("--broker")
    line, count = b"0123456789" * 7 + b"\n", 2000  # of which the terminal here keeps all
    sending = Background(one.sendall, line * count + b"the last\n")
    heard = Background(receive, two, len(line) * count)
    t.wait_text("[1] the last")
    sending.result()
    assert heard.result() == line * count
    shown = t.output[t.output.index(b"[1]\x1b[m 0"):]  # a line that takes its time is shown in two parts
    assert shown.count(b"8") == line.count(b"8") * count
