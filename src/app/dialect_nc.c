/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The dialect of OpenBSD's nc, as Debian has it (netcat-openbsd 1.219).
 */
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf.h"
#include "app/dialect.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/resolve.h"
#include "net/sockopt.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "(unknown version)"
#endif

enum {
    NOT_GIVEN = -1,
    FIRST_SILENCE = 20, /* ms: what -w 0 takes for the first idle moment */
};

/* Of Debian, and of those after it. */
#define ISSUERS "/etc/ssl/certs/ca-certificates.crt"

#define FIELD(member) offsetof(struct conf, member)

/* clang-format off */
#define ROWS \
    { .ch = 'b', .type = OPTION_SOCKOPT, .sockopt = "broadcast" },                                                  \
    { .ch = 'I', .arg = "LENGTH", .type = OPTION_SOCKOPT, .sockopt = "rcvbuf", .min = 1, .max = 1 << 30,            \
      .noun = "TCP receive window" },                                                                               \
    { .ch = 'i', .arg = "SECONDS", .type = OPTION_SECONDS, .field = FIELD(interval), .min = 0,                      \
      .max = INT_MAX / 1000, .gives = TRAIT_CUT, .noun = "interval" },                                              \
    { .ch = 'M', .arg = "TTL", .type = OPTION_SOCKOPT, .sockopt = "ttl", .min = 0, .max = 255, .noun = "ttl is" },  \
    { .ch = 'm', .arg = "TTL", .type = OPTION_SOCKOPT, .sockopt = "minttl", .min = 0, .max = 255, .noun = "minttl is" },\
    { .ch = 'O', .arg = "LENGTH", .type = OPTION_SOCKOPT, .sockopt = "sndbuf", .min = 1, .max = 1 << 30,            \
      .noun = "TCP send window" },                                                                                  \
    { .ch = 'P', .arg = "USER", .type = OPTION_STRING, .field = FIELD(proxies.auth) },                              \
    { .ch = 'p', .arg = "PORT", .type = OPTION_STRING, .field = FIELD(net.source_port) },                           \
    { .ch = 'q', .arg = "SECONDS", .type = OPTION_SECONDS, .field = FIELD(bridge.quit_after), .min = INT_MIN,       \
      .max = INT_MAX, .noun = "quit timer" },                                                                       \
    { .ch = 'r', .type = OPTION_FLAG, .field = FIELD(randomize) },                                                  \
    { .ch = 'S', .type = OPTION_ABSENT, .help = "-S is not supported: there are no TCP MD5 signatures" },           \
    { .ch = 't', .type = OPTION_TRAIT, .gives = TRAIT_TELNET },                                                     \
    { .ch = 'V', .arg = "TABLE", .type = OPTION_ABSENT, .help = "no alternate routing table support available" },   \
    { .ch = 'w', .arg = "SECONDS", .type = OPTION_SECONDS, .field = FIELD(timeout), .min = 0, .max = INT_MAX / 1000,\
      .noun = "timeout" },                                                                                          \
    { .ch = 'W', .arg = "N", .type = OPTION_INT, .field = FIELD(recv_limit), .min = 1, .max = INT_MAX,              \
      .noun = "receive limit" },                                                                                    \
    { .ch = 'X', .arg = "PROTOCOL", .type = OPTION_STRING, .field = FIELD(proxies.type) },                          \
    { .ch = 'x', .arg = "ADDR", .type = OPTION_TEXTS, .field = FIELD(proxies.texts), .gives = TRAIT_VIA },          \
    { .ch = 'z', .type = OPTION_TRAIT, .gives = TRAIT_PROBE },

static const struct option_row option_rows[] = {
    { .ch = 'T', .arg = "TOS", .type = OPTION_SOCKOPT, .sockopt = "tos", .noun = "illegal tos value" },
    { .ch = 'Z', .type = OPTION_ABSENT, .help = "-Z is not supported: there is no DCCP" },
    ROWS
};

/* What OpenBSD's has with TLS: where -c is given, which Debian's lacks, its letters mean what they mean there. */
static const struct option_row tls_rows[] = {
    { .ch = 'C', .arg = "FILE", .type = OPTION_STRING, .field = FIELD(tls.given.cert) },
    { .ch = 'c', .type = OPTION_TRAIT, .gives = TRAIT_TLS },
    { .ch = 'e', .arg = "NAME", .type = OPTION_STRING, .field = FIELD(tls.given.client_name) },
    { .ch = 'H', .arg = "HASH", .type = OPTION_STRING, .field = FIELD(tls.given.pin) },
    { .ch = 'K', .arg = "FILE", .type = OPTION_STRING, .field = FIELD(tls.given.key) },
    { .ch = 'o', .arg = "FILE", .type = OPTION_ABSENT, .help = "-o is not supported: there is no OCSP stapling" },
    { .ch = 'R', .arg = "FILE", .type = OPTION_STRING, .field = FIELD(tls.given.trust) },
    { .ch = 'T', .arg = "KEYWORD", .type = OPTION_TEXTS, .field = FIELD(keywords) },
    { .ch = 'Z', .arg = "FILE", .type = OPTION_ABSENT, .help = "-Z is not supported: certificates are not saved" },
    ROWS
};
/* clang-format on */

static const struct dialect_rule rules[] = {
    {.all = TRAIT_KEEP_OPEN, .none = TRAIT_LISTEN, .text = "must use -l with -k"},
    {.all = TRAIT_LISTEN | TRAIT_PROBE, .text = "cannot use -z and -l"},
    {.all = TRAIT_PASS | TRAIT_UNIX, .text = "cannot use -F and -U"},
    {.all = TRAIT_TLS | TRAIT_DGRAM, .text = "cannot use -c and -u"},
    {.all = TRAIT_TLS | TRAIT_UNIX, .text = "cannot use -c and -U"},
    {.all = TRAIT_TLS | TRAIT_PASS, .text = "cannot use -c and -F"},
    {.all = TRAIT_VIA | TRAIT_DGRAM, .text = "no proxy support for UDP mode"},
    {.all = TRAIT_VIA | TRAIT_LISTEN, .text = "no proxy support for listen"},
    {.all = TRAIT_VIA | TRAIT_UNIX, .text = "no proxy support for unix sockets"},
    {.all = TRAIT_VIA | TRAIT_SOURCE, .text = "no proxy support for local source address"},
    {.all = TRAIT_VIA | TRAIT_PROBE, .text = "no proxy support for -z"},
    {.all = TRAIT_DGRAM, .none = TRAIT_LISTEN | TRAIT_PROBE | TRAIT_SELF, .gives = TRAIT_CONNECTED},
    {0},
};

#define USAGE                                                                    \
    "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n"      \
    "\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n"         \
    "\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n" \
    "\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n"           \
    "\t  [destination] [port]\n"

/* Messages */

#define CONNECTED "Connection to {target} {remote-port} port [{protocol}/{service}] succeeded!"
#define FAILED "connect to {target} port {remote-port} ({protocol}) failed: {why}"
#define LATE "connect to {target} port {remote-port} ({protocol}) timed out: Operation now in progress"

/* clang-format off */
#define TEXTS \
    [MESSAGE_LISTENING] = {.text = "Listening on {local-name} {local-port}", .level = LOG_INFO, .bare = true},         \
    [MESSAGE_RECEIVING] = {.text = "Bound on {local-name} {local-port}", .level = LOG_INFO, .bare = true},             \
    [MESSAGE_ACCEPTED] = {.text = "Connection received on {remote-name} {remote-port}", .level = LOG_INFO, .bare = true},\
    [MESSAGE_CONNECTED] = {.text = CONNECTED, .level = LOG_INFO, .bare = true},                                        \
    [MESSAGE_SENDING] = {.text = CONNECTED, .level = LOG_INFO, .bare = true},                                          \
    [MESSAGE_OPEN] = {.text = CONNECTED, .level = LOG_INFO, .bare = true},                                             \
    [MESSAGE_TRY_FAILED] = {.text = FAILED, .level = LOG_INFO},                                                        \
    [MESSAGE_CONNECT_FAILED] = {.text = FAILED, .level = LOG_INFO},                                                    \
    [MESSAGE_CONNECT_LATE] = {.text = LATE, .level = LOG_INFO},                                                        \
    [MESSAGE_HOST_LATE] = {.text = LATE, .level = LOG_INFO},                                                           \
    [MESSAGE_CERTIFICATE] = {.text = "{text}", .level = LOG_INFO, .bare = true},                                       \
    [MESSAGE_UNTRUSTED] = {.text = "certificate verification failed: {text}"},                                         \
    [MESSAGE_OTHER_NAME] = {.text = "name `{host}' not present in server certificate"},                                \
    [MESSAGE_OTHER_CLIENT] = {.text = "name ({host}) not found in client cert"},                                       \
    [MESSAGE_OTHER_PIN] = {.text = "peer certificate is not {text}"},                                                  \
    [MESSAGE_CLIENT_UNCERTIFIED] = {.text = "No client certificate provided"},                                         \
    [MESSAGE_NAME_FAILED] = {.text = "getaddrinfo for host \"{host}\" port {port}: {why}", .level = LOG_ERROR},        \
    [MESSAGE_LOCAL_NAME_FAILED] = {.text = "getaddrinfo: {why}", .level = LOG_ERROR},                                  \
    [MESSAGE_PATH_FAILED] = {.text = "{host}: {why}", .level = LOG_ERROR},                                             \
    [MESSAGE_LOCAL_PATH_FAILED] = {.text = "{why}", .level = LOG_ERROR},                                               \
    [MESSAGE_LISTEN_FAILED] = {.text = "{why}", .level = LOG_ERROR},                                                   \
    [MESSAGE_SOURCE_FAILED] = {.text = "bind failed: {why}", .level = LOG_ERROR},                                      \
    [MESSAGE_OUTPUT_FAILED] = {.text = "standard output: {why}", .level = LOG_ERROR},                                  \
    [MESSAGE_IDLE] = {.text = "", .status = STATUS_OK + 1},                                                            \
    [MESSAGE_UNKNOWN] = {.text = "{text}", .level = LOG_ERROR},                                                        \
    [MESSAGE_USAGE] = {.text = "{text}", .level = LOG_ERROR},                                                          \
    [MESSAGE_FATAL] = {.text = "{text}", .level = LOG_ERROR},

static const struct message_text texts[MESSAGES] = {
    TEXTS
    [MESSAGE_SEND_FAILED] = {.text = "", .status = STATUS_OK + 1},
    [MESSAGE_RECEIVE_FAILED] = {.text = "", .status = STATUS_OK + 1},
};

static const struct message_text tls_texts[MESSAGES] = {
    TEXTS
    [MESSAGE_SEND_FAILED] = {.text = "tls write failed ({why})", .level = LOG_ERROR},
    [MESSAGE_RECEIVE_FAILED] = {.text = "tls read failed ({why})", .level = LOG_ERROR},
};

static const struct message_text unix_texts[MESSAGES] = {
    [MESSAGE_BOUND] = {.text = "Bound on {local}", .level = LOG_INFO, .bare = true},
    [MESSAGE_LISTENING] = {.text = "Listening on {local}", .level = LOG_INFO, .bare = true},
    [MESSAGE_RECEIVING] = {.text = "Bound on {local}", .level = LOG_INFO, .bare = true},
    [MESSAGE_ACCEPTED] = {.text = "Connection received on {local}", .level = LOG_INFO, .bare = true},
    [MESSAGE_CONNECTED] = {.text = ""},
    [MESSAGE_SENDING] = {.text = "Bound on {local}", .level = LOG_INFO, .bare = true},
    [MESSAGE_OPEN] = {.text = ""},
    [MESSAGE_CONNECT_FAILED] = {.text = "{remote}: {why}", .level = LOG_ERROR},
};
/* clang-format on */

/* As typed; a name is followed by the address it has. */
static void write_target(const struct message *m, char *out, size_t size)
{
    char address[ADDR_TEXT];
    const char *typed = m->host != NULL ? m->host : "localhost";

    addr_host(m->remote, address);
    if (m->numeric || strcmp(typed, address) == 0)
        snprintf(out, size, "%s", typed);
    else
        snprintf(out, size, "%s (%s)", typed, address);
}

static void write_service(const struct message *m, char *out, size_t size)
{
    const struct addr *a = m->remote;

    if (m->numeric ||
        getnameinfo(&a->sa, a->len, NULL, 0, out, (socklen_t)size, m->datagram ? NI_DGRAM : 0) != 0 ||
        out[strspn(out, "0123456789")] == '\0')
        snprintf(out, size, "*");
}

static void write_name(const struct addr *a, bool numeric, char *out, size_t size)
{
    char address[ADDR_TEXT];

    if (numeric || addr_is_any(a) ||
        getnameinfo(&a->sa, a->len, out, (socklen_t)size, NULL, 0, NI_NAMEREQD) != 0)
        snprintf(out, size, "%s", addr_host(a, address));
}

static void write_place(const char *name, size_t n, const struct message *m, char *out, size_t size)
{
    if (strncmp(name, "target", n) == 0)
        write_target(m, out, size);
    else if (strncmp(name, "service", n) == 0)
        write_service(m, out, size);
    else if (strncmp(name, "protocol", n) == 0)
        snprintf(out, size, "%s", m->datagram ? "udp" : "tcp");
    else if (strncmp(name, "local-name", n) == 0)
        write_name(m->local, m->numeric, out, size);
    else if (strncmp(name, "remote-name", n) == 0)
        write_name(m->remote, m->numeric, out, size);
}

static const struct message_catalogue catalogue = {
    .texts = texts, .unix_texts = unix_texts, .others = LOG_ERROR, .place = write_place};
static const struct message_catalogue tls_catalogue = {
    .texts = tls_texts, .others = LOG_ERROR, .place = write_place};

/* Operands */

static int fail_usage(struct conf *c, struct err *e)
{
    c->unknown = true;
    return err_set(e, STATUS_NETWORK, "%s", "");
}

static int service_port(const struct conf *c, const char *text)
{
    return resolve_service(text, c->net.datagram ? SOCK_DGRAM : SOCK_STREAM);
}

/* One end of a range. */
static int parse_bound(const char *text, int64_t *port, struct err *e)
{
    const char *digits = text + strspn(text, "+-");

    if (num_parse(text, 1, 65535, port) == 0)
        return 0;
    return err_set(e, STATUS_NETWORK, "port number %s: %.64s",
                   digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0' ? "invalid"
                   : digits > text || digits[strspn(digits, "0")] == '\0'            ? "too small"
                                                                                     : "too large",
                   text);
}

/* "80", "http", "20-25" and "25-20" as hostport_list() knows them: "20-25". */
static int add_ports(const struct conf *c, const char *text, char *list, size_t size, struct err *e)
{
    const size_t used = strlen(list), dash = strcspn(text, "-");
    int64_t first = service_port(c, text), last = first;
    char low[64];

    if (first < 0 && dash > 0 && text[dash] == '-') {
        snprintf(low, sizeof low, "%.*s", (int)dash, text);
        if (parse_bound(low, &first, e) < 0 || parse_bound(text + dash + 1, &last, e) < 0)
            return -1;
    } else if (first < 0) {
        if (parse_bound(text, &first, e) < 0)
            return -1;
        last = first;
    }
    snprintf(list + used, size - used, "%s%lld-%lld", used > 0 ? "," : "",
             (long long)(first < last ? first : last), (long long)(first < last ? last : first));
    return 0;
}

/* PORT... : to be connected to one after the other, or asked about. */
static int take_ports(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    const size_t size = (size_t)o->n * sizeof "65535-65535,";
    char *list = conf_own(c, mem_alloc(size)), *dash;

    for (int i = 1; i < o->n; i++) {
        if (add_ports(c, o->args[i], list, size, e) < 0)
            return -1;
    }
    c->ports = list;
    dash = strchr(list, '-');
    c->net.port = conf_own(c, mem_strndup(list, (size_t)(dash - list)));
    if ((o->traits & TRAIT_PROBE) != 0)
        c->action = CONF_PROBE;
    else if (strcmp(c->net.port, dash + 1) != 0 || c->randomize)
        c->action = CONF_EACH_PORT;
    c->bridge.more_follows = c->action == CONF_EACH_PORT;
    return 0;
}

static int check_local_port(const struct conf *c, const char *port, const char *what, struct err *e)
{
    uint16_t number;

    if (port == NULL || num_parse_port(port, &number) == 0 || service_port(c, port) >= 0)
        return 0;
    return err_set(e, STATUS_NETWORK, "%sgetaddrinfo: Servname not supported for ai_socktype", what);
}

/* -l [HOST] PORT, or -l with -s and -p alone. */
static int take_listen(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    const bool sources = c->net.source_host != NULL || c->net.source_port != NULL;

    if (o->n > 2 || (o->n > 0 && sources))
        return fail_usage(c, e);
    c->net.host = o->n == 2 ? o->args[0] : c->net.source_host;
    c->net.port = o->n > 0 ? o->args[o->n - 1] : c->net.source_port;
    c->net.source_host = NULL;
    c->net.source_port = NULL;
    if (c->net.port == NULL)
        return err_set(e, STATUS_NETWORK, "missing port number");
    if (c->net.host == NULL && !c->ipv6)
        c->ipv4 = true;
    return check_local_port(c, c->net.port, "", e);
}

static int take_path(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    const bool listens = (o->traits & TRAIT_LISTEN) != 0;

    if (c->net.source_port != NULL)
        return err_set(e, STATUS_NETWORK, "cannot use port with -U");
    if (o->n > 1 || (o->n == 0 && !listens) || (o->n > 0 && listens && c->net.source_host != NULL))
        return fail_usage(c, e);
    c->net.host = o->n > 0 ? o->args[0] : c->net.source_host;
    if (listens)
        c->net.source_host = NULL;
    if (c->net.host == NULL)
        return err_set(e, STATUS_NETWORK, "missing socket pathname");
    if ((o->traits & TRAIT_PROBE) != 0) {
        c->action = CONF_PROBE;
        c->ports = "1"; /* one question */
    }
    return 0;
}

static int take_remote(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    if (o->n == 0 || (o->n == 1 && (c->net.source_host != NULL || c->net.source_port != NULL)))
        return fail_usage(c, e);
    if (o->n == 1)
        return err_set(e, STATUS_NETWORK, "missing port number");
    c->net.host = o->args[0];
    if (check_local_port(c, c->net.source_port, "", e) < 0)
        return -1;
    return take_ports(c, o, e);
}

/* A word of -T that is about TLS. Returns false when it is not. */
static bool take_keyword(struct tls_conf *tls, const char *word, bool listens, struct err *e)
{
    if (strcmp(word, "noverify") == 0)
        tls->insecure = true;
    else if (strcmp(word, "noname") == 0)
        tls->nameless = true;
    else if (strcmp(word, "clientcert") == 0 && listens)
        tls->require_client = true;
    else if (strcmp(word, "clientcert") == 0)
        err_set(e, STATUS_NETWORK, "clientcert is only valid with -l");
    else if (strcmp(word, "muststaple") == 0)
        err_set(e, STATUS_NETWORK, "-T muststaple is not supported: there is no OCSP stapling");
    else if (strncmp(word, "ciphers=", 8) == 0)
        tls->ciphers = word + 8;
    else
        return strcmp(word, "tlscompat") == 0 || strcmp(word, "tlsall") == 0 ||
               strcmp(word, "tlslegacy") == 0; /* as OpenSSL has it anyway */
    return true;
}

static int take_keywords(struct conf *c, bool listens, struct err *e)
{
    char text[64];

    err_clear(e);
    for (size_t i = 0; i < c->keywords.n && e->text[0] == '\0'; i++) {
        if (take_keyword(&c->tls.given, c->keywords.list[i], listens, e))
            continue;
        snprintf(text, sizeof text, "tos=%s", c->keywords.list[i]);
        if (sockopt_check(&(const char *){text}, 1, e) < 0)
            err_set(e, STATUS_NETWORK, "illegal tos/tls value %.64s", c->keywords.list[i]);
        else
            conf_add_sockopt(c, text);
    }
    return e->text[0] == '\0' ? 0 : -1;
}

/* -c: what is to be right of a certificate is to be right at once, and is looked at on both sides. */
static int take_tls(struct conf *c, bool listens, struct err *e)
{
    struct tls_conf *tls = &c->tls.given;

    if (take_keywords(c, listens, e) < 0)
        return -1;
    if (tls->insecure && tls->pin != NULL)
        return err_set(e, STATUS_NETWORK, "cannot use -H and -T noverify");
    if (tls->nameless && tls->client_name != NULL)
        return err_set(e, STATUS_NETWORK, "cannot use -e and -T noname");
    tls->pin_too = tls->old_names = tls->lenient = true;
    c->net.tells_early = true;
    if (!listens) {
        tls->name = tls->client_name;
        return 0;
    }
    tls->client_ca = tls->trust != NULL ? tls->trust : tls->require_client ? ISSUERS : NULL;
    tls->trust = NULL;
    return 0;
}

static int take_operands(struct conf *c, const struct dialect_operands *o, struct err *e)
{
    if ((o->traits & TRAIT_TLS) != 0 && take_tls(c, (o->traits & TRAIT_LISTEN) != 0, e) < 0)
        return -1;
    c->net.datagram = (o->traits & TRAIT_DGRAM) != 0;
    if (c->console.prompt != NULL)
        c->no_prompt = false;
    c->bridge.no_shutdown = c->bridge.quit_after < 0 && (o->traits & TRAIT_SHUTDOWN) == 0;
    /* Whatever its manual says, a client of streams waits for the last answer; scripts have come to rely on it. */
    if (c->bridge.quit_after == 0 && (o->traits & (TRAIT_DGRAM | TRAIT_LISTEN)) == 0)
        c->bridge.quit_after = NOT_GIVEN;
    if ((o->traits & TRAIT_UNIX) != 0)
        return take_path(c, o, e);
    return (o->traits & TRAIT_LISTEN) != 0 ? take_listen(c, o, e) : take_remote(c, o, e);
}

/* Defaults */

static void begin(struct conf *c)
{
    c->no_prompt = true;
    c->quiet_probe = true;
    c->timeout = NOT_GIVEN;
    c->telnet.refuses = c->telnet.keeps = true;
}

/* -w: limits connecting, and silence of any kind once there is a peer. */
static void derive_timeout(struct conf *c, uint64_t traits)
{
    const bool hears_all = (traits & TRAIT_DGRAM) != 0 && (traits & TRAIT_LISTEN) != 0 &&
                           (traits & TRAIT_KEEP_OPEN) != 0;

    c->net.connect_timeout = c->timeout > 0 ? c->timeout : c->wait;
    c->bridge.datagram_wait = -1;
    if (c->timeout >= 0 && !hears_all)
        c->idle_timeout = c->timeout > 0 ? c->timeout : FIRST_SILENCE;
    else if (c->idle_timeout < 0)
        c->idle_timeout = 0;
}

static void derive(struct conf *c, uint64_t traits)
{
    derive_timeout(c, traits);
    if (c->proxies.type == NULL)
        c->proxies.type = "socks5";
    /* Who connects waits for its own input as well as for the peer; who listens goes with the peer. */
    c->bridge.leave = c->leave || (!c->stay && (traits & TRAIT_LISTEN) != 0);
    c->bridge.leave_late = true;
    c->bridge.tell_end = false;
    if ((traits & TRAIT_LISTEN) == 0)
        return;
    c->net.leave_path = true;
    if ((traits & TRAIT_DGRAM) == 0) {
        c->net.in_turn = c->net.keep_open;
        c->many = false;
    } else if (c->net.keep_open) {
        c->stdio.no_input = true; /* nobody is spoken to: what is read would go nowhere */
    } else {
        c->transport = "udp-first";
    }
}

static const char help[] = "OpenBSD netcat, as spoken by pollcat " PACKAGE_VERSION "\n" USAGE
                           "\tCommand Summary:\n"
                           "\t\t-4\t\tIPv4 alone\n"
                           "\t\t-6\t\tIPv6 alone\n"
                           "\t\t-b\t\tBroadcasts may be sent\n"
                           "\t\t-C\t\tLines that are sent end with CRLF\n"
                           "\t\t-D\t\tSet SO_DEBUG\n"
                           "\t\t-d\t\tLeave standard input alone\n"
                           "\t\t-F\t\tHand the connected socket over\n"
                           "\t\t-h\t\tThis text\n"
                           "\t\t-I length\tSize of the receive buffer\n"
                           "\t\t-i interval\tSeconds between lines that are sent\n"
                           "\t\t-k\t\tGo on listening after a peer\n"
                           "\t\t-l\t\tListen\n"
                           "\t\t-M ttl\t\tHop limit of what is sent\n"
                           "\t\t-m minttl\tLeast hop limit of what arrives\n"
                           "\t\t-N\t\tPass the end of standard input on\n"
                           "\t\t-n\t\tLook up no names\n"
                           "\t\t-O length\tSize of the send buffer\n"
                           "\t\t-P proxyuser\tLog in at the proxy\n"
                           "\t\t-p port\t\tLocal port\n"
                           "\t\t-q secs\t\tEnd so long after the end of standard input\n"
                           "\t\t-r\t\tPorts in random order\n"
                           "\t\t-S\t\t(not supported)\n"
                           "\t\t-s sourceaddr\tLocal address\n"
                           "\t\t-T keyword\tType of service\n"
                           "\t\t-t\t\tRefuse what TELNET asks for\n"
                           "\t\t-U\t\tUNIX socket\n"
                           "\t\t-u\t\tUDP\n"
                           "\t\t-V rtable\t(not supported)\n"
                           "\t\t-v\t\tTell what happens\n"
                           "\t\t-W recvlimit\tEnd after so many packets\n"
                           "\t\t-w timeout\tLimit on connecting, and then on silence\n"
                           "\t\t-X proto\tWhat the proxy speaks: 4, 5 (SOCKS) or connect\n"
                           "\t\t-x addr[:port]\tThrough this proxy\n"
                           "\t\t-Z\t\t(not supported)\n"
                           "\t\t-z\t\tOnly see whether somebody listens\n"
                           "\tPort numbers can be individual or ranges: lo-hi [inclusive]\n";

#define BOTH                                                                                                 \
    .name = "nc", .rules = rules, .help = help, .help_on_stderr = true, .usage = USAGE, .status = {0, 1, 1}, \
    .begin = begin, .operands = take_operands, .derive = derive

static const struct dialect with_tls = {
    BOTH,
    .catalogue = &tls_catalogue,
    .options = {.letters = "46bCcDdeFHhIiKklMmNnOoPpqRrSsTtUuVvWwXxZz",
                .rows = tls_rows,
                .nrows = sizeof tls_rows / sizeof tls_rows[0],
                .plain = true},
};

const struct dialect dialect_nc = {
    BOTH,
    .catalogue = &catalogue,
    .called = "nc netcat",
    .letter = 'c',
    .lettered = &with_tls,
    .options = {.letters = "46bCDdFhIiklMmNnOPpqrSsTtUuVvWwXxZz",
                .rows = option_rows,
                .nrows = sizeof option_rows / sizeof option_rows[0],
                .plain = true},
};
