/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http_body: where the body of a request ends (RFC 9112, 6 and 7.1), seen as it passes.
 */
#ifndef PROTO_HTTP_BODY_H
#define PROTO_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: there is none, or it is over. */
struct http_body {
    uint64_t left; /* bytes of it, or of a chunk */
    int step;      /* of what chunks are made of; 0: it is none of chunks */
    bool empty;    /* the line that is being read, so far */
    bool digits;   /* the size has some */
};

/* What the head of a request says, whose fields are each on a line. Returns 0, or -1: it says more than one thing, or what is not
 * understood, so that others might find another end. */
int http_body_begin(struct http_body *b, const void *head, size_t n);

bool http_body_is_chunked(const struct http_body *b);
bool http_body_is_over(const struct http_body *b);

/* Of these `n` bytes, how many are the body's: fewer than `n` where it ends. -1: they are no chunks. */
ssize_t http_body_pass(struct http_body *b, const void *data, size_t n);

#endif
