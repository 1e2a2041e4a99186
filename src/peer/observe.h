/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * observe: who wants to know what happens with the peers of a table: that one comes, what it sends and is sent, that a
 * direction ends, that it fails, that it goes. An observer changes nothing.
 *
 * Each byte is seen once, in the order of its direction, at the moment that io/tap.h names. Links that are observed
 * leave the kernel path; the others keep it. Whoever makes the links of a peer tells of them here (svc/wire.c).
 */
#ifndef PEER_OBSERVE_H
#define PEER_OBSERVE_H

#include "base/err.h"
#include "base/list.h"
#include "io/link.h"
#include "peer/peer.h"

struct observed;

/* Embedded in its user's struct; each call is optional. None may free a peer or a link. */
struct observer {
    struct list place, seen;                        /* its place in the table; of struct observed */
    bool sent;                                      /* it wants to see what is sent, too */
    void (*open)(struct observer *, struct peer *); /* a peer came */
    void (*begin)(struct observed *); /* a direction can be seen: o->own is the observer's to set */
    void (*data)(struct observed *, const void *data, size_t n, const struct meta *); /* meta as for a tap */
    void (*end)(struct observed *);   /* the direction ended */
    void (*leave)(struct observed *); /* it is seen no more: o->own goes */
    void (*error)(struct observer *, struct peer *, const struct err *);
    /* We put something into what goes from the peer to its end, which is called `to`. */
    void (*put_in)(struct observer *, struct peer *, const char *to, const void *data, size_t n, bool secret);
    void (*close)(struct observer *, struct peer *); /* a peer goes; its directions have been left */
};

/* One direction of one peer, as one observer sees it. */
struct observed {
    struct tap tap;    /* its own */
    struct list place; /* its own */
    struct observer *by;
    struct peer *peer;
    struct link *link;
    bool sent; /* what is sent to the peer; false: what it sends */
    void *own;
};

/* Watches the peers that come to the table from now on; observe_link() shows it those that are there. `o` stays the
 * caller's until observe_del(), which leaves all that it sees. */
void observe_add(struct peer_table *t, struct observer *o);
void observe_del(struct peer_table *t, struct observer *o);

/* Shows a link from (`sent` false) or to a peer to one observer; once, however often it is called. Of what goes back to where
 * it came from (svc/echo.c) both are the same link. */
void observe_link(struct observer *o, struct peer *p, struct link *k, bool sent);

/* For those who make links. */

/* A peer came; goes, and its links are gone. */
void observe_open(struct peer *p);
void observe_close(struct peer *p);

/* A link was made; is about to be freed (NULL: is none); its source ended; the peer failed. */
void observe_begin(struct peer *p, struct link *k, bool sent);
void observe_leave(struct link *k);
void observe_end(struct link *k);
void observe_error(struct peer *p, const struct err *e);

/* Something is put into what goes from the peer to its end. */
void observe_put_in(struct peer *p, const char *to, const void *data, size_t n, bool secret);

#endif
