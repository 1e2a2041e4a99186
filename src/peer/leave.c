/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/leave.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/below.h"

struct leaving {
    struct list place; /* in table->leaving */
    struct peer_table *table;
    struct port *port;
    int64_t limit;
    char name[ADDR_TEXT];
};

static void tell_lost(const struct leaving *l, uint64_t lost, int error)
{
    if (error != 0)
        log_error("%llu bytes for %s were lost: %s", (unsigned long long)lost, l->name, strerror(error));
    else
        log_error("%llu bytes for %s were lost: it took nothing for %g s", (unsigned long long)lost, l->name,
                  (double)l->limit / 1000);
    l->table->lost = true;
}

static void has_left(void *ctx, uint64_t lost, int error)
{
    struct leaving *l = ctx;
    struct peer_table *t = l->table;

    if (lost > 0)
        tell_lost(l, lost, error);
    list_del(&l->place);
    free(l);
    if (t->awaited && list_empty(&t->leaving))
        loop_stop(t->loop);
}

void leave_close(struct peer *p, int64_t limit)
{
    struct peer_table *t = p->table;
    struct leaving *l;
    bool heard = p->received > 0;

    if (p->datagram || p->port->error != 0) {
        peer_free(p);
        return;
    }
    l = mem_alloc(sizeof *l);
    l->table = t;
    l->limit = limit;
    peer_name(p, l->name);
    l->port = peer_remove(p);
    if (port_close(l->port, limit, heard, has_left, l))
        free(l);
    else
        list_add(&t->leaving, &l->place);
}

int leave_wait(struct peer_table *t, struct err *e)
{
    if (list_empty(&t->leaving))
        return 0;
    t->awaited = true;
    return loop_run(t->loop, e);
}

void leave_drop(struct peer_table *t)
{
    struct leaving *l;
    struct list *ahead;

    list_each(l, ahead, &t->leaving, struct leaving, place)
    {
        list_del(&l->place);
        port_free(l->port);
        free(l);
    }
}

void leave_watch(struct peer *p, void (*gone)(struct port *, void *ctx), void *ctx)
{
    below_keep_alive(p->port);
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
