/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words: a line split into words as a shell does it, for the arguments of commands.
 *
 * Blanks (space, tab, newline) part words. Within '...' all is meant as it stands; within "..." too, but for \" and
 * \\; elsewhere a backslash takes the meaning of what follows it. Parts that touch are one word: a'b c'"d".
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the next word of `*rest`, which then points behind it. Returns 1 with `*word` (the caller frees it; empty
 * for ''), 0 when there is none, or -1 when a quote is not closed or a backslash ends the line: `*rest` then points
 * to that quote or backslash and `*why` (a constant) says so. `*word` is NULL unless 1 is returned. */
int words_next(const char **rest, char **word, const char **why);

/* What follows a word just taken, as it stands, without the blank that parted it: the text of commands that send
 * some. */
const char *words_rest(const char *rest);

/* The word that the cursor is in, or would begin. */
struct words_place {
    size_t index; /* words before it */
    size_t
        start;  /* the byte of the line where it begins, its quote included; the cursor's if it is to begin */
    char quote; /* ' or " when the cursor is within such quotes, else 0 */
    bool escaped; /* the cursor is behind a backslash that takes the next character */
    char *text;   /* what it means so far, up to the cursor, without that backslash; the caller frees it */
};

/* Finds the place of byte `cursor` of `line` (its NUL at most). */
void words_locate(const char *line, size_t cursor, struct words_place *place);

/* `word` written so that words_next() reads it: in quotes `quote` (' or "), or with backslashes (0; an empty word
 * is ''). Without `closed` the quote behind it is left out: there is more to come. The caller frees it. */
char *words_quote(const char *word, char quote, bool closed);

#endif
