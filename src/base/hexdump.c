/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hexdump.h"

#include <string.h>

#include "base/hex.h"

enum { OFFSET_DIGITS = 8, HALF = 8 };

static unsigned columns_of(const struct hexdump *h)
{
    return h->columns == 0 || h->columns > HEXDUMP_COLUMNS ? HEXDUMP_COLUMNS : h->columns;
}

/* The offset, in eight digits or as many as it needs. */
static char *put_offset(char *o, uint64_t offset)
{
    unsigned n = OFFSET_DIGITS;

    while (n < 16 && offset >> (4 * n) != 0)
        n++;
    while (n-- > 0)
        *o++ = hex_digit(offset >> (4 * n));
    return o;
}

/* A line of `n` bytes, blanks where bytes are missing. */
static size_t put_dump_line(uint64_t offset, const unsigned char *p, unsigned n, unsigned columns, char *out)
{
    char *o = put_offset(out, offset);

    *o++ = ' ';
    for (unsigned i = 0; i < columns; i++) {
        if (i % HALF == 0)
            *o++ = ' ';
        if (i < n)
            hex_put(p[i], o);
        else
            memset(o, ' ', 2);
        o[2] = ' ';
        o += 3;
    }
    *o++ = ' ';
    *o++ = '|';
    for (unsigned i = 0; i < n; i++)
        *o++ = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
    *o++ = '|';
    *o++ = '\n';
    return (size_t)(o - out);
}

unsigned hexdump_width(unsigned columns)
{
    return OFFSET_DIGITS + 1 + (columns + HALF - 1) / HALF + 3 * columns + 3 + columns;
}

size_t hexdump_max(const struct hexdump *h, size_t n)
{
    return (n / columns_of(h) + 2) * HEXDUMP_LINE;
}

size_t hexdump_put(struct hexdump *h, const void *in, size_t n, char *out)
{
    const unsigned char *p = in;
    unsigned columns = columns_of(h);
    size_t o = 0;

    if (h->nheld >= columns) /* lines became shorter */
        o = hexdump_end(h, out);
    if (h->nheld > 0) {
        size_t take = columns - h->nheld < n ? columns - h->nheld : n;

        memcpy(h->held + h->nheld, p, take);
        h->nheld += (unsigned)take;
        p += take;
        n -= take;
        if (h->nheld < columns)
            return 0;
        o = hexdump_end(h, out);
    }
    for (; n >= columns; p += columns, n -= columns, h->offset += columns)
        o += put_dump_line(h->offset, p, columns, columns, out + o);
    if (n > 0)
        memcpy(h->held, p, n);
    h->nheld = (unsigned)n;
    return o;
}

size_t hexdump_peek(const struct hexdump *h, char *out)
{
    unsigned columns = columns_of(h) > h->nheld ? columns_of(h) : h->nheld;

    return h->nheld > 0 ? put_dump_line(h->offset, h->held, h->nheld, columns, out) : 0;
}

size_t hexdump_end(struct hexdump *h, char *out)
{
    size_t n = hexdump_peek(h, out);

    h->offset += h->nheld;
    h->nheld = 0;
    return n;
}
