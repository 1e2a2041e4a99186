/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/mode.h"
#include "app/options.h"
#include "base/hostport.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "base/words.h"
#include "console/view.h"
#include "io/pass.h"
#include "net/resolve.h"
#include "net/vsock.h"
#include "svc/pass.h"
#include "svc/stdio.h"

enum {
    DATAGRAM_WAIT = 1000, /* ms a datagram client waits for answers after its input ended */
    NOT_GIVEN = INT32_MIN
};

/* What the operands are read by. */
struct operands {
    char **args;
    int n;
    uint64_t traits;
    bool numeric;    /* names of services are not looked up */
    char given[128]; /* the options that stand before, and a blank, for advice */
};

char *conf_own(struct conf *c, char *text)
{
    if (text != NULL) {
        c->owned = mem_resize(c->owned, (c->nowned + 1) * sizeof *c->owned);
        c->owned[c->nowned++] = text;
    }
    return text;
}

void conf_add_sockopt(void *conf, const char *text)
{
    struct conf *c = conf;

    c->net.sockopts = mem_resize(c->net.sockopts, (c->net.nsockopts + 1) * sizeof *c->net.sockopts);
    c->net.sockopts[c->net.nsockopts++] = conf_own(c, mem_strdup(text));
}

void conf_add_layer(struct conf *c,
                    struct layer *(*make)(const void *conf, bool client, const char *host, uint16_t port,
                                          struct err *e),
                    const void *conf)
{
    c->layers[c->net.nlayers++] = (struct net_layer){.make = make, .conf = conf};
    c->net.layers = c->layers;
}

void conf_clear(struct conf *c)
{
    for (size_t i = 0; i < c->nowned; i++)
        free(c->owned[i]);
    free(c->owned);
    free(c->net.sockopts);
    free(c->keywords.list);
    given_conf_clear(&c->given, &c->net);
    access_free(c->net.access);
    access_conf_clear(&c->access);
    proxies_conf_clear(&c->proxies);
    serve_conf_clear(&c->serve);
    end_spec_clear(&c->join.end);
    address_clear(&c->address);
    tls_sides_clear(&c->tls);
    conf_clear_websocket(c);
    memset(c, 0, sizeof *c);
}

static int socktype(uint64_t traits)
{
    return (traits & TRAIT_DGRAM) != 0 ? SOCK_DGRAM : SOCK_STREAM;
}

static bool is_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int service_port(void *ctx, const char *name)
{
    const struct operands *o = ctx;

    return o->numeric ? -1 : resolve_service(name, socktype(o->traits));
}

/* True for a list or range of ports, which only -z takes. */
static bool is_list(struct operands *o, const char *text)
{
    struct portrange *ranges;
    int n = hostport_list(text, service_port, o, &ranges);

    if (n < 0)
        return false;
    free(ranges);
    return true;
}

/* Refuses a port that is none. `min` is 0 where the kernel may choose. */
static int check_port(struct operands *o, const char *text, int min, struct err *e)
{
    struct addr vsock;
    uint16_t port;

    if ((o->traits & TRAIT_VSOCK) != 0)
        return vsock_parse("local", text, min == 0, &vsock, e);
    if (num_parse_port(text, &port) == 0 && port >= min)
        return 0;
    if (is_digits(text))
        return err_set(e, STATUS_LOCAL, "port %.32s is out of range: ports go from %d to 65535", text, min);
    if (service_port(o, text) >= 0)
        return 0;
    if (is_list(o, text) && strpbrk(text, ",-") != NULL)
        return err_set(e, STATUS_LOCAL, "more than one port, '%.64s', needs --zero", text);
    if (o->numeric)
        return err_set(e, STATUS_LOCAL, "port '%.64s' is no number, as --nodns needs", text);
    return address_refuse(o->n == 1 ? o->args[0] : "", text, e);
}

/* HOST:PORT, [V6]:PORT and so on; a part that is missing is NULL. */
static int split_address(struct conf *c, const char *text, const char **host, const char **port,
                         struct err *e)
{
    char *h, *p;

    if (hostport_split(text, &h, &p) != 0) {
        err_set(e, STATUS_LOCAL, "'%.128s' is neither HOST nor HOST:PORT nor [IPV6]:PORT", text);
        return -1;
    }
    *host = conf_own(c, h);
    *port = conf_own(c, p);
    return 0;
}

/* An operand that stands before a port: brackets are taken off, a port of its own is one too many. */
static int host_alone(struct conf *c, const char *text, const char *behind, const char **host, struct err *e)
{
    const char *port;

    if (split_address(c, text, host, &port, e) != 0)
        return -1;
    if (port != NULL)
        return err_set(e, STATUS_LOCAL, "two ports are given: '%.64s' and '%.64s'", text, behind);
    return 0;
}

static int check_stray(const struct conf *c, const struct operands *o, int allowed, struct err *e)
{
    int64_t time;

    if (o->n <= allowed)
        return 0;
    if (c->stdio.no_input && num_parse_time(o->args[0], 0, INT64_MAX, &time) == 0)
        log_notice(
            "hint: -d takes no time, as in nc: it leaves standard input unread; Ncat's -d is nearest to -i here");
    return err_set(e, STATUS_LOCAL, "stray argument '%.128s'; try 'pollcat --help'", o->args[allowed]);
}

/* [PATH] */
static int take_path(struct conf *c, struct operands *o, struct err *e)
{
    if (check_stray(c, o, 1, e) != 0)
        return -1;
    if (o->n > 0) {
        c->net.host = o->args[0];
    } else if ((o->traits & (TRAIT_LISTEN | TRAIT_SELF)) != 0) {
        c->net.host = c->net.source_host;
        c->net.source_host = NULL;
    }
    if (c->net.host == NULL && (o->traits & TRAIT_SELF) == 0)
        return err_set(e, STATUS_LOCAL, "a path is missing; try 'pollcat %sPATH'", o->given);
    if (c->net.host != NULL && c->net.host[0] == '\0')
        return err_set(e, STATUS_LOCAL, "the path is empty");
    return 0;
}

/* A URL is no address, but it holds one: its scheme stands for the port that it does not name. */
static int refuse_url(struct conf *c, const struct operands *o, const char *at, struct err *e)
{
    const char *scheme = conf_own(c, mem_strndup(o->args[0], (size_t)(at - o->args[0])));
    const char *place = conf_own(c, mem_strndup(at + 3, strcspn(at + 3, "/?#")));
    char *host, *port;

    (void)hostport_split(place, &host, &port); /* what is malformed is left out of the advice */
    conf_own(c, host);
    conf_own(c, port);
    return err_set(e, STATUS_LOCAL, "'%.96s' is a URL; try 'pollcat %s%.96s %.32s'", o->args[0], o->given,
                   host != NULL ? host : "HOST", port != NULL ? port : scheme);
}

/* HOST PORT, HOST:PORT; the port may be a list for -z. */
static int split_remote(struct conf *c, struct operands *o, const char **port, struct err *e)
{
    const char *url;

    if (o->n == 0)
        return err_set(e, STATUS_LOCAL,
                       "a host and a port are missing; try 'pollcat %sHOST PORT' or 'pollcat --help'",
                       o->given);
    if ((url = strstr(o->args[0], "://")) != NULL)
        return refuse_url(c, o, url, e);
    if (o->n > 1) {
        *port = o->args[1];
        return host_alone(c, o->args[0], o->args[1], &c->net.host, e);
    }
    if (split_address(c, o->args[0], &c->net.host, port, e) != 0)
        return -1;
    if (c->net.host == NULL || (*port == NULL && is_digits(o->args[0])))
        return err_set(e, STATUS_LOCAL, "a host is missing; try 'pollcat %sHOST PORT'", o->given);
    if (*port == NULL)
        return err_set(e, STATUS_LOCAL, "a port is missing; try 'pollcat %s%.96s PORT'", o->given,
                       o->args[0]);
    return 0;
}

static int take_remote(struct conf *c, struct operands *o, struct err *e)
{
    if (check_stray(c, o, 2, e) != 0 || split_remote(c, o, &c->net.port, e) != 0)
        return -1;
    return check_port(o, c->net.port, 1, e);
}

/* All of them, with `sign` between. */
static char *join_words(char **args, int n, char sign)
{
    char *out = NULL;
    size_t used = 0;

    for (int i = 0; i < n; i++) {
        const size_t length = strlen(args[i]);

        out = mem_resize(out, used + length + 1);
        memcpy(out + used, args[i], length);
        used += length + 1;
        out[used - 1] = i + 1 < n ? sign : '\0';
    }
    return out;
}

static int take_probe(struct conf *c, struct operands *o, struct err *e)
{
    if (split_remote(c, o, &c->ports, e) != 0)
        return -1;
    if (o->n > 2)
        c->ports = conf_own(c, join_words(o->args + 1, o->n - 1, ','));
    c->action = CONF_PROBE;
    if (is_list(o, c->ports))
        return 0;
    return err_set(e, STATUS_LOCAL, "'%.64s' is no list of ports from 1 to 65535 such as 22,80,8000-8010",
                   c->ports);
}

/* One operand: a port, or a host (with its port, or when the port is known already). */
static int split_local(struct conf *c, const char *text, const char **host, const char **port, struct err *e)
{
    if (strpbrk(text, ":[") != NULL || (c->net.source_port != NULL && !is_digits(text)))
        return split_address(c, text, host, port, e);
    *port = text;
    return 0;
}

/* [HOST] [PORT], each of which -s and -p may say instead. */
static int take_local(struct conf *c, struct operands *o, struct err *e)
{
    const char *host = NULL, *port = NULL;

    if (check_stray(c, o, 2, e) != 0)
        return -1;
    if (o->n == 2) {
        port = o->args[1];
        if (host_alone(c, o->args[0], port, &host, e) != 0)
            return -1;
    } else if (o->n == 1 && split_local(c, o->args[0], &host, &port, e) != 0) {
        return -1;
    }
    if (host != NULL && c->net.source_host != NULL)
        return err_set(e, STATUS_LOCAL, "two addresses are given: '%.64s' and --source '%.64s'", host,
                       c->net.source_host);
    if (port != NULL && c->net.source_port != NULL)
        return err_set(e, STATUS_LOCAL, "two ports are given: '%.64s' and --source-port '%.64s'", port,
                       c->net.source_port);
    c->net.host = host != NULL ? host : c->net.source_host;
    c->net.port = port != NULL ? port : c->net.source_port;
    c->net.source_host = NULL;
    c->net.source_port = NULL;
    if (c->net.port == NULL && (o->traits & TRAIT_SELF) != 0)
        return 0;
    if (c->net.port == NULL)
        return err_set(e, STATUS_LOCAL, "a port is missing; try 'pollcat %s[HOST] PORT'", o->given);
    return check_port(o, c->net.port, 0, e);
}

static void take_url(struct conf *c, const struct operands *o)
{
    const bool probe = (o->traits & TRAIT_PROBE) != 0;

    c->net.host = c->address.end.host;
    *(probe ? &c->ports : &c->net.port) = c->address.end.port;
    if (probe)
        c->action = CONF_PROBE;
}

static int take_operands(struct conf *c, struct operands *o, struct err *e)
{
    if (c->address.end.kind != NULL)
        return 0; /* it is all there is */
    if (c->address.end.path != NULL) {
        take_url(c, o);
        return 0;
    }
    if (c->net.source_port != NULL && check_port(o, c->net.source_port, 0, e) != 0)
        return -1;
    if ((o->traits & TRAIT_UNIX) != 0)
        return take_path(c, o, e);
    if ((o->traits & (TRAIT_LISTEN | TRAIT_SELF)) != 0)
        return take_local(c, o, e);
    return (o->traits & TRAIT_PROBE) != 0 ? take_probe(c, o, e) : take_remote(c, o, e);
}

static void derive_net(struct conf *c, uint64_t traits)
{
    struct net_conf *net = &c->net;

    net->family = (traits & TRAIT_UNIX) != 0    ? AF_UNIX
                  : (traits & TRAIT_VSOCK) != 0 ? AF_VSOCK
                  : c->ipv4                     ? AF_INET
                  : c->ipv6                     ? AF_INET6
                                                : AF_UNSPEC;
    net->datagram = (traits & TRAIT_DGRAM) != 0;
    net->keep_open = (traits & TRAIT_KEEP_OPEN) != 0;
    net->echo = (traits & TRAIT_ECHO) != 0;
    net->segment = (size_t)c->datagram_size;
    c->many = net->keep_open && !net->datagram;
    net->connect_timeout = c->wait > 0 ? c->wait : c->timeout;
    c->ends.numeric = net->numeric;
    c->ends.connect_timeout = net->connect_timeout;
}

/* Nobody answers a server that has ended, nor a peer whose words go elsewhere. */
static void derive_endings(struct conf *c, uint64_t traits)
{
    const bool typed = !c->stdio.no_input && isatty(STDIN_FILENO), client = (traits & TRAIT_LISTEN) == 0;
    const bool seen = typed && isatty(STDOUT_FILENO);

    c->console.tell_joined = seen && !client && !c->many;
    c->bridge.tell_end = seen || (typed && client);
    c->bridge.leave = c->leave || (!c->stay && typed && (client || !seen));
}

static void derive_bridge(struct conf *c, uint64_t traits)
{
    const bool datagram_client = (traits & TRAIT_DGRAM) != 0 && (traits & TRAIT_LISTEN) == 0;
    struct bridge_conf *bridge = &c->bridge;

    bridge->out.keep_open = bridge->no_shutdown;
    bridge->out.cut = c->line || c->interval > 0 ? LINK_CUT_LINE
                      : c->delay > 0             ? LINK_CUT_BLOCK
                                                 : LINK_CUT_READ;
    bridge->out.interval = (int32_t)(c->interval > 0 ? c->interval : c->delay);
    bridge->in.cut = c->delay > 0 ? LINK_CUT_BLOCK : LINK_CUT_READ;
    bridge->in.interval = (int32_t)c->delay;
    bridge->in.ends_line = c->line && c->dialect == dialect_row(0) && !isatty(STDOUT_FILENO) &&
                           !console_conf_shows(&c->console);
    bridge->in.reads = (uint32_t)c->recv_limit;
    bridge->out.size = (size_t)c->datagram_size;
    bridge->datagram_wait = -1;
    if (datagram_client && c->timeout > 0)
        bridge->datagram_wait = c->timeout;
    else if (datagram_client && bridge->quit_after == NOT_GIVEN)
        bridge->datagram_wait = DATAGRAM_WAIT;
    if ((!datagram_client || c->stdio.no_input) && c->idle_timeout == 0)
        c->idle_timeout = c->timeout;
    if (bridge->quit_after < 0)
        bridge->quit_after = -1;
    c->stdio.bridge = bridge;
    c->console.bridge = bridge;
    c->console.no_input = c->stdio.no_input;
}

static const char *join_text(struct conf *c, const char *kind, const char *rest)
{
    const size_t size = strlen(kind) + strlen(rest) + 1;
    char *text = mem_alloc(size);

    snprintf(text, size, "%s%s", kind, rest);
    return conf_own(c, text);
}

/* What is sent first, or between, would be taken for what a proxy says. */
static int check_proxy(const struct conf *c, uint64_t traits, struct err *e)
{
    const bool telnet = (traits & TRAIT_TELNET) != 0;

    if (!c->join.end.kind->asked || (!telnet && c->greeting.path == NULL))
        return 0;
    return err_set(e, STATUS_LOCAL, "--%s excludes being a proxy: clients would take it for an answer",
                   telnet ? "telnet" : "each");
}

/* What is joined is passed on at once, and by both sides. */
static int derive_join(struct conf *c, uint64_t traits, struct err *e)
{
    c->console.join = &c->join;
    if ((traits & TRAIT_JOIN) == 0)
        return 0;
    if (c->given.inetd && c->to != NULL && strcmp(c->to, "-") == 0)
        return err_set(e, STATUS_LOCAL, "--inetd excludes --to -: standard input is the peer");
    if (c->exec != NULL)
        c->to = join_text(c, "exec:", c->exec);
    else if (c->script != NULL)
        c->to = join_text(c, "sh:", c->script);
    else if ((traits & TRAIT_SERVE) != 0)
        c->to = join_text(c, "proxy:", c->proxies.type);
    if (end_parse(&c->join.end, c->to, e) < 0)
        return -1;
    if (c->join.end.kind->once && (traits & TRAIT_KEEP_OPEN) != 0)
        return err_set(e, STATUS_LOCAL, "--keep-open excludes --to %.64s: there is one for one peer", c->to);
    if (c->ends.direct && !c->join.end.kind->direct)
        return err_set(e, STATUS_LOCAL,
                       "--exec-direct needs a program, exec: or sh:, not %s:", c->join.end.kind->name);
    if (c->ends.direct && c->timeout > 0 && (traits & TRAIT_LISTEN) != 0)
        return err_set(e, STATUS_LOCAL, "--timeout with --listen excludes --exec-direct");
    if (check_proxy(c, traits, e) < 0)
        return -1;
    c->join.end.retry = c->retry;
    c->join.crlf = c->bridge.out.crlf;
    c->join.linger = c->timeout > 0 ? c->timeout : DATAGRAM_WAIT;
    c->net.room = end_room(&c->join.end, 1);
    if ((traits & (TRAIT_UNIX | TRAIT_DGRAM | TRAIT_VSOCK | TRAIT_END)) == 0 && !c->given.mixed)
        conf_add_sockopt(c, "nodelay");
    return 0;
}

/* A prompt would mix with what the reader of a pipe shows. */
static bool wants_prompt(const struct conf *c)
{
    struct stat st;

    if (c->no_prompt || c->stdio.no_input || c->action != CONF_RUN || !isatty(STDIN_FILENO))
        return false;
    return c->prompt_always || fstat(STDOUT_FILENO, &st) != 0 || !S_ISFIFO(st.st_mode);
}

/* The rows of mode, transport and service. */
static void derive_rows(struct conf *c, uint64_t traits)
{
    const struct mode *m = mode_choose(traits);
    const bool joined = (traits & TRAIT_JOIN) != 0, passed = (traits & TRAIT_PASS) != 0;
    const bool watched = c->watch && m->at_terminal != NULL && isatty(STDOUT_FILENO) && wants_prompt(c);
    const bool prompt = watched || (m->at_terminal != NULL && !joined && !passed && wants_prompt(c));

    c->mode = m->name;
    c->transport = mode_transport(m, traits);
    c->one_port = passed;
    c->service = prompt ? m->at_terminal : joined ? &service_join : passed ? &service_pass : m->service;
    c->console.watch = watched;
    c->records.watch = c->watch && !watched;
    if (c->service == &service_stdio && (console_conf_shows(&c->console) || console_conf_reads(&c->console)))
        c->service = &service_plain;
    if (c->service == &service_prompt) {
        c->console.log = c->records.log; /* so that ~log can end it */
        c->records.log = NULL;
    }
}

/* Hop limits that are asked for are near the most, and seldom those of a path. */
static bool is_odd_ttl(const struct conf *c)
{
    static const char name[] = "minttl=";
    int64_t value;

    for (size_t i = 0; i < c->net.nsockopts; i++) {
        if (strncmp(c->net.sockopts[i], name, sizeof name - 1) == 0 &&
            num_parse(c->net.sockopts[i] + sizeof name - 1, 0, 63, &value) == 0)
            return true;
    }
    return false;
}

/* Who means Ncat's option -m gives a number of peers, with -l. */
static void hint_max_conns(const struct conf *c, const struct options *o)
{
    const uint64_t traits = options_traits(o);

    if ((traits & TRAIT_KEEP_OPEN) == 0 && ((traits & TRAIT_LISTEN) == 0 || !is_odd_ttl(c)))
        return;
    for (size_t i = 0; i < o->ngiven; i++) {
        if (o->given[i]->ch == 'm' && o->given[i]->ncat != NULL)
            log_notice("hint: %s", o->given[i]->ncat);
    }
}

static int check_ready_fd(const struct conf *c, struct err *e)
{
    if (c->ready_fd >= 0 && fcntl(c->ready_fd, F_GETFD) == -1)
        return err_sys(e, STATUS_LOCAL, errno, "--ready-fd %d", c->ready_fd);
    return 0;
}

static int check_pass(const struct conf *c, struct err *e)
{
    if (c->service == &service_pass && !pass_can(STDOUT_FILENO))
        return err_set(e, STATUS_LOCAL,
                       "standard output is no UNIX socket, and only one can pass a socket on");
    return 0;
}

/* A character that a command can begin with is none that words begin with. */
static int check_prompt(const struct conf *c, struct err *e)
{
    const char *escape = c->console.escape;
    unsigned marks;

    if (c->console.commands != NULL && c->service != &service_prompt)
        return err_set(e, STATUS_LOCAL, "--commands needs a prompt, and there is none here");
    if (c->console.keys && (c->service != &service_prompt || !isatty(STDOUT_FILENO)))
        return err_set(e, STATUS_LOCAL, "--keys needs a prompt, and a terminal for what arrives");
    if (c->console.marks != NULL && mark_parse(c->console.marks, &marks) < 0)
        return err_set(e, STATUS_LOCAL, "--marks: '%.64s' is no list of: direction,size,peer",
                       c->console.marks);
    if (escape != NULL && strcmp(escape, "none") != 0 &&
        (strlen(escape) != 1 || !ispunct((unsigned char)escape[0])))
        return err_set(e, STATUS_LOCAL,
                       "--escape-char: '%.64s' is neither a punctuation character nor 'none'", escape);
    return 0;
}

/* A word as it is to be typed to a shell. The caller frees it. */
static char *quoted(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+=.,:/@%";

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
        return mem_strdup(word);
    return words_quote(word, strpbrk(word, "$`!") != NULL ? '\'' : '"', true);
}

/* What is advised has the options that were given, unless they are many. */
static void note_given(struct operands *o, char **args, int n)
{
    size_t used = 0;

    for (int i = 0; i < n && used < sizeof o->given; i++) {
        char *word = quoted(args[i]);

        used += (size_t)snprintf(o->given + used, sizeof o->given - used, "%s ", word);
        free(word);
    }
    if (used >= sizeof o->given)
        o->given[0] = '\0';
}

/* With -U it is a path, whatever it looks like. */
static bool reads_words(const struct conf *c, const struct options *o, int argc)
{
    return c->dialect->operands == NULL && argc - o->next == 1 &&
           (options_traits(o) & (TRAIT_UNIX | TRAIT_VSOCK)) == 0;
}

static int read_address(struct conf *c, struct options *o, const char *text, struct err *e)
{
    if (address_read(&c->address, o, text, e) < 0)
        return -1;
    c->ipv4 |= c->address.family == AF_INET;
    c->ipv6 |= c->address.family == AF_INET6;
    c->net.seqpacket |= c->address.kind != NULL && c->address.kind->type == SOCK_SEQPACKET;
    return 0;
}

/* Who listens without an address may be meant to do so on what a service manager left. */
static bool expects_sockets(const struct conf *c, uint64_t traits, int operands)
{
    return c->dialect == dialect_row(0) && (traits & TRAIT_LISTEN) != 0 && operands == 0 &&
           c->net.source_host == NULL && c->net.source_port == NULL;
}

/* Reads the options into `c` and `o`, and holds them against each other. */
static int read_options(struct conf *c, struct options *o, int argc, char **argv, struct err *e)
{
    const struct option_fields fields = {c, conf_add_sockopt, &c->dialect->options};
    uint64_t traits;

    if (options_parse(&fields, o, argc, argv, e) != 0) {
        c->unknown = o->unknown;
        return -1;
    }
    if (c->late_dialect != NULL)
        return err_set(e, STATUS_LOCAL, "--dialect %.64s comes before all else", c->late_dialect);
    if (c->action == CONF_HELP && o->next < argc)
        c->topic = argv[o->next];
    if (c->action != CONF_RUN)
        return 0;
    if (reads_words(c, o, argc) && read_address(c, o, argv[o->next], e) != 0)
        return -1;
    traits = options_traits(o);
    if (given_conf_read(&c->given, &c->net, expects_sockets(c, traits, argc - o->next), &traits, e) != 0 ||
        dialect_check(c->dialect, &traits, e) != 0)
        return -1;
    o->traits |= traits;
    if (options_check(o, e) != 0)
        return -1;
    hint_max_conns(c, o);
    return 0;
}

static int read_operands(struct conf *c, struct operands *o, struct err *e)
{
    const struct dialect_operands given = {.args = o->args, .n = o->n, .traits = o->traits};

    if ((o->traits & TRAIT_GIVEN) != 0)
        return check_stray(c, o, 0, e);
    return c->dialect->operands != NULL ? c->dialect->operands(c, &given, e) : take_operands(c, o, e);
}

static int conf_fill(struct conf *c, int argc, char **argv, struct err *e)
{
    struct options o;
    struct operands operands;
    char *rest;

    if (c->dialect->begin != NULL)
        c->dialect->begin(c);
    if (read_options(c, &o, argc, argv, e) != 0)
        return -1;
    if (c->action != CONF_RUN)
        return 0;
    operands = (struct operands){
        .args = argv + o.next, .n = argc - o.next, .traits = options_traits(&o), .numeric = c->net.numeric};
    note_given(&operands, argv + 1, o.next - 1);
    if (c->address.rest > 0) {
        rest = argv[o.next] + c->address.rest;
        operands.args = &rest;
    }
    if (read_operands(c, &operands, e) != 0)
        return -1;
    derive_net(c, operands.traits);
    conf_cut_websocket(c, operands.traits);
    derive_bridge(c, operands.traits);
    derive_endings(c, operands.traits);
    derive_rows(c, operands.traits);
    if (derive_join(c, operands.traits, e) != 0 || conf_derive_senders(c, operands.traits, e) != 0 ||
        conf_derive_among(c, operands.traits, e) != 0)
        return -1;
    if (c->dialect->derive != NULL)
        c->dialect->derive(c, operands.traits);
    if (c->given.connection) { /* there are no others */
        c->transport = "given";
        c->net.keep_open = c->many = false;
    }
    if (conf_derive_greeting(c, operands.traits, e) != 0 ||
        access_conf_make(&c->access, &c->net, operands.traits, c->given.mixed, e) != 0 ||
        serve_conf_make(&c->serve, &c->ends, c->net.family, operands.traits, c->proxies.auth, e) != 0 ||
        conf_derive_way(c, operands.traits, e) != 0 || conf_derive_layers(c, operands.traits, e) != 0)
        return -1;
    return check_prompt(c, e) < 0 || check_pass(c, e) < 0 ? -1 : check_ready_fd(c, e);
}

int conf_parse(struct conf *c, int argc, char **argv, struct err *e)
{
    struct err raw;

    memset(c, 0, sizeof *c);
    c->ready_fd = -1;
    c->bridge.quit_after = NOT_GIVEN;
    c->dialect = dialect_choose(&argc, &argv, &raw);
    if (c->dialect == NULL)
        c->dialect = dialect_row(0);
    else if (conf_fill(c, argc, argv, &raw) == 0)
        return 0;
    *e = raw;
    text_safe_string(raw.text, e->text, sizeof e->text); /* it quotes what was given */
    return -1;
}
