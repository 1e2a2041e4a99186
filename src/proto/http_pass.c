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

enum { OPTIONS = 512 /* bytes of what Connection names in all, which is looked through for each field */ };

/* What a head says of its fields. */
struct told {
    char options[OPTIONS]; /* of Connection, parted by commas */
    size_t noptions;
    bool coded; /* it has a Transfer-Encoding */
};

static bool add_options(struct told *t, const struct http_text *value)
{
    if (value->n >= OPTIONS - t->noptions)
        return false;
    memcpy(t->options + t->noptions, value->at, value->n);
    t->noptions += value->n;
    t->options[t->noptions++] = ',';
    return true;
}

/* Once for all fields: peers are hostile. Returns false when it is too much. */
static bool read_told(struct told *t, const char *head, size_t n)
{
    const char *at = head, *end = head + n;
    struct http_text line, name, value;

    *t = (struct told){.noptions = 0};
    (void)http_line(&at, end, &line);
    while (http_line(&at, end, &line)) {
        if (!http_split(&line, &name, &value))
            continue;
        t->coded = t->coded || http_is(&name, "Transfer-Encoding");
        if (http_is(&name, "Connection") && !add_options(t, &value))
            return false;
    }
    return true;
}

static bool is_named(const struct told *t, const struct http_text *name)
{
    const struct http_text options = {t->options, t->noptions};
    char word[64];

    if (name->n >= sizeof word)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)name->n, name->at);
    return http_has_word(&options, word);
}

/* What is between the client and us (RFC 9110, 7.6.1), and what we say ourselves. How long the body is, is everybody's. */
static bool is_ours(const struct told *t, const struct http_text *name)
{
    static const char *const ours[] = {"Host", "Connection", "Keep-Alive", "TE", "Upgrade", NULL};

    if (http_is(name, "Content-Length") || http_is(name, "Transfer-Encoding"))
        return false;
    for (size_t i = 0; ours[i] != NULL; i++) {
        if (http_is(name, ours[i]))
            return true;
    }
    return (name->n >= 6 && strncasecmp(name->at, "Proxy-", 6) == 0) || is_named(t, name);
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

/* The fields of a head that `drops` does not name. Returns behind them; NULL: one is malformed, or there is too much to drop. */
static char *put_fields(char *to, const char *head, size_t n,
                        bool (*drops)(const struct told *, const struct http_text *))
{
    const char *at = head, *end = head + n;
    struct http_text line, name, value;
    struct told told;

    if (!read_told(&told, head, n))
        return NULL;
    (void)http_line(&at, end, &line);
    while (http_line(&at, end, &line) && line.n > 0) {
        if (!http_split(&line, &name, &value) || has_blank(&name))
            return NULL;
        if (drops(&told, &name))
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
static bool is_ours_of_answer(const struct told *t, const struct http_text *name)
{
    return is_ours(t, name) || (t->coded && http_is(name, "Content-Length"));
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
