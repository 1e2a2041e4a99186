/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The dialect of Nmap's Ncat (7.99).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf.h"
#include "app/dialect.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/words.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "(unknown version)"
#endif

enum {
    CONNECT_LIMIT = 10000, /* ms */
    PROBE_LIMIT = 2000,    /* ms that a datagram is given to be refused */
    LAST_WORDS = 500,      /* ms of silence that are waited for before DTLS ends both directions */
    CONNS = 100,
    BLOCK = 8192, /* bytes of a datagram at most */
};

#define DEFAULT_PORT "31337"
#define LUA "lua "
#define NCAT_VERSION "7.99 ( https://nmap.org/ncat )"
#define FIELD(member) offsetof(struct conf, member)
#define TLS_STRING(member) .type = OPTION_STRING, .field = FIELD(tls.given.member), .gives = TRAIT_TLS
#define ABSENT(what) .type = OPTION_ABSENT, .help = what " not supported."

/* clang-format off */
static const struct option_row option_rows[] = {
    { .ch = '4', .name = "4", .type = OPTION_FLAG, .field = FIELD(ipv4), .gives = TRAIT_IPV4 },
    { .ch = '6', .name = "6", .type = OPTION_FLAG, .field = FIELD(ipv6) },
    { .ch = 'U', .name = "unixsock", .alias = "unixsock" },
    { .ch = 'C', .name = "crlf", .alias = "crlf" },
    { .ch = 'h', .name = "help", .alias = "help" },
    { .ch = 'i', .name = "idle-timeout", .arg = "TIME", .type = OPTION_TIME_MS, .field = FIELD(idle_timeout),
      .max = INT_MAX, .noun = "-i timeout" },
    { .ch = 'k', .name = "keep-open", .type = OPTION_TRAIT, .gives = TRAIT_KEEP_OPEN },
    { .ch = 'l', .name = "listen", .alias = "listen" },
    { .ch = 'm', .name = "max-conns", .arg = "N", .type = OPTION_INT, .field = FIELD(net.max_conns), .max = INT_MAX },
    { .ch = 'n', .name = "nodns", .alias = "nodns" },
    { .ch = 'o', .name = "output", .arg = "FILE", .type = OPTION_STRING, .field = FIELD(records.output) },
    { .ch = 'x', .name = "hex-dump", .arg = "FILE", .type = OPTION_STRING, .field = FIELD(records.hex_dump) },
    { .name = "append-output", .type = OPTION_FLAG, .field = FIELD(records.append) },
    { .ch = 'd', .name = "delay", .arg = "TIME", .type = OPTION_TIME_MS, .field = FIELD(delay), .max = INT_MAX,
      .noun = "-d delay" },
    { .ch = 'p', .name = "source-port", .arg = "PORT", .type = OPTION_STRING, .field = FIELD(net.source_port) },
    { .ch = 'q', .arg = "TIME", .type = OPTION_TIME_MS, .field = FIELD(bridge.quit_after), .min = -1000,
      .max = INT_MAX, .noun = "-q timeout" },
    { .ch = 's', .name = "source", .alias = "source" },
    { .ch = 'u', .name = "udp", .alias = "udp" },
    { .ch = 'v', .name = "verbose", .alias = "verbose" },
    { .ch = 'w', .name = "wait", .arg = "TIME", .type = OPTION_TIME_MS, .field = FIELD(wait), .max = INT_MAX,
      .noun = "-w timeout" },
    { .ch = 'z', .type = OPTION_TRAIT, .gives = TRAIT_PROBE },
    { .name = "send-only", .type = OPTION_FLAG, .field = FIELD(bridge.send_only) },
    { .name = "recv-only", .alias = "no-stdin" },
    { .name = "no-shutdown", .type = OPTION_FLAG, .field = FIELD(bridge.no_shutdown) },
    { .name = "version", .alias = "version" },
    { .name = "test", .type = OPTION_FLAG, .field = FIELD(tells_tests) },
    { .name = "nsock-engine", .arg = "NAME", .type = OPTION_TRAIT },

    { .ch = 'c', .name = "sh-exec", .arg = "COMMAND", .type = OPTION_STRING, .field = FIELD(script),
      .gives = TRAIT_JOIN | TRAIT_SCRIPT },
    { .ch = 'e', .name = "exec", .arg = "COMMAND", .type = OPTION_STRING, .field = FIELD(exec),
      .gives = TRAIT_JOIN | TRAIT_PROGRAM },
    { .name = "allow", .arg = "HOSTS", .type = OPTION_TEXTS, .field = FIELD(access.allow), .gives = TRAIT_ACCESS },
    { .name = "allowfile", .arg = "FILE", .type = OPTION_TEXTS, .field = FIELD(access.allow_files), .gives = TRAIT_ACCESS },
    { .name = "deny", .arg = "HOSTS", .type = OPTION_TEXTS, .field = FIELD(access.deny) },
    { .name = "denyfile", .arg = "FILE", .type = OPTION_TEXTS, .field = FIELD(access.deny_files) },
    { .name = "lua-exec", .arg = "FILE", .type = OPTION_STRING, .field = FIELD(lua), .gives = TRAIT_JOIN | TRAIT_LUA },
    { .ch = 'g', .arg = "HOPS", ABSENT("Source routes are") },
    { .ch = 'G', .arg = "N", ABSENT("Source routes are") },
    { .ch = 't', .name = "telnet", .type = OPTION_TRAIT, .gives = TRAIT_TELNET },
    { .name = "sctp", ABSENT("SCTP is") },
    { .name = "vsock", .alias = "vsock" },
    { .name = "broker", .type = OPTION_TRAIT, .gives = TRAIT_BROKER | TRAIT_LISTEN | TRAIT_KEEP_OPEN },
    { .name = "chat", .type = OPTION_TRAIT, .gives = TRAIT_CHAT | TRAIT_LISTEN | TRAIT_KEEP_OPEN },
    { .name = "talk", .type = OPTION_TRAIT, .gives = TRAIT_CHAT | TRAIT_LISTEN | TRAIT_KEEP_OPEN },
    { .name = "ssl", .type = OPTION_TRAIT, .gives = TRAIT_TLS },
    { .name = "ssl-cert", .arg = "FILE", TLS_STRING(cert) },
    { .name = "ssl-key", .arg = "FILE", TLS_STRING(key) },
    { .name = "ssl-verify", .type = OPTION_FLAG, .field = FIELD(tls.verify), .gives = TRAIT_TLS },
    { .name = "ssl-trustfile", .arg = "FILE", TLS_STRING(trust) },
    { .name = "ssl-ciphers", .arg = "LIST", TLS_STRING(ciphers) },
    { .name = "ssl-servername", .arg = "NAME", TLS_STRING(name) },
    { .name = "ssl-alpn", .arg = "LIST", TLS_STRING(alpn) },
    { .name = "proxy", .arg = "ADDR", .type = OPTION_TEXTS, .field = FIELD(proxies.texts), .gives = TRAIT_VIA },
    { .name = "proxy-type", .arg = "TYPE", .type = OPTION_STRING, .field = FIELD(proxies.type), .gives = TRAIT_PROXY_TYPE },
    { .name = "proxy-auth", .arg = "AUTH", .type = OPTION_STRING, .field = FIELD(proxies.auth) },
    { .name = "proxy-dns", .alias = "proxy-dns" },
};
/* clang-format on */

#define ONE_PROGRAM "Only one of --exec, --sh-exec, and --lua-exec is allowed."
#define NO_UNIX_BROKER "Connection brokering not supported when using Unix domain sockets."
#define NO_BROKER_EXEC "Invalid option combination: --broker and -e."

static const struct dialect_rule rules[] = {
    {.all = TRAIT_ACCESS,
     .none = TRAIT_LISTEN,
     .text = "Invalid option combination: allow/deny with connect."},
    {.all = TRAIT_TLS | TRAIT_PROBE | TRAIT_DGRAM, .text = "-z with --ssl and -u is not supported."},
    {.all = TRAIT_VIA | TRAIT_LISTEN, .text = "Invalid option combination: --proxy and -l."},
    {.all = TRAIT_SERVE, .gives = TRAIT_KEEP_OPEN},
    {.all = TRAIT_LISTEN | TRAIT_PROBE, .text = "Services designed for LISTENING can't be used with -z"},
    {.all = TRAIT_JOIN | TRAIT_PROBE, .text = "Command execution can't be done along with option -z."},
    {.all = TRAIT_PROGRAM | TRAIT_SCRIPT, .text = ONE_PROGRAM},
    {.all = TRAIT_PROGRAM | TRAIT_LUA, .text = ONE_PROGRAM},
    {.all = TRAIT_SCRIPT | TRAIT_LUA, .text = ONE_PROGRAM},
    {.all = TRAIT_BROKER | TRAIT_UNIX, .text = NO_UNIX_BROKER},
    {.all = TRAIT_CHAT | TRAIT_UNIX, .text = NO_UNIX_BROKER},
    {.all = TRAIT_BROKER | TRAIT_JOIN, .text = NO_BROKER_EXEC},
    {.all = TRAIT_CHAT | TRAIT_JOIN, .text = NO_BROKER_EXEC},
    {.all = TRAIT_KEEP_OPEN | TRAIT_DGRAM,
     .none = TRAIT_LISTEN,
     .text = "Invalid option combination: `--keep-open' with non-TCP protocol."},
    {.all = TRAIT_DGRAM, .none = TRAIT_LISTEN | TRAIT_PROBE | TRAIT_CONNECTED, .gives = TRAIT_CONNECTED},
    {0},
};

/* Messages */

/* clang-format off */
#define TEXTS \
    [MESSAGE_STARTED] = {.text = "Version " NCAT_VERSION, .level = LOG_INFO}, \
    [MESSAGE_LISTENING] = {.text = "Listening on {local-at}", .level = LOG_INFO}, \
    [MESSAGE_RECEIVING] = {.text = "Listening on {local-at}", .level = LOG_INFO}, \
    [MESSAGE_ACCEPTED] = {.text = "Connection from {remote-at}.", .level = LOG_INFO}, \
    [MESSAGE_CAME] = {.text = "Connection from {remote-at}.", .level = LOG_INFO}, \
    [MESSAGE_TURNED_AWAY] = {.text = "New connection denied: connection limit reached ({limit})", .level = LOG_INFO}, \
    [MESSAGE_REFUSED] = {.text = "New connection denied: not allowed", .level = LOG_INFO}, \
    [MESSAGE_CONNECTED] = {.text = "Connected to {remote-at}.", .level = LOG_INFO}, \
    [MESSAGE_SENDING] = {.text = "Connected to {remote-at}.", .level = LOG_INFO}, \
    [MESSAGE_OPEN] = {.text = "{opened}", .level = LOG_INFO}, \
    [MESSAGE_TRY_FAILED] = {.text = "Connection to {remote-host} failed: {why}.", .level = LOG_INFO}, \
    [MESSAGE_TRY_NEXT] = {.text = "Trying next address...", .level = LOG_INFO}, \
    [MESSAGE_UNTRUSTED] = {.text = "{why}"}, \
    [MESSAGE_OTHER_NAME] = {.text = "{why}"}, \
    [MESSAGE_OTHER_CLIENT] = {.text = "{why}"}, \
    [MESSAGE_OTHER_PIN] = {.text = "{why}"}, \
    [MESSAGE_CLIENT_UNCERTIFIED] = {.text = "{why}"}, \
    [MESSAGE_NAME_FAILED] = {.text = "Could not resolve hostname \"{host}\": {why}. QUITTING.", .level = LOG_ERROR}, \
    [MESSAGE_LOCAL_NAME_FAILED] = {.text = "Could not resolve source address \"{host}\": {why}. QUITTING.", .level = LOG_ERROR}, \
    [MESSAGE_PATH_FAILED] = {.text = "{text}. QUITTING.", .level = LOG_ERROR}, \
    [MESSAGE_LOCAL_PATH_FAILED] = {.text = "{text}. QUITTING.", .level = LOG_ERROR}, \
    [MESSAGE_LISTEN_FAILED] = {.text = "bind to {local-at}: {why}. QUITTING.", .level = LOG_ERROR}, \
    [MESSAGE_SOURCE_FAILED] = {.text = "{why}.", .level = LOG_ERROR, .status = STATUS_NETWORK + 1}, \
    [MESSAGE_OUTPUT_FAILED] = {.text = "write: {why}", .level = LOG_ERROR, .bare = true}, \
    [MESSAGE_OUTPUT_GONE] = {.text = "write: {why}", .level = LOG_ERROR, .bare = true}, \
    [MESSAGE_SUMMARY] = {.text = "{sent} bytes sent, {received} bytes received in {time} seconds.", .level = LOG_INFO}, \
    [MESSAGE_CHAT_NAME] = {.text = "user{limit}"}, \
    [MESSAGE_CHAT_JOINED] = {.text = "<announce> {remote-at} is connected as <{peer}>."}, \
    [MESSAGE_CHAT_LEFT] = {.text = "<announce> <{peer}> is disconnected."}, \
    [MESSAGE_CHAT_HERE] = {.text = "<announce> already connected: "}, \
    [MESSAGE_CHAT_ONE] = {.text = "{remote-at} as <{peer}>"}, \
    [MESSAGE_CHAT_END] = {.text = "."}, \
    [MESSAGE_CHAT_NOBODY] = {.text = "nobody."}, \
    [MESSAGE_CHAT_NOTE] = {.text = "<announce> {text}"}, \
    [MESSAGE_UNKNOWN] = {.text = "ncat: {text}", .level = LOG_ERROR, .bare = true}, \
    [MESSAGE_USAGE] = {.text = "{text} QUITTING.", .level = LOG_ERROR}, \
    [MESSAGE_FATAL] = {.text = "{text} QUITTING.", .level = LOG_ERROR}

#define NOT_CONNECTED(shown) \
    [MESSAGE_CONNECT_FAILED] = {.text = "{why}.", .level = shown, .status = STATUS_NETWORK + 1}, \
    [MESSAGE_HOST_FAILED] = {.text = "{why}.", .level = shown, .status = STATUS_NETWORK + 1}, \
    [MESSAGE_CONNECT_LATE] = {.text = "TIMEOUT.", .level = shown}, \
    [MESSAGE_HOST_LATE] = {.text = "TIMEOUT.", .level = shown}

static const struct message_text client_texts[MESSAGES] = {
    TEXTS,
    NOT_CONNECTED(LOG_ERROR),
    [MESSAGE_SEND_FAILED] = {.text = "{why}.", .level = LOG_ERROR},
    [MESSAGE_RECEIVE_FAILED] = {.text = "{why}.", .level = LOG_ERROR},
    [MESSAGE_IDLE] = {.text = "Idle timeout expired ({ms} ms).", .level = LOG_ERROR},
    [MESSAGE_QUIT] = {.text = "Idle timeout expired ({ms} ms).", .level = LOG_ERROR, .status = STATUS_NETWORK + 1},
};

static const struct message_text listener_texts[MESSAGES] = {
    TEXTS,
    [MESSAGE_IDLE] = {.text = "Idle timeout expired ({ms} ms). QUITTING.", .level = LOG_ERROR, .status = STATUS_LOCAL + 1},
    [MESSAGE_QUIT] = {.text = "Idle timeout expired ({ms} ms). QUITTING.", .level = LOG_ERROR, .status = STATUS_LOCAL + 1},
};

static const struct message_text probe_texts[MESSAGES] = {TEXTS, NOT_CONNECTED(LOG_INFO)};
/* clang-format on */

static void write_at(const struct addr *a, char *out, size_t size)
{
    char host[ADDR_TEXT];

    if (a == NULL || a->len == 0)
        return;
    addr_host(a, host);
    if (addr_family(a) == AF_UNIX && host[0] == '@')
        snprintf(out, size, "%.100s (abstract socket)", host + 1);
    else if (addr_family(a) == AF_UNIX)
        snprintf(out, size, "%.100s",
                 a->len > offsetof(struct sockaddr_un, sun_path) ? host : "(unnamed socket)");
    else
        snprintf(out, size, addr_family(a) == AF_INET6 ? "[%.100s]:%u" : "%.100s:%u", host,
                 (unsigned)addr_port(a));
}

static void write_place(const char *name, size_t n, const struct message *m, char *out, size_t size)
{
    char at[ADDR_TEXT] = "";

    if (strncmp(name, "local-at", n) == 0)
        write_at(m->local, out, size);
    else if (strncmp(name, "remote-at", n) == 0)
        write_at(m->remote, out, size);
    else if (strncmp(name, "ms", n) == 0)
        snprintf(out, size, "%lld", (long long)m->ms);
    else if (strncmp(name, "time", n) == 0)
        snprintf(out, size, "%lld.%02lld", (long long)m->ms / 1000, (long long)m->ms % 1000 / 10);
    else if (strncmp(name, "opened", n) == 0 && m->datagram)
        snprintf(out, size, "UDP packet sent successfully");
    else if (strncmp(name, "opened", n) == 0) {
        write_at(m->remote, at, sizeof at);
        snprintf(out, size, "Connected to %.100s.", at);
    }
}

static const struct message_catalogue client = {
    .texts = client_texts, .others = LOG_ERROR, .place = write_place};
static const struct message_catalogue listener = {
    .texts = listener_texts, .others = LOG_ERROR, .place = write_place};
static const struct message_catalogue probe = {
    .texts = probe_texts, .others = LOG_ERROR, .place = write_place};

/* Operands */

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int check_port(const char *port, uint64_t traits, struct err *e)
{
    const int64_t most = (traits & TRAIT_VSOCK) != 0 ? UINT32_MAX : UINT16_MAX;
    int64_t number;

    if (is_digits(port) && num_parse(port, 0, most, &number) == 0)
        return 0;
    return err_set(e, STATUS_LOCAL, "Invalid port number \"%.64s\".", port);
}

/* Of vsock, where no names are looked up. */
static int check_cid(const char *cid, uint64_t traits, struct err *e)
{
    int64_t number;

    if ((traits & TRAIT_VSOCK) == 0 || cid == NULL ||
        (is_digits(cid) && num_parse(cid, 0, UINT32_MAX, &number) == 0))
        return 0;
    return err_set(e, STATUS_LOCAL, "Invalid CID \"%.64s\".", cid);
}

static int check_source_port(const char *port, struct err *e)
{
    uint16_t number;

    if (port == NULL || (is_digits(port) && num_parse_port(port, &number) == 0))
        return 0;
    if (is_digits(port))
        return err_set(e, STATUS_LOCAL, "Invalid source port %.64s.", port);
    return err_set(e, STATUS_LOCAL, "Invalid source port number \"%.64s\".", port);
}

static int take_path(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    if (o->n == 0)
        return err_set(e, STATUS_LOCAL, "You must specify a path to a socket to %s.",
                       (o->traits & TRAIT_LISTEN) != 0 ? "listen on" : "connect to");
    if (o->n > 1)
        return err_set(e, STATUS_LOCAL, "Using Unix domain sockets and specifying port doesn't make sense.");
    if (c->net.source_port != NULL)
        return err_set(e, STATUS_LOCAL,
                       "Specifying source port when using Unix domain sockets doesn't make sense.");
    c->net.host = o->args[0];
    return 0;
}

/* -l [HOST] [PORT], -l -p PORT: one word that may be a port is one. */
static int take_listen(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    const bool port = o->n == 1 && is_digits(o->args[0]) && strlen(o->args[0]) <= 5;

    if (c->net.source_host != NULL)
        return err_set(e, STATUS_LOCAL,
                       "-l and -s are incompatible.  Specify the address and port to bind to like you would "
                       "a host to connect to.");
    c->net.host = o->n > 0 && !port ? o->args[0] : NULL;
    c->net.port = c->net.source_port != NULL ? c->net.source_port : DEFAULT_PORT;
    if (port || o->n == 2)
        c->net.port = o->args[o->n - 1];
    c->net.source_port = NULL;
    return check_cid(c->net.host, o->traits, e) < 0 ? -1 : check_port(c->net.port, o->traits, e);
}

static int take_remote(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    if (o->n == 0)
        return err_set(e, STATUS_LOCAL, "You must specify a host to connect to.");
    c->net.host = o->args[0];
    c->net.port = o->n > 1 ? o->args[1] : DEFAULT_PORT;
    return check_cid(c->net.host, o->traits, e) < 0 ? -1 : check_port(c->net.port, o->traits, e);
}

/* Ncat parts words at blanks, and a backslash takes the meaning of what follows: quotes have none. */
static const char *quotes_as_they_are(struct conf *c, const char *text)
{
    char *out = conf_own(c, mem_alloc(2 * strlen(text) + 1)), *p = out;

    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '"')
            *p++ = '\\';
        *p++ = *text;
        if (*text == '\\' && text[1] != '\0')
            *p++ = *++text;
    }
    *p = '\0';
    return out;
}

/* Ncat has an interpreter within; the one of the system does the same with a program. */
static const char *interpreted(struct conf *c, const char *file)
{
    char *word = words_quote(file, '\'', true);
    const size_t size = strlen(LUA) + strlen(word) + 1;
    char *text = mem_alloc(size);

    snprintf(text, size, LUA "%s", word);
    free(word);
    return conf_own(c, text);
}

static int take_operands(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    const bool listens = (o->traits & TRAIT_LISTEN) != 0;

    if (c->exec != NULL)
        c->exec = quotes_as_they_are(c, c->exec);
    else if (c->lua != NULL)
        c->exec = interpreted(c, c->lua);
    if ((int)c->net.max_conns >= 0 && !listens)
        return err_set(e, STATUS_LOCAL, "Invalid option combination: `--max-conns' with connect.");
    if (check_source_port(c->net.source_port, e) < 0)
        return -1;
    if ((o->traits & TRAIT_UNIX) != 0)
        return take_path(c, o, e);
    if (o->n > 2)
        return err_set(e, STATUS_LOCAL, "Got more than one port specification: %.64s %.64s.", o->args[1],
                       o->args[2]);
    return listens ? take_listen(c, o, e) : take_remote(c, o, e);
}

/* Defaults */

static void begin(struct conf *c)
{
    c->no_prompt = true;
    c->quiet_probe = true;
    c->wait = CONNECT_LIMIT;
    c->net.max_conns = (unsigned)-1; /* not given */
    c->records.hex_plain = true;
    c->telnet.refuses = true;
    c->proxies.asks_nothing = true;
}

static void derive_probe(struct conf *c)
{
    message_set_catalogue(&probe, "Ncat");
    c->action = CONF_PROBE;
    c->net.probe_byte = true;
    c->ports = c->net.port != NULL ? c->net.port : "1";
    if (c->net.datagram)
        c->net.connect_timeout = c->idle_timeout > 0 ? c->idle_timeout : PROBE_LIMIT;
}

/* Who connects leaves with the peer, or with -k with its input; between datagrams the input decides. */
static void derive_client(struct conf *c, bool keeps)
{
    c->net.keep_open = c->many = false;
    c->bridge.leave = !keeps && !c->bridge.send_only;
    c->bridge.datagram_wait = -1;
    if (c->net.datagram && c->bridge.quit_after < 0)
        c->bridge.quit_after = 0;
}

static void derive_listener(struct conf *c)
{
    const unsigned given = c->net.max_conns;

    message_set_catalogue(&listener, "Ncat");
    c->net.connect_timeout = 0;
    c->net.leave_path = true;
    c->net.each_family = true;
    c->serve.made.no_chunks = true;
    c->net.max_conns = given == 0 ? NET_NOBODY : 0;
    if ((int)given >= 0 && !c->many)
        log_error(
            "Warning: Maximum connections ignored, since it does not take effect without -k or --broker.");
    c->bridge.leave = true;
    c->idle_all = true;
    if (c->many)
        c->net.max_conns = (int)given < 0 ? CONNS : given == 0 ? NET_NOBODY : given;
    if (c->net.datagram && !c->net.keep_open && !c->net.cookies)
        c->transport = "udp-first";
    else if (c->net.cookies && !c->net.keep_open && !c->bridge.no_shutdown)
        c->bridge.datagram_wait = LAST_WORDS; /* only DTLS can tell the end of the input */
}

/* Nobody is verified who is not asked to be, and an end without close_notify is one. */
static void derive_tls(struct conf *c, uint64_t traits)
{
    c->tls.given.insecure = (traits & TRAIT_TLS) != 0 && !c->tls.verify && c->tls.given.trust == NULL;
    c->tls.given.lenient = true;
    if ((traits & TRAIT_TLS) != 0 && (traits & TRAIT_LISTEN) == 0 && c->tls.given.insecure)
        log_error(
            "Warning: whoever answers is believed to be the server: --ssl-verify looks at its certificate.");
}

/* Who has started it speaks, and hears nothing. */
static void derive_broker(struct conf *c)
{
    c->broker.silent = c->chat.circle.silent = c->chat.plain = true;
    if (c->stdio.no_input)
        c->bridge.send_only = true; /* nothing is passed on */
}

static void derive(struct conf *c, uint64_t traits)
{
    derive_tls(c, traits);
    c->idle_fails = true;
    c->bridge.tell_end = false;
    c->bridge.leave_late = c->bridge.writes_on = true;
    if (c->net.datagram && c->net.segment == 0 && c->bridge.out.cut == LINK_CUT_READ)
        c->net.segment = c->bridge.out.size = BLOCK;
    if ((traits & TRAIT_LISTEN) != 0)
        derive_listener(c);
    else
        derive_client(c, (traits & TRAIT_KEEP_OPEN) != 0);
    if (c->proxies.type != NULL && strcmp(c->proxies.type, "socks4") == 0)
        c->proxies.type = "socks4a"; /* names are the proxy's to look up, unless --proxy-dns says otherwise */
    if ((traits & TRAIT_JOIN) != 0)
        c->idle_timeout = 0; /* it is of no avail where a program runs */
    if ((traits & (TRAIT_BROKER | TRAIT_CHAT)) != 0)
        derive_broker(c);
    if ((traits & TRAIT_PROBE) != 0)
        derive_probe(c);
}

static const char help[] =
    "Ncat " NCAT_VERSION "\n"
    "Usage: ncat [options] [hostname] [port]\n"
    "\n"
    "This is pollcat " PACKAGE_VERSION ", which speaks as Ncat does; see pollcat-ncat(1).\n"
    "A time is in seconds, or has a unit: ms, s, m, h.\n"
    "  -4, -6                     IPv4 alone, IPv6 alone\n"
    "  -U, --unixsock             UNIX sockets\n"
    "      --vsock                vsock: a CID and a port\n"
    "  -C, --crlf                 Send CRLF for LF\n"
    "  -c, --sh-exec <command>    Run a command of /bin/sh for each peer\n"
    "  -e, --exec <command>       Run a program for each peer\n"
    "  -m, --max-conns <n>        Peers at once, with -k\n"
    "  -h, --help                 This text\n"
    "  -d, --delay <time>         Pause before each block\n"
    "  -o, --output <filename>    Write what passes to a file\n"
    "  -x, --hex-dump <filename>  The same as a hex dump\n"
    "  -i, --idle-timeout <time>  Limit on silence\n"
    "  -p, --source-port port     Local port\n"
    "  -s, --source addr          Local address\n"
    "  -q <time>                  End so long after the end of input\n"
    "  -l, --listen               Wait for a peer\n"
    "  -k, --keep-open            Go on after a peer; a client: after the server's end\n"
    "  -n, --nodns                Look up no names\n"
    "  -u, --udp                  UDP\n"
    "  -v, --verbose              Tell what happens\n"
    "  -w, --wait <time>          Limit on connecting\n"
    "  -z                         Only see whether somebody listens\n"
    "      --allow, --allowfile <hosts or file>    Only these may connect\n"
    "      --deny, --denyfile <hosts or file>      These may not\n"
    "      --ssl                  TLS; --ssl-cert, --ssl-key, --ssl-verify, --ssl-trustfile,\n"
    "                             --ssl-ciphers, --ssl-servername and --ssl-alpn as in Ncat\n"
    "      --broker               What a peer sends goes to all others\n"
    "      --chat                 The same, behind the names of who said it\n"
    "      --proxy <addr[:port]>  Through this proxy\n"
    "      --proxy-type <type>    What it speaks: http, socks4, socks5\n"
    "      --proxy-auth <auth>    Log in there, with a user and a password\n"
    "      --proxy-dns <where>    Who looks names up: local, remote, both, none\n"
    "      --append-output        Keep what the files of -o and -x hold\n"
    "      --send-only            Only send\n"
    "      --recv-only            Only receive\n"
    "      --no-shutdown          Stay open at the end of input\n"
    "      --version              Version\n";

const struct dialect dialect_ncat = {
    .name = "ncat",
    .called = "ncat",
    .title = "Ncat",
    .catalogue = &client,
    .options = {.letters = "46UCcegGikmhpqdloxtsuvwnz",
                .rows = option_rows,
                .nrows = sizeof option_rows / sizeof option_rows[0],
                .plain = true,
                .whole = true},
    .rules = rules,
    .help = help,
    .version = "Ncat: Version " NCAT_VERSION "\npollcat " PACKAGE_VERSION " speaks so.\n",
    .usage = "Ncat: Try `--help' or man(1) ncat for more information, usage options and help. QUITTING.\n",
    .status = {0, 1, 2},
    .few = true,
    .begin = begin,
    .operands = take_operands,
    .derive = derive,
};
