/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text: bytes of a peer made safe for a terminal.
 *
 * Printable ASCII, newline, tab and valid, printable UTF-8 pass, combining and zero-width characters too. As
 * \xhh of each byte come out: C0 and C1 controls (ESC, CR, BS, ...), DEL, all that steers the direction of
 * text (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), the separators U+2028 and U+2029,
 * U+FEFF, and bytes that are not UTF-8. A carriage return right before a newline is dropped. A backslash
 * passes as it is: the output is for eyes, not for decoding.
 *
 * Escapes take columns that the peer knows nothing of: what it writes over them must not leave parts of them.
 *
 * Work is incremental: a UTF-8 sequence or CRLF cut by a read is held until the next call; however the input
 * is cut, the output is the same. Follows RFC 3629 for what is valid UTF-8; overlong forms, surrogates and
 * code points above U+10FFFF are not.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TEXT_SGR = 64,   /* a longer colour sequence is escaped */
    TEXT_STYLE = 12, /* the most bytes each of `begin` and `end` may have */
    TEXT_REST = 128, /* the most text_safe_end() writes */
};

/* Zeroed at the start, but for the options. */
struct text_safe {
    bool colors;  /* whole SGR sequences pass: ESC [, digits, ; and :, then m (ECMA-48, 8.3.117) */
    bool returns; /* a carriage return that ends no line passes: whoever shows the text goes back for it */
    bool
        erases; /* with `returns`: text that goes back over escapes erases the row with ESC [ K; else it does not go back */
    const char *begin,
        *end; /* put around each run of escapes, to show them in a style; both or neither. A run
                                ends with each call, so that a cut adds `end` and `begin` in the midst of it */

    unsigned char held[TEXT_SGR]; /* the beginning of a sequence that the last input cut */
    size_t nheld;
    bool marked;  /* `begin` was written, `end` was not */
    bool escaped; /* something was escaped since the last newline */
    bool over;    /* what comes goes over that */
};

/* Bytes that text_safe_put() may write for `n` bytes of input (held ones included), whatever the options. */
size_t text_safe_max(size_t n);

/* Writes the safe form of `n` bytes of `in` to `out` (at least text_safe_max(n) bytes; no NUL added). Returns
 * the number of bytes written. */
size_t text_safe_put(struct text_safe *s, const void *in, size_t n, char *out);

/* Writes what is still held, made safe, at the end of the input (at most TEXT_REST bytes; 16 without options).
 * Returns its length. */
size_t text_safe_end(struct text_safe *s, char *out);

/* A whole string made safe for one line: newlines and tabs are escaped as well, a carriage return always.
 * Cut, never within an escape or a character, to fit `size` (at least 1) with its NUL. Returns `out`. */
const char *text_safe_string(const char *in, char *out, size_t size);

/* The same for `n` bytes, which may hold NULs. */
const char *text_safe_bytes(const void *in, size_t n, char *out, size_t size);

#endif
