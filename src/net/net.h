/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * net: how connections come to exist: the registry of transports.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "net/transport.h"

/* The row named `name`, or NULL: connect, listen, udp, udp-listen, udp-first, udp-each, udp-connected, udp-relayed, self. */
const struct transport *net_find(const char *name);

/* Resolves and opens. Errors known at once (name not found, address in use) fill `e` and give NULL; later
 * ones come through events.failed. */
struct net *net_open(const struct transport *t, struct loop *loop, const struct net_conf *conf,
                     struct peer_table *peers, const struct net_events *events, struct err *e);

/* Closes listeners and pending attempts, removes our own UNIX paths. Peers stay. NULL is fine. */
void net_close(struct net *n);

#endif
