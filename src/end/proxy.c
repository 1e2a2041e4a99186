/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy:TYPE, a connection to wherever the peer asks for, as a client of a proxy: we are the proxy.
 *
 * A layer on the peer (layer/serve.h) hears the request, a row for what it wishes sees to that (end/proxy_*.c), the layer says
 * so and leaves; or it says why not. To others it is an end like all: what comes behind the request is the pair's.
 */
#include "end/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "end/connection.h"
#include "end/proxy_parts.h"
#include "end/rows.h"
#include "layer/exchange.h"
#include "net/dial.h"

enum {
    PATIENCE = 30 * 1000, /* ms for a request, where nothing else is said */
    MOMENT = 2 * 1000,    /* ms for the way to whom it asks for, once it has ended its side */
};

/* Targets */

enum place { ELSEWHERE, HERE, ON_THE_LINK };

static enum place place_of_ipv4(const unsigned char *ip)
{
    if (ip[0] == 127 || ip[0] == 0) /* 0.0.0.0 is this machine, too */
        return HERE;
    return ip[0] == 169 && ip[1] == 254 ? ON_THE_LINK : ELSEWHERE;
}

static enum place place_of(const struct addr *a)
{
    const struct in6_addr *six = &a->in6.sin6_addr;

    if (addr_is_multicast(a)) /* it goes no further */
        return ON_THE_LINK;
    if (addr_family(a) == AF_INET)
        return place_of_ipv4((const unsigned char *)&a->in.sin_addr);
    if (addr_family(a) != AF_INET6)
        return addr_family(a) == AF_UNIX ? HERE : ELSEWHERE;
    if (IN6_IS_ADDR_V4MAPPED(six) || (IN6_IS_ADDR_V4COMPAT(six)))
        return place_of_ipv4(six->s6_addr + 12);
    if (IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_UNSPECIFIED(six))
        return HERE;
    return IN6_IS_ADDR_LINKLOCAL(six) ? ON_THE_LINK : ELSEWHERE;
}

/* The peer is of this machine: by its address, or because that is ours as well. */
static bool is_local(const struct peer *p)
{
    struct addr own, other;

    addr_copy(&own, p->local);
    addr_copy(&other, p->remote);
    addr_set_port(&own, 0);
    addr_set_port(&other, 0);
    return place_of(&other) == HERE || addr_equal(&own, &other);
}

/* An address of nobody leads to this machine: that is not let in by another name. */
static bool is_admitted(const struct access *targets, const struct addr *to)
{
    struct addr here;
    bool four;

    if (!access_admits(targets, to))
        return false;
    if (!addr_is_any(to))
        return true;
    four = addr_family(to) == AF_INET || IN6_IS_ADDR_V4MAPPED(&to->in6.sin6_addr);
    return addr_parse(&here, four ? "127.0.0.1" : "::1", 0) == 0 && access_admits(targets, &here);
}

bool request_may_reach(const void *request, const struct addr *to)
{
    const struct request *x = request;
    const struct end_proxy_conf *conf = x->end->ends->conf.proxy;
    const enum place place = place_of(to);

    if (conf != NULL && !is_admitted(conf->targets, to))
        return false;
    if (x->plain && addr_equal(to, x->end->whom->local))
        return false;
    if (conf != NULL && conf->listed)
        return true;
    return place == ELSEWHERE || (place == HERE && is_local(x->end->whom));
}

/* How it goes */

static enum serve_answer answer_of(const struct err *why)
{
    switch (why->sys) {
    case 0: /* which is of names alone */
        return SERVE_NO_NAME;
    case EACCES:
    case EPERM:
        return SERVE_NOT_ALLOWED;
    case ECONNREFUSED:
        return SERVE_NOBODY;
    case ENETUNREACH:
    case ENETDOWN:
    case EAFNOSUPPORT:
        return SERVE_NO_NETWORK;
    case EHOSTUNREACH:
    case EHOSTDOWN:
        return SERVE_NO_HOST;
    case ETIMEDOUT:
        return SERVE_LATE;
    case ECANCELED:
        return SERVE_GIVEN_UP;
    default:
        return SERVE_FAILED;
    }
}

static void note_failure(struct request *x, const char *why)
{
    char name[ADDR_TEXT];

    x->failed = true;
    err_set(&x->why, STATUS_NETWORK, "%s: %s", peer_name(x->end->whom, name), why);
}

void request_failed(struct request *x, const struct err *why)
{
    const enum serve_answer how = answer_of(why);

    loop_timer_clear(&x->patience);
    note_failure(x, why->text);
    serve_layer_answer(x->layer, how, NULL);
}

void request_granted(struct request *x, const struct addr *at)
{
    loop_timer_clear(&x->patience);
    serve_layer_answer(x->layer, SERVE_GRANTED, at);
}

const char *request_own_host(const struct request *x, char text[static ADDR_TEXT])
{
    const struct addr *own = x->end->whom->local;

    if (addr_family(own) != AF_INET && addr_family(own) != AF_INET6)
        return "127.0.0.1"; /* who comes through a UNIX socket is of this machine */
    return addr_host(own, text);
}

struct resolve_opts request_look_up(const struct request *x, int socktype)
{
    const struct ends_conf *c = &x->end->ends->conf;

    return (struct resolve_opts){
        .family = c->family, .socktype = socktype, .numeric = c->numeric, .whom = x->end->whom->remote};
}

struct net_conf request_net(const struct request *x)
{
    static const char *nodelay[] = {"nodelay"};
    const struct ends_conf *c = &x->end->ends->conf;

    return (struct net_conf){.family = c->family,
                             .numeric = c->numeric,
                             .whom = x->end->whom->remote,
                             .connect_timeout = c->connect_timeout,
                             .sockopts = nodelay,
                             .nsockopts = 1,
                             .admits = request_may_reach,
                             .admits_ctx = x};
}

static void tell_request(const struct request *x, const struct serve *s)
{
    char name[ADDR_TEXT], host[4 * SERVE_HOST + 1], verb[4 * sizeof s->verb];

    if (!log_shows(LOG_INFO))
        return;
    text_safe_string(s->host, host, sizeof host);
    text_safe_string(s->verb, verb, sizeof verb);
    log_info("%s: %s %s port %u", peer_name(x->end->whom, name), verb, host, (unsigned)s->port);
}

static void peer_asks(void *ctx, const struct serve *s)
{
    static const struct request_kind *const kinds[SERVE_WISHES] = {&request_connect, &request_bind,
                                                                   &request_associate};
    struct request *x = ctx;

    loop_timer_clear(&x->patience);
    x->plain = s->plain;
    x->ahead = s->nahead;
    x->body = s->body;
    tell_request(x, s);
    x->kind = kinds[s->wish];
    x->kind->start(x, s);
}

static void peer_is_refused(void *ctx, const struct serve *s)
{
    struct request *x = ctx;

    loop_timer_clear(&x->patience);
    note_failure(x, s->why);
}

static void give_up(struct request *x)
{
    struct err why;

    x->kind->close(x);
    err_set(&why, STATUS_NETWORK, "it has left before it was answered");
    why.sys = ECANCELED;
    request_failed(x, &why);
}

/* Or it ended its direction alone, and hears: only what it is sent would tell. */
static void peer_has_ended(void *ctx)
{
    struct request *x = ctx;

    x->ended = x->kind == &request_connect;
    if (x->ended)
        loop_timer_set(x->end->ends->loop, &x->patience, MOMENT);
    else
        give_up(x);
}

static const struct serve_events heard = {
    .asked = peer_asks, .refused = peer_is_refused, .ended = peer_has_ended};

static void request_is_late(struct timer *t)
{
    struct request *x = container_of(t, struct request, patience);

    if (x->ended) {
        give_up(x);
        return;
    }
    if (x->kind != NULL) {
        x->kind->late(x);
        return;
    }
    note_failure(x, "its request did not come in time");
    serve_layer_leave(x->layer);
}

/* The layer has left, or the peer. */
static void request_is_over(struct port *port, void *ctx, const struct err *why)
{
    struct request *x = ctx;
    struct err e;

    (void)port;
    x->layer = NULL;
    loop_timer_clear(&x->patience);
    if (why != NULL)
        note_failure(x, why->text);
    if (!x->failed && x->kind->ready(x, &e) < 0)
        note_failure(x, e.text);
    if (!x->failed) {
        end_ready(x->end);
        return;
    }
    if (x->kind != NULL)
        x->kind->close(x); /* nobody is there any more to be told */
    x->end->told = true;
    end_failed(x->end, &x->why);
}

/* A connection to there */

static void end_dialing(struct request *x)
{
    dial_free(x->state);
    x->state = NULL;
}

static void target_is_there(void *ctx, struct peer *p)
{
    struct request *x = ctx;

    end_dialing(x);
    x->end->peer = p;
    request_granted(x, NULL);
}

static void target_failed(void *ctx, const struct err *why)
{
    struct request *x = ctx;
    const struct err e = *why;

    end_dialing(x);
    request_failed(x, &e);
}

static void start_dialing(struct request *x, const struct serve *s)
{
    const struct net_events events = {.ctx = x, .up = target_is_there, .failed = target_failed};
    struct net_conf conf = request_net(x);
    char port[8];
    struct err why;
    struct dial *d;

    snprintf(port, sizeof port, "%u", (unsigned)s->port);
    conf.host = s->host;
    conf.port = port;
    x->state = d = dial_new(net_find("connect"), x->end->ends->loop, &conf, x->end->ends->peers, &events);
    if (dial_start(d, &why) < 0)
        target_failed(x, &why);
}

static int join_target(struct request *x, struct err *why)
{
    struct layer *l = x->plain ? exchange_layer(x->ahead, &x->body) : NULL;

    if (l != NULL && port_push(x->end->whom->port, l, why) < 0) {
        l->ops->free(l);
        return -1;
    }
    x->end->in = x->end->out = x->end->peer->port;
    return 0;
}

const struct request_kind request_connect = {
    .start = start_dialing,
    .ready = join_target,
    .close = end_dialing,
};

/* The hooks */

static int parse_type(struct end_spec *spec, const char *rest, struct err *e)
{
    if (serve_find(rest) == NULL)
        return err_set(e, STATUS_LOCAL, "proxy: '%.64s' is none of http, socks4, socks5 and any", rest);
    spec->host = mem_strdup(rest);
    return 0;
}

static int open_proxy(struct end *e, struct peer *peer, struct err *why)
{
    static const struct end_proxy_conf none;
    const struct end_proxy_conf *conf = e->ends->conf.proxy != NULL ? e->ends->conf.proxy : &none;
    const int64_t limit = e->ends->conf.connect_timeout;
    const struct serve asked = {.kind = serve_find(e->spec->host),
                                .user = conf->user,
                                .password = conf->password,
                                .hash = conf->hash,
                                .seal = &conf->seal,
                                .no_chunks = conf->no_chunks};
    struct request *x;

    if (peer == NULL || peer->datagram)
        return err_set(why, STATUS_LOCAL,
                       "proxy: needs a peer with a connection, which asks for what it wants");
    e->state = x = mem_alloc(sizeof *x);
    x->end = e;
    x->layer = serve_layer(&asked, &heard, x);
    if (port_push(peer->port, x->layer, why) < 0) {
        x->layer->ops->free(x->layer);
        x->layer = NULL;
        return -1;
    }
    port_handshake(peer->port, request_is_over, x);
    x->patience.fire = request_is_late;
    loop_timer_set(e->ends->loop, &x->patience, limit > 0 ? limit : PATIENCE);
    return 0;
}

static void close_request(struct request *x)
{
    if (x == NULL)
        return;
    loop_timer_clear(&x->patience);
    if (x->kind != NULL)
        x->kind->close(x);
    if (x->layer != NULL) {
        serve_layer_leave(x->layer);
        port_handshake(x->end->whom->port, NULL, NULL);
    }
    free(x);
}

static void close_proxy(struct end *e, bool reset)
{
    close_request(e->state);
    connection_part(e, reset);
}

const struct end_kind end_proxy = {
    .name = "proxy",
    .syntax = "TYPE",
    .help = "a connection to where the peer asks for, as a client of a proxy",
    .descriptors = 2,
    .asked = true,
    .parse = parse_type,
    .open = open_proxy,
    .close = close_proxy,
};
