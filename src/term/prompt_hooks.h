/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt_hooks: readline as term/prompt.c wants it: its settings, and who it calls.
 */
#ifndef TERM_PROMPT_HOOKS_H
#define TERM_PROMPT_HOOKS_H

#include <stdbool.h>
#include <stdio.h>

#include "term/readline.h"

struct prompt_hooks {
    FILE *out;
    rl_getc_func_t *next_key; /* none of these ever waits */
    rl_hook_func_t *has_key;
    rl_hook_func_t *before_line;
    rl_voidfunc_t *redisplay;
    rl_completion_func_t *offer; /* the line up to the cursor is one word */
    rl_compdisp_func_t *list;
    rl_command_func_t *quote; /* ^V, where inputrc leaves it as it is */
    rl_command_func_t *edit;  /* ^X^E, and v in vi's command mode, where inputrc has nothing there */
};

/* The locale that was found. */
struct prompt_locale {
    bool utf8;  /* how characters are encoded */
    bool plain; /* it was C, and UTF-8 is taken all the same */
};

/* Starts readline, which reads inputrc. */
void prompt_hooks_set(const struct prompt_hooks *h, struct prompt_locale *locale);
void prompt_hooks_clear(void);

#endif
