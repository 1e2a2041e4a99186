/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * width: how many columns of a terminal characters take.
 *
 * Bytes are decoded and measured as the locale does it (mbrtowc(3), wcwidth(3)), because readline, which draws the
 * line that is typed, does the same: both must agree. The program sets a UTF-8 locale where there is one.
 */
#ifndef BASE_WIDTH_H
#define BASE_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

struct width {
    size_t len;       /* bytes of the character, at least 1 */
    unsigned columns; /* 0 for those that combine, 2 for wide ones */
    bool cut;         /* the character is not all there; `len` is what there is of it */
};

/* The first character of `s` (`n` bytes, at least 1), which stands in column `at`. A tab reaches to the next
 * multiple of eight; other control characters take two columns, as readline shows them (^A); bytes that are no
 * character and characters that cannot be printed take one. */
struct width width_next(const char *s, size_t n, size_t at);

/* The column that follows `n` bytes of `s`, the first of which stands in column `at`. */
size_t width_text(const char *s, size_t n, size_t at);

#endif
