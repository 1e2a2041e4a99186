# SPDX-License-Identifier: GPL-3.0-or-later
"""pollcat under the name ncat: recipes run as with the real one, and what newer ones do, or only pollcat does better."""
import base64
import re
import signal
import socket

import pytest

import recipes
from support import (POLLCAT, accept, dial, half_close, need, payload, port_of, receive, receive_all, refusing, reset, serve, udp,
                     until_resting)

CALLED_NCAT = ("bash", "-c", 'exec -a ncat "$0" "$@"')
RECIPES = recipes.read("ncat")

# What Ncat 7.93 prints, where 7.99 is what is wanted: it told of each connection twice.
TWICE = "Ncat: Connection from ADDRESS.\n", "Ncat: Connection from 127.0.0.1.\nNcat: Connection from ADDRESS.\n"
BEFORE = {"one-at-a-time": TWICE, "verbose": TWICE, "usage": ("You must specify a path to", "You have to specify path to")}


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("who", ["pollcat", "real"])
def test_recipe(program, tmp_path, who, name):
    script, expected = RECIPES[name]
    real = POLLCAT if who == "pollcat" else need("ncat")
    if who == "real" and name in BEFORE:
        expected = expected.replace(*BEFORE[name])
    assert recipes.run(program, tmp_path, "ncat", real, script) == expected


@pytest.fixture
def ncat(pollcat):
    """ncat(*ARGS): the program under test, called ncat."""
    return lambda *args, **more: pollcat(*args, wrap=CALLED_NCAT, **more)


def test_the_client_ends_with_its_peer(ncat):
    """Since 7.96. What is ready of the input is sent before that, which Ncat drops."""
    with serve() as server:
        cat = ncat("127.0.0.1", port_of(server))
        with accept(server) as peer:
            cat.send(b"ready")
            peer.sendall(b"bye")
            half_close(peer)
            assert receive_all(peer) == b"ready"
        assert (cat.wait(), cat.out) == (0, b"bye")


def test_input_that_is_there_is_sent_though_the_peer_has_ended(ncat, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(payload(3 << 20))
    with serve() as server, file.open("rb") as data:
        cat = ncat("127.0.0.1", port_of(server), stdin=data)
        with accept(server) as peer:
            half_close(peer)
            assert receive_all(peer) == payload(3 << 20)
        assert cat.wait() == 0


def test_k_keeps_the_client(ncat):
    with serve() as server:
        cat = ncat("-k", "127.0.0.1", port_of(server))
        with accept(server) as peer:
            half_close(peer)
            cat.stdout.whole()  # its output ends at once
            cat.send(b"late")
            assert receive(peer, 4) == b"late"
            cat.close()
            assert receive_all(peer) == b""
        assert cat.wait() == 0


def test_send_only_does_not_end_with_its_peer(ncat):
    with serve() as server:
        cat = ncat("--send-only", "127.0.0.1", port_of(server))
        with accept(server) as peer:
            half_close(peer)
            cat.send(b"late")
            assert receive(peer, 4) == b"late"
            cat.close()
            assert receive_all(peer) == b""
        assert cat.wait() == 0


@pytest.mark.parametrize("args, status, text", [
    ((), 1, "Ncat: Idle timeout expired (100 ms).\n"),
    (("-l",), 2, "Ncat: Idle timeout expired (100 ms). QUITTING.\n"),
])
def test_q_ends_after_the_input(ncat, args, status, text):
    """Since 7.96; the status is Ncat's."""
    if args:
        cat = ncat("-q", "100ms", *args, "127.0.0.1", "0")
        peer = dial(cat.port)
    else:
        server = serve()
        cat = ncat("-q", "100ms", "127.0.0.1", port_of(server))
        peer = accept(server)
    cat.send(b"x").close()
    assert receive_all(peer) == b"x"
    assert (cat.wait(), cat.err) == (status, text)


@pytest.mark.parametrize("options", [(), ("-u",)])
def test_an_idle_listener_ends_with_two(ncat, options):
    cat = ncat("-l", *options, "-i", "150ms", "127.0.0.1", "0")
    with dial(cat.port, kind=socket.SOCK_DGRAM if options else socket.SOCK_STREAM) as peer:
        peer.send(b"x")
        cat.until_out(b"x")
        assert (cat.wait(), cat.err) == (2, "Ncat: Idle timeout expired (150 ms). QUITTING.\n")


def test_silence_of_all_ends_a_listener_of_many(ncat):
    cat = ncat("-lk", "-i", "400ms", "127.0.0.1", "0")
    with dial(cat.port), dial(cat.port) as other:
        for i in range(3):
            other.sendall(b"x")
            cat.until_out(b"x" * (i + 1))
        assert (cat.wait(), cat.err) == (2, "Ncat: Idle timeout expired (400 ms). QUITTING.\n")


def test_a_reset_is_a_failure_of_either_side(ncat):
    server = serve()
    cat = ncat("127.0.0.1", port_of(server))
    reset(accept(server))
    assert (cat.wait(), cat.err) == (1, "Ncat: Connection reset by peer.\n")
    cat = ncat("-l", "127.0.0.1", "0")
    reset(dial(cat.port))
    assert (cat.wait(), cat.err) == (1, "")


def test_a_listener_of_datagrams_keeps_to_the_first(ncat):
    cat = ncat("-luv", "127.0.0.1", "0").send(b"to the first")
    first, second = udp(), udp()
    first.sendto(b"first", ("127.0.0.1", cat.port))
    assert first.recv(100) == b"to the first"
    second.connect(("127.0.0.1", cat.port))
    second.send(b"second")
    with pytest.raises(ConnectionRefusedError):
        second.recv(100)
    cat.until_err(rf"^Ncat: Connection from 127\.0\.0\.1:{port_of(first)}\.$")


def test_a_sender_that_has_left_is_heard(ncat, tmp_path):
    path = str(tmp_path / "socket")
    cat = ncat("-lUuv", path)
    cat.until_err("^Ncat: Listening on ")
    cat.signal(signal.SIGSTOP)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "own"))
        sock.sendto(b"gone", path)
    cat.signal(signal.SIGCONT)
    cat.until_out(b"gone")


def test_datagrams_have_8192_bytes_at_most(ncat):
    with udp() as sock:
        cat = ncat("-u", "127.0.0.1", port_of(sock)).send(payload(20000)).close()
        data = b""
        while len(data) < 20000:
            part = sock.recv(65536)
            assert len(part) <= 8192
            data += part
        assert data == payload(20000)
        assert cat.wait() == 0


def test_a_port_of_datagrams_is_asked_with_a_byte(ncat):
    with udp() as sock:
        cat = ncat("-zuv", "-i", "100ms", "127.0.0.1", port_of(sock))
        assert sock.recv(100) == b"\0"
        assert cat.wait() == 0
    told = cat.err.splitlines()
    assert told[1] == "Ncat: UDP packet sent successfully"
    assert re.fullmatch(r"Ncat: 1 bytes sent, 0 bytes received in \d\.\d\d seconds\.", told[2])


def test_a_port_with_tls_is_shaken_hands_with(ncat, certs, program):
    server = ncat("-lk", "--ssl", "--ssl-cert", certs["alone.pem"], "--ssl-key", certs["alone.key"], "127.0.0.1", "0")
    assert program(*CALLED_NCAT, POLLCAT, "-z", "--ssl", "127.0.0.1", server.port).wait() == 0
    careful = program(*CALLED_NCAT, POLLCAT, "-z", "--ssl-verify", "127.0.0.1", server.port)
    assert careful.wait() == 1 and "the certificate is self-signed" in careful.err
    with refusing() as nobody:
        assert program(*CALLED_NCAT, POLLCAT, "-z", "--ssl", "127.0.0.1", port_of(nobody)).wait() == 1


def test_addresses_of_ipv6_stand_in_brackets(ncat):
    cat = ncat("-lv", "0")
    assert cat.until_err(r"^Ncat: Listening on \[::\]:(\d+)$")[1] == str(cat.bound(2)[0][1])
    cat.until_err(r"^Ncat: Listening on 0\.0\.0\.0:\d+$")


def test_a_full_disk_is_told(ncat):
    with open("/dev/full", "wb") as full:
        cat = ncat("-l", "127.0.0.1", "0", stdout=full)
        with dial(cat.port) as peer:
            peer.sendall(b"x")
            assert (cat.wait(), cat.err) == (2, "write: No space left on device\n")


@pytest.mark.parametrize("listen", ["-l", "-lk"])
def test_nobody_is_let_in(ncat, listen):
    cat = ncat(listen, "-m", "0", "127.0.0.1", "0")
    for _ in range(3):
        with dial(cat.port) as peer:
            assert receive_all(peer) == b""
    cat.signal(signal.SIGTERM)
    assert cat.wait() == -signal.SIGTERM


BOTH = pytest.mark.parametrize("listens", [True, False], ids=["listener", "client"])


def joined(ncat, listens, *args):
    """A program started so, and the connection it is joined to."""
    if listens:
        cat = ncat("-l", "127.0.0.1", "0", *args)
        return cat, dial(cat.port)
    with serve() as server:
        return ncat("127.0.0.1", port_of(server), *args), accept(server)


@BOTH
@pytest.mark.parametrize("option", ["-c", "--sh-exec"])
def test_a_command(ncat, listens, option):
    """What it ends with is its own, and silence does not count."""
    cat, peer = joined(ncat, listens, option, "cat; env | grep ^NCAT_ | sort; exit 3", "-i", "10ms", "-w", "1")
    until_resting(cat.pid)
    peer.sendall(b"hello\n")
    half_close(peer)
    (here, there) = peer.getsockname(), peer.getpeername()
    assert receive_all(peer).decode().splitlines() == [
        "hello", "NCAT_LOCAL_ADDR=127.0.0.1", f"NCAT_LOCAL_PORT={there[1]}", "NCAT_PROTO=TCP",
        "NCAT_REMOTE_ADDR=127.0.0.1", f"NCAT_REMOTE_PORT={here[1]}"]
    assert cat.wait() == 0


@BOTH
@pytest.mark.parametrize("option", ["-e", "--exec"])
def test_words_of_a_program(ncat, listens, option):
    """Ncat knows no quotes."""
    cat, peer = joined(ncat, listens, option, r"""/usr/bin/printf <%s> 'a "b c" d\ e f\\g \'h it's""")
    assert receive_all(peer) == b"""<'a><"b><c"><d e><f\\g><'h><it's>"""
    assert cat.wait() == 0


@BOTH
def test_a_program_of_lua(ncat, listens, tmp_path):
    need("lua")
    file = tmp_path / "it's one.lua"
    file.write_text("for line in io.lines() do print(line:upper(), os.getenv('NCAT_PROTO')) end")
    cat, peer = joined(ncat, listens, "--lua-exec", file)
    peer.sendall(b"hello\n")
    half_close(peer)
    assert receive_all(peer) == b"HELLO\tTCP\n"
    assert cat.wait() == 0


def test_a_program_gets_crlf(ncat):
    cat, peer = joined(ncat, True, "-C", "-c", r"printf 'a\nb\r\n'")
    assert receive_all(peer) == b"a\r\nb\r\n"
    assert cat.wait() == 0


def test_a_program_for_each_peer(ncat):
    cat = ncat("-lk", "127.0.0.1", "0", "-e", "/bin/cat")
    peers = [dial(cat.port) for _ in range(5)]
    for i, peer in enumerate(peers):
        peer.sendall(b"%d" % i)
        half_close(peer)
    assert [receive_all(peer) for peer in peers] == [b"%d" % i for i in range(5)]


def ask_by_datagrams(ncat, *args):
    """Three senders ask twice each; returns what each got."""
    cat = ncat("-l", "-u", *args, "127.0.0.1", "0")
    senders = [udp() for _ in range(3)]
    got = {sock: [] for sock in senders}
    for text in (b"one\n", b"two\n"):
        for sock in senders:
            sock.sendto(text, ("127.0.0.1", cat.port))
            if sock is senders[0] or "-k" in args:
                got[sock].append(sock.recv(100))
    until_resting(cat.pid)
    return cat, [answers + receive_waiting(sock) for sock, answers in got.items()]


def receive_waiting(sock):
    sock.setblocking(False)
    try:
        return [sock.recv(100)]
    except BlockingIOError:
        return []


def test_program_for_datagrams_of_the_first_sender(ncat):
    _cat, got = ask_by_datagrams(ncat, "-c", 'while read -r x; do echo "$NCAT_PROTO $x"; done')
    assert got == [[b"UDP one\n", b"UDP two\n"], [], []]


def test_program_for_datagrams_of_each_sender(ncat):
    _cat, got = ask_by_datagrams(ncat, "-k", "-e", "/bin/cat")
    assert got == [[b"one\n", b"two\n"]] * 3


def test_program_for_datagrams_ends_with_its_status(ncat):
    cat = ncat("-l", "-u", "-c", "read x; head -c 20000 /dev/zero; exit 3", "127.0.0.1", "0")
    sock = dial(cat.port, kind=socket.SOCK_DGRAM)
    sock.send(b"x\n")
    sizes = [len(sock.recv(1 << 17))]
    while sum(sizes) < 20000:
        sizes.append(len(sock.recv(1 << 17)))
    assert max(sizes) <= 8192 and cat.wait() == 0


def test_a_program_that_there_is_not(ncat, tmp_path):
    cat, peer = joined(ncat, True, "-e", str(tmp_path / "none"))
    with pytest.raises(ConnectionResetError):
        receive_all(peer)
    assert (cat.wait(), cat.err) == (2, f"Ncat: {tmp_path}/none: No such file or directory\n")


@pytest.mark.parametrize("args, told", [
    (("-e", "x", "-c", "x"), "Only one of --exec, --sh-exec, and --lua-exec is allowed."),
    (("-e", "x", "--lua-exec", "x"), "Only one of --exec, --sh-exec, and --lua-exec is allowed."),
    (("-c", "x", "--lua-exec", "x"), "Only one of --exec, --sh-exec, and --lua-exec is allowed."),
    (("-z", "-c", "x"), "Command execution can't be done along with option -z.")])
def test_programs_that_cannot_be(program, args, told):
    cat = program(*CALLED_NCAT, POLLCAT, *args, "127.0.0.1", "1")
    assert (cat.wait(), cat.err) == (2, f"Ncat: {told} QUITTING.\n")


@pytest.mark.parametrize("option", [("-g", "1"), ("-G", "4"), ("--sctp",)])
def test_what_is_missing_is_said(program, option):
    cat = program(*CALLED_NCAT, POLLCAT, *option, "127.0.0.1", "1")
    assert cat.wait() == 2
    assert re.fullmatch(r"Ncat: .* not supported\. QUITTING\.\n", cat.err)


def test_long_options_of_ours_are_there_in_full(program):
    assert program(*CALLED_NCAT, POLLCAT, "--view", "x", "127.0.0.1", "1").err.startswith("Ncat: --view: 'x' is none of")
    assert program(*CALLED_NCAT, POLLCAT, "--vie", "x").err.startswith("ncat: unrecognized option '--vie'\n")


def test_names(program, tmp_path):
    (tmp_path / "ncat").symlink_to(POLLCAT)
    called = program(tmp_path / "ncat", "-w", "x")
    wrong = 'Ncat: Invalid -w timeout "x" (must be greater than 0 and less than 2147483s). QUITTING.\n'
    assert (called.wait(), called.err) == (2, wrong)
    asked = program(POLLCAT, "--dialect", "ncat", "-w", "x")
    assert (asked.wait(), asked.err) == (2, wrong)


def test_who_means_ncat_gets_a_hint(pollcat):
    with serve() as server:
        for args, hint in ((("-l", "-m", "5"), "--max-conns"), (("-lk", "-m", "5"), "--max-conns")):
            p = pollcat(*args, "127.0.0.1", port_of(server))
            assert p.wait() == 2
            assert f"Ncat's -m is {hint} here" in p.err
        p = pollcat("-l", "-m", "255", "127.0.0.1", port_of(server))
        assert p.wait() == 2 and "hint" not in p.err


def join(cat, count):
    peers = []
    for number in range(count):
        peers.append(dial(cat.port))
        cat.stderr.until(lambda seen, wanted=number + 1: seen.count(b"Connection from") >= wanted)
    return peers


def test_a_broker_whose_owner_hears_nothing(ncat):
    cat = ncat("-v", "--broker", "127.0.0.1", "0")
    one, two, three = join(cat, 3)
    one.sendall(b"from one")
    assert receive(two, 8) == receive(three, 8) == b"from one"
    cat.send(b"from us")
    assert receive(one, 7) == receive(two, 7) == b"from us"
    half_close(three)  # as there, that is its end
    assert receive_all(three) == b"from us"
    cat.signal(signal.SIGTERM).wait()
    assert cat.out == b""


def test_a_broker_of_datagrams(ncat):
    cat = ncat("-u", "--broker", "127.0.0.1", "0")
    one, two = (dial(cat.port, kind=socket.SOCK_DGRAM) for _ in range(2))
    one.send(b"nobody else is there")
    until_resting(cat.pid)  # else both may be there before it is passed on
    two.send(b"from two")
    assert one.recv(100) == b"from two"
    one.send(b"from one")
    assert two.recv(100) == b"from one"
    cat.send(b"from us")
    assert one.recv(100) == two.recv(100) == b"from us"
    cat.signal(signal.SIGTERM).wait()
    assert cat.out == b""


@pytest.mark.parametrize("option", ["--send-only", "--recv-only"])
def test_a_broker_that_passes_nothing_on(ncat, option):
    cat = ncat("-v", "--broker", option, "127.0.0.1", "0")
    one, two = join(cat, 2)
    one.sendall(b"dropped")
    cat.send(b"said")
    if option == "--send-only":
        assert receive(two, 4) == b"said"
    cat.signal(signal.SIGTERM).wait()
    assert receive_all(two) == b""


@pytest.mark.parametrize("option", ["--chat", "--talk"])
def test_a_chat_in_its_words(ncat, option):
    cat = ncat("-v", option, "127.0.0.1", "0")
    one, two = join(cat, 2)
    address = [f"127.0.0.1:{port_of(peer)}" for peer in (one, two)]
    came = [f"<announce> {place} is connected as <user{i + 1}>.\n" for i, place in enumerate(address)]
    here = f"{came[1]}<announce> already connected: {address[0]} as <user1>.\n".encode()
    alone = f"{came[0]}<announce> already connected: nobody.\n{came[1]}".encode()
    assert receive(one, len(alone)) == alone
    assert receive(two, len(here)) == here
    one.sendall(b"/nick me\n\x1b\n")
    words = b"<user1> /nick me\n<user1> \\x1b\n"
    assert receive(two, len(words)) == words
    cat.send(b"hello\n")
    assert receive(two, 14) == b"<user0> hello\n"
    one.close()
    left = b"<announce> <user1> is disconnected.\n"
    assert receive(two, len(left)) == left
    cat.signal(signal.SIGTERM).wait()
    assert cat.out == b""


@pytest.mark.parametrize("args, told", [
    (("--broker", "-U", "/x"), "Connection brokering not supported when using Unix domain sockets."),
    (("--chat", "-e", "/bin/cat"), "Invalid option combination: --broker and -e."),
], ids=" ".join)
def test_brokers_that_cannot_be(program, args, told):
    cat = program(*CALLED_NCAT, POLLCAT, *args)
    assert cat.wait() == 2
    assert cat.err.startswith(f"Ncat: {told}")


@pytest.mark.parametrize("login", ["", "a", "a:", ":a", "user:~~~"])
def test_a_login_for_a_proxy_goes_as_it_stands(program, login):
    """Nobody is asked for a password that is missing."""
    with serve() as server:
        cat = program(*CALLED_NCAT, POLLCAT, "--proxy-type", "http", "--proxy", f"127.0.0.1:{port_of(server)}", "--proxy-auth", login,
                      "127.0.0.1", "1")
        peer = accept(server)
        assert receive(peer, 8) == b"CONNECT "
        peer.sendall(b'HTTP/1.0 407 Auth\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')
        peer.close()
        peer = accept(server)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive(peer, 1)
        assert b"\r\nProxy-Authorization: Basic %s\r\n" % base64.b64encode(login.encode()) in head
        peer.sendall(b"HTTP/1.0 200 Fine\r\n\r\n")
        peer.close()
        assert cat.wait() == 0
