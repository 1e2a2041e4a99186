/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * keys: what was typed and not yet looked at.
 *
 * Readline reads its keys from here, not from the terminal, so that none of its functions ever waits for more.
 * What only makes sense whole (a character of several bytes, the escape sequence of a key, a bracketed paste) is
 * held until it is, or until the one who asks loses patience.
 */
#ifndef TERM_KEYS_H
#define TERM_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum keys_state {
    KEYS_NONE,  /* nothing was typed */
    KEYS_READY, /* the next key is there */
    KEYS_KEY,   /* the beginning of a key is there: wait a little */
    KEYS_PASTE, /* the beginning of a paste is there: wait while it grows */
};

enum { KEYS_INVALID = '?' }; /* stands for a byte that is no character */

enum { KEYS_PASTE_MOST = 16 * 1024 * 1024 }; /* a longer paste is cut there and the rest taken as typed */

/* Zeroed at the start. */
struct keys {
    unsigned char *data;
    size_t start, end, size; /* what is held: data[start..end) */
    size_t rest;             /* bytes that are left of a character */
    size_t seen;             /* how far the end of a paste was looked for, from `start` */
    bool forced;             /* patience ended: what is there is ready */
};

void keys_clear(struct keys *k);

/* Reads what `fd` has, once. Returns the count, 0 at its end, -1 with errno. */
ssize_t keys_read(struct keys *k, int fd);

/* Appends `n` bytes. */
void keys_add(struct keys *k, const void *data, size_t n);

/* What the bytes held begin with; `utf8` is true when that is how they are encoded. */
enum keys_state keys_state(struct keys *k, bool utf8);

/* Makes ready whatever is held now; a paste ends there. */
void keys_force(struct keys *k);

/* Takes the next byte; -1 when there is none. With `utf8` all that is taken is valid: readline fails on what is not. */
int keys_next(struct keys *k, bool utf8);

/* Takes a whole character of UTF-8. */
void keys_skip(struct keys *k);

/* The next byte as it is, which stays; -1 when there is none. */
int keys_peek(const struct keys *k);

#endif
