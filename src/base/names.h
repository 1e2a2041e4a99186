/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * names: words, and the values they stand for.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A row of a table, whose last has a NULL word. Of several words for one value the first is its name. */
struct name {
    const char *word;
    int value;
};

/* What the `n` bytes at `word` stand for. Case is all one. Returns false, with `*value` untouched, when no row has them. */
bool names_find(const struct name *names, const char *word, size_t n, int *value);

/* The word for a value, or NULL. */
const char *names_word(const struct name *names, int value);

/* The word of row `i` of a table of struct name, or NULL from its end on: for near_find() and the like. */
const char *names_row(void *names, size_t i);

#endif
