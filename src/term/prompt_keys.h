/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt_keys: what is typed at the terminal, handed out a key at a time, whole ones only (term/keys.h).
 *
 * A key that has begun is waited for a little, a paste while it grows. No call waits.
 */
#ifndef TERM_PROMPT_KEYS_H
#define TERM_PROMPT_KEYS_H

#include <stdbool.h>

#include "loop/loop.h"
#include "term/keys.h"

struct prompt_keys {
    struct loop *loop; /* the first part is its maker's */
    bool utf8;         /* how characters are encoded */
    bool (*takes)(
        void *
            ctx); /* false: no key is to be handed out now, nor read; prompt_keys_go_on() when this changes */
    void (*take)(void *ctx); /* a key is there: prompt_keys_next() */
    void (*rest)(void *ctx); /* no more of them for now */
    void (*gone)(void *ctx); /* the terminal is */
    void *ctx;

    struct watch input; /* the rest is its own */
    struct keys keys;
    struct timer patience; /* with an unfinished key */
    struct job more;       /* goes on with the keys */
};

/* Reads standard input from now on. */
void prompt_keys_start(struct prompt_keys *k);

/* Drops what was typed and not handed out. */
void prompt_keys_drop(struct prompt_keys *k);
void prompt_keys_end(struct prompt_keys *k);

/* Looks soon at what was typed and whether it is taken. */
void prompt_keys_go_on(struct prompt_keys *k);

/* The next byte of the key that is there; -1: there is none. */
int prompt_keys_next(struct prompt_keys *k);

/* The byte that would be next, which stays; -1: none. */
int prompt_keys_peek(const struct prompt_keys *k);

/* True when another whole key is there. */
bool prompt_keys_ready(struct prompt_keys *k);

/* Drops a character of several bytes. */
void prompt_keys_skip(struct prompt_keys *k);

#endif
