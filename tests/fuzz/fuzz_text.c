/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes out of base/text.h is safe for a terminal, and the same however the input is cut.
 * The first byte of the input chooses the cuts.
 */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Decodes one character, written anew here so that a fault is not shared; 0 for what is not UTF-8. */
static size_t decode(const unsigned char *p, size_t n, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;

    if (len == 0 || len > n)
        return 0;
    *c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        *c = *c << 6 | (p[i] & 0x3fu);
    }
    return *c < least[len] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : len;
}

static void check_safe(const char *out, size_t n, bool one_line)
{
    static const uint32_t bad[] = {0x61c,  0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c,
                                   0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff};
    const unsigned char *p = (const unsigned char *)out;
    uint32_t c = 0;

    for (size_t len; n > 0; p += len, n -= len) {
        len = decode(p, n, &c);
        require(len > 0);
        if (one_line || (c != '\n' && c != '\t'))
            require(c >= 0x20 && (c < 0x7f || c >= 0xa0));
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            require(c != bad[i]);
    }
}

/* Puts `data` in pieces of 1 to `most` bytes, their lengths drawn from `seed`, each into a block just as
 * large as promised. Returns the length of the output in `out`. */
static size_t put_cut(const uint8_t *data, size_t size, uint32_t seed, size_t most, char *out)
{
    struct text_safe s = {0};
    size_t o = 0, got, n;

    for (size_t i = 0; i < size; i += n) {
        char *room;

        seed = seed * 1664525u + 1013904223u;
        n = 1 + (seed >> 16) % most;
        if (n > size - i)
            n = size - i;
        room = malloc(text_safe_max(n));
        require(room != NULL);
        got = text_safe_put(&s, data + i, n, room);
        require(got <= text_safe_max(n) && s.nheld < sizeof s.held);
        memcpy(out + o, room, got);
        free(room);
        o += got;
    }
    got = text_safe_end(&s, out + o);
    require(got <= 16 && s.nheld == 0);
    return o + got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t seed = size > 0 ? data[0] : 0;
    char *whole = malloc(text_safe_max(size) + 16);
    char *cut = malloc(text_safe_max(size) + 16);
    struct text_safe s = {0};
    char line[64];
    size_t n;

    require(whole != NULL && cut != NULL);
    n = text_safe_put(&s, data, size, whole);
    n += text_safe_end(&s, whole + n);
    check_safe(whole, n, false);
    require(put_cut(data, size, seed, 1, cut) == n && memcmp(whole, cut, n) == 0);
    require(put_cut(data, size, seed, 7, cut) == n && memcmp(whole, cut, n) == 0);
    require(put_cut(data, size, seed, 40, cut) == n && memcmp(whole, cut, n) == 0);
    text_safe_bytes(data, size, line, 1 + seed % sizeof line);
    require(strlen(line) <= seed % sizeof line);
    check_safe(line, strlen(line), true);
    free(whole);
    free(cut);
    return 0;
}
