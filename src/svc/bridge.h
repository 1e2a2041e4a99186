/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bridge: the wiring that stdio and the prompt share: two links between a local end and each peer, and the rules
 * of when a peer is finished and when the program ends.
 *
 * One peer is wired directly; with many, the local input goes through a fan to all of them.
 */
#ifndef SVC_BRIDGE_H
#define SVC_BRIDGE_H

#include "svc/service.h"

struct bridge;

/* What the local side looks like. The ios stay the caller's and must outlive the bridge. */
struct bridge_ends {
    struct io *in;  /* where what we send comes from; NULL: nothing is sent */
    struct io *out; /* where what arrives goes */
    /* A peer ended its direction while ours is open. Optional. */
    void (*peer_ended)(void *ctx, struct peer *p);
    enum slow_peer slow; /* the choice for SLOW_AUTO */
    void *ctx;
};

struct bridge *bridge_new(struct svc *s, const struct bridge_ends *ends);
void bridge_free(struct bridge *b);
void bridge_attach(struct bridge *b, struct peer *p);
void bridge_detach(struct bridge *b, struct peer *p);

#endif
