/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http_auth.h"

#include <string.h>

static void skip_blanks(struct http_text *t)
{
    while (t->n > 0 && (t->at[0] == ' ' || t->at[0] == '\t' || t->at[0] == ',')) {
        t->at++;
        t->n--;
    }
}

static struct http_text cut(struct http_text *t, size_t n)
{
    const struct http_text word = {t->at, n};

    t->at += n;
    t->n -= n;
    return word;
}

static struct http_text cut_word(struct http_text *t)
{
    size_t n = 0;

    while (n < t->n && memchr(" \t,=", t->at[n], 4) == NULL)
        n++;
    return cut(t, n);
}

/* A word, or what stands in quotes. */
static struct http_text cut_value(struct http_text *t)
{
    struct http_text value;
    size_t n = 1;

    if (t->n == 0 || t->at[0] != '"')
        return cut_word(t);
    while (n < t->n && t->at[n] != '"')
        n += t->at[n] == '\\' && n + 1 < t->n ? 2 : 1;
    value = cut(t, n);
    value.at++;
    value.n--;
    if (t->n > 0)
        cut(t, 1);
    return value;
}

bool http_auth_next(struct http_text *list, struct http_text *name, struct http_text *value)
{
    skip_blanks(list);
    if (list->n == 0)
        return false;
    *name = cut_word(list);
    *value = (struct http_text){NULL, 0};
    skip_blanks(list);
    if (list->n == 0 || list->at[0] != '=')
        return true;
    cut(list, 1);
    skip_blanks(list);
    *value = cut_value(list);
    return true;
}
