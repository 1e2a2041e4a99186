/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fan: one source for many: a port that a link writes to, and whose members each read all of it.
 *
 * Each buffer is stored once and counted; a member joins at the next write, and costs next to nothing before. The
 * fan takes a write only while there is a member. What happens when a member's queue is full is a policy.
 */
#ifndef IO_FAN_H
#define IO_FAN_H

#include "io/port.h"

struct fan;

/* What a member whose queue is full means for the others. */
enum fan_slow {
    FAN_WAIT, /* the source waits: the slowest sets the pace */
    FAN_SKIP, /* once others starve, the member misses what comes until it has read all that waits for it */
};

struct fan_opts {
    enum fan_slow slow;
    /* The first bytes (or the end) are there for a member: `port` is to be read from, and stays the fan's. */
    void (*open)(void *ctx, void *member, struct port *port);
    /* With FAN_SKIP: a member missed `size` bytes. May delete it. */
    void (*missed)(void *ctx, void *member, size_t size);
    void *ctx;
};

/* A new fan. Its port (fan_port) is owned by it. */
struct fan *fan_new(struct loop *loop, const struct fan_opts *opts);
void fan_free(struct fan *f);

/* The port to make the destination of the feeding link. Its port_shut() ends every member, those that join later
 * at once. */
struct port *fan_port(struct fan *f);

/* A new member, which its user knows by `member`; fan_del() takes it out, and releases its port, whose link must be
 * gone. */
void fan_add(struct fan *f, void *member);
void fan_del(struct fan *f, void *member);

#endif
