/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pace: what one who reads slowly means for the others, where the same goes to many.
 *
 * Each member has a queue (io/queue.h). While one is full, what is to go to all waits: until it has room, or, with
 * PACE_SKIP, for a moment; then it is left behind, and misses what comes until it has read all that waits for it.
 * Knows members by counts alone: nothing here takes longer the more there are.
 */
#ifndef IO_PACE_H
#define IO_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/chunk.h"
#include "io/port.h"

enum pace_slow {
    PACE_WAIT, /* the slowest sets the pace */
    PACE_SKIP, /* once others are held up, it is left behind */
};

struct pace_member;

/* Set up by pace_init(); its user may read `members` and `full`, and set `again`, `patience` and `others`. */
struct pace {
    struct loop *loop;
    enum pace_slow slow;
    void (*room)(struct pace *); /* nobody is waited for any more */
    void (*again)(struct pace *,
                  struct pace_member *); /* a member that was full has room, or has got all. Optional */
    int64_t patience;                    /* ms; at first a fifth of a second */
    bool others; /* somebody who is no member is held up as well, even when all members are full */
    unsigned members;
    unsigned full;   /* members that the others wait for */
    unsigned behind; /* members that were left behind */
    unsigned round;  /* grows with each time that some were */
    struct timer grace;
};

/* Embedded in its user's struct, zeroed before pace_join(). */
struct pace_member {
    struct pace *pace;  /* NULL: it is no member */
    struct port *queue; /* the user's to make, before the first pace_put(), and to free */
    unsigned full; /* the round in which it became full: an earlier one than now means behind; 0: it is not */
    unsigned place; /* its user's: here it takes no room */
};

void pace_init(struct pace *p, struct loop *loop, enum pace_slow slow, void (*room)(struct pace *));
void pace_clear(struct pace *p);

/* A member comes; leaves, which it may have done already. */
void pace_join(struct pace *p, struct pace_member *m);
void pace_leave(struct pace_member *m);

/* Puts a chunk into the member's queue, full or not; `to` as for queue_put_to(). Returns false when it misses it. */
bool pace_put(struct pace_member *m, struct chunk *c, const struct meta *to);

/* The member's queue is no longer full, or is empty: for the `room` of its options. */
void pace_has_room(struct pace_member *m);

/* The others wait for this member: it is full, and was not left behind. */
bool pace_is_waited_for(const struct pace_member *m);

/* Somebody waits for those that are full. */
void pace_held_up(struct pace *p);

#endif
