/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wait: the set of watches to wait for, and the only place that knows poll(2).
 *
 * Up to WAIT_DIRECT watches stand in the poll set themselves. When there are more, all go to the crowd
 * (loop/crowd.h), which is one entry of the set, but for those that it refuses (a regular file, a descriptor
 * that is in it already). When the last has left it, watches stand in the poll set again.
 */
#ifndef LOOP_WAIT_H
#define LOOP_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct watch;
struct wait;

enum { WAIT_DIRECT = 8 };

/* A new empty set. NULL when descriptors are out (fills `e`). */
struct wait *wait_new(bool crowd, struct err *e);
void wait_free(struct wait *s);

/* Brings a watch to the events it wants (enum loop_event); 0 takes it out. */
void wait_set(struct wait *s, struct watch *w, unsigned wanted);

/* Takes it out when the kernel is about to do so by itself, as its descriptor is closed and nobody else has it. */
void wait_forget(struct wait *s, struct watch *w);

/* Waits up to `timeout` ms (-1: for ever) and calls `fire` for each watch that is ready. `fire` may call
 * wait_set() for any watch. Returns 0, or -1 with errno of a failure that is not EINTR. */
int wait_for(struct wait *s, int64_t timeout, void (*fire)(void *ctx, struct watch *w, unsigned events),
             void *ctx);

/* The events of enum loop_event that hold for `fd` right now. Never blocks. Errors show as LOOP_HUP. */
unsigned wait_ready(int fd, unsigned events);

/* Waits up to `ms` until `fd` can be written to, or never will be. False: it did not come to that; a signal counts as if it
 * did. */
bool wait_room(int fd, int ms);

#endif
