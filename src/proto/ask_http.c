/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CONNECT HOST:PORT (RFC 9110, 9.3.6). Who can log in does so when the proxy wants it, and in the way it wants: by Digest (RFC
 * 7616), or else Basic (RFC 7617), which tells it the password. How it wants it is known from then on.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "proto/ask.h"
#include "proto/ask_digest.h"
#include "proto/http.h"

enum { LOGIN = 2 * ASK_HOST + 2, REASON = 96 };

static void put_basic(struct ask *a)
{
    char pair[LOGIN], line[HTTP_BASE64(LOGIN) + 40];
    const bool alone = a->password == NULL; /* as others have it, without a colon */
    int n = snprintf(pair, sizeof pair, "%s%s%s", a->user, alone ? "" : ":", alone ? "" : a->password);
    const size_t at = (size_t)snprintf(line, sizeof line, "Proxy-Authorization: Basic ");
    const size_t length = at + http_base64(pair, (size_t)n, line + at);

    ask_put(a, line, length);
    ask_put(a, "\r\n", 2);
}

enum { PLACE = ASK_HOST + 16, BODY = 8 * 1024 /* bytes of a refusal that are skipped at most */ };

enum { ANSWERS = 2 /* that are given in one connection at most */ };

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

/* Logs in as a challenge wants it. Returns 0 or ASK_FAILED. */
static int put_login(struct ask *a, const void *head, size_t n, const char *place)
{
    const int r = ask_digest(a, head, n, place, a->known != NULL ? a->known->uses + 1 : 1);

    if (r < 0)
        return ASK_FAILED;
    if (r == 0 && !ask_is_offered(head, n, "Basic"))
        return ask_fail(a, "it wants another way to log in than Basic and Digest, which are known here");
    if (r == 0)
        put_basic(a);
    return 0;
}

/* Asks, with an answer to the challenge in a head. Returns 0 or ASK_FAILED. */
static int put_answer(struct ask *a, const void *head, size_t n)
{
    char place[PLACE];

    write_place(a, place);
    put_request(a, place);
    if (put_login(a, head, n, place) < 0)
        return ASK_FAILED;
    ask_put(a, "\r\n", 2);
    a->step++;
    if (a->known != NULL) {
        a->known->uses++;
        a->known->fresh = false;
    }
    return 0;
}

static int begin_http(struct ask *a)
{
    const struct ask_known *k = a->known;
    char place[PLACE];

    if (strpbrk(a->host, " \r\n\t") != NULL)
        return ask_fail(a, "a host's name has no blanks");
    if (k != NULL && k->head != NULL && a->user != NULL) {
        a->old = !k->fresh;
        return put_answer(a, k->head, k->n);
    }
    write_place(a, place);
    put_request(a, place);
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

/* Whether it may help to answer once more: not when the answer to what it wants now was refused. */
static bool may_answer(const struct ask *a, const void *head, size_t n)
{
    if (a->user == NULL || a->step >= ANSWERS)
        return false;
    return a->step == 0 || a->old || ask_is_stale(head, n);
}

/* Does what the proxy wants: in this connection, if that goes on. Returns as take. */
static int log_in(struct ask *a, const unsigned char *head, size_t n)
{
    const long length = body_length(head, n);

    a->old = false;
    if (a->known != NULL)
        ask_learn(a->known, head, n);
    if (put_answer(a, head, n) < 0)
        return ASK_FAILED;
    a->ends = a->known != NULL;
    if (length >= 0) {
        a->skip = (size_t)length;
        return 0;
    }
    a->nout = 0;
    if (a->known == NULL)
        return ask_fail(a, "it wants one to log in, and ends the connection in which that could be done");
    ask_learn(a->known, head, n);
    return ASK_AGAIN;
}

static int refuse_http(struct ask *a, int status, const struct http_text *reason)
{
    char text[REASON], safe[REASON];

    snprintf(text, sizeof text, "%.*s", (int)(reason->n < REASON ? reason->n : REASON - 1), reason->at);
    text_safe_string(text, safe, sizeof safe);
    if (status == 407)
        return ask_fail(a, "%d %s: %s", status, safe,
                        a->user != NULL ? "the user or the password is wrong"
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
    a->ends = false;
    if (status < 200)
        return 0; /* more comes (RFC 9110, 15.2) */
    if (status == 407 && may_answer(a, in, length))
        return log_in(a, in, length);
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
