/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Links: each peer -> heard (a port of ours); heard -> relay -> a fan, whose members' queues -> each peer, and
 * shown -> standard output; standard input -> said -> relay.
 */
#include "svc/circle.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/fan.h"
#include "io/queue.h"
#include "io/std.h"

enum { SHOWN = 256 * 1024 }; /* bytes that wait for standard output before peers are read no more */

struct circle {
    struct svc *svc;
    struct bridge *bridge;
    struct relay *relay;
    struct fan *fan;
    struct port *in, *out;     /* the standard streams; NULL: not used */
    struct port *heard, *said; /* where what peers send, and standard input, goes */
    struct port *shown;        /* what waits for standard output */
    struct link *feed, *show;
};

struct circle_member {
    struct fan_member share;
    struct peer *peer;
    void *seat; /* the relay's */
};

static struct circle_member *member_of(const struct peer *p)
{
    return bridge_ctx(p);
}

/* Its queue is no longer the fan's: nobody reads it. */
static bool is_deaf(const struct circle_member *m)
{
    return m->share.pace.pace == NULL;
}

/* What the relay asks of its host. */

static bool circle_full(void *ctx)
{
    struct circle *c = ctx;
    bool full = fan_full(c->fan); /* always asked: their time is running */

    return full || (c->shown != NULL && queue_full(c->shown));
}

static void circle_say(void *ctx, const struct peer *from, struct chunk *chunk)
{
    struct circle *c = ctx;

    fan_put(c->fan, chunk, from != NULL ? &member_of(from)->share : NULL);
}

static bool circle_tell(void *ctx, struct peer *to, struct chunk *chunk)
{
    struct circle_member *m = member_of(to);
    struct circle *c = ctx;

    return c->svc->ending || is_deaf(m) || fan_tell(c->fan, &m->share, chunk);
}

static bool circle_lags(void *ctx, struct peer *p)
{
    const struct circle_member *m = member_of(p);

    (void)ctx;
    return !is_deaf(m) && fan_waiting(&m->share) >= RELAY_LAG;
}

static size_t circle_show(void *ctx, struct peer *from, const void *data, size_t n, struct chunk *chunk)
{
    struct circle *c = ctx;

    (void)data;
    if (c->shown != NULL && (from != NULL || !c->svc->ending))
        queue_put(c->shown, chunk);
    return n;
}

/* What was not taken is offered again. */
static void circle_has_room(void *ctx)
{
    struct circle *c = ctx;

    port_event_soon(c->heard, LOOP_OUT);
    port_event_soon(c->said, LOOP_OUT);
}

/* The fan. */

static void circle_open_share(void *ctx, struct fan_member *share)
{
    struct circle *c = ctx;

    bridge_feed(c->bridge, container_of(share, struct circle_member, share)->peer, share->pace.queue);
}

static void circle_missed(void *ctx, struct fan_member *share, size_t size)
{
    const struct circle_member *m = container_of(share, struct circle_member, share);
    struct circle *c = ctx;

    relay_missed(c->relay, m->seat);
    bridge_missed(c->bridge, m->peer, size);
}

static void circle_again(void *ctx, struct fan_member *share)
{
    struct circle *c = ctx;

    relay_again(c->relay, container_of(share, struct circle_member, share)->seat);
}

/* What comes. */

static ssize_t circle_hear(struct port *port, void *ctx, const void *data, size_t size,
                           const struct meta *meta)
{
    struct peer *p = bridge_peer(port->owner);
    struct circle *c = ctx;

    return c->relay->kind->hear(c->relay, p, member_of(p)->seat, data, size, meta);
}

/* The input waits for the first who could hear it. */
static ssize_t circle_hear_us(struct port *port, void *ctx, const void *data, size_t size,
                              const struct meta *meta)
{
    struct circle *c = ctx;

    (void)port;
    (void)meta;
    if (fan_members(c->fan) == 0)
        return IO_AGAIN;
    return c->relay->kind->hear(c->relay, NULL, NULL, data, size, NULL);
}

static void circle_we_ended(struct port *port, void *ctx)
{
    struct circle *c = ctx;

    (void)port;
    relay_ended(c->relay, NULL);
}

static void circle_peer_ended(void *ctx, struct peer *p)
{
    struct circle_member *m = member_of(p);
    struct circle *c = ctx;

    relay_ended(c->relay, m->seat);
    if (bridge_leaves(c->bridge) && !is_deaf(m))
        fan_finish(c->fan, &m->share);
}

/* It takes no more, but may still speak: the others must not wait for it. */
static void circle_deaf(void *ctx, struct peer *p)
{
    struct circle_member *m = member_of(p);
    struct circle *c = ctx;

    fan_end(c->fan, &m->share);
    if (m->share.pace.queue != NULL)
        queue_drop(m->share.pace.queue);
}

/* Standard streams. */

static void circle_input_done(struct link *k)
{
    struct circle *c = k->ctx;

    if (k->state == LINK_SRC_FAILED)
        bridge_input_failed(c->bridge, k->src);
    else
        bridge_end(c->bridge);
}

static void circle_output_done(struct link *k)
{
    const struct circle *c = k->ctx;

    if (k->state == LINK_DST_FAILED)
        bridge_output_failed(c->bridge, k->dst);
}

static void circle_start_input(struct circle *c, const struct link_opts *opts)
{
    c->in = std_input(c->svc->loop);
    c->feed = link_new(c->in, c->said, c->svc->pool, opts);
    c->feed->done = circle_input_done;
    c->feed->ctx = c;
}

static void circle_shown_has_room(struct port *port, void *ctx)
{
    (void)port;
    circle_has_room(ctx);
}

static void circle_start_output(struct circle *c, const struct circle_conf *conf)
{
    const struct queue_opts shown = {
        .limit = SHOWN, .shared = true, .whole = true, .room = circle_shown_has_room, .ctx = c};

    c->out = std_output(c->svc->loop);
    if (!conf->bridge->writes_on)
        bridge_watch_output(c->bridge, c->out);
    c->shown = queue_new(c->svc->loop, &shown);
    c->show = link_new(c->shown, c->out, c->svc->pool, NULL);
    c->show->done = circle_output_done;
    c->show->ctx = c;
}

/* The service. */

static void circle_start_fan(struct circle *c)
{
    const enum slow_peer slow = bridge_slow(c->bridge);
    const struct fan_opts opts = {.slow = slow == SLOW_WAIT ? PACE_WAIT : PACE_SKIP,
                                  .open = circle_open_share,
                                  .missed = circle_missed,
                                  .again = circle_again,
                                  .room = circle_has_room,
                                  .patience = slow == SLOW_CLOSE ? RELAY_PATIENCE : 0,
                                  .others = true,
                                  .ctx = c};

    c->fan = fan_new(c->svc->loop, &opts);
}

void circle_start(struct svc *s, const struct relay_kind *kind, const struct circle_conf *conf,
                  const void *own)
{
    struct circle *c = mem_alloc(sizeof *c);
    const struct queue_opts heard = {
        .limit = 1, .addressed = true, .turns = true, .write = circle_hear, .ctx = c};
    const struct queue_opts said = {
        .limit = 1, .turns = true, .write = circle_hear_us, .shut = circle_we_ended, .ctx = c};
    const struct relay_host host = {.ctx = c,
                                    .full = circle_full,
                                    .say = circle_say,
                                    .tell = circle_tell,
                                    .lags = circle_lags,
                                    .show = circle_show};
    struct bridge_ends ends = {
        .apart = true, .peer_ended = circle_peer_ended, .deaf = circle_deaf, .slow = kind->slow, .ctx = c};

    c->svc = s;
    c->heard = ends.out = queue_new(s->loop, &heard);
    c->said = queue_new(s->loop, &said);
    c->bridge = bridge_new(s, conf->bridge, &ends);
    circle_start_fan(c);
    c->relay = kind->open(own, &host);
    if (!conf->silent)
        circle_start_output(c, conf);
    if (!conf->no_input)
        circle_start_input(c, &conf->bridge->out);
    s->state = c;
}

void circle_attach(struct svc *s, struct peer *p)
{
    struct circle_member *m = mem_alloc(sizeof *m);
    struct circle *c = s->state;

    m->peer = p;
    bridge_attach(c->bridge, p);
    bridge_set_ctx(p, m);
    fan_add(c->fan, &m->share);
    m->seat = relay_join(c->relay, p);
}

void circle_detach(struct svc *s, struct peer *p)
{
    struct circle_member *m = member_of(p);
    struct circle *c = s->state;

    relay_leave(c->relay, m->seat);
    bridge_detach(c->bridge, p);
    if (is_deaf(m))
        port_free(m->share.pace.queue);
    else
        fan_del(c->fan, &m->share);
    free(m);
}

bool circle_sends(const struct svc *s, const struct peer *p)
{
    return bridge_unsent(((const struct circle *)s->state)->bridge, p) > 0;
}

static void circle_tell_lost(const struct circle *c)
{
    const size_t lost = c->shown != NULL ? queue_size(c->shown) + link_held(c->show) : 0;

    if (lost > 0 && !c->svc->killed && c->show->state == LINK_RUNNING)
        log_error("%zu bytes for standard output were lost", lost);
}

void circle_stop(struct svc *s)
{
    struct circle *c = s->state;

    circle_tell_lost(c);
    link_free(c->feed);
    link_free(c->show);
    bridge_free(c->bridge);
    fan_free(c->fan);
    c->relay->kind->close(c->relay);
    port_free(c->shown);
    port_free(c->heard);
    port_free(c->said);
    port_free(c->in);
    port_free(c->out);
    free(c);
}
