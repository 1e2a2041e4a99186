/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history: the lines typed before, in a file of the user's.
 *
 * Lines are kept in memory until history_save() appends them, so that programs that run at the same time keep
 * each other's lines; the file is locked meanwhile (flock(2)) and cut to the latest HISTORY_LINES. Directories
 * are made with mode 0700, the file with 0600; what exists keeps its mode.
 */
#ifndef TERM_HISTORY_H
#define TERM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
    HISTORY_LINES = 1000,     /* lines in the file at most */
    HISTORY_LINE = 64 * 1024, /* a longer line is not written to the file */
};

struct history;

/* The history in `path`; NULL is the default, pollcat/history under $XDG_STATE_HOME or ~/.local/state (XDG Base
 * Directory Specification). Returns NULL when there is no place for it. */
struct history *history_new(const char *path);
void history_free(struct history *h);

/* Calls `add` for each line of the file, oldest first, HISTORY_LINES at most, and makes the file if there is none.
 * Returns 0, or -1 with `e` when it can not be read and written. */
int history_load(struct history *h, void (*add)(void *ctx, const char *line), void *ctx, struct err *e);

/* No program kept a history in the default place before history_load(). */
bool history_is_first(const struct history *h);

/* Keeps `line`, which may hold newlines. Returns false when it is not to be kept: empty, begun with a blank, or
 * the same as the one before. */
bool history_add(struct history *h, const char *line);

/* Appends what was kept since the last time. Returns 0 or -1 with `e`. */
int history_save(struct history *h, struct err *e);

#endif
