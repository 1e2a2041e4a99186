/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * BIND: a connection that comes, in place of one that is made (RFC 1928, 4; of SOCKS 4 as well). The peer is told first where we
 * listen, and then who came.
 *
 * Whom it names may come alone, and we listen where our way there begins; where it names nobody, where it speaks to us.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "end/proxy_parts.h"
#include "net/dial.h"
#include "net/resolve_ahead.h"
#include "net/route.h"

enum { PATIENCE = 120 * 1000 /* ms for somebody to come, where nothing else is said */ };

struct binding {
    struct request *request;
    struct resolve_ahead *ahead; /* NULL: nothing is looked up */
    struct addr *named;          /* who may come */
    int n;                       /* 0: anybody */
    struct dial *listener;       /* NULL: not yet */
};

static void free_binding(struct request *x)
{
    struct binding *b = x->state;

    if (b == NULL)
        return;
    resolve_abandon(b->ahead);
    dial_free(b->listener);
    free(b->named);
    free(b);
    x->state = NULL;
}

static void fail_binding(void *ctx, const struct err *why)
{
    struct binding *b = ctx;
    struct request *x = b->request;
    const struct err e = *why;

    free_binding(x);
    request_failed(x, &e);
}

/* The port is any. */
static bool is_host(const struct addr *a, const struct addr *b)
{
    struct addr one, other;

    addr_copy(&one, a);
    addr_copy(&other, b);
    addr_set_port(&one, 0);
    addr_set_port(&other, 0);
    return addr_equal(&one, &other);
}

static bool may_come(const void *ctx, const struct addr *who)
{
    const struct binding *b = ctx;
    bool named = b->n == 0;

    for (int i = 0; i < b->n && !named; i++)
        named = is_host(&b->named[i], who);
    return named && request_may_reach(b->request, who);
}

static void be_patient(const struct binding *b)
{
    const struct ends *ends = b->request->end->ends;
    const int64_t limit = ends->conf.connect_timeout;

    loop_timer_set(ends->loop, &b->request->patience, limit > 0 ? limit : PATIENCE);
}

static void listener_is_bound(void *ctx, const struct addr *local)
{
    const struct binding *b = ctx;

    serve_layer_tell(b->request->layer, local);
    be_patient(b);
}

static void somebody_came(void *ctx, struct peer *p)
{
    struct request *x = ((struct binding *)ctx)->request;

    free_binding(x);
    x->end->peer = p;
    request_granted(x, p->remote);
}

static void start_listening(struct binding *b, const char *host)
{
    const struct net_events events = {
        .ctx = b, .bound = listener_is_bound, .up = somebody_came, .failed = fail_binding};
    const struct ends *ends = b->request->end->ends;
    struct net_conf conf = request_net(b->request);
    struct err why;

    conf.host = host;
    conf.port = "0";
    conf.admits = may_come;
    conf.admits_ctx = b;
    conf.backlog = 1;
    b->listener = dial_new(net_find("listen"), ends->loop, &conf, ends->peers, &events);
    if (dial_start(b->listener, &why) < 0)
        fail_binding(b, &why);
}

/* The first of those that it may have to do with says where we listen. */
static void listen_for(struct binding *b)
{
    struct addr own;
    char text[ADDR_TEXT];
    struct err why;
    int i = 0;

    while (i < b->n && !request_may_reach(b->request, &b->named[i]))
        i++;
    if (i == b->n) {
        err_set(&why, STATUS_NETWORK, "connection from %s: not allowed", addr_format(&b->named[0], text));
        why.sys = EACCES;
        fail_binding(b, &why);
        return;
    }
    if (addr_port(&b->named[i]) == 0)
        addr_set_port(&b->named[i], 1); /* which asks for no other way */
    if (route_find(&b->named[i], &own, &why) < 0)
        fail_binding(b, &why);
    else
        start_listening(b, addr_host(&own, text));
}

static void names_are_known(void *ctx, struct addr *list, int n, const struct err *why)
{
    struct binding *b = ctx;

    b->ahead = NULL;
    if (n < 0) {
        fail_binding(b, why);
        return;
    }
    b->named = list;
    b->n = n;
    listen_for(b);
}

static void look_up_named(struct binding *b, const char *host)
{
    const struct resolve_opts opts = request_look_up(b->request, SOCK_STREAM);
    struct err why;

    if (resolve_asks(host, &opts)) {
        b->ahead = resolve_ahead(b->request->end->ends->loop, host, NULL, &opts, names_are_known, b, &why);
        if (b->ahead == NULL)
            fail_binding(b, &why);
        else
            be_patient(b);
        return;
    }
    b->n = resolve(host, NULL, &opts, &b->named, &why);
    if (b->n < 0)
        fail_binding(b, &why);
    else
        listen_for(b);
}

static void start_binding(struct request *x, const struct serve *s)
{
    struct binding *b = mem_alloc(sizeof *b);
    struct addr a;
    char text[ADDR_TEXT];

    b->request = x;
    x->state = b;
    if (addr_parse(&a, s->host, 0) == 0 && addr_is_any(&a))
        start_listening(b, request_own_host(x, text));
    else
        look_up_named(b, s->host);
}

static int join_who_came(struct request *x, struct err *why)
{
    (void)why;
    x->end->in = x->end->out = x->end->peer->port;
    return 0;
}

static void nobody_came(struct request *x)
{
    struct err why;

    err_set(&why, STATUS_NETWORK, "nobody has connected in time");
    why.sys = ETIMEDOUT;
    fail_binding(x->state, &why);
}

const struct request_kind request_bind = {
    .start = start_binding,
    .ready = join_who_came,
    .late = nobody_came,
    .close = free_binding,
};
