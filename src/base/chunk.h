/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chunk: an immutable block of bytes that many hold at once, by a count of references. Fan-out stores what it
 * sends once, however many peers still have it in their queues.
 *
 * Not for use by several threads.
 */
#ifndef BASE_CHUNK_H
#define BASE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>

struct chunk {
    unsigned refs; /* the block is freed when none is left */
    /* These are set by who made it, before others have it: */
    bool secret;        /* whoever looks on is to see its length alone */
    bool part;          /* of a message, of which more follows in the next one */
    unsigned char form; /* of the message; enum message_form of io/layer.h */
    size_t len;
    unsigned char data[]; /* not changed once made */
};

/* A copy of `len` bytes of `data` with one reference, the caller's. `data` may be NULL when `len` is 0. */
struct chunk *chunk_new(const void *data, size_t len);

/* Takes one more reference. Returns `c`. */
struct chunk *chunk_ref(struct chunk *c);

/* Gives a reference back; the last one frees the block. `c` may be NULL. */
void chunk_unref(struct chunk *c);

#endif
