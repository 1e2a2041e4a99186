/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * timer: something to do at a time, and the binary heap that a loop keeps them in, the earliest on top.
 */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct loop;

/* Something to do at a time. */
struct timer {
    void (*fire)(struct timer *);
    struct loop *loop;
    int64_t at;   /* ms, on the loop's clock */
    size_t place; /* 1-based index in the heap; 0: not set */
};

struct timers {
    struct timer **heap; /* heap[1] is the earliest */
    size_t count, room;
};

void timers_clear(struct timers *t);

/* Puts in, or moves when it is in, a timer whose `at` is set. */
void timers_set(struct timers *t, struct timer *x);

/* Takes out a timer that is in. */
void timers_del(struct timers *t, struct timer *x);

/* The earliest, or NULL. */
struct timer *timers_first(const struct timers *t);

#endif
