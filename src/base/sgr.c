/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sgr.h"

#include <stdio.h>
#include <string.h>

enum { PARTS = 8, NONE = 1000 };

/* What stands between two semicolons: numbers parted by colons, absent ones 0. */
struct field {
    unsigned part[PARTS];
    unsigned n;
};

/* Reads a field, of at least one part; `*p` goes to the semicolon behind it, or the end. */
static struct field next_field(const char **p, const char *end)
{
    struct field f = {.n = 1};

    for (; *p < end && **p != ';'; (*p)++) {
        unsigned *part = &f.part[f.n - 1];

        if (**p == ':' && f.n < PARTS)
            f.n++;
        else if (**p != ':')
            *part = *part < NONE ? *part * 10 + (unsigned)(**p - '0') : NONE;
    }
    return f;
}

/* The number in the field behind the semicolon at `*p`, which is gone over. */
static unsigned following(const char **p, const char *end)
{
    if (*p == end)
        return NONE;
    (*p)++;
    return next_field(p, end).part[0];
}

/* 38 and 48: 5 and an index, or 2 and red, green, blue; in the same field, there with a colour space or without, or
 * in those that follow. */
static void extended(struct sgr_color *c, const struct field *f, const char **p, const char *end)
{
    unsigned kind = f->n > 1 ? f->part[1] : following(p, end);
    unsigned n = kind == 5 ? 1 : kind == 2 ? 3 : 0, value[3] = {0};
    unsigned from = kind == 2 && f->n > 5 ? 3 : 2;
    bool whole = n > 0;

    for (unsigned i = 0; i < n; i++) {
        value[i] = f->n == 1 ? following(p, end) : from + i < f->n ? f->part[from + i] : NONE;
        whole = whole && value[i] <= 255;
    }
    if (!whole)
        return;
    c->kind = kind == 5 ? SGR_INDEXED : SGR_RGB;
    for (unsigned i = 0; i < n; i++)
        c->value[i] = (uint8_t)value[i];
}

static void apply_field(struct sgr *s, const struct field *f, const char **p, const char *end)
{
    /* What 21 to 29 do: which attributes end. */
    static const unsigned ended[] = {0, 1 << 1 | 1 << 2, 1 << 3, 1 << 4, 1 << 5 | 1 << 6,
                                     0, 1 << 7,          1 << 8, 1 << 9};
    unsigned v = f->part[0];
    bool back = (v >= 40 && v <= 49) || (v >= 100 && v <= 107);
    struct sgr_color *c = back ? &s->bg : &s->fg;

    if (v == 0) {
        *s = (struct sgr){0};
    } else if (v == 4 && f->n > 1 && f->part[1] == 0) {
        s->set &= ~(1u << 4);
    } else if (v <= 9) {
        s->set |= 1u << v;
    } else if (v == 21) { /* underlined twice */
        s->set |= 1u << 4;
    } else if (v >= 22 && v <= 29) {
        s->set &= ~ended[v - 21];
    } else if (v == 38 || v == 48) {
        extended(c, f, p, end);
    } else if (v == 39 || v == 49) {
        c->kind = SGR_DEFAULT;
    } else if ((v >= 30 && v < 50) || (v >= 90 && v <= 107 && v != 98 && v != 99)) {
        c->kind = SGR_BASIC;
        c->value[0] = (uint8_t)v;
    } else {
        s->set |= 1u;
    }
}

static bool same_color(const struct sgr_color *a, const struct sgr_color *b)
{
    size_t n = a->kind == SGR_RGB ? 3 : a->kind != SGR_DEFAULT;

    return a->kind == b->kind && memcmp(a->value, b->value, n) == 0;
}

bool sgr_same(const struct sgr *a, const struct sgr *b)
{
    return a->set == b->set && same_color(&a->fg, &b->fg) && same_color(&a->bg, &b->bg);
}

void sgr_scan(struct sgr *s, const char *text, size_t n)
{
    const char *end = n > 0 ? text + n : text, *p = text; /* no sums with NULL */

    while (p < end && (p = memchr(p, 0x1b, (size_t)(end - p))) != NULL) {
        const char *m = memchr(p, 'm', (size_t)(end - p));

        if (m == NULL)
            return;
        for (p++; p < m;) { /* at the [ or a semicolon */
            struct field f;

            p++;
            f = next_field(&p, m);
            apply_field(s, &f, &p, m);
        }
        p = m + 1;
    }
}

static size_t put_color(const struct sgr_color *c, unsigned extended_code, char *out, size_t size)
{
    int n = 0;

    if (c->kind == SGR_BASIC)
        n = snprintf(out, size, ";%u", c->value[0]);
    else if (c->kind == SGR_INDEXED)
        n = snprintf(out, size, ";%u;5;%u", extended_code, c->value[0]);
    else if (c->kind == SGR_RGB)
        n = snprintf(out, size, ";%u;2;%u;%u;%u", extended_code, c->value[0], c->value[1], c->value[2]);
    return n > 0 ? (size_t)n : 0;
}

size_t sgr_format(const struct sgr *s, char *out)
{
    size_t o = 3;

    out[0] = '\0';
    if (s->set == 0 && s->fg.kind == SGR_DEFAULT && s->bg.kind == SGR_DEFAULT)
        return 0;
    memcpy(out, "\033[0", o);
    for (unsigned i = 1; i <= 9; i++) {
        if ((s->set & 1u << i) != 0) {
            out[o++] = ';';
            out[o++] = (char)('0' + i);
        }
    }
    o += put_color(&s->fg, 38, out + o, SGR_TEXT - o);
    o += put_color(&s->bg, 48, out + o, SGR_TEXT - o);
    out[o++] = 'm';
    out[o] = '\0';
    return o;
}
