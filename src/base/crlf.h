/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crlf: line ends as network protocols want them: a lone LF becomes CRLF, a CRLF already there stays.
 *
 * Work is incremental: however the input is cut, also within a CRLF, the output is the same. Nothing is held
 * back.
 */
#ifndef BASE_CRLF_H
#define BASE_CRLF_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed at the start. */
struct crlf {
    bool last_cr; /* the input so far ends with a carriage return */
};

/* Writes `n` bytes of `in`, line ends changed, to `out` (at least 2 * `n` bytes, not overlapping `in`).
 * Returns the number of bytes written. */
size_t crlf_put(struct crlf *c, const void *in, size_t n, void *out);

#endif
