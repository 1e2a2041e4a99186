/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http_pass: the head of a message as a proxy passes it on (RFC 9110, 7.6): without what is between it and its neighbour.
 *
 * One message is one connection, in both directions.
 */
#ifndef PROTO_HTTP_PASS_H
#define PROTO_HTTP_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes that a head of `n` needs at most, passed on. */
#define HTTP_PASSED(n) (2 * (n) + 128)

/* Makes one line of a field that goes over several (RFC 9112, 5.2). Returns false when there are bytes that no head has. */
bool http_unfold(char *head, size_t n);

/* Writes the fields that go on, with Via, Connection and the empty line. `version` is that of the message, of 8 bytes. Returns
 * how many bytes; -1: one is malformed, or Connection names more than there is any sense in. */
ssize_t http_pass_fields(const char *head, size_t n, const char *version, char *out);

/* The whole head of an answer; it has been unfolded. `last`: no other answer follows. */
ssize_t http_pass_answer(const char *head, size_t n, bool last, char *out);

#endif
