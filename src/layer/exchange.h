/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exchange: a layer that passes one request of HTTP and what is answered to it, and nothing else.
 *
 * What the client sends behind the request is dropped, since it may be for another server. The answer goes on as a proxy passes
 * it (proto/http_pass.h), which tells the client that there is no more to come.
 */
#ifndef LAYER_EXCHANGE_H
#define LAYER_EXCHANGE_H

#include "io/layer.h"
#include "proto/http_body.h"

/* A layer for the connection of the client, of which `ahead` bytes are read first, and then the body. */
struct layer *exchange_layer(size_t ahead, const struct http_body *body);

#endif
