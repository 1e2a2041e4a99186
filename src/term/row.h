/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * row: what a row of a terminal shows of a line that goes back over itself.
 *
 * After a carriage return or a backspace, characters go over those that stand there, cell by cell; a tab goes over
 * none; ESC [ K and ESC [ 2 K erase (ECMA-48, 8.3.41). Pure, but for the locale's idea of how wide a character is.
 */
#ifndef TERM_ROW_H
#define TERM_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sgr.h"

/* What a line consists of. */
enum row_kind {
    ROW_CHARACTER,
    ROW_COLOR,      /* SGR */
    ROW_CONTROL,    /* any other control sequence or byte; only text that was not made safe has any */
    ROW_RETURN,     /* the cursor goes to the beginning of the row */
    ROW_BACK,       /* ... a column back */
    ROW_ERASE,      /* from the cursor to the end */
    ROW_ERASE_ALL,  /* the whole row; the cursor stays */
    ROW_UNFINISHED, /* the rest of the text, whose end is to come */
};

struct row_token {
    enum row_kind kind;
    size_t len;
    unsigned columns;
};

/* The first token of `n` bytes, at least 1, the cursor being in column `at`. */
struct row_token row_next(const char *text, size_t n, unsigned at);

/* Whether the text goes back anywhere. */
bool row_moves(const char *text, size_t n);

/* The same picture, without going back; `before` are the colours before it. Blanks behind the cursor are left out. With
 * `cursor`, text follows that brings the cursor where it was. `*len` becomes the length. The caller frees it. */
char *row_flat(const char *text, size_t n, const struct sgr *before, bool cursor, size_t *len);

#endif
