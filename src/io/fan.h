/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fan: one source for many: an io that a link writes to, and whose members each read all of it.
 *
 * Each buffer is stored once and counted; a member joins at the next write. The fan takes a write only while
 * there is a member. What happens when a member's queue is full is a policy.
 */
#ifndef IO_FAN_H
#define IO_FAN_H

#include "io/io.h"

struct fan;

/* What a member whose queue is full means for the others. */
enum fan_slow {
    FAN_WAIT,  /* the source waits: the slowest sets the pace */
    FAN_SKIP,  /* once others starve, the member misses what comes until it has read all that waits for it */
};

struct fan_opts {
    enum fan_slow slow;
    /* With FAN_SKIP: `member` missed `size` bytes. May delete it. */
    void (*missed)(void *ctx, struct io *member, size_t size);
    void *ctx;
};

/* A new fan. Its io (fan_io) is owned by it. */
struct fan *fan_new(struct loop *loop, const struct fan_opts *opts);
void fan_free(struct fan *f);

/* The io to make the destination of the feeding link. Its io_shut() ends every member, those that join later
 * at once. */
struct io *fan_io(struct fan *f);

/* A new member: an io to read from. fan_del() takes it out and io_free()s it. */
struct io *fan_add(struct fan *f);
void fan_del(struct fan *f, struct io *member);

#endif
