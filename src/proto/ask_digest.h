/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ask_digest: how one logs in at an HTTP proxy without telling it the password (RFC 7616; MD5 and SHA-256). Private to proto/ask*.
 */
#ifndef PROTO_ASK_DIGEST_H
#define PROTO_ASK_DIGEST_H

#include <stddef.h>

#include "proto/ask.h"

/* Answers the best of the challenges in a head, for CONNECT of `uri`: appends a Proxy-Authorization field to a->out. Returns 1; 0:
 * there is none of this kind; or ASK_FAILED. */
int ask_digest(struct ask *a, const void *head, size_t n, const char *uri);

#endif
