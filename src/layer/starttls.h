/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * starttls: a server is asked in the clear to go on with TLS, whose layer stands above this one.
 */
#ifndef LAYER_STARTTLS_H
#define LAYER_STARTTLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proto/starttls.h"

struct layer;

struct starttls_conf {
    const struct ask_kind *kind;
    const char *name; /* who the server is, instead of the host that was asked for; NULL: that host */
};

/* For struct net_layer: `conf` is a struct starttls_conf. */
struct layer *starttls_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e);

#endif
