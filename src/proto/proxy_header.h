/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy_header: the PROXY protocol, versions 1 (a line of text) and 2 (binary): what a proxy says before all else of whom it
 * speaks for (haproxy's doc/proxy-protocol.txt).
 *
 * Pure: a header comes in pieces of any size.
 */
#ifndef PROTO_PROXY_HEADER_H
#define PROTO_PROXY_HEADER_H

#include <stddef.h>

#include "base/addr.h"

enum {
    PROXY_HEADER_OUT = 108, /* bytes of one that is made, with a NUL */
    PROXY_HEADER_IN =
        4 * 1024, /* bytes of one that comes, with all that is skipped in it; a longer one is refused */
};

/* Whom a connection is from, and where that one connected to; len 0: it is not told, as by a proxy that speaks for itself. */
struct proxy_header {
    struct addr from, to;
};

/* What proxy_header_read() returns besides 0: more is needed. */
enum { PROXY_HEADER_DONE = 1, PROXY_HEADER_NONE = -1, PROXY_HEADER_LONG = -2 };

/* Reads the header that `in`, all that came, begins with; PROXY_HEADER_DONE fills `h`, and `*used` with its length. */
int proxy_header_read(const unsigned char *in, size_t n, struct proxy_header *h, size_t *used);

/* Writes one of version 1 or 2. Two addresses that are not of one kind, IPv4 or IPv6, are not told. Returns its length. */
size_t proxy_header_write(int version, const struct proxy_header *h,
                          unsigned char out[static PROXY_HEADER_OUT]);

#endif
