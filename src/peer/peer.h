/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * peer: one connected peer (or one datagram socket and all who speak to it), and the table of them.
 *
 * A transport makes peers, a service works with them, the session ends them. A peer owns its port.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/list.h"
#include "io/port.h"

/* Who wants to know that a peer of the table is gone; owned by whoever that is. */
struct peer_watch {
    struct list place;
    void (*gone)(struct peer_watch *);
};

struct peer_table {
    struct loop *loop;
    struct list all;     /* of struct peer, in the order they came */
    struct list leaving; /* peer/leave.h: connections that are closing */
    unsigned nleaving;   /* so many */
    bool awaited;        /* and somebody waits for them */
    bool lost;           /* one of them left bytes behind, and it was told */
    struct list watches;
    struct list observers;   /* of peer/observe.h */
    unsigned count;          /* peers now */
    unsigned next_number;    /* numbers are never used twice */
    uint64_t sent, received; /* bytes of the peers that are gone; peer_table_bytes() adds those present */
};

struct peer {
    struct peer_table *table;
    struct list place; /* in the table */
    struct port *port;
    struct addr *local,
        *remote;     /* from addr_dup(); remote->len is 0 for a datagram socket that anyone may speak to */
    char *name;      /* who it is, where no address tells; NULL: `remote` does */
    const char *via; /* through what it is reached, for people; NULL: straight. Outlives it */
    unsigned number; /* from 1 */
    bool datagram;   /* no connection: nothing ends by itself */
    bool listens;    /* that it is sent something does not tell that it is there */
    bool client;     /* we spoke first */
    bool choosy;     /* it may read less than is sent, and that is no failure */
    bool ended;      /* it ended its direction; only we could still speak */
    bool observed;   /* observers know of it */
    uint64_t sent, received; /* bytes */
    int64_t active;          /* loop time in ms when bytes last moved, or came from one that listens */
    struct timer idle;
    struct timer probe; /* of peer/leave.h */
    int64_t idle_limit; /* ms, 0: none */
    void (*expired)(struct peer *);
    struct greeting *greeting; /* what it is sent before its service has it (svc/greeting.h); NULL: nothing */
    void *svc;                 /* the service's */
    void *owner;               /* the session's */
};

void peer_table_init(struct peer_table *t, struct loop *loop);

/* Calls `gone` (which is set) for each peer that leaves, from now on; no more. */
void peer_table_watch(struct peer_table *t, struct peer_watch *w);
void peer_table_unwatch(struct peer_watch *w);

/* Bytes sent and received by all peers so far. */
void peer_table_bytes(const struct peer_table *t, uint64_t *sent, uint64_t *received);

/* A new peer in the table. Takes `port`. */
struct peer *peer_new(struct peer_table *t, struct port *port, const struct addr *local,
                      const struct addr *remote);

/* The one that came first, and who came after `p`; NULL when there is none. */
static inline struct peer *peer_first(const struct peer_table *t)
{
    return list_first(&t->all, struct peer, place);
}

static inline struct peer *peer_next(const struct peer *p)
{
    return list_next(&p->table->all, p, struct peer, place);
}

/* Takes it out of the table and closes its port. Its links must be gone. */
void peer_free(struct peer *p);

/* The same, but its port becomes the caller's. */
struct port *peer_remove(struct peer *p);

/* Socket `i` of the peer; -1 past the end. Most have one, a datagram socket may be several. */
int peer_fd(const struct peer *p, unsigned i);

/* Bytes moved. */
void peer_count(struct peer *p, uint64_t sent, uint64_t received);

/* "127.0.0.1 port 80", or its name, for messages. Returns `text`. */
const char *peer_name(const struct peer *p, char text[static ADDR_TEXT]);

#endif
