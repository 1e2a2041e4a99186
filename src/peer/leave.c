/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/leave.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/below.h"

enum { PROBE_DELAY = 1000 /* ms until TCP is to ask whether who ended its direction is still there */ };

struct leaving {
    struct list place; /* in table->leaving */
    struct peer_table *table;
    struct port *port;
    int64_t limit;
    char name[ADDR_TEXT];
};

static void tell_lost(const struct leaving *l, uint64_t lost, const char *why)
{
    log_error("%llu bytes for %s were lost: %s", (unsigned long long)lost, l->name, why);
    l->table->lost = true;
}

static void tell_given_up(const struct leaving *l, uint64_t lost)
{
    char why[64];

    snprintf(why, sizeof why, "it took nothing for %g s", (double)l->limit / 1000);
    tell_lost(l, lost, why);
}

static void end_leaving(struct leaving *l)
{
    l->table->nleaving--;
    list_del(&l->place);
    free(l);
}

/* The port is there until the turn ends. */
static void note_lost(struct peer_table *t, const struct port *port)
{
    t->lost = t->lost || port->lost;
}

static void has_left(void *ctx, uint64_t lost, int error)
{
    struct leaving *l = ctx;
    struct peer_table *t = l->table;

    note_lost(t, l->port);
    if (lost > 0 && error != 0)
        tell_lost(l, lost, strerror(error));
    else if (lost > 0)
        tell_given_up(l, lost);
    end_leaving(l);
    if (t->awaited && list_empty(&t->leaving))
        loop_stop(t->loop);
}

/* Between datagrams there is nothing to wait for, unless a layer has something to say, or there is no room for the last of them. */
static bool has_left_already(const struct peer *p)
{
    return p->datagram && p->port->top->lower == NULL && port_shut(p->port) != IO_AGAIN;
}

void leave_close(struct peer *p, int64_t limit)
{
    struct peer_table *t = p->table;
    struct port *port = p->port;
    struct leaving *l;

    if (port->error != 0 || port->given || has_left_already(p)) {
        peer_free(p);
        note_lost(t, port);
        return;
    }
    l = mem_alloc(sizeof *l);
    l->table = t;
    l->limit = limit;
    l->port = port;
    if (port_close(port, limit, p->received > 0 && !p->datagram, has_left, l)) {
        note_lost(t, port);
        free(l);
    } else {
        peer_name(p, l->name);
        list_add(&t->leaving, &l->place);
        t->nleaving++;
    }
    peer_remove(p);
}

static void hurry(struct leaving *l, const char *why)
{
    uint64_t lost = port_give_up(l->port);

    if (lost > 0)
        tell_lost(l, lost, why);
    end_leaving(l);
}

bool leave_make_room(struct peer_table *t)
{
    struct leaving *oldest = list_first(&t->leaving, struct leaving, place);

    if (oldest == NULL)
        return false;
    hurry(oldest, "its place is needed");
    return true;
}

/* The time for all to leave. */
struct patience {
    struct timer timer;
    struct peer_table *table;
};

static void give_up(struct timer *timer)
{
    struct patience *patience = container_of(timer, struct patience, timer);
    struct peer_table *t = patience->table;
    struct leaving *l;
    struct list *ahead;

    list_each(l, ahead, &t->leaving, struct leaving, place) hurry(l, "the program ends");
    loop_stop(t->loop);
}

int leave_wait(struct peer_table *t, int64_t limit, struct err *e)
{
    struct patience patience = {.timer.fire = give_up, .table = t};
    int result;

    if (list_empty(&t->leaving))
        return 0;
    if (limit > 0)
        loop_timer_set(t->loop, &patience.timer, limit);
    t->awaited = true;
    result = loop_run(t->loop, e);
    loop_timer_clear(&patience.timer);
    return result;
}

void leave_drop(struct peer_table *t)
{
    struct leaving *l;
    struct list *ahead;

    list_each(l, ahead, &t->leaving, struct leaving, place)
    {
        port_free(l->port);
        end_leaving(l);
    }
}

/* Most peers that ended their direction are gone soon. */
static void probe_peer(struct timer *t)
{
    below_keep_alive(container_of(t, struct peer, probe)->port);
}

void leave_watch(struct peer *p, void (*gone)(struct port *, void *ctx), void *ctx)
{
    if (!p->ended) {
        p->probe.fire = probe_peer;
        loop_timer_set(p->table->loop, &p->probe, PROBE_DELAY);
    }
    p->ended = true;
    p->port->hung_up = gone;
    p->port->hung_up_ctx = ctx;
    port_touch(p->port);
}

void leave_unwatch(struct peer *p)
{
    p->port->hung_up = NULL;
}

int leave_behind(const struct peer *p)
{
    int sys = below_error(p->port);

    /* Of TCP the queue tells, which outlives a reset; of a UNIX socket the error. */
    return sys == ECONNRESET || (sys != 0 && below_unsent(p->port) > 0) ? sys : 0;
}

void leave_reset(struct peer *p)
{
    below_reset(p->port);
}
