/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * telnet: the TELNET protocol (proto/telnet.h) on a connection.
 *
 * A layer that knows of terminals (io/remote.h). As a host it has a handshake: it waits a moment for what the other side
 * tells of its terminal.
 */
#ifndef LAYER_TELNET_H
#define LAYER_TELNET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct layer;

struct telnet_conf {
    bool host;              /* who connects gets a terminal: we echo, and want its keys */
    bool refuses;           /* nothing is granted, and the data is not changed */
    bool keeps;             /* what is refused is left in the data as well */
    const char *type;       /* of our terminal, as TERM has it; NULL: we have none */
    uint16_t columns, rows; /* of it; 0: not known */
};

/* For struct net_layer: `conf` is a struct telnet_conf, and outlives the layer. */
struct layer *telnet_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e);

#endif
