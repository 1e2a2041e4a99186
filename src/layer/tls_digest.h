/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls_digest: hashes, by the library that TLS needs as well (layer/tls.h).
 */
#ifndef LAYER_TLS_DIGEST_H
#define LAYER_TLS_DIGEST_H

#include <stddef.h>

#include "base/err.h"

enum { TLS_DIGEST = 64 /* bytes of the longest */ };

/* The hash called `name` ("MD5", "SHA2-256") of `n` bytes. Returns how long it is, or -1 with `e`: the library is missing, or
 * does not make it. */
int tls_digest(const char *name, const void *data, size_t n, unsigned char out[static TLS_DIGEST],
               struct err *e);

#endif
