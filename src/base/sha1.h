/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sha1: SHA-1 (FIPS 180-4) of what is in memory. It protects nothing any more: WebSocket wants it as proof that a server
 * has read the request.
 */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include <stddef.h>

enum { SHA1_SIZE = 20 };

void sha1(const void *data, size_t n, unsigned char out[SHA1_SIZE]);

#endif
