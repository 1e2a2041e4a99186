# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the benchmark: what each tool is told to do, and how it is measured.

A row has cases (numbers of peers, mostly). Measuring one case with one tool gives numbers by metric; the metrics
are described in METRICS. A tool that has no command for a row cannot do it.
"""
import fcntl
import os
import re
import shutil
import socket
import subprocess
import time

import dressed
from harness import (Failed, argv, cpu_of, drive_streams, family, free_port, memory_of, moved, start_server, wait_bound,
                     whole)

UDP_SIZE = 1400
COPY = {"POLLCAT_NO_SPLICE": "1"}

# metric: (title, unit, more is better)
METRICS = {
    "rate": ("throughput", "GiB/s", True),
    "cpu": ("the tool's own CPU time", "s/GiB", False),
    "messages": ("messages", "1/s", True),
    "p50": ("median latency", "µs", False),
    "p99": ("99th percentile of latency", "µs", False),
    "max": ("last answer", "µs", False),
    "message_cpu": ("server CPU per message", "µs", False),
    "peer_memory": ("memory per peer", "bytes", False),
    "packets": ("datagrams", "1/s", True),
    "visits": ("connections", "1/s", True),
    "visit_cpu": ("server CPU per connection", "µs", False),
    "share": ("the stream that got most against the one that got least", "times", False),
    "instructions": ("instructions", "million", False),
}

# How each tool does it, in words; {port} and {count} are filled in.
SEND = {
    "nc.openbsd": "nc.openbsd -N 127.0.0.1 {port}",
    "nc.traditional": "nc.traditional -q 0 127.0.0.1 {port}",
    "ncat": "ncat --send-only 127.0.0.1 {port}",
    "socat": "socat -u -b 262144 STDIN TCP4:127.0.0.1:{port}",
    "pollcat": "pollcat --send-only 127.0.0.1 {port}",
    "limit": "limit send {port}",
}
SEND_COPY = {"pollcat": SEND["pollcat"], "limit": "limit send-copy {port}"}
RECEIVE = {
    "nc.openbsd": "nc.openbsd -d -l 127.0.0.1 {port}",
    "nc.traditional": "nc.traditional -l -s 127.0.0.1 -p {port}",
    "ncat": "ncat --recv-only -l 127.0.0.1 {port}",
    "socat": "socat -u -b 262144 TCP4-LISTEN:{port},bind=127.0.0.1 STDOUT",
    "pollcat": "pollcat --recv-only -l 127.0.0.1 {port}",
    "limit": "limit receive {port}",
}
RECEIVE_COPY = {"pollcat": RECEIVE["pollcat"], "limit": "limit receive-copy {port}"}
ECHO_ONE = {
    "nc.openbsd": "nc.openbsd -l 127.0.0.1 {port}",  # its output is its input
    "nc.traditional": "nc.traditional -l -s 127.0.0.1 -p {port} -e /bin/cat",
    "ncat": "ncat -l --exec /bin/cat 127.0.0.1 {port}",
    "socat": "socat -b 262144 TCP4-LISTEN:{port},bind=127.0.0.1 EXEC:/bin/cat",
    "pollcat": "pollcat --echo 127.0.0.1 {port}",
    "limit": "limit echo-bulk {port}",
}
# Bytes on their way through an echo: with more of them these tools write while they should read, and hang.
WINDOW = {"nc.openbsd": 1 << 19, "ncat": 1 << 16, "socat": 1 << 17}
ECHO_MANY = {
    "ncat": "ncat -l -k -m 20000 --exec /bin/cat 127.0.0.1 {port}",
    "socat": "socat -b 8192 TCP4-LISTEN:{port},bind=127.0.0.1,backlog=4096,fork,nodelay PIPE",
    "pollcat": "pollcat --echo 127.0.0.1 {port}",
    "limit": "limit echo {port}",
}
GATHER = {
    "ncat": "ncat -l -k -m 20000 --recv-only 127.0.0.1 {port}",
    "socat": "socat -u TCP4-LISTEN:{port},bind=127.0.0.1,backlog=4096,fork STDOUT",
    "pollcat": "pollcat --recv-only -l -k 127.0.0.1 {port}",
    "limit": "limit gather {port}",
}
BROKER = {
    "ncat": "ncat --broker -m 20000 127.0.0.1 {port}",
    "pollcat": "pollcat --broker --no-stdin 127.0.0.1 {port}",
    "limit": "relay among {port} {count}",
}
FAN = {
    "ncat": "ncat -l -k -m 20000 --send-only 127.0.0.1 {port}",
    "pollcat": "pollcat -l -k 127.0.0.1 {port}",
    "limit": "limit fan {port} {count}",
}
UDP_ECHO = {
    "nc.openbsd": "nc.openbsd -u -l 127.0.0.1 {port}",
    "nc.traditional": "nc.traditional -u -l -s 127.0.0.1 -p {port} -e /bin/cat",
    "ncat": "ncat -u -l --exec /bin/cat 127.0.0.1 {port}",
    "socat": "socat -b 65536 UDP4-LISTEN:{port},bind=127.0.0.1 PIPE",
    "pollcat": "pollcat -u --echo 127.0.0.1 {port}",
    "limit": "udp echo {port}",
}
UDP_SEND = {
    "socat": f"socat -u -b {UDP_SIZE} STDIN UDP4:127.0.0.1:{{port}}",
    "pollcat": f"pollcat -u --send-only --datagram-size {UDP_SIZE} 127.0.0.1 {{port}}",
    "limit": f"udp send {{port}} {UDP_SIZE}",
}
UDP_RECEIVE = {
    "nc.openbsd": "nc.openbsd -u -d -l 127.0.0.1 {port}",
    "nc.traditional": "nc.traditional -u -l -s 127.0.0.1 -p {port}",
    "ncat": "ncat -u --recv-only -l 127.0.0.1 {port}",
    "socat": "socat -u -b 65536 UDP4-RECV:{port},bind=127.0.0.1 STDOUT",
    "pollcat": "pollcat -u --recv-only -l 127.0.0.1 {port}",
    "limit": "udp receive {port}",
}
# From {port} to {far}, each sender by itself.
UDP_FORWARD = {
    "socat": "socat -b 65536 UDP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork UDP4:127.0.0.1:{far}",
    "pollcat": "pollcat -l -u 127.0.0.1 {port} --to udp:127.0.0.1:{far}",
    "limit": "udp forward {port} {far}",
}
# From {port} to {far}. Two of them are told so in a file.
RELAY = {
    "ncat": "ncat -l -k -m 20000 --sh-exec exec${{IFS}}ncat${{IFS}}127.0.0.1${{IFS}}{far} 127.0.0.1 {port}",
    "socat": "socat -b 65536 TCP4-LISTEN:{port},bind=127.0.0.1,backlog=4096,fork,nodelay TCP4:127.0.0.1:{far},nodelay",
    "haproxy": "haproxy -db -f {configuration}",
    "nginx": "nginx -c {configuration}",
    "pollcat": "pollcat -l -k 127.0.0.1 {port} --to tcp:127.0.0.1:{far}",
    "limit": "relay through {port} {far}",
}
CONFIGURATIONS = {
    "haproxy": """
global
    maxconn 4000
    nbthread 1
defaults
    mode tcp
    option splice-auto
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen relay
    bind 127.0.0.1:{port}
    server far 127.0.0.1:{far}
""",
    "nginx": """
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log /dev/null;
worker_rlimit_nofile 50000;
events {{ worker_connections 20000; }}
stream {{ server {{ listen 127.0.0.1:{port} backlog=4096; tcp_nodelay on; proxy_buffer_size 64k; proxy_pass 127.0.0.1:{far}; }} }}
""",
}
PROGRAM_ECHO = {
    "ncat": "ncat -l -k -m 20000 --exec /bin/cat 127.0.0.1 {port}",
    "socat": "socat TCP4-LISTEN:{port},bind=127.0.0.1,backlog=4096,fork,nodelay EXEC:/bin/cat",
    "pollcat": "pollcat -l -k -e /bin/cat 127.0.0.1 {port}",
    "limit": "relay programs {port}",
}
PROGRAM_DIRECT = {
    "pollcat": "pollcat -l -k -e /bin/cat --exec-direct 127.0.0.1 {port}",
    "limit": "relay programs {port}",
}
PROBE = {
    "nc.openbsd": "nc.openbsd -z 127.0.0.1 {port}",
    "nc.traditional": "nc.traditional -z 127.0.0.1 {port}",
    "ncat": "ncat -z 127.0.0.1 {port}",
    "socat": "socat -u OPEN:/dev/null TCP4:127.0.0.1:{port}",
    "pollcat": "pollcat -z 127.0.0.1 {port}",
    "limit": "limit probe {port}",
}
VERSION = {
    "nc.openbsd": "nc.openbsd -h",
    "nc.traditional": "nc.traditional -h",
    "ncat": "ncat --version",
    "socat": "socat -V",
    "pollcat": "pollcat --version",
    "limit": "limit nothing",
}


class Row:
    def __init__(self, name, group, title, tools, measure, metrics, **more):
        self.name, self.group, self.title = name, group, title
        self.tools, self.measure, self.metrics = tools, measure, metrics
        self.cases = more.pop("cases", [1])
        self.rounds = more.pop("rounds", None)  # at most
        self.most = more.pop("most", {})  # tool: cases above this are beyond it
        self.spread = more.pop("spread", False)  # the two ends have a CPU each
        self.more = more

    def on_two_cpus(self):
        """The same with a CPU for each end."""
        return Row(self.name + "-spread", "spread", self.title, self.tools, self.measure, self.metrics, spread=True,
                   **self.more)

    def commands(self, case):
        return {tool: text for tool, text in self.tools.items() if case <= self.most.get(tool, case)}


def file_size(h):
    """Bytes of those rows that write a file: less, so that the disk does not get in the way."""
    return h.size // 2


# Bulk


def send(h, text, row, case):
    """Standard input, a file or a pipe, to a sink."""
    sink = h.helper("bulk", "sink", h.size)
    port = int(sink.line()["port"])
    env = row.more.get("env", {})
    if row.more["input"] == "pipe":
        feed = h.start(["bulk", "feed", h.size], stdout=subprocess.PIPE)
        tool = h.start(argv(text, port=port), stdin=feed.popen.stdout, stdout=subprocess.DEVNULL, env=env)
        feed.popen.stdout.close()
    else:
        with open(h.file("disk", h.size), "rb") as data:
            tool = h.start(argv(text, port=port), stdin=data, stdout=subprocess.DEVNULL, env=env)
    result = sink.line()
    whole(h, result)
    return moved(result, tool.wait())


def receive(h, text, row, case):
    """From a source to /dev/null, a pipe, or a file in memory or on disk."""
    port, kind, drain = free_port(), row.more["output"], None
    if kind == "pipe":
        drain = h.start(["bulk", "drain"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        out = drain.popen.stdin
    elif kind == "null":
        out = open("/dev/null", "wb")
    else:
        out = open(os.path.join(h.memory_dir if kind == "tmpfs" else h.dir, "out"), "wb")
    with out:
        tool = h.start(argv(text, port=port), stdout=out, env=row.more.get("env", {}))
    wanted = file_size(h) if kind in ("tmpfs", "disk") else h.size
    source = h.helper("bulk", "source", port, wanted)
    result = source.line()
    cpu = tool.wait()
    if kind in ("tmpfs", "disk"):
        size = os.path.getsize(out.name)
        os.unlink(out.name)
        if size != wanted:
            raise Failed(f"only {size} of {wanted} bytes arrived")
    return moved(result, cpu)


def transfer(h, text, row, case):
    """The same tool at both ends, from file to file."""
    port = free_port()
    path = os.path.join(h.memory_dir, "out")
    tool = next(tool for tool, command in row.tools.items() if command == text)
    with open(path, "wb") as out:
        receiver = h.start(argv(text, port=port), stdout=out)
    wait_bound(port, "tcp", receiver)
    wanted = file_size(h)
    with open(h.file("tmpfs", wanted), "rb") as data:
        sender = h.start(argv(SEND[tool], port=port), far=True, stdin=data, stdout=subprocess.DEVNULL)
    start = time.monotonic()
    cpu = receiver.wait()
    seconds = time.monotonic() - start
    cpu += sender.wait()
    size = os.path.getsize(path)
    os.unlink(path)
    if size != wanted:
        raise Failed(f"only {size} of {wanted} bytes arrived")
    return moved({"bytes": size, "seconds": seconds}, cpu)


def start_echo(h, text, port, kind="tcp"):
    """An echo server; nc's becomes one when its output is its own input."""
    if text.startswith("nc.openbsd"):
        r, w = os.pipe()
        fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 1 << 20)
        server = h.start(argv(text, port=port), stdin=r, stdout=w)
        os.close(r)
        os.close(w)
    else:
        server = h.start(argv(text, port=port), stdout=subprocess.DEVNULL)
    wait_bound(port, kind, server)
    return server


def echo_bulk(h, text, row, case):
    port = free_port()
    server = start_echo(h, text, port)
    window = next((size for tool, size in WINDOW.items() if text.startswith(tool)), h.size)
    result = h.helper("bulk", "blast", port, h.size, window).line()
    whole(h, result)
    cpu = cpu_of(family(server.pid))
    if not cpu:
        cpu = server.wait(2)
    return moved(result, cpu)


# Messages and peers


def echo_small(h, text, row, case):
    port = free_port()
    start_echo(h, text, port)
    result = h.helper("crowd", "pingpong", port, case, h.seconds).line()
    return {"messages": result["messages"] / result["seconds"], "p50": result["p50"], "p99": result["p99"]}


def idle(h, text, row, case):
    """What a message costs the server while so many other peers are silent, and what these cost in memory."""
    port, back, how = free_port(), -1, {}
    if row.more["way"] == "gather":
        back, out = os.pipe()
        server = h.start(argv(text, port=port), stdout=out)
        os.close(out)
        how["pass_fds"] = [back]
    else:
        server = h.start(argv(text, port=port), stdout=subprocess.DEVNULL)
    try:
        wait_bound(port, "tcp", server)
        before = memory_of([server.pid])
        peers = h.helper("crowd", "idle", port, case, 500 if h.quick else 3000, back, stdin=subprocess.PIPE, **how)
        peers.line()
        pids = family(server.pid)
        memory = memory_of(pids) - before
        cpu = cpu_of(pids)
        peers.tell()
        result = peers.line()
        cpu = cpu_of(pids) - cpu
    finally:
        if back >= 0:
            os.close(back)
    numbers = {"message_cpu": 1e6 * cpu / result["messages"], "p50": result["p50"], "p99": result["p99"]}
    if case >= 1000:  # of a few, it is lost in the size of a page
        numbers["peer_memory"] = memory / case
    return numbers


def stuck(h, text, row, case):
    """Memory held for peers that send and never read."""
    port = free_port()
    server = start_echo(h, text, port)
    before = memory_of([server.pid])
    peers = h.helper("crowd", "stuck", port, case, stdin=subprocess.PIPE)
    peers.line()
    peers.tell()
    peers.line()
    return {"peer_memory": (memory_of(family(server.pid)) - before) / case}


def count_visits(h, port, case):
    result = h.helper("crowd", "visits", port, case, h.seconds).line()
    if result["visits"] < case:
        raise Failed(f"only {result['visits']:.0f} of {case} visits ended in {result['seconds']:.1f} s")
    return {"visits": result["visits"] / result["seconds"], "p50": result["p50"], "p99": result["p99"]}


def visits(h, text, row, case):
    port = free_port()
    start_echo(h, text, port)
    return count_visits(h, port, case)


def storm(h, text, row, case):
    port = free_port()
    start_echo(h, text, port)
    result = h.helper("crowd", "storm", port, case).line()
    return {metric: result[metric] for metric in ("p50", "p99", "max")}


def fan(h, text, row, case):
    """Standard input to so many peers that read as fast as they can. The rate is that of all together."""
    port, share = free_port(), max(h.size // max(case, 4), 1 << 20)
    r, w = os.pipe()
    server = h.start(argv(text, port=port, count=case), stdin=r, stdout=subprocess.DEVNULL)
    os.close(r)
    wait_bound(port, "tcp", server)
    readers = h.helper("crowd", "readers", port, case, share)
    readers.line()
    wait_accepted(port, case)
    with os.fdopen(w, "wb") as out:
        h.start(["bulk", "feed", share], stdout=out)
    result = readers.line()
    if result["bytes"] < share * case:
        raise Failed(f"only {result['bytes']:.0f} of {share * case} bytes arrived")
    cpu = server.usage if server.usage is not None else cpu_of([server.pid])
    return moved(result, cpu or server.wait(2))


def broker(h, text, row, case):
    """One peer to so many others. The rate is that of all others together."""
    port, share = free_port(), max(h.size // max(case, 4), 1 << 20)
    server = h.start(argv(text, port=port, count=case), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_bound(port, "tcp", server)
    readers = h.helper("crowd", "readers", port, case, share)
    readers.line()
    wait_accepted(port, case)
    h.start(["bulk", "source", port, share], stdout=subprocess.DEVNULL)
    result = readers.line()
    if result["bytes"] < share * case:
        raise Failed(f"only {result['bytes']:.0f} of {share * case} bytes arrived")
    return moved(result, cpu_of([server.pid]))


def wait_accepted(port, count):
    """Until the queue of the listener is empty: /proc/net/tcp shows its length."""
    for _ in range(2000):
        with open("/proc/net/tcp") as lines:
            for line in lines:
                words = line.split()
                if words[1].endswith(f":{port:04X}") and words[3] == "0A" and words[4].endswith(":00000000"):
                    time.sleep(0.05)
                    return
        time.sleep(0.005)
    raise Failed("not all were accepted")


# Datagrams


def udp_echo(h, text, row, case):
    port = free_port(socket.SOCK_DGRAM)
    server = start_echo(h, text, port, "udp")
    result = h.helper("udp", "pingpong", port, case, h.seconds).line()
    if result["messages"] < 100:
        raise Failed("does not answer")
    if result["merged"]:
        raise Failed("merges datagrams")
    cpu = cpu_of(family(server.pid))
    return {"packets": result["messages"] / result["seconds"], "message_cpu": 1e6 * cpu / result["messages"]}


def udp_forward(h, text, row, case):
    """`case` senders; a single one has 32 datagrams on their way."""
    port, far = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    wait_bound(far, "udp", h.start(["udp", "echo", far], far=True))
    server = h.start(argv(text, port=port, far=far), stdout=subprocess.DEVNULL)
    wait_bound(port, "udp", server)
    if case == 1:
        result = h.helper("udp", "pingpong", port, 32, h.seconds).line()
    else:
        result = h.helper("udp", "senders", port, case, h.seconds).line()
    if result["messages"] < 100:
        raise Failed("does not answer")
    cpu = cpu_of(family(server.pid))
    return {"packets": result["messages"] / result["seconds"], "message_cpu": 1e6 * cpu / result["messages"]}


def udp_send(h, text, row, case):
    """A pipe as datagrams of 1400 bytes; the rate is what was sent, as long as the program took."""
    sink = h.helper("udp", "sink", UDP_SIZE)
    port = int(sink.line()["port"])
    size = h.size // 2
    feed = h.start(["bulk", "feed", size], stdout=subprocess.PIPE)
    start = time.monotonic()
    tool = h.start(argv(text, port=port), stdin=feed.popen.stdout, stdout=subprocess.DEVNULL)
    feed.popen.stdout.close()
    cpu = tool.wait()
    seconds = time.monotonic() - start
    got = sink.line()
    if got["messages"] < size / UDP_SIZE / 20:
        raise Failed("next to nothing arrived")
    result = moved({"bytes": size, "seconds": seconds}, cpu)
    if got["odd"] > got["messages"] / 10:
        raise Failed("not datagrams of this size")
    result["packets"] = size / UDP_SIZE / seconds
    return result


def udp_receive(h, text, row, case):
    """More datagrams than anyone can take, for a time: what comes out."""
    port = free_port(socket.SOCK_DGRAM)
    drain = h.start(["bulk", "drain"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    drain.popen.stdout = drain.popen.stderr
    tool = h.start(argv(text, port=port), stdout=drain.popen.stdin)
    drain.popen.stdin.close()
    wait_bound(port, "udp", tool)
    h.helper("udp", "source", port, UDP_SIZE, h.seconds).line()
    cpu = tool.stop()
    result = drain.line()
    numbers = moved(result, cpu)
    numbers["packets"] = result["bytes"] / UDP_SIZE / result["seconds"]
    return numbers


# Relays


def start_relay(h, text, far):
    """Returns the program and the port at which it listens; what comes there goes to the port `far`."""
    port = free_port()
    return start_server(h, text, CONFIGURATIONS, port=port, far=far), port


def relay_streams(h, text, row, case):
    far = free_port()
    server, port = start_relay(h, text, far)
    return drive_streams(h, server, case, [port, far])


def start_far_echo(h):
    far = free_port()
    wait_bound(far, "tcp", h.start(["limit", "echo", far], far=True))
    return far


def relay_visits(h, text, row, case):
    _, port = start_relay(h, text, start_far_echo(h))
    return count_visits(h, port, case)


def relay_idle(h, text, row, case):
    """What an idle pair costs in memory, and a message while so many others are silent."""
    server, port = start_relay(h, text, start_far_echo(h))
    before = memory_of(family(server.pid))
    peers = h.helper("crowd", "idle", port, case, 500 if h.quick else 3000, -1, stdin=subprocess.PIPE)
    peers.line()
    pids = family(server.pid)
    memory = memory_of(pids) - before
    cpu = cpu_of(pids)
    peers.tell()
    result = peers.line()
    cpu = cpu_of(pids) - cpu
    return {"message_cpu": 1e6 * cpu / result["messages"], "p50": result["p50"], "peer_memory": memory / case}


# Start-up


def startup(h, text, row, case):
    if not shutil.which("valgrind"):
        raise Failed("valgrind is not installed")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        words = argv(text, port=listener.getsockname()[1])
        words[0] = {**h.helpers, "pollcat": h.pollcat}.get(words[0]) or shutil.which(words[0])
        said = os.path.join(h.dir, "callgrind")
        h.start(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file=" + said, *words],
                stdout=subprocess.DEVNULL).wait()
    with open(said) as lines:
        count = re.search(r"Collected\s*:\s*(\d+)", lines.read())
    if not count:
        raise Failed("valgrind counted nothing")
    return {"instructions": int(count.group(1)) / 1e6}


RATE = ["rate", "cpu"]
BULK = [
    Row("file-to-socket", "bulk", "file to socket", SEND, send, RATE, input="file"),
    Row("pipe-to-socket", "bulk", "pipe to socket", SEND, send, RATE, input="pipe"),
    Row("socket-to-pipe", "bulk", "socket to pipe", RECEIVE, receive, RATE, output="pipe"),
    Row("socket-to-null", "bulk", "socket to /dev/null", RECEIVE, receive, RATE, output="null"),
    Row("socket-to-tmpfs", "bulk", "socket to file in memory (tmpfs)", RECEIVE, receive, RATE, output="tmpfs"),
    Row("socket-to-disk", "bulk", "socket to file on disk", RECEIVE, receive, RATE, output="disk"),
    Row("file-to-file", "bulk", "file to file, the tool at both ends", RECEIVE, transfer, RATE),
    Row("echo-bulk", "bulk", "echo, one stream", ECHO_ONE, echo_bulk, RATE),
    Row("copy-to-socket", "bulk", "file to socket, copying", SEND_COPY, send, RATE, input="file", env=COPY),
    Row("copy-to-pipe", "bulk", "socket to pipe, copying", RECEIVE_COPY, receive, RATE, output="pipe", env=COPY),
]
ROWS = BULK + [row.on_two_cpus() for row in BULK] + [
    Row("echo-one", "messages", "echo of 64 bytes, 1 connection", {**ECHO_ONE, "limit": ECHO_MANY["limit"]},
        echo_small, ["messages", "p50", "p99"]),
    Row("echo-many", "messages", "echo of 64 bytes, {} connections", ECHO_MANY, echo_small,
        ["messages", "p50", "p99"], cases=[10, 100]),
    Row("idle-echo", "peers", "echo, one of {} peers talks", ECHO_MANY, idle, ["message_cpu", "p50", "peer_memory"],
        cases=[10, 1000, 10000], most={"ncat": 10, "socat": 1000}, rounds=3, way="echo"),
    Row("idle-raw", "peers", "-l -k, one of {} peers talks", GATHER, idle, ["message_cpu", "p50", "peer_memory"],
        cases=[10, 1000, 10000], most={"ncat": 1000, "socat": 1000}, rounds=3, way="gather"),
    Row("stuck", "peers", "{} peers that send and never read", {t: ECHO_MANY[t] for t in ("socat", "pollcat")}, stuck,
        ["peer_memory"], cases=[1000], rounds=1),
    Row("visits", "connects", "connect, echo one byte, close; {} at a time", ECHO_MANY, visits,
        ["visits", "p50", "p99"], cases=[16]),
    Row("storm", "connects", "{} connects at once", ECHO_MANY, storm, ["p50", "p99", "max"], cases=[200]),
    Row("broker", "fan", "one peer to {} others", BROKER, broker, RATE, cases=[10, 100, 500]),
    Row("fan-out", "fan", "standard input to {} peers", FAN, fan, RATE, cases=[1, 10, 100, 500]),
    Row("udp-echo", "udp", "UDP echo of 64 bytes, {} on their way", UDP_ECHO, udp_echo, ["packets", "message_cpu"],
        cases=[1, 32]),
    Row("udp-forward", "udp", "UDP forwarding, 64 bytes there and back, {} senders", UDP_FORWARD, udp_forward,
        ["packets", "message_cpu"], cases=[1, 1000]),
    Row("udp-send", "udp", "pipe to datagrams of 1400 bytes", UDP_SEND, udp_send, RATE + ["packets"]),
    Row("udp-receive", "udp", "datagrams of 1400 bytes to a pipe", UDP_RECEIVE, udp_receive, RATE + ["packets"]),
    Row("relay", "relay", "{} streams from port to port", RELAY, relay_streams, RATE + ["share"], cases=[1, 100, 1000],
        most={"ncat": 100}),
    Row("relay-visits", "relay", "connect, one byte to and fro, close; {} at a time", RELAY, relay_visits,
        ["visits", "p50", "p99"], cases=[16]),
    Row("relay-idle", "relay", "one of {} pairs talks", RELAY, relay_idle, ["message_cpu", "p50", "peer_memory"],
        cases=[1000], most={"ncat": 100}, rounds=3),
    Row("program-echo", "relay", "echo of 64 bytes by a program each, {} connections", PROGRAM_ECHO, echo_small,
        ["messages", "p50", "p99"], cases=[1, 10]),
    Row("program-direct", "relay", "the same with the socket itself (--exec-direct), {} connections", PROGRAM_DIRECT,
        echo_small, ["messages", "p50", "p99"], cases=[1, 10]),
    Row("program-visits", "relay", "a program for one byte to and fro; {} at a time", PROGRAM_ECHO, visits,
        ["visits", "p50", "p99"], cases=[16]),
    Row("tls-send", "tls", "pipe to TLS", dressed.TLS_SEND, dressed.tls_send, RATE),
    Row("tls-receive", "tls", "TLS to /dev/null", dressed.TLS_RECEIVE, dressed.tls_receive, RATE),
    Row("tls-relay-in", "tls", "a port with TLS to one without", dressed.TLS_IN, dressed.tls_in, RATE),
    Row("tls-relay-out", "tls", "a port without TLS to one with it", dressed.TLS_OUT, dressed.tls_out, RATE),
    Row("tls-visits", "tls", "connect, handshake, close; {} at a time", dressed.TLS_VISITS, dressed.tls_visits,
        ["visits", "visit_cpu"], cases=[16], how="full"),
    Row("tls-resumed", "tls", "the same with a session to resume; {} at a time", dressed.TLS_VISITS,
        dressed.tls_visits, ["visits", "visit_cpu"], cases=[16], how="resumed"),
    Row("tls-visits-own", "tls", "connect, handshake, close, with the certificate each makes for itself; {} at a time",
        dressed.TLS_VISITS_OWN, dressed.tls_visits, ["visits", "visit_cpu"], cases=[16], how="full"),
    Row("socks-send", "proxy", "pipe through SOCKS5", dressed.SOCKS_SEND, dressed.proxy_send, RATE, asks="socks"),
    Row("connect-send", "proxy", "pipe through CONNECT", dressed.CONNECT_SEND, dressed.proxy_send, RATE, asks="http"),
    Row("socks-proxy", "proxy", "{} streams through a SOCKS5 server", dressed.SOCKS_SERVER, dressed.proxy_streams,
        RATE + ["share"], cases=[1, 100], asks="socks"),
    Row("connect-proxy", "proxy", "{} streams through a server of CONNECT", dressed.CONNECT_SERVER,
        dressed.proxy_streams, RATE + ["share"], cases=[1, 100], asks="http"),
    Row("start-probe", "startup", "-z on an open port", PROBE, startup, ["instructions"], rounds=1),
    Row("start-version", "startup", "--version, or help", VERSION, startup, ["instructions"], rounds=1),
]
GROUPS = {
    "bulk": "Bulk data",
    "spread": "Bulk data, a CPU for each end",
    "messages": "Messages",
    "peers": "Many peers",
    "connects": "Connections",
    "fan": "Fan-out, all peers together",
    "udp": "Datagrams",
    "relay": "Forwarding and programs",
    "tls": "TLS",
    "proxy": "Proxies",
    "startup": "Start-up",
}
