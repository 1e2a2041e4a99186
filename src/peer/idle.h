/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * idle: a peer that keeps silent.
 */
#ifndef PEER_IDLE_H
#define PEER_IDLE_H

#include "peer/peer.h"

/* Calls `expired` once, when no bytes moved in either direction for `ms`, nor left the kernel's queue; 0 stops it. One
 * timer a peer, which fires at most once per `ms`. Whoever finds that it was not the peer who kept silent calls it
 * again. */
void peer_idle(struct peer *p, int64_t ms, void (*expired)(struct peer *));

/* It has been silent long enough, since its place is needed: calls `expired`, if a limit is set. */
void peer_idle_now(struct peer *p);

#endif
