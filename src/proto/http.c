/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http.h"

#include <string.h>
#include <strings.h>

size_t http_head(const void *in, size_t n)
{
    const char *start = in, *at = start, *end;

    while ((end = memchr(at, '\n', n - (size_t)(at - start))) != NULL) {
        const size_t length = (size_t)(end - at);

        if (at > start && (length == 0 || (length == 1 && at[0] == '\r')))
            return (size_t)(end - start) + 1;
        at = end + 1;
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct http_text *t)
{
    while (t->n > 0 && is_blank(t->at[0])) {
        t->at++;
        t->n--;
    }
    while (t->n > 0 && is_blank(t->at[t->n - 1]))
        t->n--;
}

bool http_line(const char **at, const char *end, struct http_text *line)
{
    const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (newline == NULL)
        return false;
    *line = (struct http_text){*at, (size_t)(newline - *at)};
    *at = newline + 1;
    trim(line);
    return true;
}

struct http_text http_word(struct http_text *line)
{
    struct http_text word = {line->at, 0};

    while (word.n < line->n && !is_blank(line->at[word.n]))
        word.n++;
    line->at += word.n;
    line->n -= word.n;
    trim(line);
    return word;
}

static bool is_version(const struct http_text *t)
{
    return t->n == 8 && memcmp(t->at, "HTTP/1.", 7) == 0 && (t->at[7] == '0' || t->at[7] == '1');
}

int http_status(const void *head, size_t n, int *status, struct http_text *reason)
{
    const char *at = head;
    struct http_text version, code;

    if (!http_line(&at, at + n, reason))
        return -1;
    version = http_word(reason);
    code = http_word(reason);
    if (!is_version(&version) || code.n != 3 || code.at[0] < '1')
        return -1;
    *status = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.at[i] < '0' || code.at[i] > '9')
            return -1;
        *status = 10 * *status + code.at[i] - '0';
    }
    return 0;
}

int http_request(const void *head, size_t n, struct http_text *method, struct http_text *target,
                 struct http_text *version)
{
    const char *at = head;
    struct http_text line;

    if (!http_line(&at, at + n, &line))
        return -1;
    *method = http_word(&line);
    *target = http_word(&line);
    *version = http_word(&line);
    return method->n > 0 && target->n > 0 && line.n == 0 && is_version(version) ? 0 : -1;
}

bool http_is(const struct http_text *t, const char *text)
{
    return strlen(text) == t->n && strncasecmp(t->at, text, t->n) == 0;
}

bool http_split(const struct http_text *line, struct http_text *name, struct http_text *value)
{
    const char *colon = line->n > 0 ? memchr(line->at, ':', line->n) : NULL;

    if (colon == NULL)
        return false;
    *name = (struct http_text){line->at, (size_t)(colon - line->at)};
    *value = (struct http_text){colon + 1, line->n - name->n - 1};
    trim(value);
    return true;
}

bool http_field(const void *head, size_t n, const char *name, size_t i, struct http_text *value)
{
    const char *at = head, *end = at + n;
    struct http_text line, key;

    if (!http_line(&at, end, &line))
        return false;
    while (http_line(&at, end, &line)) {
        if (http_split(&line, &key, value) && http_is(&key, name) && i-- == 0)
            return true;
    }
    return false;
}

bool http_has_word(const struct http_text *list, const char *word)
{
    struct http_text rest = *list;

    while (rest.n > 0) {
        const char *comma = memchr(rest.at, ',', rest.n);
        struct http_text one = {rest.at, comma != NULL ? (size_t)(comma - rest.at) : rest.n};
        const size_t taken = one.n + (comma != NULL ? 1 : 0);

        trim(&one);
        if (http_is(&one, word))
            return true;
        rest.at += taken;
        rest.n -= taken;
    }
    return false;
}

size_t http_base64(const void *in, size_t n, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = in;
    char *o = out;

    for (size_t i = 0; i < n; i += 3) {
        const unsigned second = i + 1 < n ? p[i + 1] : 0, third = i + 2 < n ? p[i + 2] : 0;
        const unsigned bits = (unsigned)p[i] << 16 | second << 8 | third;

        *o++ = digits[bits >> 18 & 63];
        *o++ = digits[bits >> 12 & 63];
        *o++ = i + 1 < n ? digits[bits >> 6 & 63] : '=';
        *o++ = i + 2 < n ? digits[bits & 63] : '=';
    }
    *o = '\0';
    return (size_t)(o - out);
}
