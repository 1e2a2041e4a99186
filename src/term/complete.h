/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * complete: what was offered for a line (struct complete of console/command.h), as readline takes it.
 *
 * The line up to the cursor is one word for readline; what of it is kept is the first part of each match.
 */
#ifndef TERM_COMPLETE_H
#define TERM_COMPLETE_H

#include "console/command.h"

/* The matches for `line` up to `cursor`: first what all have in common, then, when there are several, each, then NULL. All
 * from malloc(3). NULL when nothing was offered. */
char **complete_matches(const struct complete *c, const char *line, size_t cursor);

/* Frees the words. */
void complete_clear(struct complete *c);

#endif
