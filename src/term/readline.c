/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Holds one of the program's mutable globals: `rl`, since the library's state is global, too, and its callbacks are given
 * nothing of ours.
 */
#include "term/readline.h"

#include <stddef.h>

struct readline rl;

#ifdef LINK_READLINE

extern sigjmp_buf _rl_top_level __attribute__((weak));

int readline_load(struct err *e)
{
    (void)e;
#define SET(name) rl.name = &rl_##name;
    READLINE_SYMBOLS(SET)
#undef SET
#define SET(name) rl.name = &name;
    READLINE_HISTORY_SYMBOLS(SET)
#undef SET
    rl.top_level = &_rl_top_level;
    return 0;
}

#else

#include "base/library.h"

#define STRING(macro) STRING_OF(macro)
#define STRING_OF(text) #text

/* The one that the headers are of */
#define LIBRARY "libreadline.so." STRING(RL_VERSION_MAJOR)

LIBRARY_NOTE(
    "[{\"feature\":\"prompt\",\"description\":\"The prompt at a terminal\",\"priority\":\"required\","
    "\"soname\":[\"" LIBRARY "\"]}]");

int readline_load(struct err *e)
{
#define ROW(name) {"rl_" #name, offsetof(struct readline, name)},
#define HISTORY_ROW(name) {#name, offsetof(struct readline, name)},
    static const struct library_symbol symbols[] = {READLINE_SYMBOLS(ROW)
                                                        READLINE_HISTORY_SYMBOLS(HISTORY_ROW)};
    static const struct library_symbol top_level[] = {
        {"_rl_top_level", offsetof(struct readline, top_level)}};
    static const struct library all = {
        {LIBRARY}, "a prompt (see --no-prompt)", "readline", symbols, sizeof symbols / sizeof *symbols};
    static const struct library own = {{LIBRARY}, "a prompt (see --no-prompt)", "readline", top_level, 1};

    if (library_load(&rl, &all, e) < 0)
        return -1;
    library_load(&rl, &own, NULL); /* may be hidden */
    return 0;
}

#endif
