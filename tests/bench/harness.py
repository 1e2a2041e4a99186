# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the programs of the benchmark: the tools, what drives them, and the clock.

Everything started here is in a process group of its own, has a bounded time, and is killed at the end. Traffic
stays on 127.0.0.1.
"""
import atexit
import os
import resource
import select
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HELPERS = {"bulk": [], "crowd": [], "limit": [], "relay": [], "tls": ["-lssl", "-lcrypto"], "udp": []}
DRIVERS = ("bulk", "crowd", "udp")
PEERS = ("nc.openbsd", "nc.traditional", "ncat", "socat", "haproxy", "nginx", "openssl", "stunnel", "microsocks",
         "tinyproxy")
TOOLS = PEERS + ("pollcat", "limit")
GIB = 1 << 30


class Failed(Exception):
    """A measurement that a tool could not do."""


class Process:
    """One program and its children."""

    running = set()

    def __init__(self, argv, limit, cpu, **how):
        how.setdefault("stdin", subprocess.DEVNULL)
        how.setdefault("stderr", subprocess.DEVNULL)
        self.name = os.path.basename(argv[0])
        self.end = time.monotonic() + limit
        self.popen = subprocess.Popen(argv, start_new_session=True,
                                      preexec_fn=lambda: os.sched_setaffinity(0, {cpu}), **how)
        self.usage = None
        Process.running.add(self)

    @property
    def pid(self):
        return self.popen.pid

    def reap(self, flags=0):
        """The CPU seconds of the program and the children it waited for, once it has ended."""
        if self.usage is None:
            pid, status, usage = os.wait4(self.pid, flags)
            if pid == 0:
                return None
            self.popen.returncode = os.waitstatus_to_exitcode(status)
            self.usage = usage.ru_utime + usage.ru_stime
            Process.running.discard(self)
        return self.usage

    def wait(self, seconds=None):
        """Waits for the end, no longer than the limit."""
        if self.usage is None:
            until = self.end if seconds is None else time.monotonic() + seconds
            fd = os.pidfd_open(self.pid)
            try:
                ready, _, _ = select.select([fd], [], [], max(0, until - time.monotonic()))
            finally:
                os.close(fd)
            if not ready:
                raise Failed(f"{self.name} does not end")
        return self.reap()

    def stop(self, kind=signal.SIGTERM):
        """Ends it, kindly first."""
        if self.usage is None:
            self.signal(kind)
            try:
                self.wait(1)
            except Failed:
                self.signal(signal.SIGKILL)
                self.reap()
        self.signal(signal.SIGKILL)  # the children that stayed
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream:
                stream.close()
        return self.usage

    def signal(self, kind):
        try:
            os.killpg(self.pid, kind)
        except ProcessLookupError:
            pass

    def line(self):
        """The next line of its output, as a dictionary: "a 1 b 2" is {a: 1, b: 2}."""
        ready, _, _ = select.select([self.popen.stdout], [], [], max(0, self.end - time.monotonic()))
        if not ready:
            raise Failed(f"{self.name} says nothing")
        words = self.popen.stdout.readline().split()
        if not words:
            raise Failed(f"{self.name} failed")
        return {words[i].decode(): float(words[i + 1]) for i in range(0, len(words) - 1, 2)}

    def tell(self):
        self.popen.stdin.write(b"go\n")
        self.popen.stdin.flush()


@atexit.register
def stop_all():
    for process in list(Process.running):
        process.stop(signal.SIGKILL)


class Harness:
    """What a row needs: the programs, files, and how much to do."""

    def __init__(self, pollcat, quick):
        self.pollcat = pollcat
        self.quick = quick
        self.limit = 10 if quick else 20  # seconds that one measurement may take
        self.seconds = 0.3 if quick else 1.0  # of those that run for a time
        self.size = GIB // 8 if quick else GIB  # bytes of those that move so many
        self.cpus = sorted(os.sched_getaffinity(0))
        self.spread = False  # the two ends have a CPU each, not one together
        self.dir = tempfile.mkdtemp(prefix="pollcat-bench-")
        self.memory_dir = tempfile.mkdtemp(prefix="pollcat-bench-", dir="/dev/shm")
        atexit.register(shutil.rmtree, self.dir, True)
        atexit.register(shutil.rmtree, self.memory_dir, True)
        self.helpers = {}
        self.started = []
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def build(self):
        compiler = os.environ.get("CC", "cc").split()
        for name, libraries in HELPERS.items():
            self.helpers[name] = os.path.join(self.dir, name)
            command = [*compiler, "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", self.helpers[name],
                       os.path.join(HERE, name + ".c"), *libraries]
            subprocess.run(command, check=True)

    def have(self, tool):
        return tool in ("pollcat", "limit") or shutil.which(tool) is not None

    def start(self, argv, far=None, **how):
        """Starts a program; the first word may be a helper's name or a tool's. At the far end are the helpers that
        drive the tools, and whoever is said to be."""
        places = {**self.helpers, "pollcat": self.pollcat}
        environment = {**os.environ, **how.pop("env", {})}
        if far is None:
            far = argv[0] in DRIVERS
        process = Process([places.get(argv[0], argv[0]), *map(str, argv[1:])], self.limit,
                          self.cpus[0] if far and self.spread else self.cpus[-1], env=environment, **how)
        self.started.append(process)
        return process

    def helper(self, *argv, **how):
        return self.start(argv, stdout=subprocess.PIPE, stderr=None, **how)

    def clean(self):
        """After each measurement: nothing of it stays."""
        for process in reversed(self.started):
            process.stop(signal.SIGKILL)
        self.started.clear()

    def configuration(self, text):
        """A file with this text, for programs that have no command line to speak of."""
        with open(os.path.join(self.dir, "configuration"), "w") as out:
            out.write(text)
        return out.name

    def identity(self):
        """Files of a certificate and its key, for all that serve TLS, and one that has both."""
        paths = {name: os.path.join(self.dir, name + ".pem") for name in ("cert", "key", "both")}
        if not os.path.exists(paths["both"]):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths["cert"],
                            "-keyout", paths["key"]], check=True, stderr=subprocess.DEVNULL)
            with open(paths["both"], "wb") as both:
                for name in ("cert", "key"):
                    with open(paths[name], "rb") as one:
                        both.write(one.read())
        return paths

    def file(self, where, size):
        """A file of so many bytes that is in memory already."""
        path = os.path.join(self.memory_dir if where == "tmpfs" else self.dir, f"data-{size}")
        if not os.path.exists(path):
            block = (b"x" * 63 + b"\n") * (1 << 14)
            with open(path, "wb") as out:
                for _ in range(size // len(block)):
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
        return path


# What measurements share


def argv(text, **values):
    return text.format(**values).split()


def moved(result, process_cpu):
    gib = result["bytes"] / GIB
    if gib <= 0:
        raise Failed("nothing arrived")
    return {"rate": gib / result["seconds"], "cpu": process_cpu / gib}


def whole(h, result):
    if result["bytes"] < h.size:
        raise Failed(f"only {result['bytes']:.0f} of {h.size} bytes arrived")


def start_server(h, text, configurations, port, **more):
    """A program that listens at a port; some are told how in a file."""
    values = {"port": port, "dir": h.dir, **more}
    template = configurations.get(text.split()[0])
    if template:
        values["configuration"] = h.configuration(template.format(**values))
    server = h.start([word.replace("${IFS}", " ") for word in argv(text, **values)], stdout=subprocess.DEVNULL)
    wait_bound(port, "tcp", server)
    return server


def drive_streams(h, server, count, args):
    """So many streams through a relay or a proxy."""
    port, far, *asks = args
    peers = h.helper("relay", "streams", port, far, count, 2 * h.seconds, *asks, stdin=subprocess.PIPE)
    peers.line()
    cpu = cpu_of(family(server.pid))
    peers.tell()
    result = peers.line()
    numbers = moved(result, cpu_of(family(server.pid)) - cpu)
    numbers["share"] = result["most"] / max(result["least"], 1)
    return numbers


def free_port(kind=socket.SOCK_STREAM):
    """One that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_bound(port, table, process):
    """Until a socket has the port: what /proc/net/{tcp,udp} say."""
    wanted = f":{port:04X}"
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for name in (table, table + "6"):
            try:
                with open("/proc/net/" + name) as lines:
                    if any(line.split()[1].endswith(wanted) for line in list(lines)[1:]):
                        return
            except FileNotFoundError:
                pass
        if process.reap(os.WNOHANG) is not None:
            raise Failed(f"{process.name} ended before it served")
        time.sleep(0.001)
    raise Failed(f"{process.name} does not serve")


def family(pid):
    """The process and all its descendants."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as children:
                    found += map(int, children.read().split())
        except OSError:
            pass
    return found


def cpu_of(pids):
    """CPU seconds used so far, exact to the microsecond, of processes that run still."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                    total += int(f.read().split()[0])
        except OSError:
            pass
    return total / 1e9


def memory_of(pids):
    """Bytes of memory of their own."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss_Anon:"))
        except OSError:
            pass
    return total * 1024


def median(values):
    return statistics.median(values)
