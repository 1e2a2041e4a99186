/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * leave: how peers leave, and how it is known that one has left.
 *
 * A connection waits in the background until what was sent has arrived, and so does the program at its end, when that came
 * by itself: its input is over, -q, the peer is done. An end that a person asks for (`~close` of the only peer, `~quit`)
 * gives what is on its way LEAVE_MOMENT in all; a signal, a failure, `~reset` nothing.
 */
#ifndef PEER_LEAVE_H
#define PEER_LEAVE_H

#include "peer/peer.h"

enum {
    LEAVE_LIMIT = 10000, /* ms that a peer may take nothing of what was sent to it before it is given up */
    LEAVE_MOMENT = 1000, /* ms for all, where a person waits for the end */
};

/* As peer_free(), but what was sent is to arrive first (port_close()): the connection stays among t->leaving meanwhile. What
 * does not arrive is told, and t->lost set. `limit` in ms. */
void leave_close(struct peer *p, int64_t limit);

/* Gives up the one that has been leaving for the longest time, as above. False: there is none. Its descriptor is free in the
 * next turn. */
bool leave_make_room(struct peer_table *t);

/* Runs the loop until all have left, or something stops it; after `limit` ms (0: none) those that have not are given up as
 * above. Returns 0, or -1 with `e` filled. */
int leave_wait(struct peer_table *t, int64_t limit, struct err *e);

/* Gives up those that have not left, without a word. */
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
