/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/absent.h"
#include "app/mode.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/num.h"
#include "net/sockopt.h"

#define FIELD(member) offsetof(struct conf, member)

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
      .help = "datagrams; anyone may answer",
      .doc = "Use UDP instead of TCP, or with\n.Fl U\nUNIX datagram sockets.\n"
             "The socket is not connected: anyone may answer.\nSee\n.Sx Datagrams .\n" },
    { .name = "udp-connected", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_CONNECTED | TRAIT_DGRAM | TRAIT_MESSAGES,
      .help = "datagrams of one peer; a refusal ends it",
      .doc = "Use UDP on a connected socket: only that peer is heard, and when it refuses,\n"
             "the program ends with status 1.\n" },
    { .ch = 'E', .name = "echo", .group = OPTION_MODE, .type = OPTION_TRAIT,
      .gives = TRAIT_ECHO | TRAIT_LISTEN | TRAIT_KEEP_OPEN,
      .help = "send back what peers send (is -l -k as well)",
      .doc = "Send back to each peer what it sends (RFC 862).\nImplies\n.Fl l\nand\n.Fl k .\n" },
    { .name = "self-connect", .group = OPTION_MODE, .type = OPTION_TRAIT, .gives = TRAIT_SELF,
      .help = "connect a socket to itself; [PORT]",
      .doc = "Connect one socket to its own address, so that what is sent comes back.\n"
             "Without a port the kernel chooses one.\n"
             "With\n.Fl u\nthe same with UDP, with\n.Fl u\nand\n.Fl U\nwith a UNIX datagram socket.\n" },
    { .name = "mode", .arg = "NAME", .group = OPTION_MODE, .type = OPTION_MODE_NAME, .field = FIELD(mode),
      .value = VALUE_MODE,
      .help = "any of these by name, or connect",
      .doc = "Choose the mode by its name:\n.Cm connect , listen , udp , udp-connected , echo\nor\n.Cm self-connect .\n" },
    { .ch = 'z', .name = "zero", .group = OPTION_MODE, .type = OPTION_TRAIT, .gives = TRAIT_PROBE,
      .excludes = TRAIT_LISTEN | TRAIT_SELF | TRAIT_CONNECTED | TRAIT_UNIX,
      .help = "only report open ports",
      .doc = "Only report which ports are open, and exchange nothing.\n"
             "Ports may be several operands, lists and ranges:\n.Ql 22,80,8000-8010 .\n"
             "The status is 0 when any of them is open.\n"
             "With\n.Fl u\na port is\n.Ql open\nwhen something answers,\n.Ql closed\nwhen it is reported unreachable, and otherwise\n"
             ".Ql no answer .\n" },
    { .ch = 'r', .name = "randomize", .group = OPTION_MODE, .type = OPTION_FLAG, .field = FIELD(randomize),
      .needs = TRAIT_PROBE,
      .help = "with -z: shuffle",
      .doc = "With\n.Fl z ,\ntry the ports in random order.\n" },

    /* Where */
    { .ch = 'U', .name = "unixsock", .group = OPTION_ADDRESS, .type = OPTION_TRAIT, .gives = TRAIT_UNIX,
      .help = "the address is a PATH or an abstract @NAME",
      .doc = "Use UNIX sockets.\nThe address is a path, or\n.Pf @ Ar name\nfor a socket in the abstract name space.\n" },
    { .name = "seqpacket", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(net.seqpacket),
      .gives = TRAIT_UNIX | TRAIT_MESSAGES, .excludes = TRAIT_DGRAM | TRAIT_SELF,
      .help = "UNIX sockets with connections and boundaries",
      .doc = "Use UNIX sockets of type\n.Dv SOCK_SEQPACKET .\nImplies\n.Fl U .\n" },
    { .ch = '4', .name = "ipv4", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(ipv4),
      .gives = TRAIT_IPV4, .excludes = TRAIT_UNIX,
      .help = "only IPv4",
      .doc = "Use IPv4 only.\n" },
    { .ch = '6', .name = "ipv6", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(ipv6),
      .excludes = TRAIT_UNIX | TRAIT_IPV4,
      .help = "only IPv6",
      .doc = "Use IPv6 only.\n" },
    { .ch = 'n', .name = "nodns", .group = OPTION_ADDRESS, .type = OPTION_FLAG, .field = FIELD(net.numeric),
      .help = "no names, only numeric addresses and ports",
      .doc = "Look up no names of hosts or services, in either direction.\n" },
    { .ch = 'p', .name = "source-port", .arg = "PORT", .group = OPTION_ADDRESS, .type = OPTION_STRING,
      .field = FIELD(net.source_port), .value = VALUE_PORT, .excludes = TRAIT_UNIX,
      .help = "local port",
      .doc = "Send from this local port.\nWith\n.Fl l ,\nlisten on it.\n" },
    { .ch = 's', .name = "source", .arg = "ADDR", .group = OPTION_ADDRESS, .type = OPTION_STRING,
      .field = FIELD(net.source_host), .value = VALUE_HOST, .gives = TRAIT_SOURCE,
      .help = "local address",
      .doc = "Send from this local address; for a UNIX datagram socket, its own path.\n"
             "With\n.Fl l ,\nlisten on it.\n" },

    /* Many peers */
    { .ch = 'k', .name = "keep-open", .group = OPTION_LISTEN, .type = OPTION_TRAIT,
      .gives = TRAIT_KEEP_OPEN, .needs = TRAIT_LISTEN,
      .help = "go on after a peer left; many at once",
      .doc = "With\n.Fl l ,\ngo on after a peer left, and serve many at once.\n"
             "Standard input goes to all of them.\n" },
    { .name = "max-conns", .arg = "N", .group = OPTION_LISTEN, .type = OPTION_INT, .field = FIELD(net.max_conns),
      .min = 1, .max = INT_MAX, .needs = TRAIT_LISTEN | TRAIT_KEEP_OPEN, .excludes = TRAIT_DGRAM,
      .help = "refuse more peers",
      .doc = "Serve at most\n.Ar N\npeers at once; more are refused, which\n.Fl v\nreports.\n" },
    { .name = "backlog", .arg = "N", .group = OPTION_LISTEN, .type = OPTION_INT, .field = FIELD(net.backlog),
      .min = 1, .max = INT_MAX, .needs = TRAIT_LISTEN, .excludes = TRAIT_DGRAM,
      .help = "queue of connections",
      .doc = "Let the kernel queue\n.Ar N\nconnections that are not accepted yet; see\n.Xr listen 2 .\n" },
    { .name = "slow-peer", .arg = "WHAT", .group = OPTION_LISTEN, .type = OPTION_WORD,
      .field = FIELD(bridge.slow), .value = VALUE_WORDS, .words = "wait drop close",
      .needs = TRAIT_KEEP_OPEN, .excludes = TRAIT_ECHO | TRAIT_DGRAM,
      .help = "wait, drop or close when one is too slow",
      .doc = "What to do when one of many peers takes less than is sent to all and 256 KiB wait for it:\n"
             ".Cm wait\nfor it, as for a file or pipe by default;\n.Cm drop\nwhat it has no room for, and say so;\nor\n"
             ".Cm close\nit, as at the prompt by default.\n" },
    { .name = "ready-fd", .arg = "FD", .group = OPTION_LISTEN, .type = OPTION_INT, .field = FIELD(ready_fd),
      .min = 1, .max = INT_MAX,
      .help = "write \"ADDRESS PORT\" there once bound",
      .doc = "Write one line,\n.Ql ADDRESS PORT ,\nto this descriptor for each socket once it listens or is bound.\n"
             "For scripts and tests.\n" },

    /* What is sent, and its end */
    { .ch = 'N', .name = "shutdown", .group = OPTION_DATA, .type = OPTION_TRAIT, .gives = TRAIT_SHUTDOWN,
      .help = "pass the end on",
      .doc = "Pass the end of standard input on to the peer as a half-close.\nThis is the default.\n" },
    { .name = "no-shutdown", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(bridge.no_shutdown),
      .excludes = TRAIT_SHUTDOWN | TRAIT_ECHO,
      .help = "stay open at the end",
      .doc = "Keep the direction to the peer open after the end of standard input.\n" },
    { .ch = 'q', .name = "quit-after", .arg = "SECS", .group = OPTION_DATA, .type = OPTION_TIME_MS,
      .field = FIELD(bridge.quit_after), .min = INT64_C(-1000) * INT_MAX, .max = INT64_C(1000) * INT_MAX,
      .excludes = TRAIT_ECHO,
      .help = "quit SECS after the end of input",
      .doc = "Quit this long after the end of standard input, whatever the peer does; 0 is at once after\n"
             "everything was sent, a negative number never.\n" },
    { .ch = 'd', .name = "no-stdin", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(stdio.no_input),
      .gives = TRAIT_NO_INPUT,
      .help = "only receive (also --recv-only)",
      .doc = "Only receive: standard input is not read, and its end ends nothing.\n" },
    { .name = "recv-only", .alias = "no-stdin" },
    { .name = "send-only", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(bridge.send_only),
      .excludes = TRAIT_NO_INPUT | TRAIT_ECHO,
      .help = "only send",
      .doc = "Only send: what arrives is dropped.\n" },
    { .ch = 'C', .name = "crlf", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(bridge.out.crlf),
      .excludes = TRAIT_ECHO,
      .help = "send CRLF for LF",
      .doc = "Send CRLF where the input has LF.\nA CRLF that is there already stays as it is.\n" },
    { .ch = 'i', .name = "interval", .arg = "TIME", .group = OPTION_DATA, .type = OPTION_TIME_MS,
      .field = FIELD(bridge.out.interval), .min = 0, .max = INT_MAX, .gives = TRAIT_CUT, .excludes = TRAIT_ECHO,
      .ncat = "-i pauses between lines, as in nc; Ncat's -i is --idle-timeout here",
      .help = "pause between the lines sent",
      .doc = "Pause this long between the lines sent.\n" },
    { .name = "progress", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(progress),
      .help = "draw amount, rate and time on standard error",
      .doc = "While bytes move, draw one line on standard error: the amount, the rate, the time and, when standard "
             "input is a file,\nhow much of it is done and how long the rest will take.\nAt a prompt it is told once, at the end.\n" },
    { .name = "line", .group = OPTION_DATA, .type = OPTION_FLAG, .field = FIELD(line),
      .gives = TRAIT_CUT, .needs = TRAIT_MESSAGES, .excludes = TRAIT_ECHO,
      .help = "a line, a datagram",
      .doc = "Send each line as one datagram.\n"
             "Without this, what one read of a pipe gives is one datagram.\n" },
    { .name = "datagram-size", .arg = "N", .group = OPTION_DATA, .type = OPTION_SIZE, .field = FIELD(datagram_size),
      .min = 1, .max = 65507, .needs = TRAIT_MESSAGES, .excludes = TRAIT_CUT | TRAIT_ECHO,
      .help = "cut datagrams",
      .doc = "Cut what is sent into datagrams of\n.Ar N\nbytes; 1400 avoids fragments on the internet.\n" },

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
      .min = 0, .max = INT_MAX, .excludes = TRAIT_LISTEN,
      .help = "limit on connecting",
      .doc = "Give up when connecting takes longer.\n" },
    { .name = "idle-timeout", .arg = "TIME", .group = OPTION_TIME, .type = OPTION_TIME_MS,
      .field = FIELD(idle_timeout), .min = 0, .max = INT_MAX,
      .help = "on idling",
      .doc = "Close a peer that neither sent nor took anything for so long.\n" },
    { .name = "reconnect", .arg = "MAX", .optional = true, .group = OPTION_TIME, .type = OPTION_INT,
      .field = FIELD(reconnect), .min = 1, .max = INT_MAX,
      .excludes = TRAIT_LISTEN | TRAIT_SELF | TRAIT_PROBE | TRAIT_ECHO,
      .help = "connect again, up to MAX times in a row",
      .doc = "When the connection ends or cannot be made, connect again: at once, then after 1, 2, 4 and so on up to\n"
             "30 seconds, each told on a line.\nA peer that ends its direction counts as gone.\nEnd when\n.Ar MAX\nattempts in a row failed; without it there is no "
             "limit.\nStandard input goes on with the next connection; what was read of it and not sent is counted as\n"
             "lost, which makes the status 1.\nOnce standard input has ended, the end of the connection ends the "
             "program.\n" },

    /* The sockets */
    { .ch = 'b', .name = "broadcast", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT, .sockopt = "broadcast", .needs = TRAIT_DGRAM, .excludes = TRAIT_UNIX,
      .help = "allow broadcast",
      .doc = "Allow datagrams to broadcast addresses.\n" },
    { .ch = 'D', .name = "debug", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT, .sockopt = "debug",
      .help = "SO_DEBUG",
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
      .value = VALUE_WORDS, .sockopt = "tos", .excludes = TRAIT_UNIX,
      .words = "af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 critical cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 "
               "ef inetcontrol lowdelay netcontrol reliability throughput",
      .help = "type of service: lowdelay, ef, af11, 0x10...",
      .doc = "Set the type of service or traffic class: a number,\n.Cm critical , inetcontrol , lowdelay , netcontrol ,\n"
             ".Cm reliability , throughput , ef ,\nor one of\n.Cm af11\nto\n.Cm af43\nand\n.Cm cs0\nto\n.Cm cs7 .\n" },
    { .ch = 'M', .name = "ttl", .arg = "N", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .sockopt = "ttl", .excludes = TRAIT_UNIX,
      .help = "hops of what is sent",
      .doc = "Set the TTL or hop limit of what is sent.\n" },
    { .ch = 'm', .name = "min-ttl", .arg = "N", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT,
      .sockopt = "minttl", .max = 255, .excludes = TRAIT_UNIX,
      .ncat = "-m is the least TTL, as in nc; Ncat's -m is --max-conns here",
      .help = "least on arrival",
      .doc = "Drop what arrives with a smaller TTL or hop limit.\n" },
    { .name = "sockopt", .arg = "NAME[=VALUE]", .group = OPTION_SOCKET, .type = OPTION_SOCKOPT, .value = VALUE_SOCKOPT,
      .help = "set any option; NAME? tells its value",
      .doc = "Set a socket option by its name; an option that is on or off is turned on by\n.Ar NAME\nalone.\n"
             ".Ar NAME Ns Ql \\&?\nprints the value in effect.\nMay be repeated.\n" },
    { .name = "list-sockopts", .group = OPTION_SOCKET, .type = OPTION_ACTION, .min = CONF_LIST_SOCKOPTS,
      .help = "list their names",
      .doc = "List the names that\n.Fl -sockopt\nknows, and end.\n" },

    /* The prompt */
    { .name = "prompt", .arg = "TEXT", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.prompt),
      .excludes = TRAIT_ECHO,
      .help = "before typed lines",
      .doc = "Show\n.Ar TEXT\nas the prompt, while the peer shows none, instead of\n.Ql > ,\nor, with several peers,\n.Ql all>\n"
             "or the number of the one that lines go to.\n" },
    { .name = "raw", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.raw), .excludes = TRAIT_ECHO,
      .help = "the same as --view raw",
      .doc = "Show what arrives as it is, control bytes and escape sequences included.\n"
             "Only for peers that are trusted.\n" },
    { .name = "view", .arg = "MODE", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.view),
      .value = VALUE_WORDS, .words = "text hex raw", .excludes = TRAIT_ECHO,
      .help = "text, hex or raw",
      .doc = "How what arrives is shown:\n.Cm text\n(the default), with whatever is not safe for a terminal escaped;\n"
             ".Cm hex ,\noffset, bytes and characters as\n.Xr hexdump 1\n.Fl C\nshows them;\n"
             ".Cm raw ,\nas it is, only for peers that are trusted.\n" },
    { .name = "marks", .arg = "LIST", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.marks),
      .value = VALUE_WORDS, .words = "direction size peer none", .excludes = TRAIT_ECHO,
      .help = "direction,size,peer",
      .doc = "What stands before each line, parted by commas:\n.Cm direction\n(what is sent is shown then, too, where it was not typed\n"
             "or is hex),\n.Cm size\nof each datagram or of what was read at once,\n.Cm peer ,\nthe number of the peer, which\n.Fl l k\nand listeners of datagrams always show;\n"
             ".Cm none .\n" },
    { .name = "time", .arg = "KIND", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.time),
      .value = VALUE_WORDS, .words = "none absolute start delta", .excludes = TRAIT_ECHO,
      .help = "absolute,start,delta",
      .doc = "The time that stands before each line:\n.Cm absolute\n(of the day), since the\n.Cm start ,\n.Cm delta\n"
             "(since the line before), or\n.Cm none .\n" },
    { .name = "input", .arg = "MODE", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.input),
      .value = VALUE_WORDS, .words = "text escapes hex", .excludes = TRAIT_ECHO,
      .help = "text, escapes, hex",
      .doc = "What a typed line means:\n.Cm text\n(the default), the line and its end;\n.Cm escapes ,\n"
             "with\n.Ql \\er \\en \\et \\e0 \\exHH \\euHHHH \\e\\e\n"
             "and no end but what is written;\n.Cm hex ,\nbytes such as\n.Ql 48 65 6c6c 6f .\n" },
    { .name = "eol", .arg = "KIND", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.eol),
      .value = VALUE_WORDS, .words = "lf crlf none nul", .excludes = TRAIT_ECHO,
      .help = "lf, crlf, none, nul",
      .doc = "What a typed line of text ends with:\n.Cm lf\n(the default),\n.Cm crlf\n(the default with\n.Fl C ) ,\n.Cm none\nor\n.Cm nul .\n" },
    { .name = "color", .arg = "WHEN", .group = OPTION_PROMPT, .type = OPTION_WORD, .field = FIELD(console.color),
      .value = VALUE_WORDS, .words = "auto always never", .excludes = TRAIT_ECHO,
      .help = "auto, always, never",
      .doc = "Whether marks, peers and escaped bytes are shown in colour:\n.Cm auto\n"
             "(the default), unless\n.Ev NO_COLOR\nis set or the terminal cannot;\n.Cm always\nor\n.Cm never .\n" },
    { .name = "allow-colors", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.allow_colors),
      .excludes = TRAIT_ECHO,
      .help = "of the peers",
      .doc = "Let escape sequences that set colours and the like (SGR) pass; all others are still escaped.\n" },
    { .name = "escape-char", .arg = "CHAR", .group = OPTION_PROMPT, .type = OPTION_STRING,
      .field = FIELD(console.escape), .excludes = TRAIT_ECHO,
      .help = "instead of ~",
      .doc = "The character with which commands begin, instead of\n.Ql ~ ,\nor\n.Cm none\nto have no commands.\n"
             "Two of them at the beginning of a line send one.\n" },
    { .name = "history", .arg = "FILE", .group = OPTION_PROMPT, .type = OPTION_STRING, .field = FIELD(console.history),
      .value = VALUE_FILE, .gives = TRAIT_HISTORY, .excludes = TRAIT_ECHO,
      .help = "keep the history there",
      .doc = "Keep the history of the prompt in this file.\n" },
    { .name = "no-prompt", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(no_prompt),
      .help = "none at a terminal",
      .doc = "Show no prompt, even at a terminal.\n" },
    { .name = "no-history", .group = OPTION_PROMPT, .type = OPTION_FLAG, .field = FIELD(console.no_history),
      .excludes = TRAIT_HISTORY,
      .help = "keep none",
      .doc = "Neither read nor write a history.\n" },

    /* The rest */
    { .ch = 'v', .name = "verbose", .group = OPTION_OTHER, .type = OPTION_COUNT, .field = FIELD(verbose),
      .help = "say what happens; -vv says more",
      .doc = "Say on standard error what happens, each line with the local and the remote address.\n"
             "Given twice, say more.\n" },
    { .ch = 'h', .name = "help", .group = OPTION_OTHER, .type = OPTION_ACTION, .min = CONF_HELP,
      .help = "this page",
      .doc = "Show the options on one page, and end.\n" },
    { .name = "version", .group = OPTION_OTHER, .type = OPTION_ACTION, .min = CONF_VERSION,
      .help = "version",
      .doc = "Show the version and what was compiled in, and end.\n" },
};
/* clang-format on */

enum {
    ROWS = sizeof rows / sizeof rows[0],
    LONG = 256 /* above every char: getopt_long's value of a long option */
};

_Static_assert(ROWS <= sizeof((struct options *)0)->given / sizeof(struct option_row *),
               "struct options: given");

const struct option_row *option_row(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

const struct option_row *option_find(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].name != NULL && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

const struct option_row *option_target(const struct option_row *row)
{
    return row->alias != NULL ? option_find(row->alias) : row;
}

const char *option_group(enum option_group g)
{
    static const char *const titles[OPTION_GROUPS] = {
        [OPTION_MODE] = "Mode",     [OPTION_ADDRESS] = "Address", [OPTION_LISTEN] = "Peers",
        [OPTION_DATA] = "Data",     [OPTION_TIME] = "Time",       [OPTION_SOCKET] = "Socket",
        [OPTION_PROMPT] = "Prompt", [OPTION_OTHER] = "Other",
    };

    return titles[g];
}

/* Names for near_find(). */
static const char *row_name(void *ctx, size_t i)
{
    const char *const *names = ctx;

    return names[i];
}

static const char *mode_name(void *ctx, size_t i)
{
    const struct mode *m = mode_row(i);

    (void)ctx;
    return m != NULL ? m->name : NULL;
}

enum { MEANT = 64 };

/* " (did you mean X?)" into `text`, or nothing. */
static const char *meant(const char *dashes, const char *near, char text[static MEANT])
{
    text[0] = '\0';
    if (near != NULL)
        snprintf(text, MEANT, " (did you mean %s%s?)", dashes, near);
    return text;
}

static int bad_value(const struct option_row *row, const char *arg, const char *wanted, struct err *e)
{
    return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is not %s", row->name, arg, wanted);
}

static int bad_number(const struct option_row *row, const char *arg, const char *what, struct err *e)
{
    char wanted[96];

    snprintf(wanted, sizeof wanted, "a %s from %lld to %lld", what, (long long)row->min, (long long)row->max);
    return bad_value(row, arg, wanted, e);
}

/* The number that `arg` stands for, as the row's type says. */
static int parse_number(const struct option_row *row, const char *arg, int64_t *value, struct err *e)
{
    if (arg == NULL) {
        *value = row->max;
    } else if (row->type == OPTION_TIME_MS) {
        if (num_parse_time(arg, row->min, row->max, value) != 0)
            return bad_value(row, arg, "a time such as 1.5, 200ms, 10s, 2m or 1h", e);
    } else if (row->type == OPTION_SIZE) {
        if (num_parse_size(arg, row->min, row->max, value) != 0)
            return bad_number(row, arg, "size", e);
    } else if (num_parse(arg, row->min, row->max, value) != 0) {
        return bad_number(row, arg, "number", e);
    }
    return 0;
}

/* The table of socket options knows what is right; the message says which of our options was wrong. */
static int add_sockopt(struct conf *c, const struct option_row *row, const char *arg, struct err *e)
{
    char text[128];
    struct err why;

    if (row->sockopt != NULL) {
        snprintf(text, sizeof text, "%s=%s", row->sockopt, arg != NULL ? arg : "on");
        arg = conf_own(c, mem_strdup(text));
    }
    conf_add_sockopt(c, arg);
    if (sockopt_check(&arg, 1, &why) == 0)
        return 0;
    return err_set(e, why.status, "--%s: %.200s", row->name, why.text);
}

static int check_mode_name(const struct option_row *row, const char *arg, struct err *e)
{
    const char *near = near_find(arg, mode_name, NULL), *name;
    char names[128] = "", text[MEANT];

    if (mode_find(arg) != NULL)
        return 0;
    if (near != NULL)
        return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is not a mode%s", row->name, arg,
                       meant("", near, text));
    for (size_t i = 0, n = 0; (name = mode_name(NULL, i)) != NULL && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, " %s", name);
    return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is none of:%s", row->name, arg, names);
}

/* The place of `arg` among the words of the row, from 1. */
static int set_word(const struct option_row *row, const char *arg, int *field, struct err *e)
{
    size_t length = strlen(arg);
    int place = 1;

    for (const char *word = row->words; *word != '\0'; place++) {
        size_t n = strcspn(word, " ");

        if (n == length && strncmp(word, arg, n) == 0) {
            *field = place;
            return 0;
        }
        word += n + strspn(word + n, " ");
    }
    return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is none of: %s", row->name, arg, row->words);
}

static int set_value(struct conf *c, const struct option_row *row, const char *arg, struct err *e)
{
    void *field = (char *)c + row->field;
    int64_t value;

    switch (row->type) {
    case OPTION_TRAIT:
        return 0;
    case OPTION_FLAG:
        *(bool *)field = true;
        return 0;
    case OPTION_COUNT:
        *(int *)field += 1;
        return 0;
    case OPTION_INT:
        if (parse_number(row, arg, &value, e) != 0)
            return -1;
        *(int *)field = (int)value;
        return 0;
    case OPTION_SIZE:
    case OPTION_TIME_MS:
        return parse_number(row, arg, field, e);
    case OPTION_MODE_NAME:
        if (check_mode_name(row, arg, e) != 0)
            return -1;
        *(const char **)field = arg;
        return 0;
    case OPTION_STRING:
        *(const char **)field = arg;
        return 0;
    case OPTION_WORD:
        return set_word(row, arg, field, e);
    case OPTION_ACTION:
        c->action = (enum conf_action)row->min;
        return 0;
    case OPTION_SOCKOPT:
        return add_sockopt(c, row, arg, e);
    }
    return -1;
}

/* Ncat has another option of the same letter: an argument that would be odd here gives the confusion away. */
static void hint(const struct option_row *row, const char *arg)
{
    int64_t value;
    bool odd;

    if (row->ncat == NULL)
        return;
    if (row->type == OPTION_TIME_MS)
        odd = num_parse_time(arg, 1000, row->max, &value) == 0 && arg[strspn(arg, "0123456789.")] != '\0';
    else
        odd = num_parse(arg, row->max + 1, INT64_MAX, &value) == 0;
    if (odd)
        log_notice("hint: %s", row->ncat);
}

static int argument_of(const struct option_row *row)
{
    if (row->arg == NULL)
        return no_argument;
    return row->optional ? optional_argument : required_argument;
}

static void build_long(struct option *out)
{
    for (int i = 0; i < ROWS; i++) {
        const struct option_row *row = option_target(&rows[i]);

        if (rows[i].name != NULL)
            *out++ = (struct option){rows[i].name, argument_of(row), NULL, LONG + i};
    }
    memset(out, 0, sizeof *out);
}

static void build_short(char *out)
{
    *out++ = ':'; /* a missing argument is told from an unknown option */
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].ch == 0)
            continue;
        *out++ = (char)rows[i].ch;
        if (option_target(&rows[i])->arg != NULL)
            *out++ = ':';
    }
    *out = '\0';
}

static const struct option_row *row_of(int got)
{
    if (got >= LONG)
        return got < LONG + ROWS ? &rows[got - LONG] : NULL;
    for (size_t i = 0; i < ROWS; i++) {
        if (got != 0 && rows[i].ch == got)
            return &rows[i];
    }
    return NULL;
}

/* A long option that getopt_long() does not take: unknown, or the beginning of several. */
static int unknown_long(const char *text, struct err *e)
{
    const char *names[ROWS + 1], *first = NULL;
    char name[64], near[MEANT];
    size_t n = 0, length = strcspn(text, "=");

    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].name == NULL)
            continue;
        names[n++] = rows[i].name;
        if (strncmp(rows[i].name, name, length) != 0)
            continue;
        if (first != NULL)
            return err_set(e, STATUS_LOCAL, "--%s may be --%s or --%s; try 'pollcat --help'", name, first,
                           rows[i].name);
        first = rows[i].name;
    }
    names[n] = NULL;
    meant("--", near_find(name, row_name, names), near);
    return err_set(e, STATUS_LOCAL, "unknown option --%s%s; try 'pollcat --help'", name, near);
}

static const char *long_name(const char *word)
{
    return word != NULL && strncmp(word, "--", 2) == 0 ? word + 2 : "";
}

/* Why getopt_long() returned ':' or '?'. `word` is the argument it was reading, or NULL. */
static int bad_option(int got, int opt, const char *word, struct err *e)
{
    const struct option_row *row = row_of(opt);

    if (row == NULL && absent_check(opt, long_name(word), e) < 0)
        return -1;
    if (row == NULL && opt != 0)
        return err_set(e, STATUS_LOCAL, "unknown option -%c; try 'pollcat --help'", opt);
    if (row == NULL)
        return unknown_long(long_name(word), e);
    return err_set(e, STATUS_LOCAL, "--%s %s; try 'pollcat --help'", row->name,
                   got == ':' ? "needs an argument" : "takes no argument");
}

static void add_given(struct options *o, const struct option_row *row)
{
    o->traits |= row->gives;
    for (size_t i = 0; i < o->ngiven; i++) {
        if (o->given[i] == row)
            return;
    }
    o->given[o->ngiven++] = row;
}

int options_parse(struct conf *c, struct options *o, int argc, char **argv, struct err *e)
{
    struct option longs[ROWS + 1];
    char shorts[2 * ROWS + 2];
    int got;

    memset(o, 0, sizeof *o);
    build_long(longs);
    build_short(shorts);
    opterr = 0;
    optind = 0; /* start anew: this may be the second call */
    while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row;

        if (got == '?' || got == ':')
            return bad_option(got, optopt, optind > 0 && optind <= argc ? argv[optind - 1] : NULL, e);
        /* What begins one of ours may be all of another's. */
        if (got >= LONG && absent_check(0, long_name(argv[optind - 1 - (optarg == argv[optind - 1])]), e) < 0)
            return -1;
        row = option_target(row_of(got));
        if (got < LONG && optarg != NULL)
            hint(row, optarg);
        if (set_value(c, row, optarg, e) != 0)
            return -1;
        add_given(o, row);
        if (row->type == OPTION_MODE_NAME)
            o->mode = mode_find(optarg);
        if (row->type == OPTION_ACTION)
            break;
    }
    o->next = optind;
    return 0;
}

unsigned options_traits(const struct options *o)
{
    unsigned traits = o->traits | (o->mode != NULL ? o->mode->gives : 0);

    /* A UNIX stream socket cannot connect to itself. */
    if ((traits & TRAIT_UNIX) != 0 && (traits & TRAIT_SELF) != 0)
        traits |= TRAIT_DGRAM | TRAIT_MESSAGES;
    return traits;
}

static int bits(unsigned set)
{
    int n = 0;

    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

/* The option that asks for a trait, and for little else. */
static const char *giver(unsigned trait)
{
    const struct option_row *best = NULL;

    for (size_t i = 0; i < ROWS; i++) {
        if ((rows[i].gives & trait) != 0 && (best == NULL || bits(rows[i].gives) < bits(best->gives)))
            best = &rows[i];
    }
    return best != NULL ? best->name : "mode";
}

/* Which of the options given, or else --mode, brings one of `traits`. */
static const char *culprit(const struct options *o, unsigned traits, char text[static MEANT])
{
    snprintf(text, MEANT, "--mode %s", o->mode != NULL ? o->mode->name : "");
    for (size_t i = o->ngiven; i-- > 0;) {
        if ((o->given[i]->gives & traits) != 0)
            snprintf(text, MEANT, "--%s", o->given[i]->name);
    }
    return text;
}

/* The one message for all that does not go together. */
static int refuse(const char *what, const char *verb, const char *other, struct err *e)
{
    return err_set(e, STATUS_LOCAL, "%s %s %s", what, verb, other);
}

static int check_needs(const char *what, unsigned missing, struct err *e)
{
    char other[MEANT];

    if (missing == 0)
        return 0;
    snprintf(other, sizeof other, "--%s", giver(missing & (~missing + 1)));
    return refuse(what, "needs", other, e);
}

/* What no single row can say. */
static const struct {
    unsigned when, unless, needs;
    const char *what;
} rules[] = {
    {TRAIT_UNIX | TRAIT_SOURCE, TRAIT_LISTEN | TRAIT_SELF, TRAIT_DGRAM, "--source with --unixsock"},
};

static int check_row(const struct options *o, const struct option_row *row, unsigned traits, struct err *e)
{
    char what[MEANT], other[MEANT];

    snprintf(what, sizeof what, "--%s", row->name);
    if (check_needs(what, row->needs & ~traits, e) != 0)
        return -1;
    if ((row->excludes & traits) == 0)
        return 0;
    return refuse(what, "excludes", culprit(o, row->excludes & traits, other), e);
}

static int check_mode(const struct options *o, const struct mode *m, unsigned traits, struct err *e)
{
    char what[MEANT], other[MEANT];

    if (m == NULL || (m->excludes & traits) == 0)
        return 0;
    culprit(o, m == o->mode ? 0 : m->when, what);
    return refuse(what, "excludes", culprit(o, m->excludes & traits, other), e);
}

int options_check(const struct options *o, struct err *e)
{
    const unsigned traits = options_traits(o);

    if (check_mode(o, o->mode, traits, e) != 0 || check_mode(o, mode_choose(traits), traits, e) != 0)
        return -1;
    for (size_t i = 0; i < o->ngiven; i++) {
        if (check_row(o, o->given[i], traits, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if ((traits & rules[i].when) == rules[i].when && (traits & rules[i].unless) == 0 &&
            check_needs(rules[i].what, rules[i].needs & ~traits, e) != 0)
            return -1;
    }
    return 0;
}
