/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt_history: readline's history, and the file it comes from and goes to (term/history.h).
 */
#ifndef TERM_PROMPT_HISTORY_H
#define TERM_PROMPT_HISTORY_H

#include "term/history.h"

/* Loads what is in `file` (NULL: the default place); what hinders that is logged. NULL: there is no place. */
struct history *prompt_history_start(const char *file);

/* Adds a line that was typed, which is to be repeated; `h` may be NULL. */
void prompt_history_add(struct history *h, const char *line);

/* The same for one that was typed in part; false when it is to be kept nowhere. */
bool prompt_history_keep(struct history *h, const char *line);

/* Saves and frees. */
void prompt_history_end(struct history *h);

#endif
