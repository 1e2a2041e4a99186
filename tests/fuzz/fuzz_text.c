/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes out of base/text.h is safe for a terminal, and the same however the input is cut.
 * The first byte of the input chooses the cuts and the options.
 */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
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

/* The length of an SGR sequence; 0 when there is none. */
static size_t colour(const unsigned char *p, size_t n)
{
    size_t i = 2;

    if (n < 3 || p[0] != 0x1b || p[1] != '[')
        return 0;
    while (i < n && i < TEXT_SGR && memchr("0123456789:;", p[i], 12) != NULL)
        i++;
    return i < n && i < TEXT_SGR && p[i] == 'm' ? i + 1 : 0;
}

static void check_safe(const char *out, size_t n, bool one_line, const struct text_safe *s)
{
    static const uint32_t bad[] = {0x61c,  0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c,
                                   0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff};
    const unsigned char *p = (const unsigned char *)out;
    uint32_t c = 0;

    for (size_t len; n > 0; p += len, n -= len) {
        len = s->colors || s->begin != NULL ? colour(p, n) : 0;
        if (len > 0)
            continue;
        len = decode(p, n, &c);
        require(len > 0);
        if (c == '\r' && s->returns)
            continue;
        if (one_line || (c != '\n' && c != '\t'))
            require(c >= 0x20 && (c < 0x7f || c >= 0xa0));
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            require(c != bad[i]);
    }
}

/* What a run of escapes that a cut parted has in its midst is taken out: `end` and `begin`. */
static size_t join(char *out, size_t n, const struct text_safe *s)
{
    char seam[2 * TEXT_STYLE + 1];
    size_t len, o = 0;

    if (s->begin == NULL)
        return n;
    len = (size_t)snprintf(seam, sizeof seam, "%s%s", s->end, s->begin);
    for (size_t i = 0; i < n;) {
        if (n - i >= len && memcmp(out + i, seam, len) == 0)
            i += len;
        else
            out[o++] = out[i++];
    }
    return o;
}

/* Puts `data` in pieces of 1 to `most` bytes (0: in one), their lengths drawn from `seed`, each into a
 * block just as large as promised. Returns the length of the output in `*out`, which the caller frees. */
static size_t put_cut(struct text_safe s, const uint8_t *data, size_t size, uint32_t seed, size_t most,
                      char **out)
{
    size_t o = 0, got, n;

    *out = NULL;
    for (size_t i = 0; i < size; i += n) {
        seed = seed * 1664525u + 1013904223u;
        n = most > 0 ? 1 + (seed >> 16) % most : size;
        if (n > size - i)
            n = size - i;
        *out = realloc(*out, o + text_safe_max(n));
        require(*out != NULL);
        got = text_safe_put(&s, data + i, n, *out + o);
        require(got <= text_safe_max(n) && s.nheld < sizeof s.held && !s.marked);
        o += got;
    }
    *out = realloc(*out, o + TEXT_REST);
    require(*out != NULL);
    got = text_safe_end(&s, *out + o);
    require(got <= TEXT_REST && s.nheld == 0 && !s.marked);
    return join(*out, o + got, &s);
}

/* The same, however it is cut. */
static void check_options(struct text_safe s, const uint8_t *data, size_t size, uint32_t seed)
{
    static const size_t most[] = {1, 7, 40};
    char *whole, *cut;
    size_t n = put_cut(s, data, size, seed, 0, &whole);

    check_safe(whole, n, false, &s);
    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
        require(put_cut(s, data, size, seed, most[i], &cut) == n && memcmp(whole, cut, n) == 0);
        free(cut);
    }
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t seed = size > 0 ? data[0] : 0;
    struct text_safe s = {.colors = (seed & 1) != 0, .returns = (seed & 2) != 0};
    char line[64];

    check_options((struct text_safe){0}, data, size, seed);
    check_options(s, data, size, seed);
    /* A style of bytes that come out in no other way, unless colours pass. */
    s.begin = "\x1b[7;1m";
    s.end = "\x1b[27;22m";
    s.colors = false;
    check_options(s, data, size, seed);
    text_safe_bytes(data, size, line, 1 + seed % sizeof line);
    require(strlen(line) <= seed % sizeof line);
    check_safe(line, strlen(line), true, &(struct text_safe){0});
    return 0;
}
