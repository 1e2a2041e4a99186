/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

size_t utf8_encode(uint32_t c, void *out)
{
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned char *o = out;
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

    o[0] = (unsigned char)(lead[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        o[i] = (unsigned char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

size_t utf8_whole(const char *s, size_t n)
{
    size_t start = n;
    uint32_t c;

    while (start > 0 && n - start < UTF8_MOST) {
        start--;
        if (!utf8_inner(s[start]))
            return utf8_decode(s + start, n - start, &c) == UTF8_CUT ? start : n;
    }
    return n;
}
