/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail: the unfinished last line of what arrived, as far as a prompt must show it.
 *
 * Rows that are full are handed out to be printed for good, so that what is left is never longer than a row of
 * the terminal and its memory is bounded. Text may hold colours (SGR, ECMA-48), which stay; all other control
 * sequences and bytes (there are some only when the text was not made safe) are handed out at once: they cannot
 * be drawn again. What goes back over the row (term/row.h) changes it as on a terminal; the text, printed in an empty row,
 * leaves the cursor where the peer has it. Pure, but for the locale's idea of how wide a character is.
 */
#ifndef TERM_TAIL_H
#define TERM_TAIL_H

#include <stddef.h>

#include "base/sgr.h"

enum { TAIL_SIZE = 4096 };

struct tail {
    char text[TAIL_SIZE];
    size_t len;
    struct sgr sgr; /* the colours before it: the caller's to set */
};

/* Who prints what is handed out. */
typedef void tail_print(void *ctx, const char *text, size_t n);

/* Appends `n` bytes without newlines for a terminal of `width` columns (0: no rows are handed out). */
void tail_add(struct tail *t, const char *text, size_t n, unsigned width, tail_print *print, void *ctx);

/* `n` bytes of text (a tail's, or any one line) as a prompt for readline: what goes back has
 * gone, tabs are spaces, colours are marked as
 * taking no columns, an unfinished control sequence is left out. The caller frees it. */
char *tail_format(const char *text, size_t n);

/* The columns that a prompt from tail_format() takes. */
unsigned tail_columns(const char *prompt);

#endif
