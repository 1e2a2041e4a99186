/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dial: a way to somewhere: whom to dial, and the net that does it. Every dial is a net of its own, and there may be any
 * number at once.
 *
 * Names (the host's, and that of the source address) are looked up while the loop goes on, or, before there is one that
 * runs, in place. Whom to dial and who the peer is are two things: conf->name says the latter where somebody else makes
 * the rest of the way.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>

#include "net/net.h"

struct dial;

/* A dial that is not open yet. `conf` is copied, its host, port and name too; other strings must outlive the dial. */
struct dial *dial_new(const struct transport *transport, struct loop *loop, const struct net_conf *conf,
                      struct peer_table *peers, const struct net_events *events);

/* Closes it as well; peers stay. NULL is fine. */
void dial_free(struct dial *d);

/* Checks the names, and looks up, beside the loop, those that somebody has to be asked for. While dial_looks_up(),
 * `known` is still to be called, from the loop: with NULL, or with why there is no answer; it may free the dial. What was
 * found serves the next dial_open(). Returns 0, or -1 with `e`. */
int dial_look_up(struct dial *d, void (*known)(void *ctx, const struct err *why), void *ctx, struct err *e);
bool dial_looks_up(const struct dial *d);

/* Opens the net. Names that were not looked up are, in place. Returns 0, or -1 with `e`. */
int dial_open(struct dial *d, struct err *e);

/* Looks up and opens, without waiting; conf->connect_timeout is for both. Returns 0, or -1 with `e`; what comes to nothing later
 * is told by events.failed. */
int dial_start(struct dial *d, struct err *e);

/* Closes the net and waits for no name any more; it may be opened again. */
void dial_close(struct dial *d);

bool dial_is_open(const struct dial *d);

/* Whom it dials. */
const struct net_conf *dial_conf(const struct dial *d);

#endif
