/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CONNECT HOST:PORT (RFC 9110, 9.3.6), with the Basic way to log in (RFC 7617).
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/ask.h"
#include "proto/http.h"

enum { LINE = 2 * ASK_HOST + 64, LOGIN = 2 * ASK_HOST + 2, REASON = 96 };

static void put_login(struct ask *a)
{
    char pair[LOGIN], line[HTTP_BASE64(LOGIN) + 40];
    int n = snprintf(pair, sizeof pair, "%s:%s", a->user, a->password != NULL ? a->password : "");
    const size_t at = (size_t)snprintf(line, sizeof line, "Proxy-Authorization: Basic ");
    const size_t length = at + http_base64(pair, (size_t)n, line + at);

    ask_put(a, line, length);
    ask_put(a, "\r\n", 2);
}

static int begin_http(struct ask *a)
{
    const char *open = strchr(a->host, ':') != NULL ? "[" : "", *close = open[0] != '\0' ? "]" : "";
    char line[LINE + 64];
    int n;

    if (strpbrk(a->host, " \r\n\t") != NULL)
        return ask_fail(a, "a host's name has no blanks");
    n = snprintf(line, sizeof line, "CONNECT %s%s%s:%u HTTP/1.1\r\nHost: %s%s%s:%u\r\n", open, a->host, close,
                 a->port, open, a->host, close, a->port);
    ask_put(a, line, (size_t)n);
    if (a->user != NULL)
        put_login(a);
    ask_put(a, "\r\n", 2);
    return 0;
}

static int refuse_http(struct ask *a, int status, const struct http_text *reason)
{
    char text[REASON], safe[REASON];

    snprintf(text, sizeof text, "%.*s", (int)(reason->n < REASON ? reason->n : REASON - 1), reason->at);
    text_safe_string(text, safe, sizeof safe);
    if (status == 407)
        return ask_fail(a, "%d %s: %s", status, safe,
                        a->user != NULL
                            ? "the user or the password is wrong, or it wants another way to log in"
                            : "--proxy-auth USER:PASSWORD logs in");
    return ask_fail(a, "%d %s", status, safe);
}

static int take_http(struct ask *a, const unsigned char *in, size_t n, size_t *used)
{
    static const char start[] = "HTTP/1.";
    const size_t known = n < sizeof start - 1 ? n : sizeof start - 1, length = http_head(in, n);
    struct http_text reason;
    int status;

    *used = 0;
    if (memcmp(in, start, known) != 0)
        return ask_fail(a, "what answers is no HTTP proxy");
    if (length == 0)
        return 0;
    if (http_status(in, length, &status, &reason) < 0)
        return ask_fail(a, "what answers is no HTTP proxy");
    *used = length;
    if (status < 200)
        return 0; /* more comes (RFC 9110, 15.2) */
    return status < 300 ? ASK_DONE : refuse_http(a, status, &reason);
}

const struct ask_kind ask_http = {
    .name = "http",
    .title = "HTTP",
    .scheme = "http",
    .port = 3128,
    .begin = begin_http,
    .take = take_http,
};
