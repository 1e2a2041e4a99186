/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/chat_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    ROOM = CHAT_LINE + 2
}; /* a line that is just not too long, its CR, and what shows that it is too long */

/* Where it is to be cut, once it has no room for more; 0: it goes on. */
static size_t cut_at(const struct chat_line *l)
{
    size_t at;

    if (l->len <= CHAT_LINE || (l->len == CHAT_LINE + 1 && l->text[CHAT_LINE] == '\r'))
        return 0;
    at = utf8_whole(l->text, CHAT_LINE);
    return at > 0 ? at : CHAT_LINE;
}

static void append(struct chat_line *l, const char *data, size_t n)
{
    if (l->text == NULL)
        l->text = mem_alloc(ROOM);
    memcpy(l->text + l->len, data, n);
    l->len += n;
}

size_t chat_line_put(struct chat_line *l, const char *data, size_t n, bool *whole)
{
    /* One byte more than it may have, and one behind a CR, show whether it is too long. */
    size_t most = l->len <= CHAT_LINE ? CHAT_LINE + 1 - l->len : 1;
    const char *newline = memchr(data, '\n', n < most ? n : most);
    size_t took = newline != NULL ? (size_t)(newline - data) + 1 : n < most ? n : most;

    append(l, data, took);
    l->cut_now = false;
    *whole = newline != NULL;
    if (newline == NULL && cut_at(l) > 0) {
        l->cut_now = !l->cut;
        *whole = true;
    }
    return took;
}

static size_t without_end(const char *text, size_t n)
{
    if (n > 0 && text[n - 1] == '\n')
        n--;
    return n > 0 && text[n - 1] == '\r' ? n - 1 : n;
}

char *chat_line_take(struct chat_line *l, size_t *n, bool *part)
{
    const bool ends = l->len > 0 && l->text[l->len - 1] == '\n';
    const size_t cut = ends ? 0 : cut_at(l);
    size_t rest = cut > 0 ? l->len - cut : 0;
    char *text, *begun = NULL;

    *part = l->cut;
    *n = 0;
    if (l->len == 0)
        return NULL;
    text = l->text;
    *n = cut > 0 ? cut : ends ? without_end(text, l->len) : l->len;
    if (rest > 0) {
        begun = mem_alloc(ROOM);
        memcpy(begun, text + cut, rest);
    }
    text[*n] = '\0';
    *l = (struct chat_line){.text = begun, .len = rest, .cut = rest > 0};
    return text;
}

void chat_line_clear(struct chat_line *l)
{
    free(l->text);
    *l = (struct chat_line){0};
}

char *chat_line_safe(const char *before, const char *text, size_t n, const char *after, size_t *size)
{
    const size_t b = strlen(before), a = strlen(after);
    char *out = mem_alloc(b + text_safe_max(n) + TEXT_REST + a + 1);
    struct text_safe s = {0};
    size_t used = b;

    memcpy(out, before, b);
    used += text_safe_put(&s, text, n, out + used);
    used += text_safe_end(&s, out + used);
    memcpy(out + used, after, a + 1);
    *size = used + a;
    return out;
}

bool chat_name_is_right(const char *name)
{
    static const char digits[] = "0123456789";
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const size_t n = strlen(name);

    return n <= CHAT_NAME && strspn(name, all) == n && strspn(name, digits) < n;
}

bool chat_name_is(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}
