/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * prompt_history: readline's history, and the file it comes from and goes to (svc/history.h).
 */
#ifndef SVC_PROMPT_HISTORY_H
#define SVC_PROMPT_HISTORY_H

#include "svc/history.h"

/* Loads what is in `file` (NULL: the default place); what hinders that is logged. NULL: there is no place. */
struct history *prompt_history_start(const char *file);

/* Adds a line that was typed, which is to be repeated; `h` may be NULL. */
void prompt_history_add(struct history *h, const char *line);

/* Saves and frees. */
void prompt_history_end(struct history *h);

#endif
