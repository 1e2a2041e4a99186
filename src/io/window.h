/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window: the size of a pseudo-terminal: that of the terminal that we are at, as it changes, or 24 rows of 80. Private to
 * io/terminal.c.
 */
#ifndef IO_WINDOW_H
#define IO_WINDOW_H

#include "loop/loop.h"

/* Zeroed at the start. */
struct window {
    struct signal_watch resized;
    int fd;
};

/* `fd` (either side of the pseudo-terminal) has the size of ours until window_leave(). */
void window_follow(struct window *w, struct loop *loop, int fd);
void window_leave(struct window *w);

/* Its programs are told when that is another one. */
void window_set(int fd, unsigned short rows, unsigned short columns);

#endif
