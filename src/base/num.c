/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/num.h"

#include <stdbool.h>
#include <string.h>

/* Digits behind the point that count; the rest only decides about rounding. With nine, and the largest unit
 * of 2^30, products stay within 64 bits. */
enum { FRACTION_DIGITS = 9 };

/* A decimal number as written, without its unit. */
struct decimal {
    uint64_t whole;
    uint64_t part, part_of; /* the fraction is part / part_of */
    bool negative, fraction, rest;
};

static int digit(char c, unsigned base)
{
    unsigned value = 16;

    if (c >= '0' && c <= '9')
        value = (unsigned)(c - '0');
    else if (c >= 'a' && c <= 'f')
        value = (unsigned)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
        value = (unsigned)(c - 'A') + 10;
    return value < base ? (int)value : -1;
}

/* Reads digits of `base` into `*out`; returns where they end, or NULL on overflow. */
static const char *digits(const char *p, unsigned base, uint64_t *out)
{
    uint64_t value = 0;

    for (int d; (d = digit(*p, base)) >= 0; p++) {
        if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, (uint64_t)d, &value))
            return NULL;
    }
    *out = value;
    return p;
}

/* Gives `magnitude` its sign and checks the bounds. */
static int finish_number(bool negative, uint64_t magnitude, int64_t min, int64_t max, int64_t *out)
{
    int64_t value;

    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return -1;
    /* -(m - 1) - 1 reaches INT64_MIN without passing what int64_t holds. */
    value = !negative || magnitude == 0 ? (int64_t)magnitude : -(int64_t)(magnitude - 1) - 1;
    if (value < min || value > max)
        return -1;
    *out = value;
    return 0;
}

int num_parse(const char *text, int64_t min, int64_t max, int64_t *out)
{
    bool negative = *text == '-';
    const char *start = text + (negative ? 1 : 0);
    const char *end;
    unsigned base = 10;
    uint64_t value;

    if (start[0] == '0' && (start[1] == 'x' || start[1] == 'X')) {
        base = 16;
        start += 2;
    }
    end = digits(start, base, &value);
    if (end == NULL || end == start || *end != '\0')
        return -1;
    return finish_number(negative, value, min, max, out);
}

/* Reads "12", "1.5" or ".5"; returns where the unit begins, or NULL. */
static const char *decimal(const char *p, struct decimal *d)
{
    const char *start;
    bool whole;

    *d = (struct decimal){.part_of = 1};
    if (*p == '-') {
        d->negative = true;
        p++;
    }
    start = p;
    p = digits(p, 10, &d->whole);
    if (p == NULL)
        return NULL;
    whole = p != start;
    if (*p != '.')
        return whole ? p : NULL;
    d->fraction = true;
    start = ++p;
    for (int x; (x = digit(*p, 10)) >= 0; p++) {
        if (p - start >= FRACTION_DIGITS) {
            d->rest = d->rest || x > 0;
        } else {
            d->part = d->part * 10 + (uint64_t)x;
            d->part_of *= 10;
        }
    }
    return p == start ? NULL : p;
}

/* `d` units of `unit`, rounded away from zero. */
static int scale(const struct decimal *d, uint64_t unit, int64_t min, int64_t max, int64_t *out)
{
    uint64_t part = d->part * unit + (d->rest ? 1 : 0);
    uint64_t value;

    if (__builtin_mul_overflow(d->whole, unit, &value) ||
        __builtin_add_overflow(value, (part + d->part_of - 1) / d->part_of, &value))
        return -1;
    return finish_number(d->negative, value, min, max, out);
}

int num_parse_size(const char *text, int64_t min, int64_t max, int64_t *out)
{
    static const char letters[] = "kmgKMG";
    struct decimal d;
    const char *unit = decimal(text, &d);
    const char *letter;

    if (unit == NULL)
        return -1;
    if (*unit == '\0')
        return d.fraction ? -1 : scale(&d, 1, min, max, out);
    letter = strchr(letters, *unit++);
    if (letter == NULL)
        return -1;
    if ((unit[0] == 'i' || unit[0] == 'I') && unit[1] != '\0')
        unit++;
    if (*unit == 'b' || *unit == 'B')
        unit++;
    if (*unit != '\0')
        return -1;
    return scale(&d, UINT64_C(1) << (10 * ((letter - letters) % 3 + 1)), min, max, out);
}

int num_parse_time(const char *text, int64_t min, int64_t max, int64_t *out)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"h", 3600000}};
    struct decimal d;
    const char *unit = decimal(text, &d);

    if (unit == NULL)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0)
            return scale(&d, units[i].ms, min, max, out);
    }
    return -1;
}

int num_parse_port(const char *text, uint16_t *out)
{
    int64_t value;

    if (num_parse(text, 0, UINT16_MAX, &value) != 0)
        return -1;
    *out = (uint16_t)value;
    return 0;
}
