/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fan: one source for many: a port that a link writes to, and whose members each read all of it; or many sources, whose
 * owner puts what each has (fan_put), for all members but the source itself.
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
    /* A member that had no room has some again, or has got all. Optional. */
    void (*again)(void *ctx, struct fan_member *m);
    void (*room)(void *ctx); /* no longer fan_full(), or the first member came. Optional */
    int64_t patience;        /* ms that all wait for a full member with PACE_SKIP; 0: as io/pace.h has it */
    bool others;             /* not only members are held up by those that are full */
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

/* Ends its queue behind what it has not read yet; it stays a member, and gets no more. */
void fan_finish(struct fan *f, struct fan_member *m);

/* A member is waited for: what goes to all is to wait, until `room`. Asking is what makes its time run. */
bool fan_full(struct fan *f);
size_t fan_members(const struct fan *f);

/* Puts a chunk for all members but `except` (NULL: for all), whether fan_full() or not: who puts asks before. */
void fan_put(struct fan *f, struct chunk *c, const struct fan_member *except);

/* Puts a chunk for `m` alone, when all wait for it, too; returns false when it is left behind, or has twice as much as it may
 * have. */
bool fan_tell(struct fan *f, struct fan_member *m, struct chunk *c);

/* Bytes that wait for it. */
size_t fan_waiting(const struct fan_member *m);

#endif
