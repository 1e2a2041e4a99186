/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/message.h"
#include "peer/idle.h"
#include "peer/leave.h"
#include "peer/observe.h"

static bool is_over(const struct link *k)
{
    return k->state != LINK_RUNNING;
}

bool wire_out_is_over(const struct wire *w)
{
    return w->out != NULL ? is_over(w->out) : !w->expects;
}

/* Keeps why it failed; the latest reason counts. */
static void wire_fail(struct wire *w, enum message_id id, int sys, const char *why)
{
    char name[ADDR_TEXT];
    const struct message m = {.peer = peer_name(w->peer, name), .remote = w->peer->remote, .why = why};

    if (w->err == NULL)
        w->err = mem_alloc(sizeof *w->err);
    message_err(w->err, STATUS_NETWORK, sys, id, &m);
}

void wire_finish(struct wire *w)
{
    leave_unwatch(w->peer);
    if (w->err != NULL)
        observe_error(w->peer, w->err);
    w->owner->finished(w);
}

void wire_end(struct wire *w, const struct err *e)
{
    if (w->err == NULL && e != NULL) {
        w->err = mem_alloc(sizeof *w->err);
        *w->err = *e;
    }
    wire_finish(w);
}

static void wire_peer_left(struct port *port, void *ctx)
{
    struct wire *w = ctx;
    char name[ADDR_TEXT];
    int sys = leave_behind(w->peer);

    (void)port;
    if (sys != 0)
        wire_fail(w, MESSAGE_SEND_FAILED, sys, strerror(sys));
    else
        log_info("%s has left", peer_name(w->peer, name));
    wire_finish(w);
}

static void wire_was_silent(struct peer *p)
{
    struct wire *w = p->svc;

    if (wire_holds_up(w))
        peer_idle(p, p->idle_limit, wire_was_silent);
    else
        wire_finish(w);
}

static void await_datagrams(struct wire *w)
{
    char name[ADDR_TEXT];

    log_info("%s: all is sent; waiting until nothing comes for %g s (-w)", peer_name(w->peer, name),
             (double)w->owner->datagram_wait / 1000);
    peer_idle(w->peer, w->owner->datagram_wait, wire_was_silent);
}

/* Between datagrams nothing ends by itself, but some silence does it. */
static void wire_end_datagrams(struct wire *w)
{
    if (w->err != NULL)
        wire_finish(w);
    else if (w->owner->datagram_wait >= 0)
        await_datagrams(w);
}

/* What was read of our input is sent, and then it is over. */
static void wire_end_by_limit(struct wire *w)
{
    if (w->out != NULL && !is_over(w->out))
        link_pause(w->out, true);
    if (w->out == NULL || is_over(w->out) || link_held(w->out) == 0)
        wire_finish(w);
}

/* Its messages end in both directions at once (WebSocket, DTLS). */
static bool has_left(const struct wire *w)
{
    return (port_caps(w->peer->port) & (IO_MSG | IO_HALFCLOSE)) == IO_MSG;
}

/* Nothing more comes, but it may hear us still. A WebSocket has told itself why it ended. */
static bool goes_on(struct wire *w)
{
    if (has_left(w) && !w->peer->datagram)
        return false;
    return w->owner->peer_ended(w) && !has_left(w);
}

void wire_check(struct wire *w)
{
    const bool in_over = is_over(w->in), out_over = wire_out_is_over(w);

    if (in_over && w->in->limited)
        wire_end_by_limit(w);
    else if (out_over && (in_over || w->owner->send_only))
        wire_finish(w);
    else if (w->peer->datagram && w->out != NULL && out_over)
        wire_end_datagrams(w);
    else if (in_over && !goes_on(w))
        wire_finish(w);
    else if (in_over)
        leave_watch(w->peer, wire_peer_left, w);
}

static void wire_out_failed(struct wire *w)
{
    const bool forgiven = w->peer->choosy && w->peer->port->error == EPIPE;

    if (w->err == NULL && !forgiven)
        wire_fail(w, MESSAGE_SEND_FAILED, w->peer->port->error, port_why(w->peer->port));
    if (is_over(w->in) || !w->owner->deaf(w)) {
        wire_finish(w);
        return;
    }
    if (!w->peer->datagram)
        (void)port_shut(w->peer->port); /* it may wait for our end before its own, and gets no more */
    wire_check(w);
}

static void wire_out_done(struct link *k)
{
    struct wire *w = k->ctx;

    if (k->state == LINK_DONE)
        observe_end(k);
    if (k->state == LINK_SRC_FAILED)
        w->owner->source_failed(w);
    else if (k->state == LINK_DST_FAILED)
        wire_out_failed(w);
    else if (w->owner->sent(w))
        wire_check(w);
}

static void wire_in_done(struct link *k)
{
    struct wire *w = k->ctx;

    if (k->state == LINK_DONE)
        observe_end(k);
    if (k->state == LINK_DST_FAILED) {
        w->owner->sink_failed(w);
    } else if (k->state == LINK_SRC_FAILED) {
        if (w->err == NULL || w->err->sys == EPIPE)
            wire_fail(w, MESSAGE_RECEIVE_FAILED, k->src->error, port_why(k->src));
        wire_finish(w);
    } else {
        wire_check(w);
    }
}

static void wire_source_ended(struct link *k)
{
    struct wire *w = k->ctx;

    w->owner->source_ended(w);
}

static void wire_out_moved(struct link *k)
{
    struct wire *w = k->ctx;

    peer_count(w->peer, k->bytes - w->peer->sent, 0);
    if (is_over(w->in) && w->in->limited && link_held(k) == 0)
        wire_finish(w);
}

static void wire_in_moved(struct link *k)
{
    struct wire *w = k->ctx;
    const uint64_t n = k->bytes - w->peer->received;

    peer_count(w->peer, k->dst == w->peer->port ? n : 0, n);
}

void wire_init(struct wire *w, struct wire_owner *owner, struct peer *p, struct port *sink,
               struct link_pool *pool, const struct link_opts *opts)
{
    w->owner = owner;
    w->peer = p;
    p->svc = w;
    observe_open(p);
    w->in = link_new(p->port, sink, pool, opts);
    w->in->done = wire_in_done;
    w->in->moved = wire_in_moved;
    w->in->ctx = w;
    observe_begin(p, w->in, false);
}

void wire_feed(struct wire *w, struct port *source, const struct link_opts *opts)
{
    w->expects = false;
    w->out = link_new(source, w->peer->port, w->in->pool, opts);
    w->out->done = wire_out_done;
    w->out->moved = wire_out_moved;
    w->out->ended = wire_source_ended;
    w->out->ctx = w;
    w->out->bytes = w->peer->sent; /* it may have had another */
    observe_begin(w->peer, w->out, true);
}

void wire_unfeed(struct wire *w, bool expects)
{
    observe_leave(w->out);
    link_free(w->out);
    w->out = NULL;
    w->expects = expects;
}

void wire_clear(struct wire *w)
{
    wire_unfeed(w, false);
    observe_leave(w->in);
    observe_close(w->peer);
    link_free(w->in);
    w->peer->svc = NULL;
    free(w->err);
}

bool wire_holds_up(const struct wire *w)
{
    return link_is_held_up(w->in) || (w->out != NULL && w->out->resting) || w->owner->holds_up(w);
}

uint64_t wire_undelivered(const struct wire *w)
{
    return is_over(w->in) ? 0 : link_held(w->in);
}
