# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: processes that never outlive a test, and sockets to talk to them.

Nothing here sleeps: everything waits for an event, and no longer than DEADLINE.
"""
import errno
import fcntl
import functools
import hashlib
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

SLOW = bool(os.environ.get("POLLCAT_SLOW"))  # under valgrind and the like
FACTOR = 10 if SLOW else 1
DEADLINE = 30 * FACTOR  # seconds that one event may take
TEST_LIMIT = 90 * FACTOR  # seconds that one test may take
SANITIZED = bool(os.environ.get("POLLCAT_SANITIZED"))
LEEWAY = 10 if SLOW or SANITIZED else 1  # how much more memory such programs take

SOURCE = os.environ.get("POLLCAT_SRC") or str(pathlib.Path(__file__).resolve().parents[2])
TCP_TABLES = [pathlib.Path("/proc/net/tcp"), pathlib.Path("/proc/net/tcp6")]
LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def find_pollcat():
    """The program under test: $POLLCAT, or the one of the build tree."""
    places = [os.path.join(SOURCE, "build", name, "pollcat") for name in ("dev", "release", "asan")]
    for path in [os.environ.get("POLLCAT"), *places]:
        if path and os.access(path, os.X_OK):
            return os.path.abspath(path)
    raise FileNotFoundError("set POLLCAT to the program to test")


POLLCAT = find_pollcat()
UNSHARE = ["unshare", *(["--map-root-user"] if os.getuid() else [])]


@functools.lru_cache(maxsize=None)
def payload(size):
    """`size` bytes that look random and are the same each time."""
    return hashlib.shake_128(b"pollcat").digest(size)


def need(program):
    """The path of another program. Without it the test is skipped, or with POLLCAT_TESTS_STRICT fails, unless
    POLLCAT_TESTS_WITHOUT names it as one that this system has no package of."""
    if found := shutil.which(program):
        return found
    if program in os.environ.get("POLLCAT_TESTS_WITHOUT", "").split():
        pytest.skip(f"there is no package of {program} here")
    complain = pytest.fail if os.environ.get("POLLCAT_TESTS_STRICT") else pytest.skip
    complain(f"{program} is missing")


class Collector(threading.Thread):
    """Reads a file to its end, and lets others wait for what came. Takes the file."""

    def __init__(self, file):
        super().__init__(daemon=True)
        self.file, self.data, self.ended = file, bytearray(), False
        self.changed = threading.Condition()
        self.start()

    def run(self):
        while True:
            chunk = os.read(self.file.fileno(), 1 << 16)
            with self.changed:
                self.data += chunk
                self.ended = not chunk
                self.changed.notify_all()
            if not chunk:
                self.file.close()
                return

    def wait_for(self, found):
        """What `found(data)` gives, once that is true, at the end of the data, or after DEADLINE."""
        with self.changed:
            self.changed.wait_for(lambda: self.ended or found(self.data), DEADLINE)
            return found(self.data)

    def until(self, found):
        """The same; fails when it is not true by then."""
        result = self.wait_for(found)
        assert result, f"not seen; {'all' if self.ended else 'so far'}: {bytes(self.data[-2000:])!r}"
        return result

    def whole(self):
        """All of it, to the end."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.ended, DEADLINE), "the end did not come"
            return bytes(self.data)


class Process:
    """A running program. Its output and messages are collected, unless they were given somewhere to go."""

    def __init__(self, argv, *, env=None, **more):
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.popen = subprocess.Popen(argv, env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}, bufsize=0,
                                      **{**streams, **more})
        self.pid, self.stdin = self.popen.pid, self.popen.stdin
        self.stdout = self.popen.stdout and Collector(self.popen.stdout)
        self.stderr = self.popen.stderr and Collector(self.popen.stderr)

    def send(self, data):
        """Writes to its standard input, all of it."""
        view = memoryview(data)
        while view:
            view = view[self.stdin.write(view):]
        return self

    def close(self):
        """Ends its standard input."""
        self.stdin.close()
        return self

    def until_out(self, data):
        """Waits until this stands in its output, or so many bytes do."""
        if isinstance(data, int):
            return self.stdout.until(lambda seen: len(seen) >= data)
        return self.stdout.until(lambda seen: data in seen)

    def until_err(self, pattern):
        """Waits until a line of its messages matches. Returns the match."""
        return self.stderr.until(lambda seen: re.search(pattern, seen.decode("utf-8", "replace"), re.M))

    def signal(self, number):
        self.popen.send_signal(number)
        return self

    def wait(self):
        """Waits for its end. Returns the exit status, or minus the signal that it died of."""
        try:
            return self.popen.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            messages = self.stderr and bytes(self.stderr.data)
            pytest.fail(f"{self.popen.args} does not end; messages: {messages!r}")

    @property
    def out(self):
        return self.stdout.whole()

    @property
    def err(self):
        return self.stderr.whole().decode("utf-8", "replace")

    def memory(self):
        """Resident memory, in bytes."""
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        if self.stdin:
            try:
                self.stdin.close()
            except OSError:
                pass


class Pollcat(Process):
    """The program under test. It tells through --ready-fd where it listens."""

    def __init__(self, *args, wrap=(), pass_fds=(), **more):
        reader, writer = os.pipe()
        try:
            super().__init__([*wrap, POLLCAT, "--ready-fd", str(writer), *map(str, args)],
                             pass_fds=(writer, *pass_fds), **more)
        finally:
            os.close(writer)
        self.ready = Collector(os.fdopen(reader, "rb"))

    def bound(self, count=1):
        """The first `count` addresses it is bound to, as (address, port)."""
        def parse(seen):
            lines = seen.decode().splitlines(keepends=True)
            return len(lines) >= count and all(line.endswith("\n") for line in lines) and lines

        return [(line.split()[0], int(line.split()[1])) for line in self.ready.until(parse)]

    @property
    def port(self):
        return self.bound()[0][1]


class Processes:
    """All that a test starts; all of it is gone when the test is."""

    def __init__(self):
        self.all = []

    def pollcat(self, *args, **more):
        self.all.append(Pollcat(*args, **more))
        return self.all[-1]

    def program(self, *argv, **more):
        self.all.append(Process([*map(str, argv)], **more))
        return self.all[-1]

    def kill(self):
        for process in self.all:
            process.kill()


def with_hosts(directory, hosts):
    """A command that runs another one with `hosts` as its /etc/hosts. Skips the test where that is forbidden."""
    file = directory / "hosts"
    file.write_text(hosts)
    wrap = [*UNSHARE, "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(file)]
    if subprocess.run([*wrap, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here")
    return wrap


class Held:
    """Whoever opens the file at `path` waits until the block ends, by a lease of fcntl(2)."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR)

    def __enter__(self):
        signal.signal(signal.SIGIO, lambda *_: None)
        try:
            fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError:
            pytest.skip("no leases here")
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def is_waited_for(self):
        return fcntl.fcntl(self.fd, fcntl.F_GETLEASE) != fcntl.F_WRLCK


def namespace(program):
    """A command that runs another one in a network of its own, with the addresses 127.0.0.1, ::1, fd00::2 and
    fe80::1%lo. Skips the test where that is forbidden."""
    script = """ip link set lo up && for address in fd00::2/128 fe80::1/64; do
                    ip address add $address dev lo nodad || exit; done
                until ip link show lo | grep -q 'state UNKNOWN'; do :; done; echo ready && read end"""
    holder = program(*UNSHARE, "--net", "sh", "-c", script)
    if not holder.stdout.wait_for(lambda seen: b"ready" in seen):
        pytest.skip("no network namespaces here")
    user = ["--user", "--preserve-credentials"] if os.getuid() else []
    return ["nsenter", *user, f"--target={holder.pid}", "--net"]


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def made(sock):
    sock.settimeout(DEADLINE)
    return sock


def serve(host="127.0.0.1", port=0, backlog=16):
    """A listening TCP socket."""
    sock = made(socket.socket(family(host), socket.SOCK_STREAM))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(backlog)
    return sock


def serve_unix(path, kind=socket.SOCK_STREAM):
    """A listening UNIX socket, or a bound one for datagrams."""
    sock = made(socket.socket(socket.AF_UNIX, kind))
    sock.bind(unix_name(path))
    if kind != socket.SOCK_DGRAM:
        sock.listen(16)
    return sock


def unix_name(path):
    path = str(path)
    return "\0" + path[1:] if path.startswith("@") else path


def dial(where, host="127.0.0.1", kind=socket.SOCK_STREAM):
    """A socket connected to a port (of `host`), or to a UNIX path."""
    unix = not isinstance(where, int)
    sock = made(socket.socket(socket.AF_UNIX if unix else family(host), kind))
    sock.connect(unix_name(where) if unix else (host, where))
    return sock


def room_for_files(number):
    """So many descriptors for the test itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= number, f"this test needs {number} descriptors (ulimit -Hn)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))


def accept(server):
    return made(server.accept()[0])


def udp(host="127.0.0.1", port=0):
    """A bound UDP socket."""
    sock = made(socket.socket(family(host), socket.SOCK_DGRAM))
    sock.bind((host, port))
    return sock


def port_of(sock):
    return sock.getsockname()[1]


def refusing(host="127.0.0.1", port=0, kind=socket.SOCK_STREAM):
    """A socket whose port is taken and refuses everyone."""
    sock = made(socket.socket(family(host), kind))
    sock.bind((host, port))
    if kind == socket.SOCK_DGRAM:
        sock.connect((host, 9))  # hears nobody else
    return sock


def on_one_port(first, second):
    """What `first()` makes, and `second(port)` of another address or kind; anew where somebody has that port there."""
    for _ in range(50):
        one = first()
        try:
            return one, second(port_of(one))
        except OSError as e:
            one.close()
            if e.errno != errno.EADDRINUSE:
                raise
    raise AssertionError("no port is free for both")


def deaf(host="127.0.0.1", port=0):
    """A listener whose queue is full, so that no answer comes. Keep all of the returned sockets."""
    server = serve(host, port, backlog=0)
    sockets = [server]
    for _ in range(4):
        sock = socket.socket(family(host), socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.connect_ex((host, port_of(server)))
        sockets.append(sock)
    return sockets


def reset(sock):
    """Closes a connection by RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def half_close(sock):
    sock.shutdown(socket.SHUT_WR)
    return sock


def receive(sock, size):
    """Exactly `size` bytes, or what comes before the end."""
    data = bytearray()
    while len(data) < size and (chunk := sock.recv(min(size - len(data), 1 << 18))):
        data += chunk
    return bytes(data)


def receive_all(sock):
    """All that comes until the end."""
    return receive(sock, 1 << 62)


def resting(pid):
    """None while the process runs; else how often it has gone to sleep, or was made to wait."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    switches = re.findall(r"ctxt_switches:\s+(\d+)", status)
    return switches if re.search(r"^State:\s+S", status, re.M) else None


def until_resting(pid, stuck=lambda: True):
    """Waits until the process sleeps and nothing wakes it, while `stuck()`: one that spins never does."""
    end, seen, last = time.monotonic() + DEADLINE, 0, None
    while seen < 5:
        assert time.monotonic() < end, "it does not come to rest"
        now = resting(pid)
        seen = seen + 1 if stuck() and now is not None and now == last else 0
        last = now
        os.sched_yield()


def fill(sock, pid, size=1 << 62, block=bytes(1 << 16)):
    """Sends `block` again and again until the process takes no more, or `size` bytes are sent. Returns how many."""
    sent, view = 0, memoryview(block)

    def full():
        nonlocal sent
        try:
            if sent < size:
                sent += sock.send(view[sent % len(view):][:size - sent])
                return False
        except BlockingIOError:
            pass
        return True

    sock.setblocking(False)
    until_resting(pid, full)
    sock.settimeout(DEADLINE)
    return sent


def keep_talking(exchange, silence, since):
    """Calls exchange() for longer than `silence` seconds. It gives False when the other side has ended, which it may
    do after such a silence of ours alone, since `since` or between two calls. Returns whether it goes on."""
    before, start = since, time.monotonic()
    now = start
    while now - start < 1.5 * silence:
        if not exchange():
            assert time.monotonic() - before >= silence, "it ended too early"
            return False
        before, now = now, time.monotonic()
    return True


class Background(threading.Thread):
    """Runs a function beside the test. result() gives what it returned, or raises what it raised."""

    def __init__(self, run, *args):
        super().__init__(daemon=True)
        self.call, self.value, self.error = (run, args), None, None
        self.start()

    def run(self):
        try:
            self.value = self.call[0](*self.call[1])
        except BaseException as error:  # told by result()
            self.error = error

    def result(self):
        self.join(DEADLINE)
        assert not self.is_alive(), "still busy"
        if self.error:
            raise self.error
        return self.value


def on_alarm(_signo, _frame):
    pytest.fail(f"the test took more than {TEST_LIMIT} seconds")


def start_alarm():
    signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(TEST_LIMIT)


def stop_alarm():
    signal.alarm(0)


class FreePort(int):
    """A TCP port that nobody had a moment ago, for servers that cannot choose one by themselves."""

    def __new__(cls):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            return super().__new__(cls, port_of(sock))

    def wait_listening(self):
        """Waits, without connecting, until somebody listens there."""
        wait_tcp(rf"[0-9A-F]+:{self:04X} \S+ 0A")


def wait_tcp(pattern):
    """Waits until the kernel's table of TCP sockets has "LOCAL REMOTE STATE", see proc(5)."""
    wanted = re.compile(rf"^\s*\d+: {pattern} ", re.M)
    end = time.monotonic() + DEADLINE
    while not any(wanted.search(table.read_text()) for table in TCP_TABLES if table.exists()):
        assert time.monotonic() < end, f"no TCP socket is {pattern}"
        os.sched_yield()
