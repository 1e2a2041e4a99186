/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * websocket: messages on a stream, as browsers speak (RFC 6455). Frames are wslay's, which is loaded when it is first
 * needed; the handshake is proto/websocket.h.
 *
 * A struct websocket is one side's options made ready; each connection gets a layer of it. A message that is read is text
 * or binary, and so is one that is written (struct meta, enum websocket_kind). A long one is given in parts as it comes,
 * and may be written so. There is no half of an end: shut waits for silence, sends a close, and what still comes before
 * the other side's is read.
 */
#ifndef LAYER_WEBSOCKET_H
#define LAYER_WEBSOCKET_H

#include <stdbool.h>

#include "base/err.h"
#include "io/layer.h"
#include "proto/websocket.h"

/* What becomes of a message that is written and has no form of its own; but all are binary with the last. */
enum websocket_kind {
    WEBSOCKET_TEXT,   /* text where it is UTF-8, else binary */
    WEBSOCKET_LINES,  /* the same, without a newline at its end */
    WEBSOCKET_BINARY, /* binary */
};

struct websocket_conf {
    struct websocket_terms terms;
    enum websocket_kind kind;
    int64_t longest; /* bytes of a message that is taken; 0: any number */
    bool secure;     /* there is TLS below: port 443 goes without saying, not 80 */
    bool hasty;      /* its close does not wait until the other side is silent */
};

struct websocket;

/* Makes a side ready; `conf` must outlive it. NULL with `e`: the library is missing (STATUS_LOCAL). */
struct websocket *websocket_new(const struct websocket_conf *conf, struct err *e);

/* Its layers must be gone. NULL is fine. */
void websocket_free(struct websocket *w);

/* As `make` of struct net_layer (net/transport.h), with a struct websocket as `conf`. */
struct layer *websocket_make(const void *websocket, bool client, const char *host, uint16_t port,
                             struct err *e);

#endif
