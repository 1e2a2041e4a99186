/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sgr: how text that passed with its colours has left the terminal, so that something else can be shown in between:
 * reset the terminal with SGR_RESET, show it, and go on with sgr_format().
 *
 * Follows ECMA-48, 8.3.117, and what xterm adds (90 to 107, 38 and 48 with ; or :). What it does not know of is
 * taken back by a reset, but not restored.
 */
#ifndef BASE_SGR_H
#define BASE_SGR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SGR_RESET "\033[m"

enum { SGR_TEXT = 72 }; /* bytes that hold any state, its NUL included */

struct sgr_color {
    enum { SGR_DEFAULT, SGR_BASIC, SGR_INDEXED, SGR_RGB } kind;
    uint8_t value[3]; /* the parameter itself, the index, or red, green and blue */
};

/* Zeroed at the start: what SGR_RESET makes. */
struct sgr {
    unsigned set; /* 1 << n: attribute n, from 1 (bold) to 9 (struck out); 1 << 0: something else */
    struct sgr_color fg, bg;
};

bool sgr_same(const struct sgr *a, const struct sgr *b);

/* Takes note of the sequences in `n` bytes of text, which came from text_safe_put() with `colors`: none is cut. */
void sgr_scan(struct sgr *s, const char *text, size_t n);

/* Writes the sequence that restores the state to `out` (SGR_TEXT bytes), which is empty when there is nothing to
 * restore nor to reset. Returns its length. */
size_t sgr_format(const struct sgr *s, char *out);

#endif
