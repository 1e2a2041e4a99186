/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * socks: what both sides of SOCKS know (proto/ask.h, proto/serve.h): the numbers of SOCKS 4 and of SOCKS 5 (RFC 1928, 1929).
 */
#ifndef PROTO_SOCKS_H
#define PROTO_SOCKS_H

#include <stddef.h>

enum { SOCKS_CONNECT = 1 };

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

#endif
