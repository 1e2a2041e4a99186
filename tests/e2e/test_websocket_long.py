# SPDX-License-Identifier: GPL-3.0-or-later
"""Long messages of WebSockets: whole where they are passed on among peers, or refused."""
import pytest

from support import Background, port_of, serve, accept, receive_all
from terminal import listen
from test_websocket import BINARY, CLOSE, TEXT, answer, code_of, frame, join, read_frame, read_message

LIMIT = 256 * 1024


def fragments(opcode, data, size):
    """The frames that one message comes in."""
    cuts = range(0, len(data), size)
    return [frame(opcode if at == 0 else 0, data[at:at + size], fin=at + size >= len(data)) for at in cuts]


def brokered(one, two, three, long, other, shown=lambda: None):
    """What `one` says in parts is whole, though `two` speaks in between; what shows it all is waited for by `shown`."""
    parts = fragments(TEXT, long, 99_999)
    middle = len(parts) // 2
    sent = Background(lambda: one.sendall(b"".join(parts[:middle])))
    sent.result()
    two.sendall(b"".join(fragments(BINARY, other, 70_001)))
    assert read_message(one) == (BINARY, other)
    assert read_message(three) == (BINARY, other)
    rest = Background(lambda: one.sendall(b"".join(parts[middle:]) + frame(TEXT, b"end")))
    for sock in (two, three):
        assert read_message(sock) == (TEXT, long)
    shown()
    for sock in (two, three):
        assert read_frame(sock) == (TEXT, b"end")
    rest.result()


SIZES = [([], LIMIT, 200_000), (["--ws-max", "4m"], 3_000_000, 1_000_000)]


@pytest.mark.parametrize("args, longest, other", SIZES)
def test_broker(pollcat, args, longest, other):
    cat = pollcat("--websocket", "--broker", *args, "0")
    socks = [join(cat.port) for _ in range(3)]
    brokered(*socks, b"x" + "ü".encode() * ((longest - 1) // 2) + b"y", bytes(range(256)) * (other // 256))


@pytest.mark.parametrize("args, longest, other", SIZES)
def test_broker_at_the_prompt(tmp_path, args, longest, other):
    t, port = listen(tmp_path, "--websocket", "--broker", *args, "127.0.0.1", "0")
    with t, join(port) as one, join(port) as two, join(port) as three:
        t.wait_text("[3]")
        brokered(one, two, three, b"x" + "ü".encode() * ((longest - 1) // 2) + b"y", bytes(range(256)) * (other // 256),
                 lambda: t.wait_text("end"))


@pytest.mark.parametrize("args, limit", [([], LIMIT), (["--ws-max", "300k"], 300 << 10), (["--ws-max", "5"], 5)])
@pytest.mark.parametrize("cut", [1 << 30, 50_000])
def test_what_is_too_long_for_a_broker(pollcat, args, limit, cut):
    cat = pollcat("-v", "--websocket", "--broker", *args, "0")
    one, two = join(cat.port), join(cat.port)
    one.sendall(frame(TEXT, b"x" * limit))
    assert read_message(two) == (TEXT, b"x" * limit)
    sent = Background(lambda: one.sendall(b"".join(fragments(TEXT, b"y" * (limit + 1), cut))))
    opcode, data = read_frame(one)
    assert opcode == CLOSE and code_of(data) == 1009
    cat.until_err(rf"WebSocket: a message of more than {limit} bytes came \(--ws-max\)$")
    assert sent.result() is None
    three = join(cat.port)
    three.sendall(frame(TEXT, b"here"))
    assert read_frame(two) == (TEXT, b"here")


def test_lines_of_a_long_message_stay_lines(pollcat):
    """Nothing is cut where a part of it ends."""
    cat = pollcat("--websocket", "--chat", "0")
    one, two = join(cat.port), join(cat.port)
    lines = [b"%04d " % i + b"x" * 994 for i in range(400)]
    sent = Background(lambda: one.sendall(frame(TEXT, b"\n".join(lines))))
    said = []
    while len(said) < len(lines):
        text = read_message(two)[1]
        said += [text.split(b"> ", 1)[1]] if b"xx" in text or b"x" == text[-1:] else []
    assert said == lines
    sent.result()


def test_a_limit_for_who_connects(pollcat):
    with serve() as server:
        cat = pollcat("--ws-max", "5", f"ws://127.0.0.1:{port_of(server)}/")
        with accept(server) as sock:
            answer(sock)
            sock.sendall(frame(TEXT, b"short", mask=False) + frame(TEXT, b"longer", mask=False))
            opcode, data = read_frame(sock)
            assert opcode == CLOSE and code_of(data) == 1009
            sock.sendall(frame(CLOSE, data, mask=False))
            receive_all(sock)
        assert cat.wait() == 1 and cat.out == b"short\n"
        assert "a message of more than 5 bytes came (--ws-max)" in cat.err


def test_wrong_limits(pollcat):
    for args, words in ((["--ws-max", "0", "ws://h/"], "--ws-max"), (["--ws-max", "5", "h", "1"], "nothing here speaks WebSocket")):
        cat = pollcat(*args)
        assert cat.wait() == 2 and words in cat.err
