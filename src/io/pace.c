/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/pace.h"

#include "base/container.h"
#include "io/queue.h"

enum { GRACE = 200 }; /* ms that all wait for a full member before it is left behind */

bool pace_is_waited_for(const struct pace_member *m)
{
    return m->pace != NULL && m->full == m->pace->round;
}

static bool is_behind(const struct pace_member *m)
{
    return m->full != 0 && !pace_is_waited_for(m);
}

static void go_on(struct pace *p)
{
    loop_timer_clear(&p->grace);
    p->room(p);
}

/* When all are full or behind there are no others who are held up. */
static void grace_is_over(struct timer *t)
{
    struct pace *p = container_of(t, struct pace, grace);

    if (!p->others && p->full + p->behind == p->members) {
        loop_timer_set(p->loop, &p->grace, p->patience);
        return;
    }
    p->behind += p->full;
    p->full = 0;
    p->round++;
    go_on(p);
}

void pace_init(struct pace *p, struct loop *loop, enum pace_slow slow, void (*room)(struct pace *))
{
    *p = (struct pace){.loop = loop, .slow = slow, .room = room, .patience = GRACE, .round = 1};
    p->grace.fire = grace_is_over;
}

void pace_clear(struct pace *p)
{
    loop_timer_clear(&p->grace);
}

void pace_join(struct pace *p, struct pace_member *m)
{
    m->pace = p;
    m->full = 0;
    p->members++;
}

/* It is as if it had just come. */
static void catch_up(struct pace_member *m)
{
    if (pace_is_waited_for(m))
        m->pace->full--;
    else if (is_behind(m))
        m->pace->behind--;
    m->full = 0;
}

void pace_leave(struct pace_member *m)
{
    struct pace *p = m->pace;
    bool waited_for;

    if (p == NULL)
        return;
    waited_for = pace_is_waited_for(m);
    catch_up(m);
    m->pace = NULL;
    p->members--;
    if (waited_for && p->full == 0)
        go_on(p);
}

bool pace_put(struct pace_member *m, struct chunk *c, const struct meta *to)
{
    if (is_behind(m)) {
        if (queue_size(m->queue) > 0)
            return false;
        catch_up(m);
    }
    queue_put_to(m->queue, c, to);
    if (m->full == 0 && queue_full(m->queue)) {
        m->full = m->pace->round;
        m->pace->full++;
    }
    return true;
}

void pace_has_room(struct pace_member *m)
{
    struct pace *p = m->pace;
    const bool waited_for = pace_is_waited_for(m);

    if (p == NULL || (!waited_for && queue_size(m->queue) > 0))
        return;
    catch_up(m);
    if (p->again != NULL)
        p->again(p, m);
    if (waited_for && p->full == 0)
        go_on(p);
}

void pace_held_up(struct pace *p)
{
    if (p->slow == PACE_SKIP && p->full > 0 && !loop_timer_pending(&p->grace))
        loop_timer_set(p->loop, &p->grace, p->patience);
}
