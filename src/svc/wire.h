/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wire: the two directions between a peer and what it is joined to, and the rules of when both are over.
 *
 * Knows the peer's side alone. What stands at the far ends (standard streams, a fan, the lines of a prompt) is the
 * owner's, who embeds a struct wire for each peer and answers a few questions for all of them.
 */
#ifndef SVC_WIRE_H
#define SVC_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/link.h"
#include "peer/peer.h"

struct wire;

/* Who owns wires, and what is the same for all of them. */
struct wire_owner {
    bool send_only;        /* nothing is expected of peers: the end of `out` is the end */
    int64_t datagram_wait; /* ms of silence after which datagrams are done whose `out` is over; -1: never */

    /* It is over, or failed (w->err): the owner calls wire_clear(). No other hook may. */
    void (*finished)(struct wire *);
    /* The peer ended its direction while ours is open. Returns false to be done with it. */
    bool (*peer_ended)(struct wire *);
    /* The peer takes no more (w->err), but may still send. Returns false to be done with it. */
    bool (*deaf)(struct wire *);
    /* All that `out` had is sent. Returns false where the owner sees to the rest. */
    bool (*sent)(struct wire *);
    /* The source of `out` has ended; bytes may still be on their way. */
    void (*source_ended)(struct wire *);
    /* The source of `out`, or the destination of `in`, failed. */
    void (*source_failed)(struct wire *);
    void (*sink_failed)(struct wire *);
    /* Silence is not the peer's (link_is_held_up() of `in` is asked before). */
    bool (*holds_up)(const struct wire *);
};

/* Embedded in the owner's struct, zeroed before wire_init(). */
struct wire {
    struct wire_owner *owner;
    struct peer *peer;
    struct link *in;  /* from the peer */
    struct link *out; /* to it; NULL: there is none */
    struct err *err;  /* why it failed; NULL: it did not */
    bool expects;     /* there is no `out` yet, but may be */
};

/* Joins a peer: what it sends goes to `sink`. */
void wire_init(struct wire *w, struct wire_owner *owner, struct peer *p, struct port *sink,
               struct link_pool *pool, const struct link_opts *opts);

/* What it gets comes from `source`, from now on. The second takes that back, and says whether there may be another. */
void wire_feed(struct wire *w, struct port *source, const struct link_opts *opts);
void wire_unfeed(struct wire *w, bool expects);

/* Frees the links, with what they hold. */
void wire_clear(struct wire *w);

/* Decides, after a direction ended or failed, whether both are over: for the owner's sink_failed(). */
void wire_check(struct wire *w);

/* Ends it now, whatever is on its way. */
void wire_finish(struct wire *w);

/* The same, because of `e`, if it has not failed before; NULL: nothing failed. */
void wire_end(struct wire *w, const struct err *e);

bool wire_out_is_over(const struct wire *w);

/* True while it is we who keep the peer waiting: its silence means nothing. */
bool wire_holds_up(const struct wire *w);

/* Bytes that were received and are not delivered: those that wire_clear() would drop. */
uint64_t wire_undelivered(const struct wire *w);

#endif
