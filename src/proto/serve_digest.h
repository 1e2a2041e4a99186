/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * serve_digest: clients that log in without telling the password (RFC 7616; MD5 and SHA-256). Private to proto/serve*.
 *
 * A nonce is the time with a seal of ours on it, so that nothing is kept of those that were given out.
 */
#ifndef PROTO_SERVE_DIGEST_H
#define PROTO_SERVE_DIGEST_H

#include "proto/http.h"
#include "proto/serve.h"

enum { SERVE_CHALLENGES = 384 };

/* The fields that ask for it, or "" where there are no hashes. Returns `text`. `stale`: the nonce was too old, and all else well. */
const char *serve_digest_ask(const struct serve *s, bool stale, char text[static SERVE_CHALLENGES]);

enum serve_login { SERVE_STRANGER, SERVE_STALE, SERVE_KNOWN };

/* Who gave these parameters (what follows "Digest") for a request of `target`. */
enum serve_login serve_digest_check(const struct serve *s, struct http_text parameters,
                                    const struct http_text *method, const struct http_text *target);

#endif
