# SPDX-License-Identifier: GPL-3.0-or-later
"""What shells complete: options, kinds of ends, and the paths and commands behind those."""
import pathlib
import subprocess

import pexpect
import pytest

from support import DEADLINE, need

COMPLETIONS = pathlib.Path(__file__).resolve().parents[2] / "completions"
CASES = [
    ("--proxy-dn", "--proxy-dns"),
    ("--to seqp", "--to seqpacket:"),
    ("--to unix:{place}/so", "--to unix:{place}/socket"),
    ("--to=append:{place}/so", "--to=append:{place}/socket"),
    ("unix-dgram:{place}/so", "unix-dgram:{place}/socket"),
    ("--to pty:pollcat-te", "--to pty:pollcat-test"),
    ("exec:pollcat-te", "exec:pollcat-test"),
]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "socket").touch()
    (tmp_path / "pollcat-test").touch(mode=0o755)
    return tmp_path


def filled(case, place):
    return [text.format(place=place) for text in case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].partition("{")[0])
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_at_a_terminal(place, shell, case):
    typed, complete = filled(case, place)
    begin = {"bash": f". {COMPLETIONS}/pollcat.bash",
             "zsh": f"fpath=({COMPLETIONS} $fpath); autoload -U compinit; compinit -u -D"}[shell]
    argv = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
    with pexpect.spawn(need(shell), argv, timeout=DEADLINE, encoding="utf-8", dimensions=(24, 400), cwd=place,
                       env={"PATH": f"{place}:/usr/bin:/bin", "TERM": "dumb", "PS1": "> ", "HOME": str(place)}) as t:
        t.sendline(f"{begin}; echo rea''dy")
        t.expect_exact("ready\r\n")
        t.send(f"pollcat {typed}\t")
        t.expect_exact(complete.removeprefix(typed))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].partition("{")[0])
def test_fish(place, case):
    typed, complete = filled(case, place)
    got = subprocess.run([need("fish"), "--no-config", "-c",
                          f"source {COMPLETIONS}/pollcat.fish; complete -C 'pollcat {typed}'"],
                         check=True, capture_output=True, text=True,
                         env={"PATH": f"{place}:/usr/bin:/bin", "HOME": str(place)})
    assert complete.split()[-1] in [line.split("\t")[0] for line in got.stdout.splitlines()]
