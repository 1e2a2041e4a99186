/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pair is a wire, which has the rules of when it is over, and an end. The peer is not read before the end is there: the
 * kernel keeps its first bytes, and holds it up when they are many.
 */
#include "svc/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/below.h"
#include "peer/idle.h"
#include "peer/leave.h"
#include "svc/wire.h"

struct join {
    struct svc *svc;
    const struct join_conf *conf;
    struct wire_owner owner;
    int told; /* the errno that failed an end of a sender of datagrams, and was told; 0: ends work */
};

struct pair {
    struct wire wire;
    struct end end;
    bool joined;
    bool reset; /* the end is to end so */
    bool left;  /* the peer: nothing is for it any more */
};

static struct join *join_of(const struct pair *pair)
{
    return container_of(pair->wire.owner, struct join, owner);
}

static struct pair *pair_of(const struct wire *w)
{
    return container_of(w, struct pair, wire);
}

/* The end gets and gives datagrams. */
static bool is_datagrams(const struct pair *pair)
{
    return pair->end.peer != NULL && pair->end.peer->datagram;
}

/* The peer is one of many who send datagrams. */
static bool is_sender(const struct pair *pair)
{
    return pair->wire.peer->datagram && !pair->wire.peer->client;
}

static const char *end_name(const struct pair *pair, char text[static ADDR_TEXT])
{
    return pair->end.peer != NULL ? peer_name(pair->end.peer, text) : pair->end.spec->kind->name;
}

/* Nothing is under way any more, or the peer failed (`e`). */
static void finish_pair(struct pair *pair, const struct err *e)
{
    struct svc *s = join_of(pair)->svc;

    leave_unwatch(pair->wire.peer);
    s->host.finished(s->host.ctx, pair->wire.peer, e);
}

/* Where others go on, it is told here: to the session it is that peer's alone. Whoever sends datagrams to an end that is not
 * there is a new peer with each: that is told once until there is one. */
static void tell_failed(struct pair *pair, const struct err *e)
{
    struct join *j = join_of(pair);

    if (is_sender(pair) && e->sys != 0 && e->sys == j->told)
        log_info("%s", e->text);
    else
        log_error("%s", e->text);
    j->told = e->sys;
}

/* The end failed: that is the peer's as well, and where it was a reset, or nothing came to be, it learns so. */
static void fail_pair(struct pair *pair, const struct err *e)
{
    if (e->sys != EPIPE)
        leave_reset(pair->wire.peer);
    pair->reset = true;
    finish_pair(pair, e);
}

static void fail_port(struct pair *pair, const struct port *port, const char *what)
{
    struct err e;
    char name[ADDR_TEXT];

    port_error(port, &e, pair->end.peer != NULL ? STATUS_NETWORK : STATUS_LOCAL, "%s %s", what,
               end_name(pair, name));
    e.sys = port->error;
    if (!is_sender(pair) || !join_of(pair)->svc->many) {
        fail_pair(pair, &e);
        return;
    }
    tell_failed(pair, &e);
    finish_pair(pair, NULL);
}

/* What a wire asks. */

static void join_finished(struct wire *w)
{
    struct pair *pair = pair_of(w);

    if (w->err == NULL && w->in->state == LINK_DST_FAILED && pair->end.peer != NULL) {
        fail_port(pair, w->in->dst, "send to");
        return;
    }
    /* Who has left without reading all (EPIPE) may have sent much that is worth its while. */
    pair->reset = w->err != NULL && w->err->sys != EPIPE;
    finish_pair(pair, w->err);
}

static void answers_are_over(struct peer *p)
{
    finish_pair(pair_of(p->svc), NULL);
}

/* Who gets datagrams hears of no end: what may still be answered is waited for. */
static bool join_peer_ended(struct wire *w)
{
    const struct pair *pair = pair_of(w);
    const int64_t linger = join_of(pair)->conf->linger, limit = w->peer->idle_limit;

    if (pair->left || pair->end.follows)
        return false;
    if (is_datagrams(pair) && (limit == 0 || linger <= limit))
        peer_idle(w->peer, linger, answers_are_over);
    return true;
}

/* The connection is gone, but for what came and is not read yet: a reset shows once, and then as an end. */
static void pass_no_end(struct link *k, const struct port *failed)
{
    if (failed->error != EPIPE)
        k->opts.keep_open = true;
}

static bool join_deaf(struct wire *w)
{
    pass_no_end(w->in, w->peer->port);
    return true;
}

/* The end has ended its direction, and is gone now. */
static void end_has_left(struct port *port, void *ctx)
{
    struct pair *pair = ctx;
    int sys = leave_behind(pair->end.peer);
    struct err e;
    char name[ADDR_TEXT];

    (void)port;
    leave_unwatch(pair->end.peer);
    if (sys == 0) {
        finish_pair(pair, NULL);
        return;
    }
    err_sys(&e, STATUS_NETWORK, sys, "send to %s", end_name(pair, name));
    fail_pair(pair, &e);
}

/* All that came from the end is sent, and there is no more to wait for. */
static void finish_over(struct pair *pair)
{
    const struct link *in = pair->wire.in;

    if (in->state == LINK_DST_FAILED && !pair->end.spec->kind->choosy)
        fail_port(pair, in->dst, "send to");
    else
        finish_pair(pair, pair->wire.err);
}

static bool join_sent(struct wire *w)
{
    struct pair *pair = pair_of(w);

    /* A sender knows no ends: with its next datagram it is to find an end that is open. */
    if (is_sender(pair) && pair->end.peer != NULL) {
        finish_pair(pair, w->err);
        return false;
    }
    if (pair->end.over) {
        finish_over(pair);
        return false;
    }
    if (pair->end.peer != NULL && w->in->state == LINK_RUNNING)
        leave_watch(pair->end.peer, end_has_left, pair);
    return true;
}

static void join_source_ended(struct wire *w)
{
    (void)w;
}

static void join_source_failed(struct wire *w)
{
    fail_port(pair_of(w), w->out->src, "receive from");
}

/* What takes no more may still have something to say: what comes from it tells the rest. */
static void join_sink_failed(struct wire *w)
{
    struct pair *pair = pair_of(w);

    if (wire_out_is_over(w) && pair->end.spec->kind->choosy) {
        finish_pair(pair, w->err);
        return;
    }
    if (wire_out_is_over(w) || is_datagrams(pair)) {
        fail_port(pair, w->in->dst, "send to");
        return;
    }
    pass_no_end(w->out, w->in->dst);
    wire_check(w);
}

static bool join_wire_holds_up(const struct wire *w)
{
    (void)w;
    return false;
}

static const struct wire_owner wire_hooks = {
    .finished = join_finished,
    .peer_ended = join_peer_ended,
    .deaf = join_deaf,
    .sent = join_sent,
    .source_ended = join_source_ended,
    .source_failed = join_source_failed,
    .sink_failed = join_sink_failed,
    .holds_up = join_wire_holds_up,
};

/* What an end tells. */

static void end_is_ready(struct end *e)
{
    struct pair *pair = container_of(e, struct pair, end);
    struct join *j = join_of(pair);
    const struct link_opts opts = {.crlf = j->conf->crlf};

    leave_unwatch(pair->wire.peer);
    if (e->out == NULL)
        return;
    pair->joined = true;
    wire_init(&pair->wire, &j->owner, pair->wire.peer, e->out, j->svc->pool, NULL);
    if (e->in != NULL)
        wire_feed(&pair->wire, e->in, &opts);
    if (j->svc->host.joined != NULL)
        j->svc->host.joined(j->svc->host.ctx, pair->wire.peer);
}

/* The peer asked for what cannot be had, and was told: it may still read that. */
static void finish_told(struct pair *pair, const struct err *why)
{
    if (join_of(pair)->svc->many) {
        log_info("%s", why->text);
    } else {
        log_error("%s", why->text);
        pair->wire.peer->port->lost = true;
    }
    finish_pair(pair, NULL);
}

static void end_has_failed(struct end *e, const struct err *why)
{
    struct pair *pair = container_of(e, struct pair, end);
    struct err told = *why;

    if (e->told) {
        finish_told(pair, &told);
        return;
    }
    if (join_of(pair)->svc->many) {
        tell_failed(pair, &told);
        leave_reset(pair->wire.peer);
        finish_pair(pair, NULL);
        return;
    }
    leave_reset(pair->wire.peer);
    finish_pair(pair, &told);
}

static void end_is_over(struct end *e)
{
    struct pair *pair = container_of(e, struct pair, end);

    if (e->out == NULL || (pair->joined && wire_out_is_over(&pair->wire)))
        finish_pair(pair, pair->wire.err);
}

static const struct end_events end_hooks = {
    .ready = end_is_ready,
    .failed = end_has_failed,
    .over = end_is_over,
};

/* It left while its end was being made. What it sent before is delivered all the same. */
static void early_peer_left(struct port *port, void *ctx)
{
    struct pair *pair = ctx;
    int sys = leave_behind(pair->wire.peer);
    struct err e;
    char name[ADDR_TEXT];

    port->hung_up = NULL;
    if (sys == 0 && below_unread(port) > 0)
        return;
    if (sys != 0)
        err_sys(&e, STATUS_NETWORK, sys, "%s", peer_name(pair->wire.peer, name));
    pair->reset = true;
    finish_pair(pair, sys != 0 ? &e : NULL);
}

/* The hooks of the service. */

static int join_start(struct svc *s, struct err *e)
{
    struct join *j = mem_alloc(sizeof *j);

    (void)e;
    j->svc = s;
    j->conf = s->conf;
    j->owner = wire_hooks;
    j->owner.datagram_wait = j->conf->linger;
    s->state = j;
    return 0;
}

void join_open(struct svc *s, struct peer *p, const struct end_spec *spec)
{
    struct join *j = s->state;
    struct pair *pair = mem_alloc(sizeof *pair);

    pair->wire.owner = &j->owner;
    pair->wire.peer = p;
    p->svc = &pair->wire;
    if (!p->datagram) {
        p->port->hung_up = early_peer_left;
        p->port->hung_up_ctx = pair;
        port_touch(p->port);
    }
    end_open(&pair->end, spec, s->ends, &end_hooks, p);
}

static void join_attach(struct svc *s, struct peer *p)
{
    join_open(s, p, &((struct join *)s->state)->conf->end);
}

void join_leave(struct peer *p)
{
    struct pair *pair = pair_of(p->svc);

    pair->left = true;
    if (pair->joined && pair->wire.in->state != LINK_RUNNING)
        wire_finish(&pair->wire);
}

void join_close(struct peer *p, bool reset)
{
    struct pair *pair = pair_of(p->svc);

    pair->reset = reset;
    finish_pair(pair, NULL);
}

struct peer *join_end(const struct peer *p)
{
    return pair_of(p->svc)->end.peer;
}

const char *join_end_name(const struct peer *p, char text[static ADDR_TEXT])
{
    return end_name(pair_of(p->svc), text);
}

struct link *join_in(const struct peer *p)
{
    return pair_of(p->svc)->wire.in;
}

struct link *join_out(const struct peer *p)
{
    return pair_of(p->svc)->wire.out;
}

static void tell_undelivered(const struct pair *pair)
{
    const uint64_t lost = pair->joined ? wire_undelivered(&pair->wire) : 0;
    char name[ADDR_TEXT];

    if (lost == 0)
        return;
    log_error("%llu bytes from %s were lost: received and not delivered", (unsigned long long)lost,
              peer_name(pair->wire.peer, name));
    pair->wire.peer->port->lost = true;
}

static void join_detach(struct svc *s, struct peer *p)
{
    struct pair *pair = pair_of(p->svc);

    leave_unwatch(p);
    if (!s->killed && !pair->end.spec->kind->choosy)
        tell_undelivered(pair);
    if (p->sent > 0)
        ((struct join *)s->state)->told = 0;
    if (pair->joined)
        wire_clear(&pair->wire);
    p->svc = NULL;
    end_close(&pair->end, pair->reset);
    free(pair);
}

static void join_stop(struct svc *s)
{
    free(s->state);
}

static bool join_holds_up(const struct peer *p)
{
    const struct pair *pair = pair_of(p->svc);

    return !pair->joined || wire_holds_up(&pair->wire);
}

const struct service service_join = {
    .name = "join",
    .help = "an end of its own for each peer",
    .start = join_start,
    .attach = join_attach,
    .detach = join_detach,
    .stop = join_stop,
    .holds_up = join_holds_up,
};
