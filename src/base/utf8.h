/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * utf8: characters as bytes (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UTF8_MOST = 4, /* bytes of a character */
    UTF8_BAD = 0,  /* the bytes begin no character */
    UTF8_CUT = -1, /* they may, with more behind them */
};

/* A byte that continues a character and begins none. */
static inline bool utf8_inner(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* A number that is a character's. */
static inline bool utf8_exists(uint32_t c)
{
    return c <= 0x10ffff && (c < 0xd800 || c >= 0xe000);
}

/* How long a character is by its first byte; 0 when none begins so. `*min` and `*max` bound the second byte, which rules
 * out overlong forms, surrogates and what is above U+10FFFF (RFC 3629, section 4). */
static inline int utf8_length(unsigned char lead, unsigned char *min, unsigned char *max)
{
    *min = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *max = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0xc2 || lead > 0xf4)
        return lead < 0x80 ? 1 : 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The character that `s` (`n` bytes, at least 1) begins with: its length, with `*c` its number, or UTF8_BAD or UTF8_CUT. */
static inline int utf8_decode(const void *s, size_t n, uint32_t *c)
{
    const unsigned char *p = s;
    unsigned char min, max;
    int len = utf8_length(p[0], &min, &max);
    uint32_t value = len > 1 ? p[0] & (0x7fu >> len) : p[0];

    for (int i = 1; i < len; i++) {
        if ((size_t)i >= n)
            return UTF8_CUT;
        if (p[i] < min || p[i] > max)
            return UTF8_BAD;
        value = value << 6 | (p[i] & 0x3f);
        min = 0x80;
        max = 0xbf;
    }
    *c = value;
    return len;
}

/* Writes a character that exists; returns its length. */
size_t utf8_encode(uint32_t c, void *out);

/* How many of `n` bytes end with a whole character, or with bytes that are none: up to three less. */
size_t utf8_whole(const char *s, size_t n);

#endif
