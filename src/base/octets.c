/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/octets.h"

#include <string.h>

enum { VALUES = 256, OCTETS = 4 };

static bool may_be(const struct octets *o, int i, unsigned value)
{
    return (o->may_be[i][value / 32] >> (value % 32) & 1) != 0;
}

static void let_be(struct octets *o, int i, unsigned value)
{
    o->may_be[i][value / 32] |= UINT32_C(1) << (value % 32);
}

/* Up to three digits. Returns where they end, or NULL when it is too much; without any `*out` is untouched. */
static const char *take_number(const char *p, unsigned *out)
{
    size_t n = strspn(p, "0123456789");
    unsigned value = 0;

    if (n == 0)
        return p;
    if (n > 3)
        return NULL;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(p[i] - '0');
    *out = value;
    return value < VALUES ? p + n : NULL;
}

/* A number, or a range. Returns where it ends, or NULL. */
static const char *take_range(struct octets *o, int i, const char *p)
{
    unsigned first = 0, last = VALUES - 1;
    const char *end = take_number(p, &first);

    if (end == NULL || (end == p && *end != '-'))
        return NULL;
    if (*end == '-')
        end = take_number(end + 1, &last);
    else
        last = first;
    if (end == NULL || last < first)
        return NULL;
    for (unsigned value = first; value <= last; value++)
        let_be(o, i, value);
    return end;
}

static const char *take_octet(struct octets *o, int i, const char *p)
{
    if (*p == '*') {
        memset(o->may_be[i], 0xff, sizeof o->may_be[i]);
        return p + 1;
    }
    for (p = take_range(o, i, p); p != NULL && *p == ','; p = take_range(o, i, p + 1))
        continue;
    return p;
}

int octets_parse(struct octets *o, const char *text)
{
    const char *p = text;

    memset(o, 0, sizeof *o);
    for (int i = 0; i < OCTETS; i++) {
        p = take_octet(o, i, p);
        if (p == NULL || *p != (i + 1 < OCTETS ? '.' : '\0'))
            return -1;
        p++;
    }
    return 0;
}

void octets_widen(struct octets *o, unsigned bits)
{
    for (int i = 0; i < OCTETS; i++) {
        const unsigned before = (unsigned)i * 8, kept = bits <= before ? 0 : bits - before;
        const unsigned mask = kept >= 8 ? 0xff : 0xff00u >> kept & 0xff;
        const struct octets was = *o;

        for (unsigned value = 0; value < VALUES && mask != 0xff; value++) {
            for (unsigned rest = 0; may_be(&was, i, value) && rest <= (~mask & 0xff); rest++)
                let_be(o, i, (value & mask) | rest);
        }
    }
}

bool octets_have(const struct octets *o, uint32_t ip)
{
    return may_be(o, 0, ip >> 24) && may_be(o, 1, ip >> 16 & 0xff) && may_be(o, 2, ip >> 8 & 0xff) &&
           may_be(o, 3, ip & 0xff);
}

static unsigned count_values(const struct octets *o, int i)
{
    unsigned n = 0;

    for (unsigned value = 0; value < VALUES; value++)
        n += may_be(o, i, value);
    return n;
}

static unsigned count_runs(const struct octets *o, int i)
{
    unsigned n = 0;

    for (unsigned value = 0; value < VALUES; value++)
        n += may_be(o, i, value) && (value == 0 || !may_be(o, i, value - 1));
    return n;
}

/* The last octet that is not free. What is behind it belongs to each run. */
static int last_bound(const struct octets *o)
{
    int i = OCTETS - 1;

    while (i > 0 && count_values(o, i) == VALUES)
        i--;
    return i;
}

struct walk {
    const struct octets *octets;
    int last;
    void (*each)(void *ctx, uint32_t first, uint32_t last);
    void *ctx;
};

/* All runs whose first `i` octets are those of `above`. */
static void walk_runs(const struct walk *w, int i, uint32_t above)
{
    const int shift = 8 * (OCTETS - 1 - i);
    const uint32_t behind = (UINT32_C(1) << shift) - 1;

    for (uint32_t value = 0, end; value < VALUES; value = end + 1) {
        end = value;
        if (!may_be(w->octets, i, value))
            continue;
        while (i == w->last && end + 1 < VALUES && may_be(w->octets, i, end + 1))
            end++;
        if (i < w->last)
            walk_runs(w, i + 1, above | value << shift);
        else
            w->each(w->ctx, above | value << shift, above | end << shift | behind);
    }
}

size_t octets_runs(const struct octets *o, size_t most,
                   void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx)
{
    const struct walk w = {.octets = o, .last = last_bound(o), .each = each, .ctx = ctx};
    size_t n = count_runs(o, w.last);

    for (int i = 0; i < w.last; i++)
        n *= count_values(o, i);
    if (n <= most)
        walk_runs(&w, 0, 0);
    return n;
}
