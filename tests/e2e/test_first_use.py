# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program tells who does not know it yet."""

import pytest

from support import POLLCAT, dial, port_of, receive, refusing, serve, udp
from terminal import listen


def test_without_arguments(program):
    cat = program(POLLCAT)
    assert cat.wait() == 2
    assert cat.out == b""
    lines = cat.err.splitlines()
    assert len(lines) == 3 and lines[1].count("pollcat ") == 3 and "--help" in lines[2]


def test_help_on_a_topic(pollcat):
    cat = pollcat("--help", "-q")
    assert (cat.wait(), cat.err) == (0, "")
    assert cat.out.startswith(b"-q, --quit-after SECS\n    Quit this long")
    group = pollcat("-h", "socket")
    assert group.wait() == 0
    assert b"SO_DEBUG" in group.out and b"--quit-after" not in group.out


def test_help_on_nothing_that_there_is(pollcat):
    cat = pollcat("--help", "nosuch")
    assert cat.wait() == 2
    assert cat.err.startswith("pollcat: no help on 'nosuch': it is neither an option nor one of: all Mode ")
    assert cat.err.endswith(" Other; 'man pollcat' has the rest, ~help at the prompt the commands\n")


@pytest.mark.parametrize(
    "script, typed", [("echo hi", '"echo hi"'), ("echo $HOME", "'echo $HOME'"), ("", '""'), ("ls", "ls")]
)
def test_advice_can_be_typed(pollcat, script, typed):
    cat = pollcat("-lkc", script)
    assert cat.wait() == 2
    assert cat.err.endswith(f" -lkc {typed} [HOST] PORT'\n")


def test_one_port_is_told_by_the_status_alone(pollcat):
    with serve() as server:
        cat = pollcat("-z", "127.0.0.1", port_of(server))
        assert (cat.wait(), cat.out, cat.err) == (0, b"", "")
        told = pollcat("-zv", "127.0.0.1", port_of(server))
        assert told.wait() == 0
        assert "open" in told.err
    with refusing() as nobody:
        cat = pollcat("-z", "127.0.0.1", port_of(nobody))
        assert (cat.wait(), cat.out, cat.err) == (1, b"", "")
        told = pollcat("-zv", "127.0.0.1", port_of(nobody))
        assert told.wait() == 1
        assert "Connection refused" in told.err


def test_who_connects_to_a_prompt_is_told(tmp_path):
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0)
    with t, dial(port) as sock:
        t.wait_text(f"pollcat: 127.0.0.1 port {port_of(sock)} connected")


def test_there_is_no_direction_to_end_before_anybody_is_connected(tmp_path):
    t, port = listen(tmp_path, "-l", "127.0.0.1", 0)
    with t:
        t.type("~eof\r")
        t.wait_text("nobody is connected")
        with dial(port) as sock:
            t.type("line\r")
            assert receive(sock, 5) == b"line\n"


def test_datagrams_that_are_waited_for_are_told(pollcat):
    with udp() as sock:
        cat = pollcat("-uvw", "50ms", "127.0.0.1", port_of(sock)).send(b"x").close()
        cat.until_err(r"port \d+: all is sent; waiting until nothing comes for 0\.05 s \(-w\)$")
        assert cat.wait() == 0


def test_an_option_is_named_as_it_was_typed(pollcat):
    for words, name in ((["-w", "abc"], "-w:"), (["--timeout", "abc"], "--timeout:"), (["-w"], "-w needs an argument")):
        cat = pollcat(*words)
        assert cat.wait() == 2
        assert cat.err.startswith(f"pollcat: {name}")
