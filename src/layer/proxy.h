/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy: a proxy is asked to bring the connection further. The layer is a handshake alone, and leaves after it.
 */
#ifndef LAYER_PROXY_H
#define LAYER_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/ask.h"

struct layer;

struct proxy_conf {
    const struct ask_kind *kind;
    const char *host; /* where it is */
    uint16_t port;
    const char *title;             /* for people: "SOCKS5 proxy HOST port PORT" */
    const char *user, *password;   /* NULL: none; of at most ASK_HOST bytes */
    struct ask_known *known;       /* what it has told of how one logs in */
    struct tls *tls;               /* where its kind is spoken within TLS */
    const struct proxy_conf *next; /* the proxy that it is asked for; NULL: whom the connection is for */
};

/* For struct net_layer: TLS to the proxy, where its kind has it, and its protocol, above that. `conf` is a struct proxy_conf, and outlives the layers. */
struct layer *proxy_tls_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e);
struct layer *proxy_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e);

/* The same: asks a SOCKS5 proxy to pass on datagrams, and fills `relay` with where they are to go. `conf` is a struct
 * proxy_association. */
struct proxy_association {
    const struct proxy_conf *proxy;
    struct addr *relay;
};

struct layer *proxy_associate(const void *conf, bool client, const char *host, uint16_t port, struct err *e);

#endif
