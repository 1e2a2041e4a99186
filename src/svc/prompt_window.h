/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt_window: the part of the line that is on the screen.
 *
 * Readline shows the beginning of a line that is higher than the screen, wherever the cursor is. So it is made to see
 * no more than fits, the cursor within; < and > stand where more of the line is.
 */
#ifndef SVC_PROMPT_WINDOW_H
#define SVC_PROMPT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed at the start. */
struct prompt_window {
    size_t from, to; /* the bytes of the line that are shown */
};

/* Draws the line with rl_redisplay(): nothing of a `secret` one; all of it where the terminal is `dumb`, when readline
 * shows a part by itself. */
void prompt_window_show(struct prompt_window *w, bool secret, bool dumb);

#endif
