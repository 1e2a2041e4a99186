/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ask_digest: how one logs in at an HTTP proxy without telling it the password (RFC 7616; MD5 and SHA-256). Private to proto/ask*.
 */
#ifndef PROTO_ASK_DIGEST_H
#define PROTO_ASK_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/ask.h"

/* Whether one of the challenges in a head is of this scheme; and whether it says that it is put anew, though the answer to the
 * one before it was right. */
bool ask_is_offered(const void *head, size_t n, const char *scheme);
bool ask_is_stale(const void *head, size_t n);

/* Answers the best of the challenges in a head, for CONNECT of `uri`, as answer number `count` to it: appends a Proxy-Authorization field to a->out. Returns 1; 0:
 * there is none of this kind; or ASK_FAILED. */
int ask_digest(struct ask *a, const void *head, size_t n, const char *uri, unsigned count);

#endif
