/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * caller: the port of one caller (io/callers.h): what waits for its reader, and what goes back. Private to io/callers.
 *
 * It has no descriptor: what it needs of the sockets is in struct caller_home, which all callers share.
 */
#ifndef IO_CALLER_H
#define IO_CALLER_H

#include "io/port.h"

struct caller;

/* What callers share. */
struct caller_home {
    struct loop *loop;
    bool is_unix;
    size_t most;       /* bytes of a datagram made of a stream; 0: as many as fit */
    size_t held;       /* bytes that wait in all of them */
    struct list order; /* all of them, the most silent first */
    struct {
        struct caller *whose; /* NULL: there is none */
        const void *data;
        size_t size;
    } now; /* the datagram that is being given */
    /* Sends it back to where the caller is. Returns a count or IO_*, as a write. */
    ssize_t (*send)(struct caller *c, const void *data, size_t size);
    /* Sends what waits of it to be sent. Returns 0 or IO_AGAIN. */
    int (*flush)(struct caller *c);
    size_t (*unsent)(const struct caller *c); /* bytes of that */
    /* It is no more, as far as the sockets go. */
    void (*forget)(struct caller *c);
};

struct caller {
    struct port port;
    struct layer layer;
    struct caller_home *home; /* NULL: forgotten */
    struct list order;
    struct waiting *first, *last; /* what was not read yet; NULL: nothing waits */
    struct addr *who,
        *local; /* from addr_dup(); where it is, and whom it spoke to: without a port, or not known */
    void *owner;
    int64_t active; /* loop time in ms */
    uint64_t dropped;
    size_t held; /* bytes that wait, and what they take */

    struct caller *next; /* these are io/callers.c's */
    struct list waits;
    uint64_t hash, mark;
    unsigned ifindex;
    unsigned char socket;
    bool over; /* whoever speaks from there now is another */
};

/* A new one, spoken of by what was received of it. */
struct caller *caller_new(struct caller_home *home, const struct meta *from);

/* Gives it a datagram: at once, when somebody is there to read it, or later. */
void caller_give(struct caller *c, const void *data, size_t size);

/* Keeps it until it is read, or drops it when too much is kept. */
void caller_keep(struct caller *c, const void *data, size_t size);

/* It spoke, or was spoken to. */
void caller_active(struct caller *c);

#endif
