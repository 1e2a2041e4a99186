/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * timer: a binary heap of struct timer, the earliest on top.
 */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include <stddef.h>

struct timer;

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
