/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fan: one source for many: a port that a link writes to, and whose members each read all of it.
 *
 * Each buffer is stored once and counted; a member joins at the next write, and costs next to nothing before. The
 * fan takes a write only while there is a member. What happens when a member's queue is full is a policy (io/pace.h).
 */
#ifndef IO_FAN_H
#define IO_FAN_H

#include "io/pace.h"

struct fan;

/* One who gets all. Embedded in its user's struct, zeroed before fan_add(). */
struct fan_member {
    struct pace_member pace; /* its queue is the fan's; NULL until there is something to read */
};

struct fan_opts {
    enum pace_slow slow;
    /* The first bytes (or the end) are there for a member: m->pace.queue is to be read from. */
    void (*open)(void *ctx, struct fan_member *m);
    /* With PACE_SKIP: a member missed `size` bytes. May delete it. */
    void (*missed)(void *ctx, struct fan_member *m, size_t size);
    void *ctx;
};

/* A new fan. Its port (fan_port) is owned by it. */
struct fan *fan_new(struct loop *loop, const struct fan_opts *opts);
void fan_free(struct fan *f);

/* The port to make the destination of the feeding link. Its port_shut() ends every member, those that join later
 * at once. */
struct port *fan_port(struct fan *f);

/* A new member. fan_del() takes it out, if it is one, and releases its queue, whose link must be gone. */
void fan_add(struct fan *f, struct fan_member *m);
void fan_del(struct fan *f, struct fan_member *m);

/* Takes it out with what it has not read yet: its queue ends there, and is the caller's. */
void fan_end(struct fan *f, struct fan_member *m);

#endif
