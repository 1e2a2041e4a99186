/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * THE table of options.
 */
#include <limits.h>

#include "app/conf.h"
#include "app/options.h"
#include "base/clock.h"
#include "base/input.h"
#include "console/view.h"

#define FIELD(member) offsetof(struct conf, member)

/* Nothing of ours is sent, and nothing that came is shown. */
#define STREAMLESS (TRAIT_ECHO | TRAIT_JOIN | TRAIT_PASS)

/* Peers are among themselves. */
#define AMONG (TRAIT_BROKER | TRAIT_CHAT)

/* clang-format off */
static const struct option_row rows[] = {
    /* What it does */
    { .ch = 'l', .name = "listen", .group = OPTION_MODE, .type = OPTION_TRAIT, .gives = TRAIT_LISTEN,
      .help = "wait for a peer instead of connecting",
      .doc = "Wait for a peer instead of connecting to one.\n"
             "Without\n.Fl k\none peer is served, and the program ends with it.\n"
             "IPv4 and IPv6 are both served unless the address or\n.Fl 4\nor\n.Fl 6\nsays otherwise.\n"
             "Port 0 lets the kernel choose;\n.Fl v\nand\n.Fl -ready-fd\ntell which it chose.\n" },
    { .ch = 'u', .name = "udp", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_DGRAM | TRAIT_MESSAGES,
      .help = "datagrams, of anyone",
      .doc = "Use UDP instead of TCP, or with\n.Fl U\nUNIX datagram sockets.\n"
             "The socket is not connected: anyone may answer.\nSee\n.Sx Datagrams .\n" },
    { .name = "udp-connected", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_CONNECTED | TRAIT_DGRAM | TRAIT_MESSAGES,
      .help = "of one peer only",
      .doc = "Use UDP on a connected socket: only that peer is heard, and when it refuses,\n"
             "the program ends with status 1.\n" },
    { .ch = 'E', .name = "echo", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_ECHO | TRAIT_LISTEN | TRAIT_KEEP_OPEN, .excludes = TRAIT_JOIN | AMONG,
      .help = "send all back",
      .doc = "Send back to each peer what it sends (RFC 862).\nImplies\n.Fl l\nand\n.Fl k .\n" },
    { .name = "broker", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_BROKER | TRAIT_LISTEN | TRAIT_KEEP_OPEN, .excludes = TRAIT_JOIN | TRAIT_PROBE | TRAIT_CHAT,
      .rare = true, .help = "to all others",
      .doc = "What a peer sends goes to all others, in its order, and never back; at the prompt, or with standard input and "
             "output,\nwe hear and speak as they do.\nImplies\n.Fl l\nand\n.Fl k .\nSee\n.Sx Peers among themselves .\n" },
    { .name = "chat", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_CHAT | TRAIT_LISTEN | TRAIT_KEEP_OPEN, .excludes = TRAIT_JOIN | TRAIT_PROBE,
      .rare = true, .help = "by lines, with names",
      .doc = "The same by whole lines, each behind the name of who said it.\nSee\n.Sx Peers among themselves .\n" },
    { .name = "nick", .arg = "NAME", .group = OPTION_MODE, .type = OPTION_STRING, .field = FIELD(chat.nick),
      .needs = TRAIT_CHAT,
      .rare = true, .help = "ours, with --chat",
      .doc = "With\n.Fl -chat ,\nour own name instead of 0: 1 to 32 letters, digits, _ and -, and no number.\n" },
    { .name = "self-connect", .group = OPTION_MODE, .type = OPTION_TRAIT, .gives = TRAIT_SELF,
      .help = "to itself; [PORT]",
      .doc = "Connect one socket to its own address, so that what is sent comes back.\n"
             "Without a port the kernel chooses one.\n"
             "With\n.Fl u\nthe same with UDP, with\n.Fl u\nand\n.Fl U\nwith a UNIX datagram socket.\n" },
    { .name = "to", .arg = "END", .group = OPTION_MODE, .type = OPTION_STRING, .field = FIELD(to),
      .value = VALUE_END, .words = "tcp: tls: udp: dtls: unix: unix-dgram: seqpacket: vsock: ws: wss: echo: discard: exec: sh: pty: file: append: read: tty: fd: proxy: -",
      .gives = TRAIT_JOIN, .excludes = TRAIT_PROGRAM | TRAIT_SCRIPT | TRAIT_SELF | TRAIT_PROBE | AMONG,
      .help = "an end for each peer",
      .doc = "Join each peer to an end of its own instead of to standard input and output.\nSee\n.Sx Ends .\n" },
    { .ch = 'e', .name = "exec", .arg = "COMMAND", .group = OPTION_MODE, .type = OPTION_STRING, .field = FIELD(exec),
      .gives = TRAIT_JOIN | TRAIT_PROGRAM, .excludes = TRAIT_SELF | TRAIT_PROBE,
      .help = "for each peer",
      .doc = "Run a program for each peer: is\n.Fl -to Cm exec : Ns Ar COMMAND .\n" },
    { .ch = 'c', .name = "sh-exec", .arg = "SCRIPT", .group = OPTION_MODE, .type = OPTION_STRING, .field = FIELD(script),
      .gives = TRAIT_JOIN | TRAIT_SCRIPT, .excludes = TRAIT_PROGRAM | TRAIT_SELF | TRAIT_PROBE,
      .help = "in a shell",
      .doc = "The same for a script of\n.Pa /bin/sh :\nis\n.Fl -to Cm sh : Ns Ar SCRIPT .\n" },
    { .name = "exec-direct", .group = OPTION_MODE, .type = OPTION_FLAG, .field = FIELD(ends.direct),
      .gives = TRAIT_DIRECT, .needs = TRAIT_JOIN, .excludes = TRAIT_DGRAM | TRAIT_END | TRAIT_TLS,
      .rare = true, .help = "it has the socket",
      .doc = "Give the program of\n.Fl e ,\n.Fl c ,\n.Cm exec :\nor\n.Cm sh :\nthe socket of its peer as standard input and output, as\n.Xr inetd 8\n"
             "does: no byte passes through\n.Nm .\n" },
    { .name = "watch", .group = OPTION_MODE, .type = OPTION_FLAG, .field = FIELD(watch),
      .gives = TRAIT_WATCH, .needs = TRAIT_JOIN, .excludes = TRAIT_DIRECT,
      .rare = true, .help = "show what passes",
      .doc = "Show what passes between each peer and its end.\nAt a terminal the prompt stays, and what is typed can be put into "
             "either direction; elsewhere a transcript, as\n.Cm ~log\nwrites it, goes to standard error.\nSee\n.Sx Watching .\n" },
    { .ch = 'F', .name = "pass-fd", .group = OPTION_MODE, .type = OPTION_TRAIT, .gives = TRAIT_PASS,
      .excludes = TRAIT_LISTEN | TRAIT_SELF | TRAIT_PROBE | TRAIT_JOIN | TRAIT_RECORD | TRAIT_KEEP_OPEN,
      .help = "give the socket away",
      .doc = "Send the connected socket, with one byte, over standard output, which is a UNIX socket, and end:\n"
             "another program has the connection then, as with\n.Cm ProxyUseFdpass\nof\n.Xr ssh_config 5 .\n"
             "Nothing is read or sent.\nA datagram socket is connected.\n" },
    { .name = "mode", .arg = "NAME", .group = OPTION_MODE, .type = OPTION_MODE_NAME, .field = FIELD(mode),
      .value = VALUE_MODE,
      .rare = true, .help = "the same by name",
      .doc = "Choose the mode by its name:\n.Cm connect , listen , udp , udp-connected , echo , broker , chat\nor\n.Cm self-connect .\n" },
    { .ch = 'z', .name = "zero", .group = OPTION_MODE, .type = OPTION_TRAIT, .gives = TRAIT_PROBE,
      .excludes = TRAIT_LISTEN | TRAIT_SELF | TRAIT_CONNECTED | TRAIT_UNIX,
      .help = "only report open ports",
      .doc = "Only report which ports are open, and exchange nothing.\n"
             "Ports may be several operands, lists and ranges:\n.Ql 22,80,8000-8010 .\n"
             "The status is 0 when any of them is open.\nOf several those that are open are listed; of one the status tells, and\n.Fl v\nsays more.\n"
             "With\n.Fl u\na port is\n.Ql open\nwhen something answers,\n.Ql closed\nwhen it is reported unreachable, and otherwise\n"
             ".Ql no answer .\nWith\n.Fl -ssl\n(DTLS with\n.Fl u )\nor\n.Fl -starttls\na port is open when the handshake is done and the server is who it is to be; what is "
             "wrong is told in any case, and\n.Fl v\ntells the version, the cipher and the certificate.\nWith\n.Cm ws://\nor\n"
             ".Cm wss://\nit is open when a WebSocket was agreed upon, and a refusal is told with its status.\n" },
    { .ch = 'r', .name = "randomize", .group = OPTION_MODE, .type = OPTION_FLAG, .field = FIELD(randomize),
      .needs = TRAIT_PROBE,
      .rare = true, .help = "with -z: shuffle",
      .doc = "With\n.Fl z ,\ntry the ports in random order.\n" },

    /* Where */
    { .ch = 'U', .name = "unixsock", .group = OPTION_ADDRESS, .type = OPTION_TRAIT, .gives = TRAIT_UNIX,
      .help = "the address is a PATH or an abstract @NAME",
      .doc = "Use UNIX sockets.\nThe address is a path, or\n.Pf @ Ar name\nfor a socket in the abstract name space.\n" },
    { .name = "seqpacket", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(net.seqpacket),
      .gives = TRAIT_UNIX | TRAIT_MESSAGES, .excludes = TRAIT_DGRAM | TRAIT_SELF | TRAIT_TLS,
      .help = "UNIX sockets with connections and boundaries",
      .doc = "Use UNIX sockets of type\n.Dv SOCK_SEQPACKET .\nImplies\n.Fl U .\n" },
    { .name = "vsock", .group = OPTION_ADDRESS, .type = OPTION_TRAIT, .gives = TRAIT_VSOCK,
      .excludes = TRAIT_UNIX | TRAIT_DGRAM | TRAIT_SELF | TRAIT_PROBE,
      .rare = true, .help = "the address is a CID and a port",
      .doc = "Use the sockets between virtual machines and their host\n.Pq Xr vsock 7 .\nThe address is a CID and a port: numbers, or\n"
             ".Cm host\nor\n.Cm local\nfor the CID; without one,\n.Fl l\nlistens on any.\n" },
    { .ch = '4', .name = "ipv4", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(ipv4),
      .gives = TRAIT_IPV4, .excludes = TRAIT_UNIX | TRAIT_VSOCK,
      .help = "only IPv4",
      .doc = "Use IPv4 only.\n" },
    { .ch = '6', .name = "ipv6", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(ipv6),
      .excludes = TRAIT_UNIX | TRAIT_VSOCK | TRAIT_IPV4 | TRAIT_END,
      .help = "only IPv6",
      .doc = "Use IPv6 only.\n" },
    { .ch = 'n', .name = "nodns", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(net.numeric),
      .help = "look nothing up",
      .doc = "Look up no names of hosts or services, in either direction.\n" },
    { .name = "join", .arg = "GROUP", .group = OPTION_ADDRESS, .type = OPTION_STRING, .field = FIELD(net.join),
      .needs = TRAIT_LISTEN | TRAIT_DGRAM, .excludes = TRAIT_UNIX | TRAIT_GIVEN,
      .help = "multicast",
      .doc = "Receive what is sent to this multicast group, a numeric address.\nWith\n.Ar GROUP Ns % Ns Ar INTERFACE\n"
             "it is joined there, else where the kernel chooses.\n" },
    { .name = "listen-fd", .arg = "N", .group = OPTION_ADDRESS, .type = OPTION_TEXTS, .field = FIELD(given.fds),
      .gives = TRAIT_LISTEN | TRAIT_GIVEN,
      .rare = true, .help = "a socket that is there",
      .doc = "Use descriptor\n.Ar N ,\na socket that listens already, or one for datagrams that is bound, in place of an address.\n"
             "Implies\n.Fl l .\nMay be given several times.\nSee\n.Sx Sockets that are there .\n" },
    { .name = "inetd", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(given.inetd),
      .gives = TRAIT_LISTEN | TRAIT_GIVEN,
      .excludes = TRAIT_PROBE | TRAIT_SELF,
      .rare = true, .help = "the peer is standard input",
      .doc = "Standard input is the socket of the peer, as\n.Xr inetd 8\ngives it.\n"
             "What the peer is joined to is said by\n.Fl -to , e , c\nor\n.Fl -echo .\n" },
    { .ch = 'p', .name = "source-port", .arg = "PORT", .group = OPTION_ADDRESS, .type = OPTION_STRING,
      .field = FIELD(net.source_port), .value = VALUE_PORT, .excludes = TRAIT_UNIX | TRAIT_END,
      .help = "local port",
      .doc = "Send from this local port.\nWith\n.Fl l ,\nlisten on it.\n" },
    { .ch = 's', .name = "source", .arg = "ADDR", .group = OPTION_ADDRESS, .type = OPTION_STRING,
      .field = FIELD(net.source_host), .value = VALUE_HOST, .gives = TRAIT_SOURCE,
      .help = "local address",
      .doc = "Send from this local address; for a UNIX datagram socket, its own path.\n"
             "With\n.Fl l ,\nlisten on it.\n" },

    { .ch = 'x', .name = "proxy", .arg = "PROXY", .group = OPTION_ADDRESS, .type = OPTION_TEXTS, .field = FIELD(proxies.texts),
      .gives = TRAIT_VIA, .excludes = TRAIT_UNIX | TRAIT_SELF | TRAIT_PROBE | TRAIT_ECHO,
      .help = "through it",
      .doc = "Connect through a proxy,\n"
             ".Oo Ar TYPE Ns :// Oc Ns Oo Ar USER : Ns Ar PASSWORD Ns @ Oc Ns Ar HOST Ns Oo : Ns Ar PORT Oc ,\n"
             "where\n.Ar TYPE\nis as for\n.Fl -proxy-type .\nGiven several times: through all of them, in that order.\n"
             ".Cm env\nis what\n.Ev ALL_PROXY\nor\n.Ev HTTPS_PROXY\nhas, but for the hosts of\n.Ev NO_PROXY .\n"
             "With\n.Fl l ,\nor where the peer is no connection, for those of\n.Fl -to .\n"
             "With\n.Fl u ,\none\n.Cm socks5\nproxy, which passes on datagrams.\n"
             "The password is not seen in the list of processes.\n" },
    { .ch = 'X', .name = "proxy-type", .arg = "TYPE", .group = OPTION_ADDRESS, .type = OPTION_STRING, .field = FIELD(proxies.type),
      .value = VALUE_WORDS, .words = "http https socks4 socks4a socks5 any", .gives = TRAIT_PROXY_TYPE, .needs = TRAIT_VIA, .unless = TRAIT_SERVE,
      .rare = true, .help = "what proxies speak",
      .doc = "What a proxy speaks:\n.Cm http\n(its CONNECT; the default, also\n.Cm connect ) ,\n.Cm https\n(the same within TLS),\n"
             ".Cm socks4\n(also\n.Cm 4 ) ,\n.Cm socks4a\nor\n.Cm socks5\n(also\n.Cm 5 ) .\n"
             "With\n.Fl l\nand without\n.Fl -proxy\nwe are the proxy, which speaks that, or with\n.Cm any\nall of them.\n"
             "See\n.Sx Being a proxy .\n" },
    { .ch = 'P', .name = "proxy-auth", .arg = "USER[:PASS]", .group = OPTION_ADDRESS, .type = OPTION_STRING,
      .field = FIELD(proxies.auth), .needs = TRAIT_VIA, .unless = TRAIT_SERVE,
      .rare = true, .help = "log in at proxies",
      .doc = "Log in at the proxies.\nWithout a password it is asked for at the terminal.\n"
             "Without this option\n.Ev POLLCAT_PROXY_AUTH\nis looked at.\n"
             "As a proxy: what clients have to log in with.\n" },
    { .name = "proxy-ssl-pin", .arg = "sha256:HEX", .group = OPTION_ADDRESS, .type = OPTION_STRING, .field = FIELD(proxies.pin),
      .needs = TRAIT_VIA, .rare = true, .help = "the https proxy's key",
      .doc = "As\n.Fl -ssl-pin ,\nof proxies that are\n.Cm https .\n"
             "They are verified as servers are.\nWhere nothing but they has TLS, all options of TLS are theirs; else\n"
             ".Fl -ssl-trustfile , -ssl-crl , -ssl-ciphers\nand\n.Fl -ssl-min\nare for both, and the others not for them.\n" },
    { .name = "proxy-dns", .arg = "WHERE", .group = OPTION_ADDRESS, .type = OPTION_WORD, .field = FIELD(proxies.dns),
      .value = VALUE_WORDS, .names = proxy_dns_names, .needs = TRAIT_VIA,
      .rare = true, .help = "who looks names up",
      .doc = "Who looks up the name of the host that is connected to:\n.Cm remote ,\nthe proxy (the default, but for\n.Cm socks4 ) ;\n"
             ".Cm local ,\nwe; as Ncat has them,\n.Cm both\nis the same as\n.Cm local ,\nand\n.Cm none\nas\n.Cm remote .\n" },

    { .name = "proxy-protocol", .arg = "WORDS", .group = OPTION_ADDRESS, .type = OPTION_STRING, .field = FIELD(proxy_protocol),
      .value = VALUE_WORDS, .words = "accept send send-v2 accept,send accept,send-v2",
      .excludes = TRAIT_DGRAM | TRAIT_SELF | TRAIT_PROBE | TRAIT_ECHO | TRAIT_END | TRAIT_PASS,
      .rare = true, .help = "who peers are is told first",
      .doc = "The PROXY protocol, which tells first of all from whom a connection is.\n"
             ".Cm send\nsends it, in version 1, and\n.Cm send-v2\nin version 2: our own addresses, or with\n.Fl l ,\n"
             "to the ends of\n.Fl -to ,\nthose of the peer.\n"
             ".Cm accept ,\nwith\n.Fl l ,\ntakes either version from whoever connects, and refuses what begins otherwise: the peer is then "
             "who is told of, also for\n.Fl -allow\nand\n.Fl -deny .\n"
             "Nobody but the proxy should be able to connect there.\n"
             "Both are parted by a comma.\n" },

    /* Many peers */
    { .ch = 'k', .name = "keep-open", .group = OPTION_LISTEN, .type = OPTION_TRAIT,
      .gives = TRAIT_KEEP_OPEN, .needs = TRAIT_LISTEN,
      .help = "go on after a peer left; many at once",
      .doc = "With\n.Fl l ,\ngo on after a peer left, and serve many at once.\n"
             "Standard input goes to all of them.\n" },
    { .name = "max-conns", .arg = "N", .group = OPTION_LISTEN, .type = OPTION_INT, .field = FIELD(net.max_conns),
      .min = 1, .max = INT_MAX, .needs = TRAIT_LISTEN | TRAIT_KEEP_OPEN,
      .rare = true, .help = "refuse more peers",
      .doc = "Serve at most\n.Ar N\npeers at once; more are refused, which\n.Fl v\nreports.\n"
             "As many again may be leaving, with bytes on their way; of more, the oldest is closed.\n"
             "With\n.Fl u\nonly where each sender has an end, or with\n.Fl -broker\nand\n.Fl -chat .\n" },
    { .name = "backlog", .arg = "N", .group = OPTION_LISTEN, .type = OPTION_INT, .field = FIELD(net.backlog),
      .min = 1, .max = INT_MAX, .needs = TRAIT_LISTEN, .excludes = TRAIT_DGRAM,
      .rare = true, .help = "queue of connections",
      .doc = "Let the kernel queue\n.Ar N\nconnections that are not accepted yet; see\n.Xr listen 2 .\n" },
    { .name = "slow-peer", .arg = "WHAT", .group = OPTION_LISTEN, .type = OPTION_WORD,
      .field = FIELD(bridge.slow), .value = VALUE_WORDS, .names = slow_names,
      .needs = TRAIT_KEEP_OPEN, .excludes = STREAMLESS | TRAIT_DGRAM,
      .help = "if one is slow",
      .doc = "What to do when one of many peers takes less than is sent to all and 256 KiB wait for it:\n"
             ".Cm wait\nfor it, as for a file or pipe by default;\n.Cm drop\nwhat it has no room for, and say so, as with\n.Fl -chat\nby default;\nor\n"
             ".Cm close\nit, as at the prompt and with\n.Fl -broker\nby default.\n" },
    { .name = "allow", .arg = "LIST", .group = OPTION_LISTEN, .type = OPTION_TEXTS, .field = FIELD(access.allow),
      .needs = TRAIT_LISTEN, .gives = TRAIT_ACCESS,
      .rare = true, .help = "only these may come",
      .doc = "Let only those come who are in\n.Ar LIST .\nMay be given several times.\nSee\n.Sx Access .\n" },
    { .name = "deny", .arg = "LIST", .group = OPTION_LISTEN, .type = OPTION_TEXTS, .field = FIELD(access.deny),
      .needs = TRAIT_LISTEN, .gives = TRAIT_ACCESS,
      .rare = true, .help = "these may not",
      .doc = "Refuse those who are in\n.Ar LIST ,\neven if\n.Fl -allow\nhas them.\nMay be given several times.\n" },
    { .name = "allowfile", .arg = "FILE", .group = OPTION_LISTEN, .type = OPTION_TEXTS, .field = FIELD(access.allow_files),
      .value = VALUE_FILE, .needs = TRAIT_LISTEN, .gives = TRAIT_ACCESS,
      .rare = true, .help = "the same, in a file",
      .doc = "The same as\n.Fl -allow ,\nwith a list from a file: entries parted by blanks or line ends;\n.Ql #\nbegins a comment.\n"
             "The file is read again at\n.Dv SIGUSR2 .\n" },
    { .name = "denyfile", .arg = "FILE", .group = OPTION_LISTEN, .type = OPTION_TEXTS, .field = FIELD(access.deny_files),
      .value = VALUE_FILE, .needs = TRAIT_LISTEN, .gives = TRAIT_ACCESS,
      .rare = true, .help = "in a file",
      .doc = "The same as\n.Fl -deny ,\nwith a list from a file.\n" },
    { .name = "allow-to", .arg = "LIST", .group = OPTION_LISTEN, .type = OPTION_TEXTS, .field = FIELD(serve.allow),
      .needs = TRAIT_LISTEN | TRAIT_PROXY_TYPE, .excludes = TRAIT_VIA,
      .rare = true, .help = "what clients may ask for",
      .doc = "As a proxy, connect to no others than those of\n.Ar LIST ,\nwhich is as for\n.Fl -allow .\n"
             "Without it all may be asked for but link-local and multicast addresses, and, of who comes from elsewhere, "
             "those of this machine's loopback.\nMay be given several times.\n" },
    { .name = "deny-to", .arg = "LIST", .group = OPTION_LISTEN, .type = OPTION_TEXTS, .field = FIELD(serve.deny),
      .needs = TRAIT_LISTEN | TRAIT_PROXY_TYPE, .excludes = TRAIT_VIA,
      .rare = true, .help = "what not",
      .doc = "As a proxy, connect to none of these, even if\n.Fl -allow-to\nhas them.\nMay be given several times.\n" },
    { .name = "ready-fd", .arg = "FD", .group = OPTION_LISTEN, .type = OPTION_INT, .field = FIELD(ready_fd),
      .min = 1, .max = INT_MAX,
      .help = "gets ADDRESS PORT",
      .doc = "Write one line,\n.Ql ADDRESS PORT ,\nto this descriptor for each socket once it listens or is bound.\n"
             "For scripts and tests.\n" },

    /* What is sent, and its end */
    { .name = "each", .arg = "FILE", .group = OPTION_DATA, .type = OPTION_STRING, .field = FIELD(greeting.path),
      .value = VALUE_FILE, .excludes = TRAIT_PROBE | TRAIT_PASS,
      .rare = true, .help = "send it first",
      .doc = "Send this file to each peer before all else: a greeting, a canned answer, or, when connecting, a request.\n"
             "Until all of it is sent the peer is not read.\n"
             "Where nothing else is sent, as with\n.Fl -to Cm discard\\&: ,\nour direction ends with it.\n"
             "It is a regular file, and opened for each peer anew: what is changed counts from the next one on, and when it cannot be read,\n"
             "that peer is reset and one line says why.\n" },
    { .ch = 'N', .name = "shutdown", .group = OPTION_DATA, .type = OPTION_TRAIT, .gives = TRAIT_SHUTDOWN,
      .help = "pass the end on",
      .doc = "Pass the end of standard input on to the peer as a half-close.\nThis is the default.\n" },
    { .name = "no-shutdown", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(bridge.no_shutdown),
      .excludes = TRAIT_SHUTDOWN | STREAMLESS | AMONG,
      .help = "stay open at the end",
      .doc = "Keep the direction to the peer open after the end of standard input.\n" },
    { .ch = 'q', .name = "quit-after", .arg = "SECS", .group = OPTION_DATA, .type = OPTION_TIME_MS,
      .field = FIELD(bridge.quit_after), .min = INT64_C(-1000) * INT_MAX, .max = INT64_C(1000) * INT_MAX,
      .excludes = STREAMLESS | AMONG,
      .help = "quit SECS after the end of input",
      .doc = "Quit this long after the end of standard input, whatever the peer does; 0 is at once after\n"
             "everything was sent and has arrived, a negative number never.\n"
             "A peer that takes nothing for ten seconds\n"
             ".Pq Fl -idle-timeout\n"
             "is given up, and what it did not get is told.\n" },
    { .name = "leave", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(leave),
      .excludes = TRAIT_STAY | STREAMLESS | TRAIT_DGRAM | TRAIT_AGAIN | TRAIT_PROBE,
      .help = "end with the peer's side",
      .doc = "When a peer has ended its direction, end ours once what was read is sent, whatever input there still is: with its "
             "only peer the program ends.\nThis is the default for who connects from a terminal, and at a terminal when standard output is "
             "none.\n" },
    { .name = "stay", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(stay), .gives = TRAIT_STAY,
      .excludes = STREAMLESS | TRAIT_DGRAM | TRAIT_AGAIN | TRAIT_PROBE,
      .help = "or not",
      .doc = "When a peer has ended its direction, go on until our input ends, since the peer may wait for an answer.\n"
             "This is the default wherever\n.Fl -leave\nis not.\n" },
    { .ch = 'd', .name = "no-stdin", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(stdio.no_input),
      .gives = TRAIT_NO_INPUT, .excludes = TRAIT_JOIN,
      .help = "only receive (also --recv-only)",
      .doc = "Only receive: standard input is not read, and its end ends nothing.\n" },
    { .name = "recv-only", .alias = "no-stdin" },
    { .name = "send-only", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(bridge.send_only),
      .excludes = TRAIT_NO_INPUT | STREAMLESS,
      .help = "only send",
      .doc = "Only send: what arrives is dropped.\n"
             "Ends when everything was sent and has arrived, as with\n"
             ".Fl q 0 .\n" },
    { .ch = 'C', .name = "crlf", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(bridge.out.crlf),
      .excludes = TRAIT_DIRECT | TRAIT_ECHO | TRAIT_PASS,
      .help = "send CRLF for LF",
      .doc = "Send CRLF where the input, or what comes from an end, has LF.\nA CRLF that is there already stays as it is.\n" },
    { .ch = 't', .name = "telnet", .group = OPTION_DATA, .type = OPTION_TRAIT, .gives = TRAIT_TELNET,
      .excludes = TRAIT_DGRAM | TRAIT_MESSAGES | TRAIT_SELF | TRAIT_PROBE | TRAIT_PASS | TRAIT_END | TRAIT_DIRECT,
      .rare = true, .help = "speak TELNET",
      .doc = "Speak the TELNET protocol (RFC 854).\nSee\n.Sx Telnet .\n" },
    { .ch = 'i', .name = "interval", .arg = "TIME", .group = OPTION_DATA, .type = OPTION_TIME_MS,
      .field = FIELD(interval), .min = 0, .max = INT_MAX, .gives = TRAIT_CUT, .excludes = STREAMLESS,
      .ncat = "-i pauses between lines, as in nc; Ncat's -i is --idle-timeout here",
      .help = "between lines",
      .doc = "Pause this long between the lines sent.\n" },
    { .name = "delay", .arg = "TIME", .group = OPTION_DATA, .type = OPTION_TIME_MS,
      .field = FIELD(delay), .min = 0, .max = INT_MAX, .excludes = TRAIT_CUT | STREAMLESS | TRAIT_PROBE,
      .help = "before each block",
      .doc = "Pause this long before each block is sent, and before each that came is written: what one read gives, 8 KiB of a "
             "stream at most.\n" },
    { .name = "progress", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(progress), .excludes = TRAIT_DIRECT,
      .help = "draw how far it is",
      .doc = "While bytes move, draw one line on standard error: the amount, the rate, the time and, when standard "
             "input is a file,\nhow much of it is done and how long the rest will take.\nAt a prompt it is told once, at the end.\n" },
    { .name = "output", .arg = "FILE", .group = OPTION_DATA, .type = OPTION_STRING, .field = FIELD(records.output),
      .value = VALUE_FILE, .gives = TRAIT_RECORD, .excludes = TRAIT_DIRECT | TRAIT_PROBE,
      .help = "what passes, too",
      .doc = "Write what is received and sent to\n.Ar FILE\nas well, as it is, in the order it is read.\n"
             "A file that exists is emptied; one that is made is its owner's alone.\n"
             "When it cannot be written any more, that is told, all else goes on, and the status is 2.\n" },
    { .name = "hex-dump", .arg = "FILE", .group = OPTION_DATA, .type = OPTION_STRING, .field = FIELD(records.hex_dump),
      .value = VALUE_FILE, .gives = TRAIT_RECORD, .excludes = TRAIT_DIRECT | TRAIT_PROBE,
      .help = "the same in hex",
      .doc = "The same as a hex dump.\nOffsets count within what was read at once; before each such block a line such as\n"
             ".Ql # < 192.0.2.7 port 80: 5 bytes at 12\ntells who sent it\n.Pq Ql < ,\nor to whom\n.Pq Ql > ,\n"
             "and how many bytes went that way before.\n" },
    { .name = "append-output", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(records.append),
      .needs = TRAIT_RECORD,
      .rare = true, .help = "empty neither",
      .doc = "Let\n.Fl -output\nand\n.Fl -hex-dump\nadd to files that exist.\n" },
    { .name = "log", .arg = "FILE", .group = OPTION_DATA, .type = OPTION_STRING, .field = FIELD(records.log),
      .value = VALUE_FILE, .excludes = TRAIT_DIRECT | TRAIT_PROBE,
      .help = "append a transcript",
      .doc = "Append a transcript of both directions to\n.Ar FILE ,\nas the command\n.Cm ~log\nof the prompt does, which can end it there.\n" },
    { .name = "line", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(line),
      .gives = TRAIT_CUT, .needs = TRAIT_MESSAGES, .excludes = STREAMLESS,
      .help = "a line, a datagram",
      .doc = "Send each line as one datagram, and where standard output is no terminal, end each that comes with a newline.\n"
             "Without this, what one read of a pipe gives is one datagram.\n" },
    { .name = "datagram-size", .arg = "N", .group = OPTION_DATA, .type = OPTION_SIZE, .field = FIELD(datagram_size),
      .min = 1, .max = 65507, .needs = TRAIT_MESSAGES, .excludes = TRAIT_CUT | STREAMLESS,
      .rare = true, .help = "cut datagrams",
      .doc = "Cut what is sent into datagrams of\n.Ar N\nbytes; 1400 avoids fragments on the internet.\n" },

    /* WebSocket */
    { .name = "websocket", .arg = "PATH", .optional = true, .group = OPTION_DATA, .type = OPTION_STRING,
      .field = FIELD(websocket.path), .gives = TRAIT_WEBSOCKET,
      .excludes = TRAIT_DGRAM | TRAIT_MESSAGES | TRAIT_SELF | TRAIT_PASS | TRAIT_END | TRAIT_DIRECT | TRAIT_TELNET,
      .rare = true, .help = "speak WebSocket",
      .doc = "Speak WebSocket (RFC 6455) on each connection.\nA listener takes clients that ask for\n.Ar PATH ,\nwithout it for any;\n"
             "who connects asks for it, as\n.Cm ws://\nHOST:PORT/PATH does.\nSee\n.Sx WebSocket .\n" },
    { .name = "binary", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(websocket.binary),
      .gives = TRAIT_WEBSOCKET_SET, .rare = true, .help = "binary messages",
      .doc = "Send binary messages of a WebSocket, each of what is read at once, instead of a text message for each line;\n"
             "and write those that come as they are, without a newline after each.\n" },
    { .name = "ws-protocol", .arg = "LIST", .group = OPTION_DATA, .type = OPTION_STRING, .field = FIELD(websocket.protocol),
      .gives = TRAIT_WEBSOCKET_SET, .rare = true, .help = "its subprotocols",
      .doc = "Subprotocols to choose from, parted by commas, the best first.\n" },
    { .name = "ws-header", .arg = "FIELD", .group = OPTION_DATA, .type = OPTION_TEXTS, .field = FIELD(websocket.fields),
      .gives = TRAIT_WEBSOCKET_SET, .rare = true, .help = "'NAME: VALUE'",
      .doc = "Add a line such as\n.Ql Authorization: Bearer X\nto the request, or to the answer of a listener.\nMay be repeated.\n" },
    { .name = "ws-origin", .arg = "ORIGIN", .group = OPTION_DATA, .type = OPTION_STRING, .field = FIELD(websocket.origin),
      .gives = TRAIT_WEBSOCKET_SET, .rare = true, .help = "whose pages",
      .doc = "The origin that we tell a server, such as\n.Ql https://example.org ;\nof a listener, the only one whose pages it takes.\n" },
    { .name = "ws-max", .arg = "SIZE", .group = OPTION_DATA, .type = OPTION_SIZE, .field = FIELD(websocket.longest), .min = 1,
      .max = INT64_MAX, .gives = TRAIT_WEBSOCKET_SET, .rare = true, .help = "no longer messages",
      .doc = "Close with the status 1009 where a message of more than\n.Ar SIZE\nbytes comes.\nWithout this any length goes, since what is "
             "long goes on in parts; but 256k with\n.Fl -broker ,\nwhich keeps a message until it is whole, for each peer.\n" },

    { .ch = 'W', .name = "recv-limit", .arg = "N", .group = OPTION_DATA, .type = OPTION_INT, .field = FIELD(recv_limit),
      .min = 1, .max = INT_MAX, .excludes = STREAMLESS | TRAIT_PROBE,
      .help = "end after N",
      .doc = "Be done with a peer after\n.Ar N\nreads from it: datagrams, or of a stream what had come by then.\n"
             "All of these are written, and no more of standard input is read.\n" },

    /* How long */
    { .ch = 'w', .name = "timeout", .arg = "TIME", .group = OPTION_TIME, .type = OPTION_TIME_MS,
      .field = FIELD(timeout), .min = 0, .max = INT_MAX,
      .ncat = "-w limits connecting and then idling, as in nc; Ncat's -w is --wait here",
      .help = "limit on connecting, and then on idling",
      .doc = "Give up when connecting takes longer, and end when a connection then carries nothing for as long.\n"
             "When this program was the first to send a datagram, wait as long for answers after the end of\n"
             "standard input; getting none is no failure.\n"
             "While standard output takes nothing, the peer is not blamed for silence.\n" },
    { .name = "wait", .arg = "TIME", .group = OPTION_TIME, .type = OPTION_TIME_MS, .field = FIELD(wait),
      .min = 0, .max = INT_MAX, .gives = TRAIT_WAIT, .excludes = TRAIT_LISTEN, .unless = TRAIT_JOIN,
      .help = "limit on connecting",
      .doc = "Give up when connecting, of ours or of an end, with the look-up of its name, takes longer.\nAs a proxy, also when a client takes longer for its request; without this option, than 30 seconds.\n" },
    { .name = "idle-timeout", .arg = "TIME", .group = OPTION_TIME, .type = OPTION_TIME_MS,
      .field = FIELD(idle_timeout), .min = 0, .max = INT_MAX, .gives = TRAIT_IDLE, .excludes = TRAIT_DIRECT,
      .help = "on idling",
      .doc = "Close a peer that neither sent nor took anything for so long.\n"
             "Senders of datagrams that have ends of their own, or are among themselves, are given a minute without this; 0 is no limit.\n" },
    { .name = "retry", .arg = "TIME", .group = OPTION_TIME, .type = OPTION_TIME_MS, .field = FIELD(retry),
      .min = 0, .max = INT_MAX, .gives = TRAIT_RETRY, .excludes = TRAIT_SELF | TRAIT_ECHO | TRAIT_PASS,
      .help = "until TIME is up",
      .doc = "When connecting fails, try again until this time is up: after 100 ms, and twice as long each time, up to 2\n"
             "seconds.\nNames are looked up anew.\nThe last failure is told, with\n.Fl v\neach.\nWith\n.Fl z\nwait until a port is open.\n"
             "With\n.Fl -to ,\nand with\n.Fl l\nfor that alone, the same goes for the end of each peer, which waits for it.\n" },
    { .name = "reconnect", .arg = "MAX", .optional = true, .group = OPTION_TIME, .type = OPTION_INT,
      .field = FIELD(reconnect), .min = 1, .max = INT_MAX, .gives = TRAIT_AGAIN,
      .excludes = TRAIT_LISTEN | TRAIT_SELF | TRAIT_PROBE | STREAMLESS,
      .help = "connect again",
      .doc = "When the connection ends or cannot be made, connect again: at once, then after 1, 2, 4 and so on up to\n"
             "30 seconds, each told on a line.\nA peer that ends its direction counts as gone.\nEnd when\n.Ar MAX\nattempts in a row failed; without it there is no "
             "limit.\nStandard input goes on with the next connection; what was read of it and not sent is counted as\n"
             "lost, which makes the status 1.\nOnce standard input has ended, the end of the connection ends the "
             "program.\n" },

    /* The sockets */
    { .ch = 'b', .name = "broadcast", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT, .sockopt = "broadcast", .needs = TRAIT_DGRAM, .excludes = TRAIT_UNIX | TRAIT_VSOCK,
      .help = "allow broadcast",
      .doc = "Allow datagrams to broadcast addresses.\n" },
    { .ch = 'D', .name = "debug", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT, .sockopt = "debug",
      .rare = true, .help = "SO_DEBUG",
      .doc = "Set\n.Dv SO_DEBUG .\n" },
    { .ch = 'I', .name = "recv-buffer", .arg = "SIZE", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .sockopt = "rcvbuf",
      .help = "SO_RCVBUF",
      .doc = "Set the size of the receive buffer.\n" },
    { .ch = 'O', .name = "send-buffer", .arg = "SIZE", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .sockopt = "sndbuf",
      .help = "SO_SNDBUF",
      .doc = "Set the size of the send buffer.\n" },
    { .ch = 'T', .name = "tos", .arg = "TOS", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .value = VALUE_WORDS, .sockopt = "tos", .excludes = TRAIT_UNIX | TRAIT_VSOCK,
      .words = "af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 critical cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 "
               "ef inetcontrol lowdelay netcontrol reliability throughput",
      .help = "type of service: lowdelay, ef, af11, 0x10...",
      .doc = "Set the type of service or traffic class: a number,\n.Cm critical , inetcontrol , lowdelay , netcontrol ,\n"
             ".Cm reliability , throughput , ef ,\nor one of\n.Cm af11\nto\n.Cm af43\nand\n.Cm cs0\nto\n.Cm cs7 .\n" },
    { .ch = 'M', .name = "ttl", .arg = "N", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .sockopt = "ttl", .excludes = TRAIT_UNIX | TRAIT_VSOCK,
      .help = "hops of what is sent",
      .doc = "Set the TTL or hop limit of what is sent.\n" },
    { .ch = 'm', .name = "min-ttl", .arg = "N", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .sockopt = "minttl", .max = 255, .excludes = TRAIT_UNIX | TRAIT_VSOCK,
      .ncat = "-m is the least TTL, as in nc; Ncat's -m is --max-conns here",
      .help = "least on arrival",
      .doc = "Drop what arrives with a smaller TTL or hop limit.\n" },
    { .name = "sockopt", .arg = "NAME[=VALUE]", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT, .value = VALUE_SOCKOPT,
      .help = "set any",
      .doc = "Set a socket option by its name; an option that is on or off is turned on by\n.Ar NAME\nalone.\n"
             ".Ar NAME Ns Ql \\&?\nprints the value in effect.\nMay be repeated.\n" },
    { .name = "list-sockopts", .group = OPTION_SOCKET, .type = OPTION_ACTION, .field = FIELD(action), .min = CONF_LIST_SOCKOPTS,
      .rare = true, .help = "list them",
      .doc = "List the names that\n.Fl -sockopt\nknows, and end.\n" },

    /* TLS */
    { .name = "ssl", .group = OPTION_TLS, .type = OPTION_TRAIT, .gives = TRAIT_TLS,
      .excludes = TRAIT_SELF | TRAIT_PASS,
      .help = "TLS (also --tls), with -u DTLS",
      .doc = "Speak TLS on each connection, and with\n.Fl u\nDTLS.\nWho connects verifies the server; a listener without\n.Fl -ssl-cert\nmakes a certificate for "
             "its run, and tells what its clients can give as\n.Fl -ssl-pin .\nSee\n.Sx TLS .\n" },
    { .name = "starttls", .arg = "PROTOCOL", .group = OPTION_TLS, .type = OPTION_WORD, .field = FIELD(tls.starttls),
      .value = VALUE_WORDS, .names = starttls_names, .gives = TRAIT_STARTTLS,
      .excludes = TRAIT_MESSAGES | TRAIT_SELF | TRAIT_PASS, .rare = true, .help = "TLS behind plain text",
      .doc = "Ask the server in the clear to go on with TLS, as\n.Ar PROTOCOL\nhas it, and then do as with\n.Fl -ssl .\nFor a listener it is so with its peers' ends\n"
             ".Cm tls : Ns Ar HOST : Ns Ar PORT .\n.Ar PROTOCOL\nis\n"
             ".Cm smtp , imap , pop3 , ftp , xmpp , ldap , postgres , mysql , sieve , nntp\nor\n.Cm irc .\nSee\n.Sx TLS .\n" },
    { .name = "ssl-cert", .arg = "FILE", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.cert),
      .value = VALUE_FILE, .gives = TRAIT_TLS_SET, .rare = true, .help = "our certificate",
      .doc = "Our certificate, with those of its issuers behind it (PEM).\n" },
    { .name = "ssl-key", .arg = "FILE", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.key),
      .value = VALUE_FILE, .gives = TRAIT_TLS_SET, .rare = true, .help = "its key",
      .doc = "The key of\n.Fl -ssl-cert\n(PEM), where it is not in the same file.\n" },
    { .name = "ssl-verify", .group = OPTION_TLS, .type = OPTION_FLAG, .field = FIELD(tls.verify), .gives = TRAIT_TLS_SET, .excludes = TRAIT_INSECURE,
      .rare = true, .help = "verify the server",
      .doc = "Verify the server's certificate, which is the default.\n" },
    { .name = "insecure", .group = OPTION_TLS, .type = OPTION_FLAG, .field = FIELD(tls.given.insecure),
      .gives = TRAIT_TLS_SET | TRAIT_INSECURE, .rare = true, .help = "do not",
      .doc = "Believe whoever answers to be the server: what is sent may go to anybody.\n" },
    { .name = "ssl-trustfile", .arg = "FILE", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.trust),
      .value = VALUE_FILE, .gives = TRAIT_TLS_SET, .excludes = TRAIT_INSECURE, .rare = true, .help = "trusted issuers",
      .doc = "Trust the issuers whose certificates are in this file (PEM), and not those that the system trusts.\n" },
    { .name = "ssl-pin", .arg = "sha256:HEX", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.pin),
      .gives = TRAIT_TLS_SET, .excludes = TRAIT_INSECURE, .rare = true, .help = "the peer's key",
      .doc = "Trust a peer whose certificate or public key has this SHA-256, and no other, whatever else is wrong with "
             "its certificate.\nFor a listener it is that of its clients.\n" },
    { .name = "ssl-crl", .arg = "FILE", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.crl),
      .value = VALUE_FILE, .gives = TRAIT_TLS_SET, .excludes = TRAIT_INSECURE, .rare = true, .help = "what is revoked",
      .doc = "Refuse certificates that the list in this file (PEM) revokes; there must be one of their issuer.\n" },
    { .name = "ssl-servername", .arg = "NAME", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.name),
      .value = VALUE_HOST, .gives = TRAIT_TLS_SET, .rare = true, .help = "whom to ask for",
      .doc = "The name that the server is asked for and that its certificate must be for, instead of the host that we connect to.\n" },
    { .name = "ssl-alpn", .arg = "LIST", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.alpn),
      .gives = TRAIT_TLS_SET, .rare = true, .help = "h2,http/1.1",
      .doc = "Protocols to choose from, parted by commas, the best first (ALPN).\n" },
    { .name = "ssl-ciphers", .arg = "LIST", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.ciphers),
      .gives = TRAIT_TLS_SET, .rare = true, .help = "as OpenSSL lists them",
      .doc = "Ciphers, as in\n.Xr openssl-ciphers 1 ;\na list that begins with\n.Ql TLS_\nis of those of TLS 1.3.\n" },
    { .name = "ssl-min", .arg = "VERSION", .group = OPTION_TLS, .type = OPTION_WORD, .field = FIELD(tls.given.min),
      .value = VALUE_WORDS, .names = tls_version_names, .gives = TRAIT_TLS_SET, .rare = true, .help = "1.2 or 1.3",
      .doc = "The lowest version of TLS:\n.Cm 1.2\n(the default) or\n.Cm 1.3 .\n" },
    { .name = "ssl-session", .arg = "FILE", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.session),
      .value = VALUE_FILE, .gives = TRAIT_TLS_SET, .rare = true, .help = "resume it",
      .doc = "Keep the session of a client in this file, and resume it with the same server.\nIt is its owner's alone: who has it may "
             "be able to read what is sent.\n" },
    { .name = "ssl-client-ca", .arg = "FILE", .group = OPTION_TLS, .type = OPTION_STRING, .field = FIELD(tls.given.client_ca),
      .value = VALUE_FILE, .gives = TRAIT_TLS_SET, .needs = TRAIT_LISTEN | TRAIT_TLS, .rare = true, .help = "issuers of clients",
      .doc = "Ask clients for a certificate of the issuers in this file (PEM), and refuse a wrong one.\n" },
    { .name = "ssl-require-client", .group = OPTION_TLS, .type = OPTION_FLAG, .field = FIELD(tls.given.require_client),
      .gives = TRAIT_TLS_SET, .needs = TRAIT_LISTEN | TRAIT_TLS, .rare = true, .help = "no client without",
      .doc = "Refuse clients that show no certificate.\n" },
    { .name = "tls", .alias = "ssl" },
    { .name = "tls-cert", .alias = "ssl-cert" },
    { .name = "tls-key", .alias = "ssl-key" },
    { .name = "tls-verify", .alias = "ssl-verify" },
    { .name = "tls-trustfile", .alias = "ssl-trustfile" },
    { .name = "tls-pin", .alias = "ssl-pin" },
    { .name = "tls-crl", .alias = "ssl-crl" },
    { .name = "tls-servername", .alias = "ssl-servername" },
    { .name = "tls-alpn", .alias = "ssl-alpn" },
    { .name = "tls-ciphers", .alias = "ssl-ciphers" },
    { .name = "tls-min", .alias = "ssl-min" },
    { .name = "tls-session", .alias = "ssl-session" },
    { .name = "tls-client-ca", .alias = "ssl-client-ca" },
    { .name = "tls-require-client", .alias = "ssl-require-client" },

    /* The prompt */
    { .name = "prompt", .arg = "TEXT", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.prompt),
      .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "before typed lines",
      .doc = "Show\n.Ar TEXT\nas the prompt, while the peer shows none, instead of\n.Ql > ,\nor, with several peers,\n.Ql all>\n"
             "or the number of the one that lines go to.\n" },
    { .name = "keys", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.keys),
      .excludes = STREAMLESS | AMONG | TRAIT_DGRAM | TRAIT_PROBE | TRAIT_NO_INPUT,
      .rare = true, .help = "key by key",
      .doc = "Send what is typed key by key, and show what arrives as it is, as soon as there is one peer:\n"
             "for shells and serial consoles.\nSee\n.Sx Key by key .\n" },
    { .name = "raw", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.raw), .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "the same as --view raw",
      .doc = "Show what arrives as it is, control bytes and escape sequences included.\n"
             "Only for peers that are trusted.\n" },
    { .name = "view", .arg = "MODE", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.view),
      .value = VALUE_WORDS, .names = view_mode_names, .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "text, hex or raw",
      .doc = "How what arrives is shown:\n.Cm text\n(the default), with whatever is not safe for a terminal escaped;\n"
             ".Cm hex ,\noffset, bytes and characters as\n.Xr hexdump 1\n.Fl C\nshows them;\n"
             ".Cm raw ,\nas it is, only for peers that are trusted.\nWithout a prompt standard output is written so, as with\n.Fl -marks\nand\n.Fl -time .\n" },
    { .name = "marks", .arg = "LIST", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.marks),
      .value = VALUE_WORDS, .words = "direction size peer none", .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "direction,size,peer",
      .doc = "What stands before each line, parted by commas:\n.Cm direction\n(what is sent is shown then, too, where it was not typed\n"
             "or is hex),\n.Cm size\nof each datagram or of what was read at once,\n.Cm peer ,\nthe number of the peer, which\n.Fl l k\nand listeners of datagrams always show;\n"
             ".Cm none .\n" },
    { .name = "time", .arg = "KIND", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.time),
      .value = VALUE_WORDS, .names = clock_names, .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .rare = true, .help = "absolute,start,delta",
      .doc = "The time that stands before each line:\n.Cm absolute\n(of the day), since the\n.Cm start ,\n.Cm delta\n"
             "(since the line before), or\n.Cm none .\n" },
    { .name = "input", .arg = "MODE", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.input),
      .value = VALUE_WORDS, .names = input_mode_names, .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "text, escapes, hex",
      .doc = "What a typed line means:\n.Cm text\n(the default), the line and its end;\n.Cm escapes ,\n"
             "with\n.Ql \\er \\en \\et \\e0 \\exHH \\euHHHH \\e\\e\n"
             "and no end but what is written;\n.Cm hex ,\nbytes such as\n.Ql 48 0x65 6c:6c,6f ,\ntexts in double quotes, and comments behind #.\n" },
    { .name = "eol", .arg = "KIND", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.eol),
      .value = VALUE_WORDS, .names = eol_names, .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .rare = true, .help = "lf, crlf, cr, none, nul",
      .doc = "What a typed line of text ends with:\n.Cm lf\n(the default),\n.Cm crlf\n(the default with\n.Fl C ) ,\n.Cm cr , none\nor\n.Cm nul .\nWithout a prompt lines of standard input are changed so, as with\n.Fl -input .\n" },
    { .name = "color", .arg = "WHEN", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.color),
      .value = VALUE_WORDS, .names = color_names, .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "auto, always, never",
      .doc = "Whether marks, peers and escaped bytes are shown in colour:\n.Cm auto\n"
             "(the default), unless\n.Ev NO_COLOR\nis set or the terminal cannot;\n.Cm always\nor\n.Cm never .\n" },
    { .name = "allow-colors", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.allow_colors),
      .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "of the peers",
      .doc = "Let escape sequences that set colours and the like (SGR) pass; all others are still escaped.\n" },
    { .name = "escape-char", .arg = "CHAR", .group = OPTION_PROMPT, .type = OPTION_STRING,
      .field = FIELD(console.escape), .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "instead of ~",
      .doc = "The character with which commands begin, instead of\n.Ql ~ ,\nor\n.Cm none\nto have no commands.\n"
             "Two of them at the beginning of a line send one.\n" },
    { .name = "history", .arg = "FILE", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.history),
      .value = VALUE_FILE, .gives = TRAIT_HISTORY, .excludes = STREAMLESS, .unless = TRAIT_WATCH,
      .help = "keep it there",
      .doc = "Keep the history of the prompt in this file.\n" },
    { .name = "prompt-always", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(prompt_always), .gives = TRAIT_PROMPT,
      .excludes = STREAMLESS | TRAIT_NO_INPUT,
      .rare = true, .help = "in a pipe, too",
      .doc = "Show a prompt when standard output is a pipe, too, whose reader may write to the same terminal.\n" },
    { .name = "commands", .arg = "FILE", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.commands),
      .value = VALUE_FILE, .excludes = STREAMLESS | TRAIT_PROBE, .unless = TRAIT_WATCH,
      .help = "typed first",
      .doc = "Begin with what the command\n.Cm ~source\ndoes with the lines of\n.Ar FILE .\nIt needs a prompt.\n" },
    { .name = "no-prompt", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(no_prompt), .excludes = TRAIT_PROMPT,
      .help = "none at a terminal",
      .doc = "Show no prompt, even at a terminal.\n" },
    { .name = "no-history", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.no_history),
      .excludes = TRAIT_HISTORY,
      .rare = true, .help = "keep none",
      .doc = "Neither read nor write a history.\n" },

    /* The rest */
    { .ch = 'v', .name = "verbose", .group = OPTION_OTHER, .type = OPTION_COUNT, .field = FIELD(verbose),
      .help = "tell more; -vv more",
      .doc = "Say on standard error what happens, each line with the local and the remote address.\n"
             "Given twice, say more.\n" },
    { .name = "dialect", .arg = "NAME", .group = OPTION_OTHER, .type = OPTION_STRING, .field = FIELD(late_dialect),
      .value = VALUE_WORDS, .words = "pollcat nc ncat",
      .help = "speak as another",
      .doc = "Before all other options: behave as the program of that name does, which the names that this one is called by ask\n"
             "for as well:\n.Cm nc\n(see\n.Xr pollcat-nc 1 ) ,\n.Cm ncat\n(see\n.Xr pollcat-ncat 1 ) ,\nor\n.Cm pollcat ,\nwhatever the name.\n" },
    { .ch = 'h', .name = "help", .group = OPTION_OTHER, .type = OPTION_ACTION, .field = FIELD(action), .min = CONF_HELP,
      .help = "TOPIC in full",
      .doc = "Show the options on one page, and end; with a name of an option or of a group of them behind it, all about that.\n" },
    { .name = "version", .group = OPTION_OTHER, .type = OPTION_ACTION, .field = FIELD(action), .min = CONF_VERSION,
      .help = "version",
      .doc = "Show the version and what was compiled in, and end.\n" },
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

_Static_assert(ROWS <= (int)OPTIONS_MAX, "options.h: OPTIONS_MAX");

const struct option_row *option_row(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

size_t option_count(void)
{
    return ROWS;
}
