/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt_window: the line as readline can have it, and the part of it that is on the screen.
 *
 * Readline shows the beginning of a line that is higher than the screen, wherever the cursor is. So it is made to see
 * no more than fits, the cursor within; < and > stand where more of the line is.
 */
#ifndef TERM_PROMPT_WINDOW_H
#define TERM_PROMPT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed at the start. */
struct prompt_window {
    size_t from, to; /* the bytes of the line that are shown */
    bool colored;    /* the prompt that is shown has colours */
};

/* Changes a prompt for readline to what it can show; a `dumb` terminal can not go up. */
void prompt_window_adapt(char *prompt, bool dumb);

/* Makes `line` the one that is typed, but for what is no character. */
void prompt_window_fill(const char *line);

/* Draws the line with rl_redisplay(), nothing of a `secret` one. */
void prompt_window_show(struct prompt_window *w, bool secret, bool dumb);

/* The terminal has broken the rows of the line anew, as it is `columns` wide now: goes from the cursor to where the prompt,
 * which takes `indent` columns, begins. Returns false, and does nothing, when it is not known where that is. */
bool prompt_window_climb(const struct prompt_window *w, bool secret, unsigned indent, unsigned columns);

/* Lists what a line may be completed to, as readline(3) has it, without the first `cut` bytes of each. */
void prompt_window_list(char **matches, int count, int longest, size_t cut);

#endif
