/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

void complete_add(struct complete *to, const char *word)
{
    to->words = mem_resize(to->words, (to->n + 1) * sizeof *to->words);
    to->words[to->n++] = mem_strdup(word);
}

static char *whole_match(const char *line, size_t start, const char *word)
{
    size_t n = strlen(word);
    char *match = mem_alloc(start + n + 1);

    memcpy(match, line, start);
    memcpy(match + start, word, n);
    return match;
}

/* How many bytes all words have in common, not ending within a character. */
static size_t common(const struct complete *c)
{
    size_t n = strlen(c->words[0]);

    for (size_t i = 1; i < c->n; i++) {
        size_t same = 0;

        while (same < n && c->words[i][same] == c->words[0][same])
            same++;
        n = same;
    }
    while (n > 0 && utf8_inner(c->words[0][n]))
        n--;
    return n;
}

char **complete_matches(const struct complete *c, const char *line, size_t cursor)
{
    char **matches;

    if (c->n == 0 || c->start > cursor)
        return NULL;
    matches = mem_alloc((c->n + 2) * sizeof *matches);
    matches[0] = whole_match(line, c->start, c->words[0]);
    matches[0][c->start + common(c)] = '\0';
    for (size_t i = 0; i < c->n && c->n > 1; i++)
        matches[i + 1] = whole_match(line, c->start, c->words[i]);
    return matches;
}

void complete_clear(struct complete *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->words[i]);
    free(c->words);
    *c = (struct complete){0};
}
