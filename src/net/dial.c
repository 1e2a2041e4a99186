/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dial.h"

#include <errno.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "net/resolve_ahead.h"

/* One of the two names. */
struct question {
    struct dial *dial;
    struct net_found *found;     /* where the answer goes */
    struct resolve_ahead *ahead; /* NULL: not being looked up */
};

struct dial {
    const struct transport *transport;
    struct loop *loop;
    struct peer_table *peers;
    struct net_events events;
    struct net_conf conf;
    char *host, *port, *name; /* those of conf */
    struct addr *header_from, *header_to;
    struct question target, source, beyond;
    struct timer limit; /* of a look-up and of what follows */
    int64_t patience;   /* ms of that; 0: the kernel's for what follows alone */
    struct net *net;    /* NULL: not open */
    void (*known)(void *ctx, const struct err *why);
    void *ctx;
};

static char *copy_text(const char *text)
{
    return text != NULL ? mem_strdup(text) : NULL;
}

static void look_up_late(struct timer *t);

struct dial *dial_new(const struct transport *transport, struct loop *loop, const struct net_conf *conf,
                      struct peer_table *peers, const struct net_events *events)
{
    struct dial *d = mem_alloc(sizeof *d);

    *d = (struct dial){
        .transport = transport, .loop = loop, .peers = peers, .events = *events, .conf = *conf};
    d->conf.host = d->host = copy_text(conf->host);
    d->conf.port = d->port = copy_text(conf->port);
    d->conf.name = d->name = copy_text(conf->name);
    if (conf->header_from != NULL && conf->header_to != NULL) {
        d->conf.header_from = d->header_from = addr_dup(conf->header_from);
        d->conf.header_to = d->header_to = addr_dup(conf->header_to);
    }
    d->patience = conf->connect_timeout;
    d->limit.fire = look_up_late;
    d->target = (struct question){.dial = d, .found = &d->conf.target};
    d->source = (struct question){.dial = d, .found = &d->conf.source};
    d->beyond = (struct question){.dial = d, .found = &d->conf.beyond};
    return d;
}

static void forget_answer(struct question *q)
{
    resolve_abandon(q->ahead);
    q->ahead = NULL;
    free(q->found->list);
    *q->found = (struct net_found){0};
}

static void forget_answers(struct dial *d)
{
    loop_timer_clear(&d->limit);
    forget_answer(&d->target);
    forget_answer(&d->source);
    forget_answer(&d->beyond);
}

static void take_answer(void *ctx, struct addr *list, int n, const struct err *e)
{
    struct question *q = ctx;
    struct dial *d = q->dial;

    q->ahead = NULL;
    if (n < 0) {
        forget_answers(d);
        d->known(d->ctx, e);
        return;
    }
    *q->found = (struct net_found){.list = list, .n = n};
    if (!dial_looks_up(d))
        d->known(d->ctx, NULL);
}

/* What needs no looking up is known at once. */
static int know_name(struct question *q, const char *host, const char *port, const struct resolve_opts *opts,
                     struct err *e)
{
    const int n = resolve(host, port, opts, &q->found->list, e);

    q->found->n = n > 0 ? n : 0;
    return n < 0 ? -1 : 0;
}

static int ask_name(struct question *q, const char *host, const char *port, bool passive, struct err *e)
{
    const struct net_conf *conf = &q->dial->conf;
    const struct resolve_opts opts = {.family = conf->family,
                                      .socktype = conf->datagram ? SOCK_DGRAM : SOCK_STREAM,
                                      .passive = passive,
                                      .numeric = conf->numeric,
                                      .whom = conf->whom};

    if (!resolve_asks(host, &opts))
        return know_name(q, host, port, &opts, e);
    q->ahead = resolve_ahead(q->dial->loop, host, port, &opts, take_answer, q, e);
    return q->ahead != NULL ? 0 : -1;
}

/* Whom to connect to, and where that is another, who is beyond it. */
static int ask_target(struct dial *d, struct err *e)
{
    const struct net_conf *c = &d->conf;

    if (c->via == NULL)
        return ask_name(&d->target, c->host, c->port, false, e);
    if (ask_name(&d->target, c->via->host, c->via->port, false, e) < 0)
        return -1;
    return c->via->looks_up ? ask_name(&d->beyond, c->host, c->port, false, e) : 0;
}

int dial_look_up(struct dial *d, void (*known)(void *ctx, const struct err *why), void *ctx, struct err *e)
{
    const struct net_conf *c = &d->conf;

    forget_answers(d);
    d->known = known;
    d->ctx = ctx;
    if (c->port == NULL || c->family == AF_VSOCK) /* a path, numbers, or nothing that is connected */
        return 0;
    if (ask_target(d, e) == 0 && ((c->source_host == NULL && c->source_port == NULL) ||
                                  ask_name(&d->source, c->source_host, c->source_port, true, e) == 0))
        return 0;
    forget_answers(d);
    return -1;
}

bool dial_looks_up(const struct dial *d)
{
    return d->target.ahead != NULL || d->source.ahead != NULL || d->beyond.ahead != NULL;
}

/* Who is beyond, where that was not looked up before. */
static int look_beyond(struct dial *d, struct err *e)
{
    const struct net_conf *c = &d->conf;
    const struct resolve_opts opts = {.family = c->family, .socktype = SOCK_STREAM, .numeric = c->numeric};

    if (c->via == NULL || !c->via->looks_up || c->beyond.list != NULL)
        return 0;
    d->conf.beyond.n = resolve(c->host, c->port, &opts, &d->conf.beyond.list, e);
    return d->conf.beyond.n < 0 ? -1 : 0;
}

/* What is left of it for the connection. */
static void share_patience(struct dial *d)
{
    const int64_t left = loop_timer_pending(&d->limit) ? d->limit.at - loop_now(d->loop) : d->patience;

    d->conf.connect_timeout = d->patience > 0 && left < 1 ? 1 : left;
    loop_timer_clear(&d->limit);
}

int dial_open(struct dial *d, struct err *e)
{
    share_patience(d);
    if (look_beyond(d, e) < 0) {
        d->conf.beyond.n = 0;
        return -1;
    }
    d->net = net_open(d->transport, d->loop, &d->conf, d->peers, &d->events, e);
    forget_answer(&d->target); /* who is beyond is asked for when the connection is there */
    forget_answer(&d->source);
    return d->net != NULL ? 0 : -1;
}

static void open_when_known(void *ctx, const struct err *why)
{
    struct dial *d = ctx;
    struct err e;

    if (why == NULL && dial_open(d, &e) == 0)
        return;
    if (why != NULL)
        e = *why;
    d->events.failed(d->events.ctx, &e);
}

static void look_up_late(struct timer *t)
{
    struct dial *d = container_of(t, struct dial, limit);
    struct err e;

    forget_answers(d);
    err_sys(&e, STATUS_NETWORK, ETIMEDOUT, "connect to %s port %s", d->conf.host, d->conf.port);
    d->events.failed(d->events.ctx, &e);
}

int dial_start(struct dial *d, struct err *e)
{
    if (dial_look_up(d, open_when_known, d, e) < 0)
        return -1;
    if (!dial_looks_up(d))
        return dial_open(d, e);
    if (d->patience > 0)
        loop_timer_set(d->loop, &d->limit, d->patience);
    return 0;
}

void dial_close(struct dial *d)
{
    forget_answers(d);
    net_close(d->net);
    d->net = NULL;
}

bool dial_is_open(const struct dial *d)
{
    return d->net != NULL;
}

const struct net_conf *dial_conf(const struct dial *d)
{
    return &d->conf;
}

void dial_free(struct dial *d)
{
    if (d == NULL)
        return;
    dial_close(d);
    free(d->host);
    free(d->port);
    free(d->header_from);
    free(d->header_to);
    free(d->name);
    free(d);
}
