/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The end of a connection that loses nothing. Closing a socket while the peer still sends resets the connection, and the
 * reset destroys what we sent and the peer has not read (RFC 2525, 2.17). So we end our side and go on reading, and
 * drop what comes, until the peer has all of ours. One that has ended its side may still take it, or not.
 */
#include "base/container.h"
#include "io/below.h"
#include "io/port.h"
#include "io/port_more.h"

enum {
    DROP = 64 * 1024, /* bytes read at once */
    DROPS = 16,       /* reads before the others have their turn */
    FIRST_LOOK = 1,   /* ms until the kernel's queue is looked at again, of which no descriptor tells */
    LAST_LOOK = 64,
    QUIET = 100,      /* ms without a byte from a peer that has all, and may be answering still */
    ANSWERING = 3000, /* ms that a peer may go on sending when it has all */
};

/* Reads what is there, and drops it. Returns true when no more will come. */
static bool drop_input(struct port *p, struct closing *c)
{
    char drop[DROP];

    for (int i = 0; i < DROPS; i++) {
        ssize_t n = port_read(p, drop, sizeof drop, NULL);

        if (n == IO_AGAIN)
            return false;
        if (n < 0)
            return true;
        c->talks = true;
        c->heard = loop_now(p->loop);
    }
    if (port_pending(p) > 0)
        port_event_soon(p, LOOP_IN);
    return false;
}

/* Nothing of ours is on its way: TCP has acknowledged all, a UNIX socket has it in the peer's hands at once. Our end counts as
 * one; a peer that has ended needs no time for it. */
static bool has_all(const struct closing *c)
{
    return c->shut && (c->is_unix || c->unsent <= (c->ended ? 1 : 0));
}

/* A peer that has all and still speaks may be about to read, or to answer; it is given some time. Of a UNIX socket it is
 * known whether there is anything to read: who speaks and reads has all the time it needs. */
static bool is_answering(const struct closing *c, int64_t now)
{
    int64_t last = c->heard > c->since ? c->heard : c->since;

    if (c->ended)
        return false;
    if (c->is_unix && c->unsent > 0)
        return now - c->since < (c->talks ? ANSWERING : QUIET);
    return c->talks && now - last < QUIET && now - c->since < ANSWERING;
}

/* Hears the peer until it has ended. After that a read tells no more of a reset. */
static void hear_peer(struct port *p, struct closing *c)
{
    int sys;

    if (!c->ended) {
        c->ended = drop_input(p, c);
        return;
    }
    sys = below_error(p);
    if (sys != 0)
        port_fail(p, sys);
}

static uint64_t kept_by_layers(const struct port *p)
{
    uint64_t sum = 0;

    for (const struct layer *l = p->top; l != NULL; l = l->lower)
        sum += l->ops->unsent != NULL ? l->ops->unsent(l) : 0;
    return sum;
}

/* What the socket is does not matter before something waits in it. */
static void measure_unsent(const struct port *p, struct closing *c)
{
    c->kept = kept_by_layers(p);
    c->unsent = below_unsent(p);
    if (c->unsent > 0 && !c->known) {
        c->known = true;
        c->is_unix = below_is_unix(p);
        c->is_dgram = below_is_dgram(p);
    }
    if (c->is_dgram)
        c->unsent = 0;
}

/* Returns true when there is nothing more to wait for. */
static bool close_further(struct port *p, struct closing *c)
{
    int64_t now = loop_now(p->loop);
    const uint64_t unsent = c->unsent, kept = c->kept;

    if (!c->shut)
        c->shut = port_shut(p) != IO_AGAIN;
    hear_peer(p, c);
    measure_unsent(p, c);
    if (c->unsent < unsent || c->kept < kept)
        c->since = now;
    if (p->error != 0)
        return true;
    return has_all(c) ? !is_answering(c, now) : now - c->since >= c->limit;
}

static uint64_t farewell_size(const struct port *p)
{
    uint64_t sum = 0;

    for (const struct layer *l = p->top; l != NULL; l = l->lower)
        sum += l->ops->farewell != NULL ? l->ops->farewell(l) : 0;
    return sum;
}

/* What the peer has not got of what it is to have. */
static uint64_t bytes_lost(const struct closing *c)
{
    const uint64_t unmissed = 1 + farewell_size(c->port);
    const bool counts = !c->is_unix && c->unsent > unmissed && c->unsent != UINT64_MAX;

    return c->kept + (counts ? c->unsent - unmissed : 0);
}

uint64_t port_give_up(struct port *p)
{
    struct closing *c = &p->more->closing;

    measure_unsent(p, c);
    port_free(p);
    return bytes_lost(c);
}

void port_go_on_closing(struct port *p)
{
    struct closing *c = &p->more->closing;

    if (!close_further(p, c)) {
        port_touch(p);
        return;
    }
    port_free(p);
    c->done(c->ctx, bytes_lost(c), p->error);
}

static void look_again(struct timer *t)
{
    struct port_more *more = container_of(t, struct port_more, closing.look);
    struct closing *c = &more->closing;
    struct port *p = c->port;

    c->pause = c->pause < LAST_LOOK ? 2 * c->pause : LAST_LOOK;
    loop_timer_set(p->loop, &c->look, c->pause);
    port_go_on_closing(p);
}

bool port_close(struct port *p, int64_t limit, bool heard, void (*done)(void *ctx, uint64_t lost, int error),
                void *ctx)
{
    struct closing c = {
        .port = p, .done = done, .ctx = ctx, .limit = limit, .talks = heard, .pause = FIRST_LOOK};

    bool done_now;

    c.since = c.heard = loop_now(p->loop);
    c.unsent = UINT64_MAX;
    p->closing = true; /* what was there is read; and no end is put off any more */
    done_now = p->error != 0 || p->shaking || close_further(p, &c);
    if (done_now && bytes_lost(&c) == 0) {
        port_free(p);
        return true;
    }
    port_more(p)->closing = c;
    p->more->closing.look.fire = look_again;
    loop_timer_set(p->loop, &p->more->closing.look, done_now ? 0 : c.pause);
    port_touch(p);
    return false;
}
