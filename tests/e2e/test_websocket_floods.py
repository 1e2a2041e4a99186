# SPDX-License-Identifier: GPL-3.0-or-later
"""WebSocket: peers that send without end what is no message."""

import contextlib
import socket
import threading

import pytest

from support import LEEWAY, SANITIZED, accept, port_of, serve
from test_websocket import BINARY, PING, PONG, TEXT, answer, close_frame, frame, join, most_memory, read_frame


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
