# SPDX-License-Identifier: GPL-3.0-or-later
"""pollcat under the name nc: recipes run as with the real one, and what only pollcat does better."""
import os
import re
import signal
import socket

import pytest

import recipes
from support import (POLLCAT, Background, accept, deaf, dial, half_close, need, payload, port_of, receive,
                     receive_all, refusing, reset, serve, udp)
from terminal import Terminal

CALLED_NC = ("bash", "-c", 'exec -a nc "$0" "$@"')
RECIPES = recipes.read("nc")


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("who", ["pollcat", "real"])
def test_recipe(program, tmp_path, who, name):
    script, expected = RECIPES[name]
    real = POLLCAT if who == "pollcat" else need("nc.openbsd")
    assert recipes.run(program, tmp_path, "nc", real, script) == expected


@pytest.fixture
def nc(pollcat):
    """nc(*ARGS): the program under test, called nc."""
    return lambda *args, **more: pollcat(*args, wrap=CALLED_NC, **more)


def test_names(program, tmp_path):
    """The name and --dialect choose; the last component of the name is what messages begin with."""
    (tmp_path / "netcat").symlink_to(POLLCAT)
    called = program(tmp_path / "netcat", "-w", "x")
    assert (called.wait(), called.err) == (1, "netcat: timeout invalid: x\n")
    asked = program(POLLCAT, "--dialect", "nc", "-w", "x")
    assert (asked.wait(), asked.err) == (1, "nc: timeout invalid: x\n")
    undone = program(tmp_path / "netcat", "--dialect=pollcat", "-w", "x")
    assert undone.wait() == 2 and undone.err.startswith("pollcat: -w: ")
    late = program(POLLCAT, "-v", "--dialect", "nc")
    assert (late.wait(), late.err) == (2, "pollcat: --dialect nc comes before all else\n")


def test_usage(program):
    shown = program(*CALLED_NC, POLLCAT, "-h", "whatever")
    assert (shown.wait(), shown.out) == (0, b"")
    wrong = program(*CALLED_NC, POLLCAT)
    assert wrong.wait() == 1 and wrong.err.startswith("usage: nc [-46CDdFhklNnrStUuvZz]")
    assert wrong.err in shown.err


def test_what_came_before_a_reset_is_printed(nc):
    server = serve()
    cat = nc("127.0.0.1", port_of(server))
    peer = accept(server)
    peer.sendall(payload(100_000))
    cat.until_out(100_000)
    reset(peer)
    assert (cat.wait(), cat.out, cat.err) == (0, payload(100_000), "")


def test_what_was_lost_is_told(nc):
    server = serve()
    cat = nc("127.0.0.1", port_of(server)).send(payload(60_000))
    peer = accept(server)
    receive(peer, 1000)
    reset(peer)
    assert cat.wait() == 1
    assert re.fullmatch(r"nc: \d+ bytes for 127.0.0.1 port \d+ were lost: read and not delivered\n", cat.err)


def test_what_there_is_is_sent_to_who_asks_no_more(nc, tmp_path):
    """The listener ends with its peer's side, but not before its input is sent."""
    (tmp_path / "file").write_bytes(payload(3_000_000))
    with (tmp_path / "file").open() as file:
        cat = nc("-l", "127.0.0.1", "0", stdin=file)
    peer = half_close(dial(cat.port))
    assert receive_all(peer) == payload(3_000_000)
    assert (cat.wait(), cat.err) == (0, "")


def test_input_that_stays_open_is_not_waited_for(nc):
    cat = nc("-l", "127.0.0.1", "0").send(b"some")
    peer = dial(cat.port)
    assert receive(peer, 4) == b"some"
    cat.send(b"more")
    half_close(peer)
    assert receive_all(peer) == b"more"
    assert (cat.wait(), cat.err) == (0, "")


def test_a_limit_of_packets_is_nothing_to_who_asks_for_none(nc):
    server = serve()
    asks = nc("-z", "-W", "2", "127.0.0.1", port_of(server))
    assert (asks.wait(), asks.err) == (0, "")


def test_nor_is_it_after_much_of_it(nc):
    cat = nc("-l", "127.0.0.1", "0")
    peer = dial(cat.port)
    sender = Background(cat.send, payload(8_000_000))
    assert receive(peer, 8_000_000) == payload(8_000_000)
    sender.result()
    half_close(peer)
    assert receive_all(peer) == b""
    assert (cat.wait(), cat.err) == (0, "")


def test_the_next_waits_and_is_heard_whole(nc):
    cat = nc("-lk", "127.0.0.1", "0", "-v")
    first, second = dial(cat.port), dial(cat.port)
    second.sendall(b"second")
    half_close(second)
    first.sendall(b"first ")
    cat.until_out(b"first ")
    cat.send(b"to the first")
    assert receive(first, 12) == b"to the first"
    first.close()
    cat.until_out(b"second")
    assert receive_all(second) == b""
    third = dial(cat.port)
    cat.send(b"to the third")
    assert receive(third, 12) == b"to the third"
    cat.signal(signal.SIGTERM)
    assert cat.wait() == -signal.SIGTERM
    assert len(re.findall("^Connection received on localhost ", cat.err, re.M)) == 3


def test_many_wait_for_their_turn(nc):
    cat = nc("-lkd", "127.0.0.1", "0")
    waiting = [dial(cat.port) for _ in range(50)]
    for number, peer in enumerate(waiting):
        peer.sendall(b"%02d" % number)
        peer.close()
    cat.until_out(100)
    assert bytes(cat.stdout.data) == b"".join(b"%02d" % number for number in range(50))


def test_a_reset_ends_that_peer_alone(nc):
    cat = nc("-lkd", "127.0.0.1", "0")
    first, second = dial(cat.port), dial(cat.port)
    first.sendall(b"a")
    cat.until_out(b"a")
    reset(first)
    second.sendall(b"b")
    cat.until_out(b"ab")
    assert bytes(cat.stderr.data) == b""


def test_first_sender_alone(nc):
    cat = nc("-lu", "127.0.0.1", "0").send(b"to the first")
    first, second = udp(), udp()
    first.sendto(b"first", ("127.0.0.1", cat.port))
    assert first.recv(100) == b"to the first"
    second.connect(("127.0.0.1", cat.port))
    second.send(b"second")
    with pytest.raises(ConnectionRefusedError):
        second.recv(100)
    first.sendto(b"", ("127.0.0.1", cat.port))  # ends nothing
    first.sendto(b" and more", ("127.0.0.1", cat.port))
    cat.until_out(b"first and more")


def test_all_senders_and_none_is_spoken_to(nc):
    cat = nc("-luk", "127.0.0.1", "0").send(b"greeting")
    for text in (b"one", b"two"):
        peer = udp()
        peer.connect(("127.0.0.1", cat.port))
        peer.send(text)
        cat.until_out(text)
        peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.recv(100)


def test_unix_first_sender(nc, tmp_path):
    cat = nc("-luUv", tmp_path / "socket")
    cat.until_err(rf"^Bound on {tmp_path}/socket$")
    client = nc("-uU", tmp_path / "socket").send(b"hi")
    cat.until_out(b"hi")
    cat.until_err(rf"^Connection received on {tmp_path}/socket$")
    cat.send(b"answer")
    client.until_out(b"answer")


def test_no_file_but_a_dead_socket_is_removed(nc, tmp_path):
    file = tmp_path / "file"
    file.write_text("dear to somebody")
    cat = nc("-lU", file)
    assert cat.wait() == 1 and cat.err.startswith("nc: ")
    assert file.read_text() == "dear to somebody"


@pytest.mark.parametrize("begin", ["/", "@x"])
def test_a_path_that_is_too_long(nc, begin):
    path = begin + "a" * 107
    assert (client := nc("-U", path)).wait() == 1 and client.err == f"nc: {path}: File name too long\n"
    assert (server := nc("-l", "-U", path)).wait() == 1 and server.err == "nc: File name too long\n"


def test_the_longest_abstract_name(nc):
    path = f"@{os.getpid()}".ljust(108, "x")
    server = nc("-l", "-U", path)
    assert server.ready.until(lambda seen: b"\n" in seen)
    nc("-U", path).send(b"hello")
    server.until_out(b"hello")


def test_second_listener_is_refused(nc):
    first = nc("-l", "127.0.0.1", "0")
    second = nc("-l", "127.0.0.1", first.port)
    assert (second.wait(), second.err) == (1, "nc: Address already in use\n")


def test_silence_of_both_ends_it(nc):
    server = serve()
    cat = nc("-w", "1", "127.0.0.1", port_of(server))
    peer = accept(server)
    assert (cat.wait(), cat.err) == (0, "")
    assert receive_all(peer) == b""


def test_connecting_takes_too_long(nc):
    sockets = deaf()
    cat = nc("-v", "-w", "1", "127.0.0.1", port_of(sockets[0]))
    assert cat.wait() == 1
    assert cat.err == (f"nc: connect to 127.0.0.1 port {port_of(sockets[0])} (tcp) timed out: "
                       "Operation now in progress\n")


def test_udp_probe(nc):
    silent, closed = udp(), refusing(kind=socket.SOCK_DGRAM)
    found = nc("-zuv", "127.0.0.1", port_of(silent))
    assert (found.wait(), found.out) == (0, b"")
    assert found.err == f"Connection to 127.0.0.1 {port_of(silent)} port [udp/*] succeeded!\n"
    refused = nc("-zuv", "127.0.0.1", port_of(closed))
    assert (refused.wait(), refused.err) == (1, "")
    assert silent.recv(100) == b""  # and no X


def test_no_prompt_unless_asked():
    """What a person at a terminal sees is what nc shows."""
    for asked in (), ("--prompt", "here>"):
        server = serve()
        with Terminal([*CALLED_NC, POLLCAT, *asked, "127.0.0.1", str(port_of(server))]) as terminal:
            peer = accept(server)
            if asked:
                terminal.wait_text("here>")
            terminal.type("typed\r")
            assert receive(peer, 6) == b"typed\n"
            peer.sendall(b"answer\n")
            if asked:
                terminal.wait_screen(["here>typed", "answer", "here>"], (2, 5))
            else:
                terminal.wait_screen(["typed", "answer"], (2, 0))
