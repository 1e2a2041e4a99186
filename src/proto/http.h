/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http: the head of an HTTP/1 message (RFC 9112): its first line and its fields, read where they lie.
 */
#ifndef PROTO_HTTP_H
#define PROTO_HTTP_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes somewhere in the head, without blanks around them; not ended. */
struct http_text {
    const char *at;
    size_t n;
};

/* How long the head is, with the empty line that ends it; 0: that has not come yet. */
size_t http_head(const void *in, size_t n);

/* Of a head of `n` bytes that is an answer: the status (100 to 999) and its reason, which may be empty. Returns 0, or -1: it is
 * no answer of HTTP/1. */
int http_status(const void *head, size_t n, int *status, struct http_text *reason);

/* Of one that is a request: its three words. Returns 0, or -1: it is none of HTTP/1. */
int http_request(const void *head, size_t n, struct http_text *method, struct http_text *target,
                 struct http_text *version);

/* The line at `*at`, which moves behind it; false at the end. Blanks around it are not a part of it. */
bool http_line(const char **at, const char *end, struct http_text *line);

/* Cuts the first word off a line. */
struct http_text http_word(struct http_text *line);

/* The name and value of a line that is a field; false: it is none. */
bool http_split(const struct http_text *line, struct http_text *name, struct http_text *value);

/* The value of field `i` (from 0) of those called `name`. Returns false where there is none. */
bool http_field(const void *head, size_t n, const char *name, size_t i, struct http_text *value);

/* True when the texts are the same, whatever the case. */
bool http_is(const struct http_text *t, const char *text);

/* True when the list of words, parted by commas, has this one. */
bool http_has_word(const struct http_text *list, const char *word);

/* Writes base64 (RFC 4648, 4) of `n` bytes, with a NUL: HTTP_BASE64(n) bytes. Returns the length without it. */
#define HTTP_BASE64(n) (((n) + 2) / 3 * 4 + 1)
size_t http_base64(const void *in, size_t n, char *out);

#endif
