# SPDX-License-Identifier: GPL-3.0-or-later
"""WebSocket: peers that send without end what is no message, and more than is taken."""

import contextlib
import os
import select
import socket
import threading

import pytest

from support import LEEWAY, SANITIZED, accept, port_of, serve
from test_websocket import BINARY, CLOSE, PING, PONG, TEXT, answer, close_frame, frame, join, most_memory, read_frame


@contextlib.contextmanager
def flood(sock, data):
    """Sends without end, and reads what comes."""
    begun, over = threading.Event(), threading.Event()

    def send():
        with contextlib.suppress(OSError):
            while not over.is_set():
                sock.sendall(data)
                begun.set()
        begun.set()

    def read():
        with contextlib.suppress(OSError):
            while sock.recv(1 << 20):
                pass

    threads = [threading.Thread(target=run, daemon=True) for run in (send, read)]
    for thread in threads:
        thread.start()
    begun.wait()
    yield
    over.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("sent", [frame(PING), frame(PONG), frame(0, fin=False)], ids=["pings", "pongs", "nothing"])
def test_frames_without_end_and_without_data(pollcat, sent):
    """Others have their turn, and what is to be answered is not piled up."""
    cat = pollcat("-lk", "--websocket", "--to", "echo:", "0")
    sock, other = join(cat.port), join(cat.port)
    before = most_memory(cat)
    sock.sendall(frame(TEXT, fin=False))
    with flood(sock, sent * 2_000_000):
        for i in range(20):
            other.sendall(frame(BINARY, b"%d" % i))
            assert read_frame(other)[1] == b"%d" % i
        assert SANITIZED or most_memory(cat) - before < (4 << 20) * LEEWAY


def test_a_server_that_never_ends_after_its_close(pollcat):
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    answer(sock)
    sock.sendall(frame(TEXT, b"last", mask=False) + close_frame(1000, mask=False))
    with flood(sock, bytes(1_000_000)):
        assert cat.wait() == 0 and cat.out == b"last\n"


def test_who_does_not_take_what_comes_waits(pollcat):
    """A server is not silent because its answer is not read: a close would cut that off."""
    server = serve()
    read, write = os.pipe()
    with open(read, "rb") as output:
        with open(write, "wb") as out:
            cat = pollcat(f"ws://127.0.0.1:{port_of(server)}", stdout=out)
        sock = accept(server)
        answer(sock)
        cat.send(b"ask\n").close()
        assert read_frame(sock) == (TEXT, b"ask")
        data = frame(TEXT, b"x" * 300_000, mask=False) * 20 + frame(TEXT, b"end", mask=False) + close_frame(1000, mask=False)
        sending = threading.Thread(target=sock.sendall, args=(data,), daemon=True)
        sending.start()
        assert select.select([sock], [], [], 1.5) == ([], [], []), "it closed"
        assert output.read() == (b"x" * 300_000 + b"\n") * 20 + b"end\n"
        sending.join()
    sock.close()
    assert cat.wait() == 0


def test_a_server_that_stays_after_its_close(pollcat):
    """Also when our input has ended before."""
    server = serve()
    cat = pollcat(f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    answer(sock)
    cat.send(b"ask\n").close()
    assert read_frame(sock) == (TEXT, b"ask")
    sock.sendall(frame(TEXT, b"last", mask=False) + close_frame(1000, mask=False))
    assert cat.wait() == 0 and cat.out == b"last\n"


def test_input_that_ends_between_both_ends_of_a_server(pollcat):
    server = serve()
    cat = pollcat("-N", f"ws://127.0.0.1:{port_of(server)}")
    sock = accept(server)
    answer(sock)
    sock.sendall(frame(TEXT, b"last", mask=False) + close_frame(1000, mask=False))
    assert read_frame(sock)[0] == CLOSE
    assert cat.close().wait() == 0 and cat.out == b"last\n"
