/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hostport: the ways to write where to connect or listen: HOST PORT, HOST:PORT, [V6]:PORT, V6 PORT, PORT; and
 * lists of ports such as 22,80,8000-8010.
 */
#ifndef BASE_HOSTPORT_H
#define BASE_HOSTPORT_H

#include <stddef.h>
#include <stdint.h>

/* Splits `text` ("HOST:PORT", "[V6]:PORT", "[V6]", "HOST", ":PORT") into newly allocated `*host` and `*port`;
 * a missing part is NULL. An unbracketed text with more than one colon is an IPv6 host alone. Brackets are
 * removed, a %scope stays; neither part is checked further. Returns 0, or -1 on a malformed text ("",
 * "host:", "[::1"), when both are NULL. The caller frees both. */
int hostport_split(const char *text, char **host, char **port);

/* One range of ports, both ends included, `first` <= `last`. */
struct portrange {
    uint16_t first, last;
};

/* Parses a comma-separated list of ports, ranges and, where `service` knows the name, service names (it
 * returns the port in host order or -1; it may be NULL). A range given downwards is accepted and turned
 * round. Port 0 is refused. Returns the number of ranges in the newly allocated `*out`, which the caller
 * frees, or -1, with `*out` NULL, when malformed or empty. */
int hostport_list(const char *text, int (*service)(void *ctx, const char *name), void *ctx,
                  struct portrange **out);

#endif
