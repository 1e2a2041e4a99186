/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * complete: what is offered in place of a word of the line that is typed.
 *
 * The line up to the cursor is one word for readline; what of it is kept is the first part of each match.
 */
#ifndef TERM_COMPLETE_H
#define TERM_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* What may stand in a line in place of line[start..cursor). */
struct complete {
    size_t start;
    char **words; /* `n` of them, each from malloc(3) */
    size_t n;
    bool open; /* the last word goes on: no blank behind it */
};

/* Adds a word, which is copied. */
void complete_add(struct complete *to, const char *word);

/* The matches for `line` up to `cursor`: first what all have in common, then, when there are several, each, then NULL. All
 * from malloc(3). NULL when nothing was offered. */
char **complete_matches(const struct complete *c, const char *line, size_t cursor);

/* Frees the words. */
void complete_clear(struct complete *c);

#endif
