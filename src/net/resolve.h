/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resolve: names to addresses, through getaddrinfo(3). Blocks while it asks; call before the loop catches
 * signals, and from then on through net/resolve_ahead.h.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"

struct resolve_opts {
    int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
    int socktype; /* SOCK_STREAM or SOCK_DGRAM */
    bool passive; /* to bind: no host means any */
    bool numeric; /* host names are not looked up; service names, which need no network, still are */
    const struct addr *whom; /* the client at whose wish it is, for net/resolve_ahead.h; NULL: it is ours */
};

/* All addresses of `host` (NULL: any, or loopback when not passive) and `port` (NULL: 0), in the order to try
 * them: families interleaved, the resolver's first family first (RFC 8305 section 4). `*out` is newly
 * allocated. Returns how many, or -1 with `e` (STATUS_LOCAL: name not found, service unknown). */
int resolve(const char *host, const char *port, const struct resolve_opts *opts, struct addr **out,
            struct err *e);

/* Whether `host` is an address of `family` (AF_UNSPEC: of either), which is then in `a`, without a port. Some old notations are
 * left to getaddrinfo(3). */
bool resolve_is_literal(const char *host, int family, struct addr *a);

/* A port number or the name of a service (NULL: 0). 0, or -1 with `e`. */
int resolve_port(const char *text, int socktype, uint16_t *out, struct err *e);

/* The port of a service name in host order, or -1. */
int resolve_service(const char *name, int socktype);

#endif
