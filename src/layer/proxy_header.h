/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy_header: the PROXY protocol at the beginning of a connection. The layers are handshakes alone, and leave after them.
 */
#ifndef LAYER_PROXY_HEADER_H
#define LAYER_PROXY_HEADER_H

#include "proto/proxy_header.h"

struct layer;

/* Reads the other side's header, of either version, into `told`, which outlives the handshake. */
struct layer *proxy_header_accept(struct proxy_header *told);

/* Sends ours. */
struct layer *proxy_header_send(int version, const struct proxy_header *h);

#endif
