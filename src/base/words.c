/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* How far a word was read. */
struct reader {
    const char *p, *end;
    const char *open; /* the quote that is not closed, or the backslash at the end; else NULL */
    char quote;       /* the quote we are within, or 0 */
    bool escaped;     /* the last thing read is a backslash that takes what follows */
    char *out;
    size_t outn;
};

static bool parts_words(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && parts_words(*p))
        p++;
    return p;
}

/* True when the backslash at `p` takes the meaning of what follows, or might if more followed. */
static bool takes_next(const struct reader *r)
{
    if (r->quote == '\'')
        return false;
    return r->quote == 0 || r->p + 1 == r->end || r->p[1] == '"' || r->p[1] == '\\';
}

/* Reads the word at `p` up to the blank behind it or the end. */
static void read_word(struct reader *r)
{
    while (r->p < r->end && (r->quote != 0 || !parts_words(*r->p))) {
        if (*r->p == '\\' && takes_next(r)) {
            if (r->p + 1 == r->end) {
                if (r->quote == 0)
                    r->open = r->p;
                r->escaped = true;
                r->p++;
                return;
            }
            r->out[r->outn++] = r->p[1];
            r->p += 2;
            continue;
        }
        if (r->quote == 0 && (*r->p == '\'' || *r->p == '"')) {
            r->quote = *r->p;
            r->open = r->p;
        } else if (*r->p == r->quote) {
            r->quote = 0;
            r->open = NULL;
        } else {
            r->out[r->outn++] = *r->p;
        }
        r->p++;
    }
}

int words_next(const char **rest, char **word, const char **why)
{
    struct reader r = {.end = *rest + strlen(*rest)};

    *word = NULL;
    r.p = *rest = skip_blanks(*rest, r.end);
    if (r.p == r.end)
        return 0;
    r.out = mem_alloc((size_t)(r.end - r.p) + 1);
    read_word(&r);
    if (r.open != NULL) {
        free(r.out);
        *rest = r.open;
        *why = *r.open == '\\' ? "a backslash at the end" : "a quote that is not closed";
        return -1;
    }
    r.out[r.outn] = '\0';
    *rest = r.p;
    *word = r.out;
    return 1;
}

const char *words_rest(const char *rest)
{
    return parts_words(*rest) ? rest + 1 : rest;
}

void words_locate(const char *line, size_t cursor, struct words_place *place)
{
    struct reader r = {.p = line, .end = line + cursor};

    *place = (struct words_place){0};
    r.out = mem_alloc(cursor + 1);
    for (;;) {
        r.p = skip_blanks(r.p, r.end);
        place->start = (size_t)(r.p - line);
        r.outn = 0;
        if (r.p == r.end)
            break;
        read_word(&r);
        if (r.p == r.end)
            break;
        place->index++;
    }
    r.out[r.outn] = '\0';
    place->text = r.out;
    place->quote = r.quote;
    place->escaped = r.escaped;
}

static bool special(char c, char quote)
{
    if (quote == '"')
        return c == '"' || c == '\\';
    return parts_words(c) || c == '\'' || c == '"' || c == '\\';
}

char *words_quote(const char *word, char quote, bool closed)
{
    char *out = mem_alloc(4 * strlen(word) + 3), *o = out;

    if (quote != 0)
        *o++ = quote;
    for (; *word != '\0'; word++) {
        if (quote == '\'' && *word == '\'') {
            o = (char *)memcpy(o, "'\\''", 4) + 4;
            continue;
        }
        if (quote != '\'' && special(*word, quote))
            *o++ = '\\';
        *o++ = *word;
    }
    if (quote != 0 && closed)
        *o++ = quote;
    if (quote == 0 && closed && o == out)
        o = (char *)memcpy(o, "''", 2) + 2;
    *o = '\0';
    return out;
}
