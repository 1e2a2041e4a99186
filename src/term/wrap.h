/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wrap: a line whose rows all begin behind what stands before it.
 *
 * Left to the terminal, a line that is longer than a row goes on in the first column of the next, where only marks of
 * our own may stand. So it is cut before the terminal does, and goes on indented. Pure, but for the locale's idea of
 * how wide a character is.
 */
#ifndef TERM_WRAP_H
#define TERM_WRAP_H

#include <stddef.h>

#include "base/sgr.h"
#include "term/tail.h"

struct wrap {
    tail_print *print;
    void *ctx;
    unsigned columns; /* of a row; 0: the terminal is too narrow for it, nothing is cut */
    unsigned indent;
    unsigned at; /* the column that comes next */
    struct sgr sgr;
};

/* A line on a terminal of `columns`, of which what stands before it has taken `width`: that much, or where it is
 * more than half a row a blank, its rows are indented by. */
void wrap_begin(struct wrap *w, unsigned columns, unsigned width, tail_print *print, void *ctx);

/* Prints text without newlines that does not go back over itself (term/row.h). Its colours end with each row and go on
 * in the next; those before the first text are w->sgr. */
void wrap_put(struct wrap *w, const char *text, size_t n);

/* The most bytes that `n` bytes of text, printed by wrap_put(), can become. */
size_t wrap_most(const struct wrap *w, size_t n);

#endif
