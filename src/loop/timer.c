/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/timer.h"

#include <stdlib.h>

#include "base/mem.h"

static void put_timer(struct timers *t, size_t i, struct timer *x)
{
    t->heap[i] = x;
    x->place = i;
}

static void rise_in_heap(struct timers *t, size_t i, struct timer *x)
{
    for (; i > 1 && t->heap[i / 2]->at > x->at; i /= 2)
        put_timer(t, i, t->heap[i / 2]);
    put_timer(t, i, x);
}

static void sink_in_heap(struct timers *t, size_t i, struct timer *x)
{
    for (size_t child; (child = 2 * i) <= t->count; i = child) {
        if (child < t->count && t->heap[child + 1]->at < t->heap[child]->at)
            child++;
        if (t->heap[child]->at >= x->at)
            break;
        put_timer(t, i, t->heap[child]);
    }
    put_timer(t, i, x);
}

void timers_clear(struct timers *t)
{
    free(t->heap);
    *t = (struct timers){0};
}

void timers_set(struct timers *t, struct timer *x)
{
    if (x->place != 0)
        timers_del(t, x);
    if (t->count + 1 >= t->room) {
        t->room = t->room > 0 ? 2 * t->room : 16;
        t->heap = mem_resize(t->heap, t->room * sizeof(struct timer *));
    }
    rise_in_heap(t, ++t->count, x);
}

void timers_del(struct timers *t, struct timer *x)
{
    struct timer *last = t->heap[t->count--];
    size_t i = x->place;

    x->place = 0;
    if (last == x)
        return;
    if (i > 1 && t->heap[i / 2]->at > last->at)
        rise_in_heap(t, i, last);
    else
        sink_in_heap(t, i, last);
}

struct timer *timers_first(const struct timers *t)
{
    return t->count > 0 ? t->heap[1] : NULL;
}
