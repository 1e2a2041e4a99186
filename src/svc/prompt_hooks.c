/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/prompt_hooks.h"

#include <readline/history.h>

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "svc/history.h"

static void keep_modes(void)
{
}

static void take_modes(int meta)
{
    (void)meta;
}

static char *no_breaks(void)
{
    static char none[] = "";

    return none;
}

/* Characters are UTF-8 wherever the system can do it, also in the C locale. */
static void start_locale(struct prompt_locale *l)
{
    if (setlocale(LC_CTYPE, "") == NULL)
        setlocale(LC_CTYPE, "C.UTF-8");
    rl_initialize();
    rl_variable_bind("bell-style", "none"); /* it would be written to standard error, and wait */
    if (MB_CUR_MAX == 1 && strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0 &&
        setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
        l->plain = true;
        rl_variable_bind("convert-meta", "off");
        rl_variable_bind("input-meta", "on");
        rl_variable_bind("output-meta", "on");
    }
    l->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void bind_quote(rl_command_func_t *quote)
{
    const Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap};
    const int key = 'V' & 0x1f;

    rl_add_defun("send-or-quote", quote, -1);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        if (maps[i][key].type == ISFUNC && maps[i][key].function == rl_quoted_insert)
            rl_bind_key_in_map(key, quote, maps[i]);
    }
}

void prompt_hooks_set(const struct prompt_hooks *h, struct prompt_locale *locale)
{
    rl_readline_name = "pollcat";
    rl_instream = stdin;
    rl_outstream = h->out;
    rl_catch_signals = rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_getc_function = h->next_key;
    rl_input_available_hook = h->has_key;
    rl_prep_term_function = take_modes;
    rl_deprep_term_function = keep_modes;
    rl_startup_hook = h->before_line;
    rl_inhibit_completion = 1;
    rl_attempted_completion_function = h->offer;
    rl_completion_word_break_hook = no_breaks;
    rl_completion_display_matches_hook = h->list;
    start_locale(locale);
    rl_variable_bind("page-completions", "off"); /* the pager would wait for keys */
    bind_quote(h->quote);
    rl_redisplay_function =
        h->redisplay; /* before it is initialised this would keep it from using the terminal */
    rl_tty_set_echoing(1);
    stifle_history(HISTORY_LINES);
}

void prompt_hooks_clear(void)
{
    rl_instream = rl_outstream = NULL;
    rl_getc_function = rl_getc;
    rl_redisplay_function = rl_redisplay;
    rl_input_available_hook = NULL;
    rl_startup_hook = NULL;
    rl_attempted_completion_function = NULL;
    rl_completion_word_break_hook = NULL;
    rl_completion_display_matches_hook = NULL;
    clear_history();
}
