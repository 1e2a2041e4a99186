/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/idle.h"

#include "base/container.h"
#include "peer/info.h"

/* How long nothing went over the network, in ms. What the kernel took of us long ago may be on its way still. */
static int64_t idle_quiet(const struct peer *p)
{
    int64_t quiet = loop_now(p->table->loop) - p->active;
    struct info i;

    if (quiet < p->idle_limit)
        return quiet;
    info_get(p, &i);
    return i.tcp && i.outq > 0 && i.last_sent < quiet ? i.last_sent : quiet;
}

static void idle_fire(struct timer *timer)
{
    struct peer *p = container_of(timer, struct peer, idle);
    int64_t quiet = idle_quiet(p);

    if (quiet < p->idle_limit)
        loop_timer_set(p->table->loop, &p->idle, p->idle_limit - quiet);
    else
        p->expired(p);
}

void peer_idle(struct peer *p, int64_t ms, void (*expired)(struct peer *))
{
    p->idle.fire = idle_fire;
    p->idle_limit = ms;
    p->expired = expired;
    if (ms <= 0) {
        loop_timer_clear(&p->idle);
        return;
    }
    p->active = loop_now(p->table->loop);
    loop_timer_set(p->table->loop, &p->idle, ms);
}

void peer_idle_now(struct peer *p)
{
    if (p->idle_limit > 0)
        p->expired(p);
}
