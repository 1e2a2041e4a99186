/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/prompt_hooks.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "term/history.h"

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

/* Whether the locale's characters are ASCII alone, in the words of glibc, musl, and the BSDs */
static bool is_ascii(void)
{
    const char *codeset = nl_langinfo(CODESET);

    return strcmp(codeset, "ANSI_X3.4-1968") == 0 || strcmp(codeset, "ASCII") == 0 ||
           strcmp(codeset, "US-ASCII") == 0;
}

/* Characters are UTF-8 wherever the system can do it, also in the C locale. */
static void start_locale(struct prompt_locale *l)
{
    if (setlocale(LC_CTYPE, "") == NULL)
        setlocale(LC_CTYPE, "C.UTF-8");
    rl.initialize();
    rl.variable_bind("bell-style", "none"); /* it would be written to standard error, and wait */
    if (MB_CUR_MAX == 1 && is_ascii() && setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
        l->plain = true;
        rl.variable_bind("convert-meta", "off");
        rl.variable_bind("input-meta", "on");
        rl.variable_bind("output-meta", "on");
    }
    l->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* Readline mixes up its lines when such a search is aborted that began at a line of the history: it is to begin at the
 * newest, with the same text. */
static void leave_history(void)
{
    char *text = mem_strdup(*rl.line_buffer);

    rl.named_function("end-of-history")(1, 0);
    rl.replace_line(text, 1);
    *rl.point = *rl.end;
    free(text);
}

static int search(const char *name, int count, int key)
{
    leave_history();
    return rl.named_function(name)(count, key);
}

static int search_back(int count, int key)
{
    return search("non-incremental-reverse-search-history", count, key);
}

static int search_on(int count, int key)
{
    return search("non-incremental-forward-search-history", count, key);
}

static int search_vi(int count, int key)
{
    return search("vi-search", count, key);
}

/* Puts a command of ours, `name`, where inputrc leaves one of readline's on its keys. */
static void rebind(const char *name, rl_command_func_t *own, const char *theirs)
{
    static const char *const maps[] = {"emacs-standard", "emacs-meta", "vi-insert", "vi-move"};
    rl_command_func_t *old = rl.named_function(theirs);

    rl.add_defun(name, own, -1);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        Keymap map = rl.get_keymap_by_name(maps[i]);

        for (int key = 0; key < KEYMAP_SIZE; key++) {
            if (map[key].type == ISFUNC && map[key].function == old)
                rl.bind_key_in_map(key, own, map);
        }
    }
}

static void bind_commands(rl_command_func_t *quote, rl_command_func_t *edit)
{
    rl.add_defun("edit-line", edit, -1);
    rl.bind_key_if_unbound_in_map('E' & 0x1f, edit, rl.get_keymap_by_name("emacs-ctlx"));
    rl.bind_key_if_unbound_in_map('v', edit, rl.get_keymap_by_name("vi-move"));
    rebind("send-or-quote", quote, "quoted-insert");
    rebind("search-back", search_back, "non-incremental-reverse-search-history");
    rebind("search-on", search_on, "non-incremental-forward-search-history");
    rebind("search-vi", search_vi, "vi-search");
}

void prompt_hooks_set(const struct prompt_hooks *h, struct prompt_locale *locale)
{
    *rl.readline_name = "pollcat";
    *rl.instream = stdin;
    *rl.outstream = h->out;
    *rl.catch_signals = *rl.catch_sigwinch = 0;
    *rl.change_environment = 0;
    *rl.getc_function = h->next_key;
    *rl.input_available_hook = h->has_key;
    *rl.prep_term_function = take_modes;
    *rl.deprep_term_function = keep_modes;
    *rl.startup_hook = h->before_line;
    *rl.inhibit_completion = 1;
    *rl.attempted_completion_function = h->offer;
    *rl.completion_word_break_hook = no_breaks;
    *rl.completion_display_matches_hook = h->list;
    start_locale(locale);
    rl.variable_bind("page-completions", "off"); /* the pager would wait for keys */
    bind_commands(h->quote, h->edit);
    *rl.redisplay_function =
        h->redisplay; /* before it is initialised this would keep it from using the terminal */
    rl.tty_set_echoing(1);
    rl.stifle_history(HISTORY_LINES);
}

void prompt_hooks_clear(void)
{
    *rl.instream = *rl.outstream = NULL;
    *rl.getc_function = rl.getc;
    *rl.redisplay_function = rl.redisplay;
    *rl.input_available_hook = NULL;
    *rl.startup_hook = NULL;
    *rl.attempted_completion_function = NULL;
    *rl.completion_word_break_hook = NULL;
    *rl.completion_display_matches_hook = NULL;
    rl.clear_history();
}
