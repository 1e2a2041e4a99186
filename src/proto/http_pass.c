/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http_pass.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/http.h"

bool http_unfold(char *head, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)head[i];
        const bool ends = c == '\r' && i + 1 < n && head[i + 1] == '\n';

        if ((c < ' ' && c != '\t' && c != '\n' && !ends) || c == 0x7f)
            return false;
        if (c != '\n' || i + 1 == n || (head[i + 1] != ' ' && head[i + 1] != '\t'))
            continue;
        head[i] = ' ';
        if (i > 0 && head[i - 1] == '\r')
            head[i - 1] = ' ';
    }
    return true;
}

static bool is_named(const char *head, size_t n, const struct http_text *name)
{
    char word[64];
    struct http_text list;

    if (name->n >= sizeof word)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)name->n, name->at);
    for (size_t i = 0; http_field(head, n, "Connection", i, &list); i++) {
        if (http_has_word(&list, word))
            return true;
    }
    return false;
}

/* What is between the client and us (RFC 9110, 7.6.1), and what we say ourselves. How long the body is, is everybody's. */
static bool is_ours(const char *head, size_t n, const struct http_text *name)
{
    static const char *const ours[] = {"Host", "Connection", "Keep-Alive", "TE", "Upgrade", NULL};

    if (http_is(name, "Content-Length") || http_is(name, "Transfer-Encoding"))
        return false;
    for (size_t i = 0; ours[i] != NULL; i++) {
        if (http_is(name, ours[i]))
            return true;
    }
    return (name->n >= 6 && strncasecmp(name->at, "Proxy-", 6) == 0) || is_named(head, n, name);
}

static bool has_blank(const struct http_text *t)
{
    return t->n == 0 || memchr(t->at, ' ', t->n) != NULL || memchr(t->at, '\t', t->n) != NULL;
}

static char *put(char *to, const char *text, size_t n)
{
    memcpy(to, text, n);
    return to + n;
}

static char *put_text(char *to, const char *text)
{
    return put(to, text, strlen(text));
}

/* The fields of a head that `drops` does not name. Returns behind them; NULL: one is malformed. */
static char *put_fields(char *to, const char *head, size_t n,
                        bool (*drops)(const char *, size_t, const struct http_text *))
{
    const char *at = head, *end = head + n;
    struct http_text line, name, value;

    (void)http_line(&at, end, &line);
    while (http_line(&at, end, &line) && line.n > 0) {
        if (!http_split(&line, &name, &value) || has_blank(&name))
            return NULL;
        if (drops(head, n, &name))
            continue;
        to = put(to, name.at, name.n);
        to = put_text(to, ": ");
        to = put(to, value.at, value.n);
        to = put_text(to, "\r\n");
    }
    return to;
}

static char *put_via(char *to, const char *version)
{
    to = put_text(to, "Via: ");
    to = put(to, version + strlen("HTTP/"), strlen("1.1"));
    return put_text(to, " pollcat\r\n");
}

ssize_t http_pass_fields(const char *head, size_t n, const char *version, char *out)
{
    char *to = put_fields(out, head, n, is_ours);

    if (to == NULL)
        return -1;
    to = put_via(to, version);
    to = put_text(to, "Connection: close\r\n\r\n");
    return to - out;
}

/* Where the length is told twice, one of them is not to be believed (RFC 9112, 6.3). */
static bool is_ours_of_answer(const char *head, size_t n, const struct http_text *name)
{
    struct http_text coding;

    return is_ours(head, n, name) ||
           (http_is(name, "Content-Length") && http_field(head, n, "Transfer-Encoding", 0, &coding));
}

ssize_t http_pass_answer(const char *head, size_t n, bool last, char *out)
{
    const char *at = head;
    struct http_text line;
    char *to = out;

    if (!http_line(&at, head + n, &line) || line.n < strlen("HTTP/1.1"))
        return -1;
    to = put(to, line.at, line.n);
    to = put_text(to, "\r\n");
    to = put_fields(to, head, n, is_ours_of_answer);
    if (to == NULL)
        return -1;
    to = put_via(to, line.at);
    to = put_text(to, last ? "Connection: close\r\n\r\n" : "\r\n");
    return to - out;
}
