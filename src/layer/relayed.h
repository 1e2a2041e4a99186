/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * relayed: a layer on a socket of datagrams that goes to a SOCKS5 proxy, which passes them on (RFC 1928, 7).
 *
 * What is written goes to one target, and what is read is what came from there. Fragments, and what has no right head, are
 * dropped. The association lasts as long as the connection that asked for it: its end is told as why the port failed.
 */
#ifndef LAYER_RELAYED_H
#define LAYER_RELAYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct layer;
struct port;

struct relayed_conf {
    const char *title; /* of the proxy, for messages; outlives the layer */
    const char *host;  /* the target: a name of at most ASK_HOST bytes, or an address */
    uint16_t port;
    bool only;      /* nobody but the target is heard; of a name, who first answers from that port */
    size_t segment; /* bytes of a datagram at most; 0: as many as there may be */
};

/* Takes `control`, the connection to the proxy. */
struct layer *relayed_layer(const struct relayed_conf *conf, struct port *control);

#endif
