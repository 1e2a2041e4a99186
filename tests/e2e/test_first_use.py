# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program tells who does not know it yet."""
from support import POLLCAT


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
    assert cat.err.startswith("pollcat: no help on 'nosuch': it is neither an option nor one of: Mode ")
