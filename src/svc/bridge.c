/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/below.h"
#include "io/fan.h"
#include "io/fd.h"
#include "io/queue.h"
#include "peer/idle.h"
#include "peer/info.h"
#include "peer/leave.h"

struct bridge {
    struct svc *svc;
    const struct bridge_conf *conf;
    struct bridge_ends ends;
    struct port *sink;    /* where what peers send goes */
    struct port *nowhere; /* the sink of --send-only */
    struct fan *fan;      /* with many peers */
    struct link *feed;    /* the input into the fan */
    struct timer quit;    /* -q */
    enum slow_peer slow;
    struct job close_slow;
    bool input_ended;
};

/* The two directions of one peer. */
struct wire {
    struct bridge *bridge;
    struct peer *peer;
    struct link *out, *in;
    void *ctx;               /* the caller's */
    struct fan_member share; /* of the fan; `out` comes with the first bytes */
    bool silent;             /* with ends.apart: nothing was sent to it yet, but may be */
    bool slow;               /* so slow that it is to be closed */
    uint64_t missed;         /* bytes it was too slow for */
    struct err *err;         /* why it failed; NULL: it did not */
};

static bool is_fanned(const struct wire *w)
{
    return w->share.pace.pace != NULL;
}

static bool is_over(const struct link *k)
{
    return k == NULL || k->state != LINK_RUNNING;
}

static bool out_is_over(const struct wire *w)
{
    return w->out != NULL ? is_over(w->out) : !is_fanned(w) && !w->silent;
}

/* Room for why it failed; the latest reason counts. */
static struct err *failure(struct wire *w)
{
    if (w->err == NULL)
        w->err = mem_alloc(sizeof *w->err);
    return w->err;
}

static void finish(struct wire *w)
{
    struct svc *s = w->bridge->svc;

    leave_unwatch(w->peer);
    s->host.finished(s->host.ctx, w->peer, w->err);
}

static void quit(struct bridge *b, const struct err *e)
{
    b->svc->host.quit(b->svc->host.ctx, e);
}

/* Input for all that is there and was not given to them. */
static uint64_t unsent_input(const struct bridge *b)
{
    uint64_t sum = b->feed != NULL ? link_held(b->feed) : 0;

    if (!b->input_ended && b->ends.in != NULL)
        sum += below_unread(b->ends.in);
    return sum;
}

/* What was given to one of them. */
static uint64_t unsent_to(const struct wire *w)
{
    if (w == NULL || w->out == NULL)
        return 0;
    return link_held(w->out) + (is_fanned(w) || w->bridge->ends.apart ? queue_size(w->out->src) : 0);
}

/* Input that is there and was not sent. */
static uint64_t unsent(const struct bridge *b)
{
    uint64_t sum = unsent_input(b);

    for (const struct peer *p = b->svc->peers->first; p != NULL; p = p->next)
        sum += unsent_to(p->svc);
    return sum;
}

uint64_t bridge_unsent(const struct bridge *b, const struct peer *p)
{
    return unsent_input(b) + unsent_to(p->svc);
}

static bool all_sent(const struct bridge *b)
{
    if (!is_over(b->feed))
        return false;
    for (const struct peer *p = b->svc->peers->first; p != NULL; p = p->next) {
        const struct wire *w = p->svc;

        if (w != NULL && !out_is_over(w))
            return false;
    }
    return true;
}

static void fire_quit(struct timer *t)
{
    struct bridge *b = container_of(t, struct bridge, quit);
    uint64_t left = unsent(b);
    struct err e;

    if (left == 0 || all_sent(b)) {
        quit(b, NULL);
        return;
    }
    err_set(&e, STATUS_NETWORK, "time is up (--quit-after) with %llu bytes not sent",
            (unsigned long long)left);
    quit(b, &e);
}

static void quit_if_sent(struct bridge *b)
{
    if (b->conf->quit_after == 0 && b->input_ended && all_sent(b))
        quit(b, NULL);
}

static void input_ended(struct link *k)
{
    struct bridge *b = k->ctx;

    if (b->input_ended)
        return;
    b->input_ended = true;
    if (b->conf->quit_after > 0 && !loop_timer_pending(&b->quit))
        loop_timer_set(b->svc->loop, &b->quit, b->conf->quit_after);
    if (b->svc->host.ended != NULL)
        b->svc->host.ended(b->svc->host.ctx, true);
}

/* Whoever wrote to our input is gone, though a peer that takes nothing keeps us from reading the rest. */
static void input_hung_up(struct port *port, void *ctx)
{
    struct bridge *b = ctx;

    port->hung_up = NULL;
    if (!loop_timer_pending(&b->quit))
        loop_timer_set(b->svc->loop, &b->quit, b->conf->quit_after);
}

/* A terminal that hung up fails with EIO, if there was time to fail; so does a disk. */
static enum status local_status(const struct port *port)
{
    bool may_be = port->error == EIO || port->error == 0;

    return may_be && below_is_device(port) ? STATUS_HANGUP : STATUS_LOCAL;
}

static void input_failed(struct bridge *b)
{
    struct err e;

    err_sys(&e, local_status(b->ends.in), b->ends.in->error, "standard input");
    quit(b, &e);
}

static void feed_done(struct link *k)
{
    struct bridge *b = k->ctx;

    if (k->state == LINK_SRC_FAILED)
        input_failed(b);
    else
        quit_if_sent(b);
}

static void wire_ended(struct link *k)
{
    struct wire *w = k->ctx;

    if (!is_fanned(w) && !w->bridge->ends.apart)
        input_ended(&(struct link){.ctx = w->bridge});
}

static void hung_up(struct port *port, void *ctx)
{
    struct wire *w = ctx;
    char name[ADDR_TEXT];
    int sys = leave_behind(w->peer);

    (void)port;
    if (sys != 0)
        err_sys(failure(w), STATUS_NETWORK, sys, "send to %s", peer_name(w->peer, name));
    else
        log_info("%s has left", peer_name(w->peer, name));
    finish(w);
}

static void datagram_quiet(struct peer *p)
{
    if (bridge_holds_up(p))
        peer_idle(p, p->idle_limit, datagram_quiet);
    else
        finish(p->svc);
}

/* Decides, after a direction of the peer ended, whether the peer is finished. */
static void check(struct wire *w)
{
    struct bridge *b = w->bridge;
    const struct bridge_conf *conf = b->conf;
    char name[ADDR_TEXT];

    if (is_over(w->in) && out_is_over(w)) {
        finish(w);
    } else if (out_is_over(w) && conf->send_only) {
        finish(w);
    } else if (w->peer->datagram && w->out != NULL && is_over(w->out)) {
        if (w->err != NULL)
            finish(w);
        else if (conf->datagram_wait >= 0)
            peer_idle(w->peer, conf->datagram_wait, datagram_quiet);
    } else if (is_over(w->in) && b->svc->again && !b->input_ended) {
        log_notice("%s ended its side", peer_name(w->peer, name));
        finish(w); /* who ends its direction is more often gone than waiting for more */
    } else if (is_over(w->in)) {
        leave_watch(w->peer, hung_up, w);
        if (b->ends.peer_ended != NULL)
            b->ends.peer_ended(b->ends.ctx, w->peer);
    }
}

/* Nobody reads this peer's share any more: the others must not wait for it. */
static void leave_fan(struct wire *w)
{
    link_free(w->out);
    w->out = NULL;
    fan_del(w->bridge->fan, &w->share);
}

static void out_done(struct link *k)
{
    struct wire *w = k->ctx;
    char name[ADDR_TEXT];

    if (k->state == LINK_SRC_FAILED && !is_fanned(w)) {
        input_failed(w->bridge);
        return;
    }
    if (k->state == LINK_DST_FAILED && w->err == NULL)
        err_sys(failure(w), STATUS_NETWORK, k->dst->error, "send to %s", peer_name(w->peer, name));
    if (k->state == LINK_DST_FAILED &&
        (is_over(w->in) || (!is_fanned(w) && w->bridge->conf->quit_after == 0))) {
        finish(w);
        return;
    }
    if (k->state == LINK_DST_FAILED && is_fanned(w) && !w->peer->datagram)
        leave_fan(w);
    if (k->state == LINK_DST_FAILED && w->bridge->ends.deaf != NULL)
        w->bridge->ends.deaf(w->bridge->ends.ctx, w->peer);
    if (k->state == LINK_DONE && w->bridge->conf->quit_after == 0) {
        quit_if_sent(w->bridge);
        return;
    }
    check(w);
}

static void in_done(struct link *k)
{
    struct wire *w = k->ctx;
    struct err e;
    char name[ADDR_TEXT];

    if (k->state == LINK_DST_FAILED) {
        err_sys(&e, local_status(k->dst), k->dst->error, "standard output");
        if (k->dst->error == EPIPE)
            e.text[0] = '\0';
        quit(w->bridge, &e);
    } else if (k->state == LINK_SRC_FAILED) {
        if (w->err == NULL || w->err->sys == EPIPE)
            err_sys(failure(w), STATUS_NETWORK, k->src->error, "receive from %s", peer_name(w->peer, name));
        finish(w);
    } else {
        check(w);
    }
}

static void out_moved(struct link *k)
{
    struct wire *w = k->ctx;

    peer_count(w->peer, k->bytes - w->peer->sent, 0);
}

static void in_moved(struct link *k)
{
    struct wire *w = k->ctx;

    peer_count(w->peer, 0, k->bytes - w->peer->received);
}

static void sink_gone(struct port *port, void *ctx)
{
    struct err e;

    port->hung_up = NULL; /* it does not end, and the program may wait for a shell before it does */
    err_set(&e, local_status(port), "%s", "");
    quit(ctx, &e);
}

static struct wire *find_slow(const struct bridge *b)
{
    for (struct peer *p = b->svc->peers->first; p != NULL; p = p->next) {
        struct wire *w = p->svc;

        if (w != NULL && w->slow)
            return w;
    }
    return NULL;
}

static void run_close_slow(struct job *j)
{
    struct bridge *b = container_of(j, struct bridge, close_slow);
    struct wire *w;

    while ((w = find_slow(b)) != NULL) {
        w->slow = false;
        finish(w);
    }
}

struct bridge *bridge_new(struct svc *s, const struct bridge_conf *conf, const struct bridge_ends *ends)
{
    struct bridge *b = mem_alloc(sizeof *b);

    b->svc = s;
    b->conf = conf;
    b->ends = *ends;
    b->quit.fire = fire_quit;
    b->close_slow.run = run_close_slow;
    b->slow = conf->slow != SLOW_AUTO ? (enum slow_peer)conf->slow : ends->slow;
    if (conf->send_only)
        b->nowhere = fd_null(s->loop);
    b->sink = b->nowhere != NULL ? b->nowhere : ends->out;
    if (ends->in != NULL && conf->quit_after > 0) {
        ends->in->hung_up = input_hung_up;
        ends->in->hung_up_ctx = b;
    }
    ends->out->hung_up = sink_gone;
    ends->out->hung_up_ctx = b;
    port_touch(ends->out);
    return b;
}

void bridge_free(struct bridge *b)
{
    link_free(b->feed);
    fan_free(b->fan);
    port_free(b->nowhere);
    b->ends.out->hung_up = NULL;
    if (b->ends.in != NULL)
        b->ends.in->hung_up = NULL;
    loop_timer_clear(&b->quit);
    loop_job_del(&b->close_slow);
    free(b);
}

static void start_out(struct wire *w, struct port *src, struct link_opts opts)
{
    opts.keep_open = w->bridge->conf->no_shutdown;
    w->out = link_new(src, w->peer->port, w->bridge->svc->pool, &opts);
    w->out->done = out_done;
    w->out->moved = out_moved;
    w->out->ended = wire_ended;
    w->out->ctx = w;
}

/* What is sent to all was cut and changed on its way into the fan. */
static void open_out(void *ctx, struct fan_member *m)
{
    (void)ctx;
    start_out(container_of(m, struct wire, share), m->pace.queue, (struct link_opts){0});
}

/* A peer takes less than is sent to all. Whoever sends stands on the stack with it: it is not closed at once. */
static void miss(struct wire *w, size_t size)
{
    struct bridge *b = w->bridge;
    char name[ADDR_TEXT];

    if (w->slow)
        return;
    if (b->slow == SLOW_CLOSE) {
        log_notice("%s is too slow and was closed; see --slow-peer", peer_name(w->peer, name));
        w->peer->port->lost = true;
        w->slow = true;
        loop_soon(b->svc->loop, &b->close_slow);
        return;
    }
    if (w->missed == 0)
        log_notice("%s is too slow and misses bytes; see --slow-peer", peer_name(w->peer, name));
    w->missed += size;
    w->peer->port->lost = true;
}

static void share_missed(void *ctx, struct fan_member *m, size_t size)
{
    (void)ctx;
    miss(container_of(m, struct wire, share), size);
}

/* The input is read from the first peer on; before, it waits outside. */
static void start_fan(struct bridge *b)
{
    struct fan_opts opts = {.slow = b->slow == SLOW_WAIT ? PACE_WAIT : PACE_SKIP,
                            .open = open_out,
                            .missed = share_missed,
                            .ctx = b};

    b->fan = fan_new(b->svc->loop, &opts);
    b->feed = link_new(b->ends.in, fan_port(b->fan), b->svc->pool, &b->conf->out);
    b->feed->done = feed_done;
    b->feed->ended = input_ended;
    b->feed->ctx = b;
}

static void wire_out(struct bridge *b, struct wire *w)
{
    w->silent = b->ends.apart;
    if (b->ends.in == NULL)
        return;
    if (!b->svc->many) {
        start_out(w, b->ends.in, b->conf->out);
        return;
    }
    if (b->fan == NULL)
        start_fan(b);
    fan_add(b->fan, &w->share);
}

void bridge_attach(struct bridge *b, struct peer *p)
{
    struct wire *w = mem_alloc(sizeof *w);
    /* At a prompt another peer may always follow. */
    bool lasts = b->svc->many || b->svc->again || b->ends.apart;
    struct link_opts shared = {.keep_open = lasts || b->nowhere != NULL || p->datagram};

    w->bridge = b;
    w->peer = p;
    p->svc = w;
    w->in = link_new(p->port, b->sink, b->svc->pool, &shared);
    w->in->done = in_done;
    w->in->moved = in_moved;
    w->in->ctx = w;
    wire_out(b, w);
}

/* What was taken for this peer and did not reach it. A failed connection has kept what was not acknowledged. */
static uint64_t undelivered(const struct wire *w)
{
    uint64_t sum = 0;
    struct info i;

    if (w->out != NULL)
        sum = link_held(w->out) + w->out->lost + (w->bridge->ends.apart ? queue_size(w->out->src) : 0);
    if (w->err == NULL)
        return sum;
    info_get(w->peer, &i);
    return sum + (i.tcp ? i.outq : 0);
}

static void tell_lost(struct wire *w)
{
    uint64_t lost = undelivered(w);
    char name[ADDR_TEXT];

    if (lost == 0)
        return;
    log_error("%llu bytes for %s were lost: read and not delivered", (unsigned long long)lost,
              peer_name(w->peer, name));
    w->peer->port->lost = true;
}

/* The other way: what the peer sent and we could not pass on in time. */
static void tell_undelivered(struct wire *w)
{
    const struct bridge *b = w->bridge;
    uint64_t lost = w->in->state == LINK_RUNNING && b->nowhere == NULL ? link_held(w->in) : 0;
    char name[ADDR_TEXT];

    if (lost == 0 || b->svc->killed)
        return;
    log_error("%llu bytes from %s were lost: received and not delivered", (unsigned long long)lost,
              peer_name(w->peer, name));
    w->peer->port->lost = true;
}

void bridge_detach(struct bridge *b, struct peer *p)
{
    struct wire *w = p->svc;
    char name[ADDR_TEXT];

    if (b->svc->again && !b->svc->ending)
        tell_lost(w);
    tell_undelivered(w);
    if (w->missed > 0)
        log_notice("%s missed %llu bytes", peer_name(p, name), (unsigned long long)w->missed);
    link_free(w->in);
    link_free(w->out);
    if (is_fanned(w))
        fan_del(b->fan, &w->share);
    p->svc = NULL;
    free(w->err);
    free(w);
}

void bridge_feed(struct bridge *b, struct peer *p, struct port *in)
{
    struct wire *w = p->svc;
    struct link_opts opts = b->conf->out;

    opts.crlf = false; /* what a line ends with was settled when it was typed */
    w->silent = false;
    start_out(w, in, opts);
    w->out->bytes = p->sent; /* it may have had another */
}

bool bridge_unfeed(struct bridge *b, struct peer *p)
{
    struct wire *w = p->svc;
    const struct link *k = w->out;

    if (is_over(k) || k->taps != NULL || link_held(k) > 0 || port_pending(k->src) > 0 ||
        b->conf->out.interval > 0)
        return false;
    link_free(w->out);
    w->out = NULL;
    w->silent = true;
    return true;
}

void bridge_end(struct bridge *b)
{
    input_ended(&(struct link){.ctx = b});
    quit_if_sent(b);
}

void bridge_begin(struct bridge *b)
{
    b->input_ended = false;
    loop_timer_clear(&b->quit);
    if (b->svc->host.ended != NULL)
        b->svc->host.ended(b->svc->host.ctx, false);
}

void bridge_missed(struct bridge *b, struct peer *p, size_t size)
{
    (void)b;
    miss(p->svc, size);
}

enum slow_peer bridge_slow(const struct bridge *b)
{
    return b->slow;
}

void bridge_close(struct bridge *b, struct peer *p, bool reset)
{
    (void)b;
    if (reset)
        leave_reset(p);
    finish(p->svc);
}

/* What is sent to all stands still, but has all gone to this one. */
static bool waits_for_others(const struct wire *w)
{
    const struct link *feed = w->bridge->feed;

    return is_fanned(w) && feed != NULL && link_is_held_up(feed) &&
           (w->out == NULL || (link_held(w->out) == 0 && port_pending(w->out->src) == 0));
}

bool bridge_holds_up(const struct peer *p)
{
    const struct wire *w = p->svc;

    return link_is_held_up(w->in) || (w->out != NULL && w->out->resting) || waits_for_others(w);
}

struct link *bridge_in(const struct peer *p)
{
    const struct wire *w = p->svc;

    return w != NULL ? w->in : NULL;
}

struct link *bridge_out(const struct peer *p)
{
    const struct wire *w = p->svc;

    return w != NULL ? w->out : NULL;
}

void bridge_set_ctx(struct peer *p, void *ctx)
{
    ((struct wire *)p->svc)->ctx = ctx;
}

void *bridge_ctx(const struct peer *p)
{
    const struct wire *w = p->svc;

    return w != NULL ? w->ctx : NULL;
}

struct peer *bridge_peer(const struct link *in)
{
    return ((const struct wire *)in->ctx)->peer;
}
