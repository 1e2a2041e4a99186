# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of README.md, doc/prompt.md, doc/websocket.md and the man page does what it shows; so do the pictures.

A block of the texts marked `console` is what terminals show: after `$ ` a command for the one terminal,
after `alice$ ` one for alice's. Each block is typed into shells on terminals, in an empty directory, and at the
end the screens must be what the block shows. After `> `, or `all> `, is what is typed at a prompt of pollcat;
the one that stands below the last row of a block is left out there. A line that was refused, with a caret under
the fault, is still to be edited: the next one takes its place. What ~secret asks for is SECRET. The examples of
the man page show commands alone; the screens they lead to are in MAN_PAGE.

A block runs in a process of its own (this file as a program), in a network and mount namespace where every port
and name is free to use. Where that is forbidden, free ports stand in for those of the block, and blocks that
need names of hosts are skipped.
"""
import contextlib
import functools
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

import pytest

import support
from certificates import Certificates
from terminal import Terminal, wait_for

TEXTS = {"readme": pathlib.Path(support.SOURCE, "README.md"), "tour": pathlib.Path(support.SOURCE, "doc", "prompt.md"),
         "websocket": pathlib.Path(support.SOURCE, "doc", "websocket.md")}
MANUAL = pathlib.Path(support.SOURCE, "doc", "pollcat.1")
RECORD = os.path.join(support.SOURCE, "doc", "record")
COLUMNS, ROWS = 110, 40
PATIENCE = support.DEADLINE * 0.7  # less than is waited for the whole run
SECRET = "hunter2"
KILL_LINE = "\x05\x15"  # ^E^U
PROMPT = re.compile(r"([a-z0-9]*\$) (.*)")
POLLCAT_PROMPT = re.compile(r"((?:all|\d+)?(?: ?(?:esc|hex))?>) (.*)")
FAULT = re.compile(r" +\^ .*")

# What differs from run to run: ports that the kernel chose, times, and what it measured
VARYING = [(re.compile(pattern), shown) for pattern, shown in [
    (r"\bport (?:3[2-9]|[45]\d|60)\d{3}\b", "port NNNNN"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\b", "TIME"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC", "DATE"),
    (r"\b0:\d\d\b", "0:NN"),
    (r"\brtt \d+\.\d+ ms", "rtt N ms"),
    (r"^\+\d\.\d{3} ", "+TIME "),
]]

# Blocks that no test runs: how they begin, and why.
NOT_RUN = {
    "./dev run": "builds, and installs what is missing",
    "./dev deb": "builds and installs; tests/package does",
    "./configure &&": "builds and installs; tests/package does",
    "$if pollcat": "settings of readline, not a session",
}

# The screens of the man page's examples, with what else it takes to see them at work, by their first command
MAN_PAGE = {text.split("\n", 1)[0].split("$ ", 1)[1]: text for text in [
    """\
$ pollcat -C mail.example.org 25
220 mail.example.org ESMTP
> EHLO me.example.org
250 mail.example.org
> QUIT
221 Bye
pollcat: 127.0.0.1 port 25 closed the connection
""", """\
$ printf 'GET / HTTP/1.0\\r\\n\\r\\n' | pollcat www.example.org 80
HTTP/1.1 200 OK
Content-Length: 3

hi
""", """\
host1$ pollcat -ld 9000 >copy
host2$ pollcat host1 9000 <file
host1$ cmp file copy && echo same
same
""", """\
$ pollcat -lk 9000
[1] 127.0.0.1 port 40112 joined
> hello all
bob$ pollcat -d localhost 9000
hello all
""", """\
$ pollcat -lk 7000 -c 'while read -r n; do echo $((n * n)); done'
bob$ pollcat localhost 7000
> 12
144
""", """\
$ pollcat -lk 8080 --to db.example.org:6379 --watch
[1] 127.0.0.1 port 40112 joined
[1<] 127.0.0.1 port 6379 joined
[1>] PING
[1<] +PONG
client$ pollcat -C localhost 8080
> PING
+PONG
""", """\
$ pollcat -z --ssl www.example.org 443
$ pollcat -C --ssl mail.example.org 465
220 mail.example.org ESMTP
> QUIT
221 Bye
pollcat: 127.0.0.1 port 465 closed the connection
""", """\
gate$ pollcat -lk 1080 --proxy-type any
$ pollcat -C --proxy socks5://gate:1080 mail.example.org 25
220 mail.example.org ESMTP
> QUIT
221 Bye
pollcat: mail.example.org port 25 closed the connection
""", """\
$ pollcat exec:'bc -q'
> 2^10
1024
> 6*7
42
""", """\
$ pollcat -z -w 2 host.example.org 22,80,8000-8010
127.0.0.1 80 open
""", """\
$ pollcat -luv 5140
pollcat: ~? lists commands
pollcat: listening on :: port 5140
[1] 127.0.0.1 port 40112 joined
pollcat: received 5 bytes from 127.0.0.1 port 40112 on 127.0.0.1 port 5140
[1] news
client$ echo news | pollcat -u localhost 5140
""", """\
$ pollcat --echo -u 7007
client$ echo ping | pollcat -u localhost 7007
ping
""", """\
$ pollcat -U /run/daemon.sock
> status
running
""", """\
$ pollcat --self-connect
> is anybody there?
is anybody there?
""", """\
$ pollcat --sockopt keepalive --sockopt keepidle=10 --sockopt 'keepidle?' host 9000
pollcat: sockopt keepidle=10s
""", """\
$ mkfifo where
$ pollcat -ld 127.0.0.1 0 --ready-fd 3 3>where >received &
$ read -r address port <where
$ echo data | pollcat $address $port
$ wait; cat received
data
"""]}

HOSTS = "127.0.0.1 localhost host host1 host2 server gate db.example.org host.example.org www.example.org mail.example.org\n"


# Servers that examples talk to: a greeting, then an answer for each line that ends one.

SMTP = ("220 mail.example.org ESMTP", {"EHLO me.example.org": "250 mail.example.org", "QUIT": "221 Bye"})
SUBMISSION = ("220 mail.example.org ESMTP", {"EHLO localhost": "250 STARTTLS", "EHLO me.example.org": "250 STARTTLS",
                                             "STARTTLS": "220 go on", "NOOP": "250 OK", "QUIT": "221 Bye"})
HTTP = ("", {"": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"})
REDIS = ("", {"PING": "+PONG", "SET greeting hello": "+OK", "GET greeting": "$5\r\nhello", "QUIT": "+OK"})
DOCKER = ("", {"": "HTTP/1.0 200 OK\r\n\r\n{\"Version\": \"1.0\"}"})
DAEMON = ("", {"status": "running"})
LAST = {"QUIT", ""}  # after these the server closes
SERVERS = {25: SMTP, 80: HTTP, 443: HTTP, 465: SMTP, 587: SUBMISSION, 6379: REDIS, "/run/daemon.sock": DAEMON, "/run/docker.sock": DOCKER, 9000: ("", {})}
SECURE = {443, 465}  # those that begin with TLS
WITH_TLS = {*SECURE, 587}


def talk(sock, greeting, answers, context, secure):
    if secure:
        sock = context.wrap_socket(sock, server_side=True)
    with sock, sock.makefile("rwb") as file:
        if greeting:
            file.write(greeting.encode() + b"\r\n")
            file.flush()
        for line in file:
            text = line.decode(errors="replace").rstrip("\r\n")
            if text in answers:
                file.write(answers[text].encode() + b"\r\n")
                file.flush()
            if text == "STARTTLS":
                return talk(sock, "", answers, context, True)
            if text in LAST:
                break
        if secure:
            sock.unwrap()


def serve(listener, dialogue, context, secure):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=talk, args=(sock, *dialogue, context, secure), daemon=True).start()


def start_server(where, dialogue, ports, context):
    if isinstance(where, int):
        listener = support.serve("127.0.0.1", ports.get(where, where))
    else:
        listener = support.serve_unix(where)
    listener.settimeout(None)
    threading.Thread(target=serve, args=(listener, dialogue, context, where in SECURE), daemon=True).start()
    return listener


def make_context(directory):
    """That of the servers with TLS. Its issuer is the one that the shells trust."""
    certs = Certificates(pathlib.Path(directory, "certs"))
    certs.issue("mail", extensions="examples")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs["mail.pem"], certs["mail.key"])
    return context


# Blocks


class Block:
    """An example: steps (shell's prompt, kind, row), where kind is command, typed, retyped, asked or output."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.steps = list(self.parse())

    def parse(self):
        shell, before = None, ""
        for line in self.text.splitlines():
            command = PROMPT.fullmatch(line)
            if command:
                shell = command[1]
                yield shell, "command", command[2]
            elif POLLCAT_PROMPT.fullmatch(line):
                yield shell, "retyped" if FAULT.fullmatch(before) else "typed", line
            else:
                yield shell, "asked" if "> ~secret" in before else "output", line
            before = line

    def commands(self):
        return [text for _, kind, text in self.steps if kind == "command"]

    def servers(self):
        """Those that it talks to and does not start itself."""
        def names(where):
            found = [text for text in self.commands() if re.search(rf"(?<![\w.]){re.escape(str(where))}\b", text)]
            return found and not any(re.search(r" -l|--echo", text) and "--to" not in text for text in found)

        return [where for where in SERVERS if names(where)]

    def ports(self):
        """The port numbers in it."""
        return {int(n) for text in self.commands() for n in re.findall(r"(?<=[ :,-])\d{2,5}\b(?!\.)", text)}

    def needs_namespace(self):
        names = set(HOSTS.split()[2:])
        return any(names & set(re.split(r"[\s:]", text)) or re.search(r"/run/|192\.0\.2|\d-\d", text)
                   for text in self.commands())


def fenced(text):
    """(language, content) of each fenced block."""
    return re.findall(r"^```(\S*)\n(.*?)^```$", text, re.M | re.S)


def text_blocks():
    for name, file in TEXTS.items():
        for language, text in fenced(file.read_text()):
            first = text.splitlines()[0]
            if not any(first.removeprefix("$ ").startswith(start) for start in NOT_RUN):
                assert language == "console", f"neither marked console nor in NOT_RUN: {first}"
                yield name, first, text


def named_blocks():
    """The blocks of the texts; those that begin alike are numbered."""
    seen = {}
    for name, first, text in text_blocks():
        number = seen[name, first] = seen.get((name, first), 0) + 1
        yield Block(f"{name}: {first}" + (f" ({number})" if number > 1 else ""), text)


def man_page_commands():
    """The commands of each of the man page's examples."""
    examples = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", MANUAL.read_text(), re.M | re.S)[1]
    for paragraph in examples.split(".Pp\n"):
        lines = re.findall(r"^\.Dl (.*)", paragraph, re.M)
        if lines:
            yield [line.replace(r"\(aq", "'").replace(r"\e", "\\").replace(r"\-", "-").replace(r"\&", "")
                   for line in lines]


def man_page_blocks():
    for lines in man_page_commands():
        first = PROMPT.fullmatch(lines[0])[2]
        assert first in MAN_PAGE, f"an example of the man page without a session in MAN_PAGE: {first}"
        text = MAN_PAGE[first]
        assert set(lines) <= set(text.splitlines()), f"not what the man page shows: {first}"
        yield Block(f"man page: {first}", text)


@functools.lru_cache(maxsize=None)
def blocks():
    return {block.name: block for block in [*named_blocks(), *man_page_blocks()]}


# Running one


SYN_SENT, TIME_WAIT = "02", "06"


def sockets():
    """The sockets of this network namespace that listen, are bound, or are connected."""
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(FileNotFoundError), open(f"/proc/self/net/{table}") as rows:
            fields = [row.split() for row in rows.readlines()[1:]]
            found |= {(table, f[1], f[2]) for f in fields if f[3] not in (SYN_SENT, TIME_WAIT)}
    with open("/proc/self/net/unix") as rows:
        found |= {tuple(row.split()[6:]) for row in rows.readlines()[1:] if len(row.split()) > 7}
    return found


def masked(rows):
    """Without what differs from run to run."""
    for pattern, shown in VARYING:
        rows = [pattern.sub(shown, row) for row in rows]
    return rows


class Shell:
    """A shell on a terminal, and what its screen is to show."""

    def __init__(self, prompt, directory):
        self.prompt, self.expected = prompt, []
        env = {"PATH": f"{directory}/bin:{os.environ['PATH']}", "PS1": prompt + " ", "ENV": "",
               "SSL_CERT_FILE": f"{directory}/certs/ca.pem"}
        self.terminal = Terminal(["/bin/sh", "+m"], COLUMNS, ROWS, env=env, home=f"{directory}/home",
                                 cwd=f"{directory}/work")
        self.terminal.wait(lambda _: self.is_idle(), "a shell")

    def shows(self, more, ports):
        """Whether its screen is what is expected, and `more`."""
        self.terminal.read(0)
        rows = self.terminal.lines()
        for shown, real in ports.items():
            rows = [re.sub(rf"\b{real}\b", str(shown), row) for row in rows]
        if ports:  # no hosts of our own: localhost may be either of its addresses
            rows = [re.sub(r"(?<!\S)::1(?!\S)", "127.0.0.1", row) for row in rows]
        rows = masked(rows)
        wanted = masked([*self.expected, *more])
        while wanted and not wanted[-1]:
            wanted.pop()
        return rows == wanted

    def __str__(self):
        return "\n".join(["--- the screen shows"] + self.terminal.lines() + ["--- expected"] + self.expected)

    def is_idle(self):
        return self.terminal.lines()[-1:] == [self.prompt]


class Run:
    """The run of a block. `ports`: which real port stands for which of the block."""

    def __init__(self, block, directory, ports):
        self.block, self.directory, self.ports = block, directory, ports
        self.shells = {}

    def close(self):
        for shell in self.shells.values():
            shell.terminal.close()

    def shell(self, prompt):
        if prompt not in self.shells:
            self.shells[prompt] = Shell(prompt, self.directory)
        return self.shells[prompt]

    def substitute(self, text):
        for shown, real in self.ports.items():
            text = re.sub(rf"(?<=[ :,-]){shown}\b(?!\.)", str(real), text)
        return text

    def start(self, shell, text):
        before, height = sockets(), len(shell.terminal.lines())
        shell.terminal.type(self.substitute(text) + "\n")
        shell.expected.append(f"{shell.prompt} {text}")
        # The next command may need what this one brings: it is over, or has a socket, or a prompt without one. With
        # --ready-fd the reader knows when.
        background = text.endswith("&")
        if background and "--ready-fd" in text:
            return

        def over():
            return not background and shell.is_idle() and len(shell.terminal.lines()) > height

        wait_for(lambda: over() or sockets() - before or shell.terminal.row() == ">", f"a socket of {text}",
                 lambda: shell.terminal.read(0.01), PATIENCE)

    def step(self, prompt, kind, text):
        """Does a step, when all that stands before it in its shell has come to pass."""
        shell = self.shell(prompt)
        if kind == "output":
            shell.expected.append(text)
        elif kind == "command":
            if not shell.shows([shell.prompt], self.ports):
                return False
            self.start(shell, text)
        elif kind == "asked":
            if not shell.shows([text], self.ports):
                return False
            shell.terminal.type(SECRET + "\r")
            shell.expected.append(text)
        else:
            waiting, keys = POLLCAT_PROMPT.fullmatch(text).groups()
            refused = kind == "retyped"
            if not shell.shows([shell.expected[-2] if refused else waiting], self.ports):
                return False
            shell.terminal.type((KILL_LINE if refused else "") + keys + "\r")
            shell.expected.append(text)
        return True

    def is_done(self, shell):
        """Whether it shows what it should and waits: in a program, at a prompt of it, or at its own."""
        return any(shell.shows(more, self.ports) for more in ([], [">"], ["all>"], ["2>"], ["hex>"], [shell.prompt]))

    def advance(self, steps):
        """Does the first step, or the first one of another shell; but commands start in their order."""
        blocked = set()
        for i, (prompt, kind, text) in enumerate(steps):
            if prompt not in blocked and not (kind == "command" and blocked and any(
                    s[1] == "command" for s in steps[:i])):
                if self.step(prompt, kind, text):
                    del steps[i]
                    return
            blocked.add(prompt)
        for shell in self.shells.values():
            shell.terminal.read(0.01)

    def run(self):
        steps = list(self.block.steps)
        try:
            wait_for(lambda: not steps or self.advance(steps), "all steps", None, PATIENCE)
            for shell in self.shells.values():
                wait_for(lambda: self.is_done(shell), "the screen", lambda: shell.terminal.read(0.01), PATIENCE)
        except AssertionError as error:
            sys.exit("\n".join([f"{error}; still to do: {steps}", *map(str, self.shells.values())]))


def prepare(directory):
    for name in ("bin", "certs", "home", "work"):
        os.mkdir(os.path.join(directory, name))
    os.symlink(support.POLLCAT, os.path.join(directory, "bin", "pollcat"))
    work = pathlib.Path(directory, "work")
    (work / "file").write_bytes(support.payload(100_000))
    (work / "messages").write_text("disk full\nfan stopped\n")
    (work / "answer.http").write_text("HTTP/1.0 200 OK\r\n\r\nhi\n")


# Loopback, and a network where nobody answers
NETWORK = ["ip link set lo up", "ip link add void type veth peer name behind", "ip address add 192.0.2.254/24 dev void",
           "ip link set void up", "ip link set behind up"]


def enter_namespace(directory):
    """Makes the network and the names of the block, in namespaces that are ours alone."""
    hosts = pathlib.Path(directory, "hosts")
    hosts.write_text(HOSTS)
    for command in (*NETWORK, f"mount --bind {hosts} /etc/hosts", "mount -t tmpfs tmpfs /run"):
        subprocess.run(command.split(), check=True, capture_output=True)


def main(name, mode):
    block = blocks()[name]
    # One that was hung up may write its history still.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory, contextlib.ExitStack() as stack:
        prepare(directory)
        ports = {}
        if mode == "namespace":
            enter_namespace(directory)
            stack.callback(subprocess.run, ["umount", "/run", "/etc/hosts"], check=False)
        else:
            ports = {port: support.FreePort() for port in block.ports() if port > 1}
        servers = block.servers()
        context = make_context(directory) if WITH_TLS.intersection(servers) else None
        for where in servers:
            stack.enter_context(start_server(where, SERVERS[where], ports, context))
        run = Run(block, directory, ports)
        stack.callback(run.close)
        run.run()


# The tests


NAMESPACE = ["unshare", "--net", "--mount", *(["--map-root-user"] if os.getuid() else [])]


@functools.lru_cache(maxsize=None)
def have_namespaces():
    probe = [*NAMESPACE, "sh", "-ec", "\n".join([*NETWORK, "mount -t tmpfs tmpfs /run"])]
    return not os.environ.get("POLLCAT_NO_NAMESPACES") and subprocess.run(probe, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", blocks())
def test_example(name, processes):
    if have_namespaces():
        wrap, mode = NAMESPACE, "namespace"
    elif blocks()[name].needs_namespace():
        pytest.skip("no namespaces here")
    else:
        wrap, mode = [], "free ports"
    process = processes.program(*wrap, sys.executable, __file__, name, mode, stdin=subprocess.DEVNULL)
    status = process.wait()
    assert status == 0, process.err


def test_every_block_is_known():
    texts = [text for file in TEXTS.values() for _, text in fenced(file.read_text())]
    unused = [start for start in NOT_RUN if not any(text.removeprefix("$ ").startswith(start) for text in texts)]
    assert not unused, "in NOT_RUN, but in none of the texts"
    commands = {command for block in blocks().values() for command in block.commands()}
    assert MAN_PAGE.keys() <= commands


@pytest.mark.parametrize("picture", ["session", "many", "hex"])
def test_picture(picture, program):
    process = program(sys.executable, RECORD, "--check", picture)
    assert process.wait() == 0, process.err


if __name__ == "__main__":
    main(*sys.argv[1:])
