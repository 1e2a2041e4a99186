/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crowd: many watches behind one epoll descriptor (epoll(7)), so that idle ones cost nothing.
 */
#ifndef LOOP_CROWD_H
#define LOOP_CROWD_H

struct watch;

/* A new epoll descriptor, or -1 where there is none. */
int crowd_open(void);

/* Adds (from `old` 0), changes or takes out (to `wanted` 0) a watch. Returns 0, or -1 when the descriptor cannot
 * be in an epoll set. */
int crowd_set(int crowd, struct watch *w, unsigned old, unsigned wanted);

/* The watches that are ready, at most `max`; waits for the first up to `ms`, and without end when that is -1. Returns their
 * number, or -1 with errno. */
int crowd_ready(int crowd, struct watch **watches, unsigned *events, int max, int ms);

#endif
