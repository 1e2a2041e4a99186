/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/sockopt.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/names.h"
#include "base/near.h"
#include "base/num.h"

enum { NAME_MAX_LEN = 32, VALUE_MAX_LEN = 96 };

enum kind {
    BOOL,
    INT,
    BITS, /* an INT shown in hexadecimal */
    SIZE,
    SECONDS,
    MILLISECONDS,
    STRING,
    LINGER,
    FASTOPEN,
};

/* Which sockets have the option. */
enum where { ANY, INET, TCP, UDP };

struct row {
    const char *name;
    enum where where;
    enum kind kind;
    enum sockopt_phase phase;
    int level, number;   /* of IPv4 where the families differ */
    int level6, number6; /* of IPv6; 0: there is only the one above */
    int64_t min, max;
    const struct name *words; /* names for values of an INT or BITS */
    const char *arg, *help;
};

/* ToS bytes by name, RFC 2474, RFC 2597, RFC 3246 and RFC 1349. */
static const struct name tos_words[] = {
    {"af11", 0x28},     {"af12", 0x30},       {"af13", 0x38},        {"af21", 0x48},
    {"af22", 0x50},     {"af23", 0x58},       {"af31", 0x68},        {"af32", 0x70},
    {"af33", 0x78},     {"af41", 0x88},       {"af42", 0x90},        {"af43", 0x98},
    {"cs0", 0x00},      {"cs1", 0x20},        {"cs2", 0x40},         {"cs3", 0x60},
    {"cs4", 0x80},      {"cs5", 0xa0},        {"cs6", 0xc0},         {"cs7", 0xe0},
    {"ef", 0xb8},       {"critical", 0xa0},   {"inetcontrol", 0xc0}, {"netcontrol", 0xe0},
    {"lowdelay", 0x10}, {"throughput", 0x08}, {"reliability", 0x04}, {NULL, 0},
};

#ifdef IP_PMTUDISC_DONT
static const struct name pmtu_words[] = {
    {"dont", IP_PMTUDISC_DONT},
    {"want", IP_PMTUDISC_WANT},
    {"do", IP_PMTUDISC_DO},
    {"probe", IP_PMTUDISC_PROBE},
    {"interface", IP_PMTUDISC_INTERFACE},
    {"omit", IP_PMTUDISC_OMIT},
    {NULL, 0},
};
#endif

#define SOCK(number) SOL_SOCKET, number, 0, 0
#define IP(number) IPPROTO_IP, number, 0, 0
#define IP6(number) IPPROTO_IPV6, number, 0, 0
#define BOTH(v4, v6) IPPROTO_IP, v4, IPPROTO_IPV6, v6
#define TCPO(number) IPPROTO_TCP, number, 0, 0
#define ONOFF 0, 1, NULL, "on|off"
#define RANGE(min, max) min, max, NULL

/* See socket(7), ip(7), ipv6(7), tcp(7). What an accepted socket inherits is set on the listener. */
static const struct row rows[] = {
    {"broadcast", ANY, BOOL, SOCKOPT_CREATED, SOCK(SO_BROADCAST), ONOFF,
     "allow sending to broadcast addresses"},
    {"debug", ANY, BOOL, SOCKOPT_CREATED, SOCK(SO_DEBUG), ONOFF,
     "record debugging information in the kernel"},
    {"dontroute", ANY, BOOL, SOCKOPT_CREATED, SOCK(SO_DONTROUTE), ONOFF,
     "reach only hosts on attached networks"},
    {"keepalive", ANY, BOOL, SOCKOPT_CONNECTED, SOCK(SO_KEEPALIVE), ONOFF, "probe idle connections"},
    {"linger", ANY, LINGER, SOCKOPT_CONNECTED, SOCK(SO_LINGER), RANGE(0, 65535), "TIME|off",
     "how long close waits for unsent data; 0 resets"},
    {"oobinline", ANY, BOOL, SOCKOPT_CONNECTED, SOCK(SO_OOBINLINE), ONOFF, "leave urgent data in the stream"},
    {"rcvbuf", ANY, SIZE, SOCKOPT_CREATED, SOCK(SO_RCVBUF), RANGE(1, INT_MAX), "SIZE",
     "receive buffer; the kernel doubles it"},
    {"rcvlowat", ANY, SIZE, SOCKOPT_CONNECTED, SOCK(SO_RCVLOWAT), RANGE(1, INT_MAX), "SIZE",
     "bytes that make the socket readable"},
    {"reuseaddr", ANY, BOOL, SOCKOPT_CREATED, SOCK(SO_REUSEADDR), ONOFF,
     "bind although old connections linger"},
    {"sndbuf", ANY, SIZE, SOCKOPT_CREATED, SOCK(SO_SNDBUF), RANGE(1, INT_MAX), "SIZE",
     "send buffer; the kernel doubles it"},
#ifdef SO_REUSEPORT
    {"reuseport", ANY, BOOL, SOCKOPT_CREATED, SOCK(SO_REUSEPORT), ONOFF, "share the port with other sockets"},
#endif
#ifdef SO_RCVBUFFORCE
    {"rcvbufforce", ANY, SIZE, SOCKOPT_CREATED, SOCK(SO_RCVBUFFORCE), RANGE(1, INT_MAX), "SIZE",
     "rcvbuf beyond the system's limit (privileged)"},
    {"sndbufforce", ANY, SIZE, SOCKOPT_CREATED, SOCK(SO_SNDBUFFORCE), RANGE(1, INT_MAX), "SIZE",
     "sndbuf beyond the system's limit (privileged)"},
#endif
#ifdef SO_PRIORITY
    {"priority", ANY, INT, SOCKOPT_CREATED, SOCK(SO_PRIORITY), RANGE(0, INT_MAX), "N",
     "queueing priority; above 6 privileged"},
#endif
#ifdef SO_MARK
    {"mark", ANY, INT, SOCKOPT_CREATED, SOCK(SO_MARK), RANGE(0, UINT32_MAX), "N",
     "mark for routing and firewall rules (privileged)"},
#endif
#ifdef SO_BINDTODEVICE
    {"bindtodevice", INET, STRING, SOCKOPT_CREATED, SOCK(SO_BINDTODEVICE), RANGE(0, 15), "INTERFACE",
     "use one interface only"},
#endif
#ifdef SO_BUSY_POLL
    {"busy-poll", ANY, INT, SOCKOPT_CREATED, SOCK(SO_BUSY_POLL), RANGE(0, INT_MAX), "MICROSECONDS",
     "how long to poll the network device (privileged)"},
#endif
#ifdef SO_INCOMING_CPU
    {"incoming-cpu", INET, INT, SOCKOPT_CREATED, SOCK(SO_INCOMING_CPU), RANGE(0, 65535), "N",
     "the CPU whose packets are wanted"},
#endif
    {"ttl", INET, INT, SOCKOPT_CREATED, BOTH(IP_TTL, IPV6_UNICAST_HOPS), RANGE(1, 255), "N",
     "TTL or hop limit"},
#if defined IP_MINTTL && defined IPV6_MINHOPCOUNT
    {"minttl", INET, INT, SOCKOPT_CREATED, BOTH(IP_MINTTL, IPV6_MINHOPCOUNT), RANGE(0, 255), "N",
     "drop what arrives with a lower TTL or hop limit"},
#endif
    {"tos", INET, BITS, SOCKOPT_CREATED, BOTH(IP_TOS, IPV6_TCLASS), 0, 255, tos_words, "N|NAME",
     "ToS or traffic class: number, lowdelay, af11..."},
#ifdef IP_PMTUDISC_DONT
    {"mtu-discover", INET, INT, SOCKOPT_CREATED, BOTH(IP_MTU_DISCOVER, IPV6_MTU_DISCOVER), 0, 5, pmtu_words,
     "dont|want|do|probe|interface|omit", "path MTU discovery"},
#endif
#if defined IP_FREEBIND && defined IPV6_FREEBIND
    {"freebind", INET, BOOL, SOCKOPT_CREATED, BOTH(IP_FREEBIND, IPV6_FREEBIND), ONOFF,
     "bind to an address that is not there yet"},
#endif
#if defined IP_TRANSPARENT && defined IPV6_TRANSPARENT
    {"transparent", INET, BOOL, SOCKOPT_CREATED, BOTH(IP_TRANSPARENT, IPV6_TRANSPARENT), ONOFF,
     "bind to an address of another host (privileged)"},
#endif
    {"v6only", INET, BOOL, SOCKOPT_CREATED, IP6(IPV6_V6ONLY), ONOFF, "an IPv6 socket takes no IPv4"},
    {"multicast-ttl", UDP, INT, SOCKOPT_CREATED, BOTH(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS), RANGE(0, 255),
     "N", "TTL or hop limit of multicast"},
    {"multicast-loop", UDP, BOOL, SOCKOPT_CREATED, BOTH(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP), ONOFF,
     "our host hears our multicast"},
    {"maxseg", TCP, SIZE, SOCKOPT_CREATED, TCPO(TCP_MAXSEG), RANGE(88, 32767), "SIZE", "largest TCP segment"},
    {"nodelay", TCP, BOOL, SOCKOPT_CREATED, TCPO(TCP_NODELAY), ONOFF, "send small segments at once"},
#ifdef TCP_CORK
    {"cork", TCP, BOOL, SOCKOPT_CONNECTED, TCPO(TCP_CORK), ONOFF,
     "send full segments only, the rest after 200 ms"},
#endif
#ifdef TCP_QUICKACK
    {"quickack", TCP, BOOL, SOCKOPT_CONNECTED, TCPO(TCP_QUICKACK), ONOFF, "acknowledge at once, for a while"},
#endif
#ifdef TCP_KEEPIDLE
    {"keepidle", TCP, SECONDS, SOCKOPT_CONNECTED, TCPO(TCP_KEEPIDLE), RANGE(1, 32767), "TIME",
     "idle time before the first keepalive probe"},
    {"keepintvl", TCP, SECONDS, SOCKOPT_CONNECTED, TCPO(TCP_KEEPINTVL), RANGE(1, 32767), "TIME",
     "time between keepalive probes"},
    {"keepcnt", TCP, INT, SOCKOPT_CONNECTED, TCPO(TCP_KEEPCNT), RANGE(1, 127), "N",
     "unanswered keepalive probes that end a connection"},
#endif
#ifdef TCP_USER_TIMEOUT
    {"user-timeout", TCP, MILLISECONDS, SOCKOPT_CREATED, TCPO(TCP_USER_TIMEOUT), RANGE(0, INT_MAX), "TIME",
     "how long data may stay unacknowledged"},
#endif
#ifdef TCP_SYNCNT
    {"syncnt", TCP, INT, SOCKOPT_CREATED, TCPO(TCP_SYNCNT), RANGE(1, 127), "N",
     "how often a SYN is sent again"},
#endif
#ifdef TCP_CONGESTION
    {"congestion", TCP, STRING, SOCKOPT_CREATED, TCPO(TCP_CONGESTION), RANGE(1, 15), "NAME",
     "congestion control: cubic, reno, bbr..."},
#endif
#ifdef TCP_DEFER_ACCEPT
    {"defer-accept", TCP, SECONDS, SOCKOPT_CREATED, TCPO(TCP_DEFER_ACCEPT), RANGE(0, INT_MAX), "TIME",
     "accept when data has come, or after this time"},
#endif
#ifdef TCP_NOTSENT_LOWAT
    {"notsent-lowat", TCP, SIZE, SOCKOPT_CREATED, TCPO(TCP_NOTSENT_LOWAT), RANGE(0, INT_MAX), "SIZE",
     "unsent bytes below which the socket is writable"},
#endif
#ifdef TCP_WINDOW_CLAMP
    {"window-clamp", TCP, SIZE, SOCKOPT_CREATED, TCPO(TCP_WINDOW_CLAMP), RANGE(0, INT_MAX), "SIZE",
     "largest window we announce"},
#endif
#ifdef TCP_FASTOPEN_CONNECT
    {"fastopen", TCP, FASTOPEN, SOCKOPT_CREATED, TCPO(TCP_FASTOPEN), RANGE(0, 65535), "on|off|N",
     "data in the SYN (RFC 7413); N: listener's queue"},
#endif
};

enum { NROWS = sizeof rows / sizeof *rows };

/* An option's value on its way to or from the kernel. */
union value {
    int number;
    struct linger linger;
    char string[VALUE_MAX_LEN];
};

/* What the socket is, as far as the options care. */
struct kindof {
    bool inet, tcp, udp;
};

const char *sockopt_row(size_t i, const char **arg, const char **help)
{
    if (i >= NROWS)
        return NULL;
    *arg = rows[i].arg;
    *help = rows[i].help;
    return rows[i].name;
}

static const char *name_at(void *ctx, size_t i)
{
    (void)ctx;
    return i < NROWS ? rows[i].name : NULL;
}

/* The row that `text` (NAME, NAME=VALUE, NAME?) is about; `*value` is behind the "=", "?", or NULL. */
static const struct row *find_row(const char *text, const char **value, struct err *e)
{
    size_t n = strcspn(text, "=?");
    char name[NAME_MAX_LEN];
    const char *near;

    *value = text[n] == '=' ? text + n + 1 : text[n] == '?' ? text + n : NULL;
    for (size_t i = 0; i < NROWS; i++)
        if (rows[i].name[0] == text[0] && strncmp(rows[i].name, text, n) == 0 && rows[i].name[n] == '\0')
            return &rows[i];
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), text);
    near = near_find(name, name_at, NULL);
    if (near != NULL)
        err_set(e, STATUS_LOCAL, "sockopt %s: no such option, did you mean %s?", name, near);
    else
        err_set(e, STATUS_LOCAL, "sockopt %s: no such option; --list-sockopts lists them", name);
    return NULL;
}

static bool asks_value(const char *value)
{
    return value != NULL && value[0] == '?' && value[1] == '\0';
}

static int parse_bool(const char *text, int *out)
{
    static const struct name words[] = {{"on", 1},  {"yes", 1}, {"true", 1},  {"1", 1},
                                        {"off", 0}, {"no", 0},  {"false", 0}, {"0", 0}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, text) == 0) {
            *out = words[i].value;
            return 0;
        }
    return -1;
}

static int parse_linger(const struct row *r, const char *text, struct linger *out)
{
    int64_t ms;
    int on;

    out->l_onoff = 0;
    out->l_linger = 0;
    if (strcmp(text, "0") != 0 && parse_bool(text, &on) == 0 && on == 0)
        return 0;
    if (num_parse_time(text, r->min * 1000, r->max * 1000, &ms) < 0)
        return -1;
    out->l_onoff = 1;
    out->l_linger = (int)((ms + 999) / 1000);
    return 0;
}

static int parse_number_value(const struct row *r, const char *text, int *out)
{
    int64_t n;
    int bad;

    for (const struct name *w = r->words; w != NULL && w->word != NULL; w++)
        if (strcasecmp(w->word, text) == 0) {
            *out = w->value;
            return 0;
        }
    switch (r->kind) {
    case SIZE:
        bad = num_parse_size(text, r->min, r->max, &n);
        break;
    case SECONDS:
        bad = num_parse_time(text, r->min * 1000, r->max < INT64_MAX / 1000 ? r->max * 1000 : INT64_MAX, &n);
        n = bad < 0 ? 0 : (n + 999) / 1000;
        break;
    case MILLISECONDS:
        bad = num_parse_time(text, r->min, r->max, &n);
        break;
    default:
        bad = num_parse(text, r->min, r->max, &n);
    }
    if (bad < 0)
        return -1;
    *out = (int)(uint32_t)n; /* marks have 32 bits */
    return 0;
}

/* Turns `value` (NULL: none was given) into what the kernel takes. Returns its size, or -1. */
static int parse_value(const struct row *r, const char *value, union value *out)
{
    memset(out, 0, sizeof *out);
    switch (r->kind) {
    case BOOL:
        return parse_bool(value == NULL ? "on" : value, &out->number) < 0 ? -1 : (int)sizeof(int);
    case FASTOPEN:
        if (value != NULL && strcmp(value, "1") != 0 && parse_number_value(r, value, &out->number) == 0)
            return (int)sizeof(int);
        if (parse_bool(value == NULL ? "on" : value, &out->number) < 0)
            return -1;
        out->number = out->number != 0 ? 16 : 0; /* pending handshakes of a listener */
        return (int)sizeof(int);
    case STRING:
        if (value == NULL || strlen(value) < (size_t)r->min || strlen(value) > (size_t)r->max)
            return -1;
        return snprintf(out->string, sizeof out->string, "%s", value);
    case LINGER:
        return value == NULL || parse_linger(r, value, &out->linger) < 0 ? -1 : (int)sizeof out->linger;
    default:
        return value == NULL || parse_number_value(r, value, &out->number) < 0 ? -1 : (int)sizeof(int);
    }
}

static int refuse_value(const struct row *r, const char *text, const char *value, struct err *e)
{
    if (value == NULL)
        return err_set(e, STATUS_LOCAL, "sockopt %.64s: a value is missing, %s=%s", text, r->name, r->arg);
    if (r->kind == INT || r->kind == BITS || r->kind == SIZE)
        return err_set(e, STATUS_LOCAL, "sockopt %.64s: not a valid value, %s=%s from %lld to %lld", text,
                       r->name, r->arg, (long long)r->min, (long long)r->max);
    return err_set(e, STATUS_LOCAL, "sockopt %.64s: not a valid value, %s=%s", text, r->name, r->arg);
}

int sockopt_check(const char *const *texts, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *value;
        const struct row *r = find_row(texts[i], &value, e);
        union value v;

        if (r == NULL)
            return -1;
        if (!asks_value(value) && parse_value(r, value, &v) < 0)
            return refuse_value(r, texts[i], value, e);
    }
    return 0;
}

static int ask_number(int fd, int what)
{
    int n = 0;
    socklen_t len = sizeof n;

    return getsockopt(fd, SOL_SOCKET, what, &n, &len) == 0 ? n : -1;
}

static bool is_six(int fd)
{
    return ask_number(fd, SO_DOMAIN) == AF_INET6;
}

/* One question tells, but of sockets of rare protocols that we were given. */
static struct kindof kind_of(int fd)
{
    const int protocol = ask_number(fd, SO_PROTOCOL);
    const bool common = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
    const int family = common ? AF_INET : ask_number(fd, SO_DOMAIN);
    const int type = common ? 0 : ask_number(fd, SO_TYPE);
    struct kindof k = {.inet = family == AF_INET || family == AF_INET6};

    k.tcp = k.inet && (protocol == IPPROTO_TCP || type == SOCK_STREAM);
    k.udp = k.inet && (protocol == IPPROTO_UDP || type == SOCK_DGRAM);
    return k;
}

/* An IPv6 socket that speaks IPv4: its local address is mapped. */
static bool is_mapped(int fd)
{
    struct sockaddr_in6 in6;
    socklen_t len = sizeof in6;

    return getsockname(fd, (struct sockaddr *)&in6, &len) == 0 && in6.sin6_family == AF_INET6 &&
           IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
}

static int check_where(const struct row *r, int fd, const char *text, struct err *e)
{
    const struct kindof k = r->where != ANY ? kind_of(fd) : (struct kindof){0};
    const char *what = !k.inet ? "UNIX" : k.tcp ? "TCP" : "UDP";

    if ((r->where == INET && !k.inet) || (r->where == TCP && !k.tcp) || (r->where == UDP && !k.udp))
        return err_set(e, STATUS_LOCAL, "sockopt %.64s: not an option of %s sockets", text, what);
    return 0;
}

/* An IPv6 socket gets both forms where the families differ: it may come to speak IPv4 too. */
static int put_value(int fd, const struct row *r, const union value *v, socklen_t size)
{
    if (r->kind == FASTOPEN) {
#ifdef TCP_FASTOPEN_CONNECT
        int on = v->number != 0;

        /* What the socket will be is not known yet. Each of the two is idle in the other's role. */
        if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) < 0)
            return -1;
#endif
    }
    if (r->level == IPPROTO_IPV6 && !is_six(fd))
        return 0;
    if (r->level6 == 0 || !is_six(fd))
        return setsockopt(fd, r->level, r->number, v, size);
    if (setsockopt(fd, r->level6, r->number6, v, size) < 0)
        return -1;
    (void)setsockopt(fd, r->level, r->number, v, size);
    return 0;
}

/* What is TCP's own the kernel refuses elsewhere: only then is it asked what the socket is. */
static int set_row(int fd, const struct row *r, const char *text, const char *value, struct err *e)
{
    const bool own = r->level == IPPROTO_TCP;
    union value v;
    int size = parse_value(r, value, &v), sys;

    if (size < 0)
        return refuse_value(r, text, value, e);
    if (!own && check_where(r, fd, text, e) < 0)
        return -1;
    if (put_value(fd, r, &v, (socklen_t)size) == 0)
        return 0;
    sys = errno;
    if (own && check_where(r, fd, text, e) < 0)
        return -1;
    return err_sys(e, STATUS_LOCAL, sys, "sockopt %.128s", text);
}

static int fetch_value(int fd, const struct row *r, union value *v)
{
    bool six = r->level6 != 0 && is_six(fd) && !is_mapped(fd);
    int level = six ? r->level6 : r->level;
    int number = six ? r->number6 : r->number;
    socklen_t size = r->kind == STRING   ? sizeof v->string - 1
                     : r->kind == LINGER ? sizeof v->linger
                                         : sizeof(int);

    memset(v, 0, sizeof *v);
#ifdef TCP_FASTOPEN_CONNECT
    if (r->kind == FASTOPEN) {
        socklen_t len = sizeof(int);
        int listening = 0;

        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && !listening)
            number = TCP_FASTOPEN_CONNECT;
    }
#endif
    return getsockopt(fd, level, number, v, &size);
}

static void format_value(const struct row *r, const union value *v, char *out, size_t size)
{
    for (const struct name *w = r->words; w != NULL && r->kind == INT && w->word != NULL; w++)
        if (w->value == v->number) {
            snprintf(out, size, "%s", w->word);
            return;
        }
    switch (r->kind) {
    case BOOL:
        snprintf(out, size, "%s", v->number != 0 ? "on" : "off");
        break;
    case BITS:
        snprintf(out, size, "0x%02x", (unsigned)v->number);
        break;
    case SECONDS:
        snprintf(out, size, "%ds", v->number);
        break;
    case MILLISECONDS:
        snprintf(out, size, "%dms", v->number);
        break;
    case STRING:
        snprintf(out, size, "%s", v->string);
        break;
    case LINGER:
        if (v->linger.l_onoff != 0)
            snprintf(out, size, "%ds", v->linger.l_linger);
        else
            snprintf(out, size, "off");
        break;
    default: /* marks have 32 bits and no sign; nothing else is negative but "not set" */
        if (r->max == UINT32_MAX)
            snprintf(out, size, "%u", (unsigned)v->number);
        else
            snprintf(out, size, "%d", v->number);
    }
}

static int get_row(int fd, const struct row *r, char *value, size_t size, struct err *e)
{
    union value v;

    if (check_where(r, fd, r->name, e) < 0)
        return -1;
    if (fetch_value(fd, r, &v) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "sockopt %s", r->name);
    format_value(r, &v, value, size);
    return 0;
}

int sockopt_apply(int fd, enum sockopt_phase phase, const char *const *texts, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *value;
        const struct row *r = find_row(texts[i], &value, e);
        char shown[VALUE_MAX_LEN];

        /* What can never be set is refused before anything is sent. */
        if (r == NULL || (phase == SOCKOPT_CREATED && (r->phase != phase || asks_value(value)) &&
                          check_where(r, fd, texts[i], e) < 0))
            return -1;
        if (asks_value(value)) {
            if (phase != SOCKOPT_CONNECTED)
                continue;
            if (get_row(fd, r, shown, sizeof shown, e) < 0)
                return -1;
            log_notice("sockopt %s=%s", r->name, shown);
        } else if (r->phase == phase && set_row(fd, r, texts[i], value, e) < 0) {
            return -1;
        }
    }
    return 0;
}

int sockopt_set(int fd, const char *text, struct err *e)
{
    const char *value;
    const struct row *r = find_row(text, &value, e);

    if (r == NULL)
        return -1;
    if (asks_value(value))
        return err_set(e, STATUS_LOCAL, "sockopt %.64s: a question, not a value", text);
    return set_row(fd, r, text, value, e);
}

int sockopt_get(int fd, const char *name, char *value, size_t size, struct err *e)
{
    const char *behind;
    const struct row *r = find_row(name, &behind, e);

    return r == NULL ? -1 : get_row(fd, r, value, size, e);
}
