/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * progress: --progress: one line on standard error while bytes move: amount, rate, time, and with a known size
 * how much is done and how long it will take. Drawn at most ten times a second, and not at all while nothing moves.
 * Where a prompt has the terminal it is a message at the end instead.
 */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>

#include "loop/loop.h"
#include "peer/peer.h"

struct progress {
    struct loop *loop;
    const struct peer_table *peers;
    struct timer timer;
    int64_t begun;  /* loop time in ms of the first byte; 0: none yet */
    uint64_t moved; /* bytes at the last drawing */
    int64_t size;   /* bytes that standard input has; -1: not known */
    bool drawn;     /* false: only told at the end */
    char text[160]; /* the last state */
};

/* `p` is zeroed. Looks at what standard input is. `prompt`: a prompt is on the terminal of standard error. */
void progress_start(struct progress *p, struct loop *loop, const struct peer_table *peers, bool prompt);

/* Draws or tells the last state and ends the line. Nothing happens where nothing was started. */
void progress_stop(struct progress *p);

/* The line: for tests. `ms` since the beginning; `size` -1 when not known. Returns `text`. */
const char *progress_format(char *text, size_t n, uint64_t sent, uint64_t received, int64_t ms, int64_t size);

#endif
