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
 * Work is incremental: a UTF-8 sequence or CRLF cut by a read is held until the next call; however the input
 * is cut, the output is the same. Follows RFC 3629 for what is valid UTF-8; overlong forms, surrogates and
 * code points above U+10FFFF are not.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* Zeroed at the start. */
struct text_safe {
    unsigned char held[4]; /* the beginning of a sequence that the last input cut */
    size_t nheld;
};

/* Bytes that text_safe_put() may write for `n` bytes of input (held ones included). */
size_t text_safe_max(size_t n);

/* Writes the safe form of `n` bytes of `in` to `out` (at least text_safe_max(n) bytes; no NUL added). Returns
 * the number of bytes written. */
size_t text_safe_put(struct text_safe *s, const void *in, size_t n, char *out);

/* Writes what is still held, as escapes, at the end of the input (at most 16 bytes). Returns its length. */
size_t text_safe_end(struct text_safe *s, char *out);

/* A whole string made safe for one line: newlines and tabs are escaped as well, a carriage return always.
 * Cut, never within an escape or a character, to fit `size` (at least 1) with its NUL. Returns `out`. */
const char *text_safe_string(const char *in, char *out, size_t size);

/* The same for `n` bytes, which may hold NULs. */
const char *text_safe_bytes(const void *in, size_t n, char *out, size_t size);

#endif
