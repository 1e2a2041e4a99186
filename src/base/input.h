/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * input: what a typed line means: the bytes that are sent for it.
 *
 * Nothing is guessed: a line that is malformed in its mode gives no bytes at all, and tells where and why.
 */
#ifndef BASE_INPUT_H
#define BASE_INPUT_H

#include <stddef.h>

#include "base/names.h"

enum input_mode {
    INPUT_TEXT,    /* the line and its end */
    INPUT_ESCAPES, /* \r \n \t \0 \a \b \e \f \v \\ \xHH \uHHHH \UHHHHHHHH; no end is added */
    INPUT_HEX,     /* 48 65 6c6c 0x6f, 48:65 "text" # a comment; no end is added */
};

/* How a line ends in text mode. */
enum eol { EOL_LF, EOL_CRLF, EOL_NONE, EOL_NUL, EOL_CR };

/* What is wrong with a line: `length` bytes (at least 1) from `offset`, whole characters, all within the line. */
struct input_fault {
    size_t offset, length;
    const char *why; /* a constant */
};

/* text, escapes, hex; lf, crlf, cr, none, nul. */
extern const struct name input_mode_names[], eol_names[];

/* The bytes of a line of `n` bytes, which has no newline at its end but may have some within (a paste sent as one
 * message): with EOL_CRLF and EOL_CR those become the same. \u and \U are written as UTF-8; \0 is one byte whatever follows.
 * In hex, blanks, colons and commas may stand between bytes, not within one, and a 0x before them.
 * Returns 0 with `*out` (the caller frees it; never NULL) and `*outn`, or -1 with `*fault` filled and neither
 * touched. */
int input_encode(enum input_mode mode, enum eol eol, const char *line, size_t n, unsigned char **out,
                 size_t *outn, struct input_fault *fault);

/* The column of the screen in which byte `offset` of `line` is shown, when its first one stands in column `start`
 * (the width of the prompt, on which tabs depend). See base/width.h. */
size_t input_column(const char *line, size_t offset, size_t start);

#endif
