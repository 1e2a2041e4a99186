/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * leave: how peers leave, and how it is known that one has left.
 */
#ifndef PEER_LEAVE_H
#define PEER_LEAVE_H

#include "peer/peer.h"

enum {
    LEAVE_LIMIT = 10000
}; /* ms that a peer may take nothing of what was sent to it before it is given up */

/* As peer_free(), but what was sent is to arrive first (port_close()): the connection stays among t->leaving meanwhile. What
 * does not arrive is told, and t->lost set. `limit` in ms. */
void leave_close(struct peer *p, int64_t limit);

/* Runs the loop until all have left, or something stops it. Returns 0, or -1 with `e` filled. */
int leave_wait(struct peer_table *t, struct err *e);

/* Gives up those that have not. */
void leave_drop(struct peer_table *t);

/* The peer said its last, and may still listen. Calls gone() (once; it may free the peer) when it has left: UNIX sockets
 * say so at once, TCP when keep-alive probes go unanswered or are refused. */
void leave_watch(struct peer *p, void (*gone)(struct port *, void *ctx), void *ctx);
void leave_unwatch(struct peer *p);

/* Of a peer that has left: the errno when it left something of ours behind, else 0. */
int leave_behind(const struct peer *p);

/* Ends the connection with a reset, where the transport has such; to be freed then. */
void leave_reset(struct peer *p);

#endif
