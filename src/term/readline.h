/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * readline: the library's functions and variables, found when there is to be a prompt (base/library.h), for linking with it
 * would cost each start more than all else. Where no library can be loaded it is linked, and the table is filled all the same.
 * Private to term/prompt*.
 */
#ifndef TERM_READLINE_H
#define TERM_READLINE_H

#include <stdio.h>

#include <readline/history.h>
#include <readline/readline.h>

#include <setjmp.h>

#include "base/err.h"

/* Named without the rl_ in front */
#define READLINE_SYMBOLS(X)            \
    X(add_defun)                       \
    X(attempted_completion_function)   \
    X(attempted_completion_over)       \
    X(begin_undo_group)                \
    X(bind_key_if_unbound_in_map)      \
    X(bind_key_in_map)                 \
    X(callback_handler_install)        \
    X(callback_handler_remove)         \
    X(callback_read_char)              \
    X(callback_sigcleanup)             \
    X(catch_signals)                   \
    X(catch_sigwinch)                  \
    X(change_environment)              \
    X(clear_visible_line)              \
    X(completion_append_character)     \
    X(completion_display_matches_hook) \
    X(completion_word_break_hook)      \
    X(crlf)                            \
    X(delete_text)                     \
    X(deprep_term_function)            \
    X(display_match_list)              \
    X(display_prompt)                  \
    X(end)                             \
    X(end_undo_group)                  \
    X(forced_update_display)           \
    X(free_line_state)                 \
    X(get_keymap)                      \
    X(get_keymap_by_name)              \
    X(get_screen_size)                 \
    X(get_termcap)                     \
    X(getc)                            \
    X(getc_function)                   \
    X(inhibit_completion)              \
    X(initialize)                      \
    X(input_available_hook)            \
    X(insert)                          \
    X(insert_text)                     \
    X(instream)                        \
    X(line_buffer)                     \
    X(mark)                            \
    X(message)                         \
    X(named_function)                  \
    X(numeric_arg)                     \
    X(on_new_line)                     \
    X(on_new_line_with_prompt)         \
    X(outstream)                       \
    X(point)                           \
    X(prep_term_function)              \
    X(prompt)                          \
    X(readline_name)                   \
    X(readline_state)                  \
    X(redisplay)                       \
    X(redisplay_function)              \
    X(replace_line)                    \
    X(reset_screen_size)               \
    X(set_prompt)                      \
    X(set_screen_size)                 \
    X(startup_hook)                    \
    X(tty_set_echoing)                 \
    X(variable_bind)                   \
    X(variable_value)

/* Named as they are */
#define READLINE_HISTORY_SYMBOLS(X) \
    X(add_history)                  \
    X(clear_history)                \
    X(stifle_history)

/* Pointers to all of them, and what the library has no place for. */
struct readline {
#define READLINE_POINTER(name) __typeof__(&rl_##name) name;
    READLINE_SYMBOLS(READLINE_POINTER)
#undef READLINE_POINTER
#define READLINE_POINTER(name) __typeof__(&name) name;
    READLINE_HISTORY_SYMBOLS(READLINE_POINTER)
#undef READLINE_POINTER
    sigjmp_buf *
        top_level; /* where a key that is aborted ends: declared in none of its headers; NULL: not to be had */
    struct prompt *user; /* whom it calls back, or NULL: it has no user data itself */
};

extern struct readline rl;

/* Fills the table but for `user`. The library stays loaded. Returns 0, or -1 with `e`: there is none, or it lacks
 * something. */
int readline_load(struct err *e);

#endif
