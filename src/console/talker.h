/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * talker: who is spoken with at a prompt: a peer, or one of the senders that a datagram socket hears.
 *
 * Knows names, numbers and whom lines go to; moves no bytes. What only a talker that talks needs (its queue, what the
 * view holds of it) is allocated by who uses it first: idle ones stay small.
 */
#ifndef CONSOLE_TALKER_H
#define CONSOLE_TALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/list.h"
#include "io/pace.h"
#include "loop/loop.h"
#include "peer/peer.h"

enum {
    TALKERS_SENDERS = 1000,       /* senders of datagrams known at once; beyond, the quietest leaves */
    TALKERS_IDLE = 5 * 60 * 1000, /* ms without a datagram after which a sender leaves */
    TALKER_CALLED = 32,           /* bytes of a name that the user gives */
    TALKER_LABEL = TALKER_CALLED + 2,
};

struct talker {
    struct list place; /* by number: in talkers.all */
    struct peer *peer;
    struct talker *
        other; /* the other side of a pair (console/watch.h): the end that it is joined to, or whose end it is; NULL */
    const char *name;  /* of an end; NULL: the peer's */
    struct meta *meta; /* a sender of datagrams: where lines to it go; NULL: the peer itself */
    /* Lines to it; its queue is NULL before the first. A sender's are in that of its peer's own talker. */
    struct pace_member pace;
    struct view_line *line;  /* what the view holds of it; NULL: nothing */
    struct recent *recent;   /* what came last; NULL: nothing, or it is not kept */
    char *called;            /* the name that the user gave it; NULL: none */
    uint64_t sent, received; /* a sender's bytes; see talker_bytes() */
    uint64_t seen[2];        /* bytes of either direction that the view dumped: received, sent */
    size_t ahead;            /* bytes passed to the other side that are still to be shown */
    int64_t since, heard;    /* loop time, ms; heard 0: never */
    void *seat;              /* of console_among.c */
    uint32_t number;         /* from 1, never used twice */
    bool
        shown; /* it can be seen: counted and told; false: the talker of a datagram socket that anyone may speak to */
    bool stilled;       /* it is not read while another has the terminal */
    bool far;           /* it is an end */
    bool deaf;          /* nothing can be sent to it any more */
    bool ended;         /* we ended our direction to it */
    bool ending;        /* we do once the commands that send to it are done */
    bool parted;        /* it was passed a part of a message, of which more follows */
    unsigned char form; /* of that message; enum message_form of io/layer.h */
};

struct talkers {
    struct loop *loop;
    struct list all;         /* of struct talker */
    struct talker *to;       /* whom lines go to; NULL: all, or nobody */
    char gone[TALKER_LABEL]; /* not "": the label of whom lines went to, who has left: they go to nobody */
    uint32_t upto;           /* all means those up to this number; 0: all there are */
    unsigned count;          /* talkers that are shown */
    uint32_t next_number;
    /* A sender is to leave: tell, free what hangs on it, then talkers_del(). */
    void (*leaving)(void *ctx, struct talker *t);
    void *ctx;

    struct senders *senders; /* the rest is the table's own */
    struct timer idle;
};

/* `t` zeroed but for loop, leaving and ctx. */
void talkers_init(struct talkers *t);
void talkers_clear(struct talkers *t);

/* The talker that a peer itself is; `shown` is false for a datagram socket without a peer of its own. */
struct talker *talkers_add(struct talkers *t, struct peer *p, bool shown);

/* Takes a talker out and frees it: its queue and line must be gone. Lines that went to it go to nobody (`gone`). */
void talkers_del(struct talkers *t, struct talker *x);

/* Lines that went to it go to nobody. */
void talkers_lose(struct talkers *t, const struct talker *x);

/* The talker that sends from m->peer through peer `p`, now heard. Makes one (`*made`) when there is none, which may
 * make others leave. */
struct talker *talkers_hear(struct talkers *t, struct peer *p, const struct meta *m, bool *made);

/* The talker that is known to send from m->peer through peer `p`, or NULL. */
struct talker *talkers_sender(const struct talkers *t, const struct peer *p, const struct meta *m);

/* The one of that number that is shown; NULL: there is none. */
struct talker *talkers_find(const struct talkers *t, uint32_t number);

/* The one that is shown and called so; NULL: there is none. */
struct talker *talkers_called(const struct talkers *t, const char *name);

/* Has it called `name` from now on, which is right and free; NULL: by its number again. */
void talker_call(struct talker *x, const char *name);

/* True for a name that can be given: 1 to TALKER_CALLED letters, digits, _ and -, no number. */
bool talker_can_be_called(const char *name);

/* What the user knows it by: the name it was given, or its number; of a pair with > for what goes to the end, < for what goes
 * to the peer. Returns `text`. */
const char *talker_label(const struct talker *x, char text[static TALKER_LABEL]);

/* The next one that is shown behind `x` (NULL: the first), or NULL. */
struct talker *talkers_next(const struct talkers *t, const struct talker *x);

/* The next one of all, shown or not, behind `x` (NULL: the first), or NULL. */
struct talker *talkers_after(const struct talkers *t, const struct talker *x);

/* "127.0.0.1 port 80". Returns `text`. */
const char *talker_name(const struct talker *x, char text[static ADDR_TEXT]);

/* Bytes both ways: the peer's, or the sender's own share of them. */
void talker_bytes(const struct talker *x, uint64_t *sent, uint64_t *received);

#endif
