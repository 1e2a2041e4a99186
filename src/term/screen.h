/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * screen: the way out to the terminal: one bounded buffer, written without ever blocking.
 *
 * A terminal may be stopped (^S) or slow; what is put waits in the buffer and leaves in large writes as the
 * terminal takes it, through a description of our own, so that the flags of the one shared with the shell stay
 * as they are. Nothing is made safe here; nothing is known of rows and columns.
 */
#ifndef TERM_SCREEN_H
#define TERM_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "loop/loop.h"

enum {
    SCREEN_FULL = 64 * 1024,   /* bytes waiting from which screen_full() is true */
    SCREEN_MOST = 1024 * 1024, /* bytes waiting beyond which what is put is dropped */
};

struct screen;

/* A screen on the terminal behind `fd`, which stays the caller's. `room`, which may be NULL, is called when the
 * screen is no longer full, and when it is empty after output was lost. Returns NULL when `fd` is no terminal
 * (fills `e`). */
struct screen *screen_open(struct loop *loop, int fd, void (*room)(void *ctx), void *ctx, struct err *e);

/* One on nothing: what is put waits for screen_take(), and `room` is called soon after it. */
struct screen *screen_paper(struct loop *loop, void (*room)(void *ctx), void *ctx);

/* What waits on paper, from malloc(3), or NULL; `*n` becomes its length. */
char *screen_take(struct screen *s, size_t *n);

/* Drops what waits: screen_flush() first. The stream of screen_stream() must be closed. */
void screen_close(struct screen *s);

/* Puts `n` bytes. Who may wait asks screen_full() before; what comes beyond SCREEN_MOST is lost. */
void screen_put(struct screen *s, const void *data, size_t n);
bool screen_full(const struct screen *s);

/* How many bytes can be put before any is lost. */
size_t screen_room(const struct screen *s);

/* True when nothing waits; otherwise `room` is called when that is so. */
bool screen_is_empty(struct screen *s);

/* True once after something was lost, when there is room again: all that should be seen is to be drawn anew. */
bool screen_torn(struct screen *s);

/* While held, nothing is written: what is put waits. */
void screen_hold(struct screen *s, bool held);

/* Writes what waits, unless it is held; gives up when the terminal took nothing for `ms` milliseconds. The one call that waits. */
void screen_flush(struct screen *s, int ms);

/* A stream whose output is put; the caller closes it. */
FILE *screen_stream(struct screen *s);

#endif
