/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socks: what both sides of SOCKS know (proto/ask.h, proto/serve.h): the numbers of SOCKS 4 and of SOCKS 5 (RFC 1928, 1929).
 */
#ifndef PROTO_SOCKS_H
#define PROTO_SOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum { SOCKS_CONNECT = 1, SOCKS_BIND = 2, SOCKS5_ASSOCIATE = 3 };

enum {
    SOCKS4_VERSION = 4,
    SOCKS4_LENGTH = 8, /* of an answer, and of a request before its texts */
    SOCKS4_GRANTED = 90,
    SOCKS4_REJECTED = 91,
    SOCKS4_OTHER_USER = 93,
};

enum {
    SOCKS5_VERSION = 5,
    SOCKS5_NO_METHOD = 0,
    SOCKS5_PASSWORD_METHOD = 2,
    SOCKS5_NONE_ACCEPTED = 255,
    SOCKS5_PASSWORD_VERSION = 1,
    SOCKS5_IPV4 = 1,
    SOCKS5_NAME = 3,
    SOCKS5_IPV6 = 4,
};

/* How long a request or an answer is that has an address, as far as that is known from its first `n` bytes; 0: it has an
 * unknown kind of address. */
size_t socks5_length(const unsigned char *in, size_t n);

/* A host and a port as SOCKS 5 writes them: a byte for the kind, an address or a name, the port. */
struct socks5_place {
    struct addr addr;          /* with the port; len 0: it is a name */
    const unsigned char *name; /* not ended, may hold anything; NULL: it is an address */
    size_t nname;
    uint16_t port;
};

enum {
    SOCKS5_PLACE = 1 + 16 + 2, /* bytes of one that is an address, at most */
    SOCKS5_AHEAD = 3 + SOCKS5_PLACE,
    SOCKS5_NAME_AHEAD = 3 + 2 + 255 + 2, /* of one that may be a name */
};

/* Writes an address, any that is neither IPv4 nor IPv6 as 0.0.0.0. Returns its length. */
size_t socks5_put_place(unsigned char out[static SOCKS5_PLACE], const struct addr *a);

/* Reads what stands at `in`, which is all there and of a known kind. */
void socks5_take_place(const unsigned char *in, struct socks5_place *place);

/* What stands ahead of a datagram (RFC 1928, 7): whom it is for, or from whom it is. Both return its length; the second 0 when
 * there is none, or it is a fragment. */
size_t socks5_put_ahead(unsigned char out[static SOCKS5_AHEAD], const struct addr *from);
size_t socks5_take_ahead(const unsigned char *in, size_t n, struct socks5_place *place);

/* The first for a name, of at most 255 bytes. */
size_t socks5_put_name_ahead(unsigned char out[static SOCKS5_NAME_AHEAD], const char *name, uint16_t port);

#endif
