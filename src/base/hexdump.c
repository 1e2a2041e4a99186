/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hexdump.h"

#include <string.h>

#include "base/hex.h"

enum {
    DIGITS = 8,
    DIGITS_MOST = 16,
    DIGITS_SHORT = 4,
    HALF = 8,
    FEW = 4 /* bytes a line, which narrow layouts begin with */
};

static unsigned columns_of(const struct hexdump *h)
{
    return h->columns == 0 || h->columns > HEXDUMP_COLUMNS ? HEXDUMP_COLUMNS : h->columns;
}

/* The digits of the offset: as many as it needs, if those are more. */
static unsigned digits_of(const struct hexdump *h)
{
    unsigned n = h->digits == 0 ? DIGITS : h->digits;

    while (n < DIGITS_MOST && h->offset >> (4 * n) != 0)
        n++;
    return n;
}

size_t hexdump_columns(const unsigned char *p, unsigned n, unsigned columns, char *out)
{
    char *o = out;

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
    return (size_t)(o - out);
}

static char *put_text(const unsigned char *p, unsigned n, char *o)
{
    *o++ = ' ';
    *o++ = '|';
    for (unsigned i = 0; i < n; i++)
        *o++ = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
    *o++ = '|';
    return o;
}

/* A line of `n` bytes, blanks where bytes are missing before the text. */
static size_t put_dump_line(const struct hexdump *h, const unsigned char *p, unsigned n, unsigned columns,
                            char *out)
{
    char *o = out;

    for (unsigned i = digits_of(h); i-- > 0;)
        *o++ = hex_digit(h->offset >> (4 * i));
    *o++ = ' ';
    o += hexdump_columns(p, n, h->bare ? n : columns, o);
    if (h->bare)
        o--;
    else
        o = put_text(p, n, o);
    *o++ = '\n';
    return (size_t)(o - out);
}

unsigned hexdump_width(const struct hexdump *h)
{
    unsigned columns = columns_of(h), bytes = (columns + HALF - 1) / HALF + 3 * columns;

    return digits_of(h) + 1 + bytes + columns + 3 - (h->bare ? columns + 4 : 0);
}

void hexdump_fit(struct hexdump *h, unsigned width)
{
    h->columns = HEXDUMP_COLUMNS;
    h->digits = DIGITS;
    h->bare = false;
    while (h->columns > FEW && hexdump_width(h) > width)
        h->columns /= 2;
    if (hexdump_width(h) > width)
        h->digits = DIGITS_SHORT;
    h->bare = hexdump_width(h) > width;
    while (h->columns > 1 && hexdump_width(h) > width)
        h->columns /= 2;
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
        o += put_dump_line(h, p, columns, columns, out + o);
    if (n > 0)
        memcpy(h->held, p, n);
    h->nheld = (unsigned)n;
    return o;
}

size_t hexdump_peek(const struct hexdump *h, char *out)
{
    unsigned columns = columns_of(h) > h->nheld ? columns_of(h) : h->nheld;

    return h->nheld > 0 ? put_dump_line(h, h->held, h->nheld, columns, out) : 0;
}

size_t hexdump_end(struct hexdump *h, char *out)
{
    size_t n = hexdump_peek(h, out);

    h->offset += h->nheld;
    h->nheld = 0;
    return n;
}
