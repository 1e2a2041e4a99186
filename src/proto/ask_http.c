/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CONNECT HOST:PORT (RFC 9110, 9.3.6), with two ways to log in: Basic (RFC 7617), and Digest where
 * the proxy asks for that (RFC 7616).
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/ask.h"
#include "proto/ask_digest.h"
#include "proto/http.h"

enum { LOGIN = 2 * ASK_HOST + 2, REASON = 96 };

static void put_login(struct ask *a)
{
    char pair[LOGIN], line[HTTP_BASE64(LOGIN) + 40];
    int n = snprintf(pair, sizeof pair, "%s:%s", a->user, a->password != NULL ? a->password : "");
    const size_t at = (size_t)snprintf(line, sizeof line, "Proxy-Authorization: Basic ");
    const size_t length = at + http_base64(pair, (size_t)n, line + at);

    ask_put(a, line, length);
    ask_put(a, "\r\n", 2);
}

enum { PLACE = ASK_HOST + 16, BODY = 8 * 1024 /* bytes of a refusal that are skipped at most */ };

/* What is waited for. */
enum step { FIRST, SECOND };

/* HOST:PORT, as it stands in a request. */
static void write_place(const struct ask *a, char place[static PLACE])
{
    const bool ipv6 = strchr(a->host, ':') != NULL;

    snprintf(place, PLACE, "%s%s%s:%u", ipv6 ? "[" : "", a->host, ipv6 ? "]" : "", a->port);
}

static void put_request(struct ask *a, const char *place)
{
    char line[2 * PLACE + 40];
    const int n = snprintf(line, sizeof line, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", place, place);

    ask_put(a, line, (size_t)n);
}

static int begin_http(struct ask *a)
{
    char place[PLACE];

    if (strpbrk(a->host, " \r\n\t") != NULL)
        return ask_fail(a, "a host's name has no blanks");
    a->step = FIRST;
    write_place(a, place);
    put_request(a, place);
    if (a->user != NULL)
        put_login(a);
    ask_put(a, "\r\n", 2);
    return 0;
}

static bool has_word(const void *head, size_t n, const char *field, const char *word)
{
    struct http_text list;

    for (size_t i = 0; http_field(head, n, field, i, &list); i++) {
        if (http_has_word(&list, word))
            return true;
    }
    return false;
}

/* How long the body is; -1: only the end of the connection tells, or it is too long. */
static long body_length(const unsigned char *head, size_t n)
{
    struct http_text text;
    long length = 0;

    if (has_word(head, n, "Connection", "close") || has_word(head, n, "Proxy-Connection", "close") ||
        http_field(head, n, "Transfer-Encoding", 0, &text) ||
        !http_field(head, n, "Content-Length", 0, &text))
        return -1;
    if (head[7] == '0' && !has_word(head, n, "Connection", "keep-alive") &&
        !has_word(head, n, "Proxy-Connection", "keep-alive"))
        return -1;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || length > BODY)
            return -1;
        length = 10 * length + text.at[i] - '0';
    }
    return text.n > 0 && length <= BODY ? length : -1;
}

/* Asks again in the way that the proxy wants. Returns 1; 0: it wants none that is known here; or ASK_FAILED. */
static int ask_again(struct ask *a, const unsigned char *head, size_t n)
{
    const long length = body_length(head, n);
    char place[PLACE];
    int r;

    write_place(a, place);
    put_request(a, place);
    r = ask_digest(a, head, n, place);
    if (r <= 0) {
        a->nout = 0;
        return r;
    }
    if (length < 0)
        return ask_fail(a, "it wants Digest, and ends the connection on which that could be answered");
    ask_put(a, "\r\n", 2);
    a->skip = (size_t)length;
    a->step = SECOND;
    return 1;
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
    int status, again;

    *used = 0;
    if (a->skip > 0) {
        *used = n < a->skip ? n : a->skip;
        a->skip -= *used;
        return 0;
    }
    if (memcmp(in, start, known) != 0)
        return ask_fail(a, "what answers is no HTTP proxy");
    if (length == 0)
        return 0;
    if (http_status(in, length, &status, &reason) < 0)
        return ask_fail(a, "what answers is no HTTP proxy");
    *used = length;
    if (status < 200)
        return 0; /* more comes (RFC 9110, 15.2) */
    again = status == 407 && a->user != NULL && a->step == FIRST ? ask_again(a, in, length) : 0;
    if (again != 0)
        return again < 0 ? ASK_FAILED : 0;
    return status < 300 ? ASK_DONE : refuse_http(a, status, &reason);
}

const struct ask_kind ask_http = {
    .name = "http",
    .title = "HTTP",
    .port = 3128,
    .begin = begin_http,
    .take = take_http,
};

const struct ask_kind ask_https = {
    .name = "https",
    .title = "HTTPS",
    .port = 443,
    .tls = true,
    .begin = begin_http,
    .take = take_http,
};
