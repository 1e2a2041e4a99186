# SPDX-License-Identifier: GPL-3.0-or-later
"""Each call fails once, at each place: nothing is lost without being told, nothing hangs, spins or leaks.

POLLCAT_FAULTS=all lets each single call fail in its turn, which takes many minutes; without it some of them do.
POLLCAT_FAULTS=CALL:N:HOW, as a failure tells it, is that one alone.
"""
import os
import platform
import re
import socket
import tempfile
import termios
import tty

import pytest

import support
from faults import FAULTS, LIBRARY, PASSING, Datagrams, Hangs, Run, Server, Side, applies, turns
from support import payload, port_of, refusing, serve, udp

CHOSEN = os.environ.get("POLLCAT_FAULTS", "")  # "all", or one as a failure tells it
BUDGET = 0 if CHOSEN == "all" else 3  # of the calls of one kind, in one scenario
STORMS = 40 if BUDGET == 0 else 4
SIZE = 400_000
LETTERS = [b"a", b"b", b"c"]
LINES = [b"line %d\n" % i for i in range(12)]
SPLICE = {"POLLCAT_SPLICE": "1"}

if not LIBRARY.exists():
    libc = platform.libc_ver()[0]
    why = f"{LIBRARY.name} is missing" if libc == "glibc" else "the faults are made for glibc"
    pytestmark = pytest.mark.skip(why)


# A scenario returns what was delivered where: bytes, or a list of what may be lost one by one.
def both_ways(run, env, stdin, stdout):
    server = run.add(Server(run, serve(), payload(SIZE)))
    run.start("127.0.0.1", port_of(server.socket), stdin=stdin, stdout=stdout, env=env)
    run.finish()
    return {"sent": server.data}


def pipe(run, env=None):
    result = both_ways(run, env, payload(SIZE), None)
    return {**result, "received": bytes(run.out.got)}


def file(run, env=None):
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink:
        source.write(payload(SIZE))
        source.seek(0)
        result = both_ways(run, env, source, sink)
        return {**result, "received": os.pread(sink.fileno(), 2 * SIZE, 0)}


def sockets(run):
    (near, far), (back, front) = socket.socketpair(), socket.socketpair()
    run.add(Side(near, payload(SIZE)))
    out = run.add(Side(front, ends=False))
    with far, back:
        server = run.add(Server(run, serve(), payload(SIZE)))
        run.start("127.0.0.1", port_of(server.socket), stdin=far, stdout=back)
    run.finish()
    return {"sent": server.data, "received": bytes(out.got)}


def listener(run):
    run.start("-l", "127.0.0.1", "0", stdin=payload(SIZE), ready=True)
    client = run.dial(run.port(), payload(SIZE))
    run.finish()
    return {"sent": bytes(client.got), "received": bytes(run.out.got)}


def relay(run, env=None):
    server = run.add(Server(run, serve(), payload(SIZE)))
    run.start("-v", "-l", "127.0.0.1", "0", "--to", f"127.0.0.1:{port_of(server.socket)}", stdin=b"", ready=True,
              env=env or {})
    client = run.dial(run.port(), payload(SIZE))
    run.finish()
    return {"sent": bytes(client.got), "received": server.data}


def line(run):
    master, slave = os.openpty()
    tty.setraw(slave)
    modes = termios.tcgetattr(slave)
    with os.fdopen(slave, "rb", 0):
        far = run.add(Side(os.fdopen(master, "r+b", 0), ends=False))
        server = run.add(Server(run, serve(), payload(SIZE)))
        run.start("127.0.0.1", port_of(server.socket), "--to", f"tty:{os.ttyname(slave)},9600", stdin=b"")
        run.finish()
        if "memory" not in run.messages:
            assert termios.tcgetattr(slave) == modes, f"{run.fault}: the line is left as it was used"
    return {"received": bytes(far.got)}


def clients(run):
    run.start("-v", "-l", "-k", "127.0.0.1", "0", ready=True)
    port = run.port()
    some = [run.dial(port, letter * 20_000) for letter in LETTERS]
    run.then(lambda: all(client.over for client in some), run.terminate)
    run.finish()
    return {letter: letter * run.out.got.count(letter) for letter in LETTERS}


def echo(run):
    run.start("-v", "-E", "127.0.0.1", "0", ready=True)
    port = run.port()
    some = [run.dial(port, payload(SIZE // 4)) for _ in range(3)]
    run.then(lambda: all(c.over for c in some), run.terminate)
    run.finish()
    return {str(i): bytes(c.got) for i, c in enumerate(some)}


def udp_client(run):
    server = run.add(Datagrams(udp(), answers=True))
    run.start("-u", "--line", "127.0.0.1", port_of(server.socket), stdin=b"".join(LINES))
    run.then(lambda: run.err.got or (len(server.all) == len(LINES) and run.out.got.count(b"\n") == len(LINES)),
             run.terminate)
    run.finish()
    return {"sent": server.all, "received": bytes(run.out.got).splitlines()}


def udp_echo(run):
    run.start("-u", "-E", "127.0.0.1", "0", ready=True)
    client = run.add(Datagrams(udp()))
    client.who = ("127.0.0.1", run.port() or 9)
    for line in LINES:
        client.write(line)
        client.send()
    run.then(lambda: run.err.got or len(client.all) == len(LINES), run.terminate)
    run.finish()
    return {"echoed": client.all}


def udp_listener(run):
    run.start("-u", "-l", "--line", "127.0.0.1", "0", stdin=b"".join(LINES), ready=True)
    client = run.add(Datagrams(udp()))
    client.who = ("127.0.0.1", run.port() or 9)
    for line in LINES:
        client.write(line)
        client.send()
    run.then(lambda: run.err.got or (len(client.all) == len(LINES) and run.out.got.count(b"\n") == len(LINES)),
             run.terminate)
    run.finish()
    return {"sent": client.all, "received": bytes(run.out.got).splitlines()}


def udp_relay(run):
    server = run.add(Datagrams(udp(), answers=True))
    run.start("-v", "-u", "-l", "-k", "127.0.0.1", "0", "--to", f"udp:127.0.0.1:{port_of(server.socket)}", ready=True)
    client = run.add(Datagrams(udp()))
    client.who = ("127.0.0.1", run.port() or 9)
    for line in LINES:
        client.write(line)
        client.send()
    run.then(lambda: run.err.got.count(b"\n") > 3 or len(client.all) == len(LINES), run.terminate)
    run.finish()
    return {"answered": client.all}


def prompt(run):
    server = run.add(Server(run, serve()))
    run.start_at_terminal("--no-history", "127.0.0.1", port_of(server.socket))
    run.then(lambda: server.peer, lambda: server.peer.keep())
    run.then(lambda: b"> " in run.out.got, lambda: run.out.write(b"hello\r"))
    run.then(lambda: b"hello" in run.out.got, lambda: server.peer.write(b"world\n"))
    run.then(lambda: b"world" in run.out.got, lambda: (run.out.write(b"\x04"), server.peer.finish()))
    run.finish()
    assert termios.tcgetattr(run.slave) == run.modes, f"{run.fault}: the terminal is left as it was used"
    return {"sent": server.data, "shown": b"world" if b"world" in run.out.got else b""}


OPEN, CLOSED = serve(), refusing()


def twin(run, env=None):
    run.start("echo:", stdin=payload(SIZE), env=env)
    run.finish()
    return {"received": bytes(run.out.got)}


def probe(run):
    run.add(Server(run, OPEN.dup()))
    run.start("-z", "-v", "127.0.0.1", port_of(OPEN), port_of(CLOSED))
    run.finish()
    return {"report": bytes(run.out.got).splitlines()}


SCENARIOS = {
    "pipe": pipe,
    "pipe-spliced": lambda run: pipe(run, SPLICE),
    "file": file,
    "file-spliced": lambda run: file(run, SPLICE),
    "sockets": sockets,
    "listener": listener,
    "relay": relay,
    "relay-spliced": lambda run: relay(run, SPLICE),
    "line": line,
    "clients": clients,
    "echo": echo,
    "udp-client": udp_client,
    "udp-listener": udp_listener,
    "udp-echo": udp_echo,
    "udp-relay": udp_relay,
    "prompt": prompt,
    "twin": twin,
    "twin-spliced": lambda run: twin(run, SPLICE),
    "probe": probe,
}


def is_part(some, whole):
    return all(one in whole for one in some) if isinstance(whole, list) else whole.startswith(some)


class Plain:
    """A scenario and its run without a fault, which those with one are compared to."""

    def __init__(self, play):
        self.play = play
        with Run() as run:
            self.result = play(run)
            self.status, self.messages, self.calls, self.open = run.status, run.messages, run.calls, run.open_at_end
            assert (run.struck, self.open is None) == (0, False)

    def faults(self):
        """Those that are worth a run: "CALL:N:HOW"."""
        if ":" in CHOSEN:
            return [CHOSEN]
        return [f"{call}:{turn}:{how}" for call, hows in FAULTS.items()
                for turn in turns(self.calls.get(call, 0), BUDGET) for how in hows
                if applies(call, how, self.play is prompt) and (self.play, how) != (line, "EIO")]  # that is a hang-up

    def complaint(self, fault):
        """What is wrong with a run with this fault, or None."""
        support.start_alarm()
        with Run(fault) as run:
            try:
                result = self.play(run)
            except Hangs as hang:
                return str(hang)
            return run.struck and self.judge(run, result, fault.startswith("storm") or fault.split(":")[2] in PASSING)

    def judge(self, run, result, passing):
        whole = result == self.result
        told = self.told(run)
        if passing and (not whole or run.status != self.status or told):
            return f"seen outside: {self.story(run, result)}"
        if any(not is_part(data, self.result[name]) for name, data in result.items()):
            return f"bytes that nobody sent: {self.story(run, result)}"
        if run.status not in (0, 1, 2, 129, self.status):
            return f"a strange end: {self.story(run, result)}"
        if not told and (not whole or run.status != self.status) and not self.is_quiet(run):
            return f"nothing told: {self.story(run, result)}"
        if not whole and run.status == 0:
            return f"lost with status 0: {self.story(run, result)}"
        if run.open_at_end is not None and "memory" not in run.messages and run.open_at_end & ~self.open:
            return f"descriptors left open, {run.open_at_end:b} instead of {self.open:b}"
        if sum(run.calls.values()) > 10 * sum(self.calls.values()) + 1000:
            return f"it spins: {run.calls}"
        return None

    def told(self, run):
        """The messages that were not there without the fault. Ports, amounts and times differ anyway, and at the prompt
        which of two ends came first."""
        told, usual = (re.sub(r"port \d+|\d+ bytes|[\d.]+ s\b", "N", text).splitlines()
                       for text in (run.messages, self.messages))
        return {line for line in set(told) - set(usual) if not line.endswith("closed the connection")}

    def is_quiet(self, run):
        """Whoever reads our output went away: the status tells, as with other programs."""
        return run.fault.endswith("EPIPE") and run.status == 2

    def story(self, run, result):
        amounts = {name: f"{len(data)} of {len(self.result[name])}" for name, data in result.items()}
        return f"status {run.status} instead of {self.status}, {amounts}, messages {run.messages!r}"


def run_all(plain, faults):
    complaints = [f"{fault}: {why}" for fault in faults if (why := plain.complaint(fault))]
    assert not complaints, f"{len(complaints)} of {len(faults)}:\n" + "\n".join(complaints)


def test_faults_strike(monkeypatch):
    monkeypatch.delenv("POLLCAT_SPLICE", raising=False)  # splice(2) would receive instead
    with Run("recv:1:ECONNRESET") as run:
        assert pipe(run)["received"] != payload(SIZE)
        assert (run.struck, run.status, run.open_at_end is not None) == (1, 1, True)
        assert run.messages.endswith("Connection reset by peer\n")


@pytest.mark.parametrize("name", SCENARIOS)
def test_one_failure(name):
    plain = Plain(SCENARIOS[name])
    run_all(plain, plain.faults())


@pytest.mark.parametrize("name", SCENARIOS)
def test_storm_that_passes(name):
    plain = Plain(SCENARIOS[name])
    run_all(plain, [f"storm:{seed}:{permille}" for seed in range(STORMS) for permille in (20, 200)])
