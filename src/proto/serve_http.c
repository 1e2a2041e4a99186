/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CONNECT HOST:PORT, and METHOD http://HOST/PATH, which goes on as METHOD /PATH without what was meant for us. Whoever asks
 * logs in as Basic has it (RFC 7617). What follows the head is not looked at: one request is one connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hostport.h"
#include "base/mem.h"
#include "base/num.h"
#include "proto/http.h"
#include "proto/serve.h"

enum { HTTP_PORT = 80 };

static void put_text(struct serve *s, const char *text)
{
    serve_put(s, text, strlen(text));
}

/* An answer of our own, and the end. */
static void put_status(struct serve *s, const char *status, const char *fields, const char *words)
{
    char line[64];

    put_text(s, "HTTP/1.1 ");
    put_text(s, status);
    put_text(s, "\r\n");
    put_text(s, fields);
    snprintf(line, sizeof line, "Content-Length: %zu\r\n", strlen(words) + 1);
    put_text(s, "Content-Type: text/plain\r\nConnection: close\r\n");
    put_text(s, line);
    put_text(s, "\r\n");
    if (strcmp(s->verb, "HEAD") == 0)
        return;
    put_text(s, words);
    put_text(s, "\n");
}

static int refuse(struct serve *s, const char *status, const char *fields, const char *words)
{
    put_status(s, status, fields, words);
    return serve_refuse(s, words);
}

static int refuse_bad(struct serve *s, const char *words)
{
    return refuse(s, "400 Bad Request", "", words);
}

/* The request */

/* Makes one line of a field that goes over several (RFC 9112, 5.2). Returns false when there are bytes that no head has. */
static bool unfold(char *head, size_t n)
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

static bool may_ask(const struct serve *s, const char *head, size_t n)
{
    char pair[2 * SERVE_HOST + 2], expected[HTTP_BASE64(sizeof pair)];
    struct http_text login, scheme;

    if (s->user == NULL)
        return true;
    if (!http_field(head, n, "Proxy-Authorization", 0, &login))
        return false;
    scheme = http_word(&login);
    http_base64(pair, (size_t)snprintf(pair, sizeof pair, "%s:%s", s->user, s->password), expected);
    return http_is(&scheme, "Basic") & serve_is_same(login.at, login.n, expected);
}

static bool is_method(const struct http_text *method)
{
    static const char *const known[] = {"GET",     "HEAD",  "POST",  "PUT", "DELETE",
                                        "OPTIONS", "TRACE", "PATCH", NULL};

    for (size_t i = 0; known[i] != NULL; i++) {
        if (strlen(known[i]) == method->n && memcmp(known[i], method->at, method->n) == 0)
            return true;
    }
    return false;
}

/* HOST:PORT; `otherwise` is the port where there is none. Returns false when it is neither. */
static bool take_place(struct serve *s, const struct http_text *place, uint16_t otherwise)
{
    char *text = mem_strndup(place->at, place->n), *host, *port;
    bool well = hostport_split(text, &host, &port) == 0 && host != NULL &&
                serve_take_host(s, host, strlen(host));

    s->port = otherwise;
    well = well && (port == NULL || num_parse_port(port, &s->port) == 0) && s->port > 0;
    free(text);
    free(host);
    free(port);
    return well;
}

/* Absolute form */

struct url {
    struct http_text place, path;
};

static bool split_url(const struct http_text *target, struct url *u)
{
    static const char scheme[] = "http://";
    const size_t skip = sizeof scheme - 1;
    const char *end = target->at + target->n, *at, *sign;

    if (target->n <= skip || strncasecmp(target->at, scheme, skip) != 0)
        return false;
    at = target->at + skip;
    sign = memchr(at, '#', (size_t)(end - at));
    if (sign != NULL)
        end = sign;
    for (sign = at; sign < end && *sign != '/' && *sign != '?';)
        sign++;
    u->path = (struct http_text){sign, (size_t)(end - sign)};
    for (const char *c = at; c < sign; c++) {
        if (*c == '@') /* a user there is nobody's business */
            at = c + 1;
    }
    u->place = (struct http_text){at, (size_t)(sign - at)};
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

/* Appends to what goes ahead, which has room for it. */
static void add(struct serve *s, const char *text, size_t n)
{
    memcpy(s->ahead + s->nahead, text, n);
    s->nahead += n;
}

static void add_text(struct serve *s, const char *text)
{
    add(s, text, strlen(text));
}

/* Writes the fields that go on. Returns false when one is malformed. */
static bool pass_fields(struct serve *s, const char *head, size_t n)
{
    const char *at = head, *end = head + n;
    struct http_text line, name, value;

    (void)http_line(&at, end, &line);
    while (http_line(&at, end, &line) && line.n > 0) {
        if (!http_split(&line, &name, &value) || has_blank(&name))
            return false;
        if (is_ours(head, n, &name))
            continue;
        add(s, name.at, name.n);
        add_text(s, ": ");
        add(s, value.at, value.n);
        add_text(s, "\r\n");
    }
    return true;
}

/* The head as the server is to get it. Returns false when a field is malformed. */
static bool rewrite(struct serve *s, const struct url *u, const char *head, size_t n)
{
    static const char last[] = " pollcat\r\nConnection: close\r\n\r\n";
    struct http_text method, target, version;
    bool well;

    s->ahead = mem_alloc(2 * n + 128); /* a line becomes two bytes longer at most, and has three at least */
    (void)http_request(head, n, &method, &target, &version);
    add(s, method.at, method.n);
    add_text(s, u->path.n == 0 || u->path.at[0] == '?' ? " /" : " ");
    add(s, u->path.at, u->path.n);
    add_text(s, " ");
    add(s, version.at, version.n);
    add_text(s, "\r\nHost: ");
    add(s, u->place.at, u->place.n);
    add_text(s, "\r\n");
    well = pass_fields(s, head, n);
    add_text(s, "Via: ");
    add(s, version.at + 5, version.n - 5);
    add_text(s, last);
    return well;
}

static int take_url(struct serve *s, const struct http_text *target, const char *head, size_t n)
{
    struct url u;

    if (!split_url(target, &u))
        return refuse_bad(s, "a proxy is asked for http://HOST/PATH, or with CONNECT");
    if (!take_place(s, &u.place, HTTP_PORT))
        return refuse_bad(s, "what is asked for has no right host and port");
    if (!rewrite(s, &u, head, n))
        return refuse_bad(s, "a field of the request is malformed");
    s->plain = true;
    return SERVE_ASKED;
}

/* `head` is a copy, to be changed. */
static int take_head(struct serve *s, char *head, size_t n)
{
    struct http_text method, target, version;

    if (!unfold(head, n) || http_request(head, n, &method, &target, &version) < 0)
        return refuse_bad(s, "no request of HTTP");
    snprintf(s->verb, sizeof s->verb, "%.*s", (int)(method.n < sizeof s->verb ? method.n : 0), method.at);
    if (!may_ask(s, head, n))
        return refuse(s, "407 Proxy Authentication Required",
                      "Proxy-Authenticate: Basic realm=\"pollcat\"\r\n", "a user and a password are needed");
    if (strcmp(s->verb, "CONNECT") == 0)
        return take_place(s, &target, 0) ? SERVE_ASKED : refuse_bad(s, "CONNECT needs HOST:PORT");
    if (!is_method(&method))
        return refuse(s, "405 Method Not Allowed", "", "an unknown method");
    return take_url(s, &target, head, n);
}

static int take_http(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    size_t length;
    char *head;
    int r;

    *used = 0;
    if (n > 0 && (in[0] < 'A' || in[0] > 'z')) /* who speaks something else may never send a line's end */
        return refuse_bad(s, "no request of HTTP");
    length = http_head(in, n);
    if (length == 0 || length > SERVE_IN)
        return 0;
    *used = length;
    head = mem_alloc(length);
    memcpy(head, in, length);
    r = take_head(s, head, length);
    explicit_bzero(head, length);
    free(head);
    return r;
}

/* The answer */

static void answer_http(struct serve *s, enum serve_answer how, const struct addr *at)
{
    static const struct {
        const char *status, *words;
    } rows[SERVE_ANSWERS] = {
        [SERVE_FAILED] = {"502 Bad Gateway", "the connection could not be made"},
        [SERVE_NOT_ALLOWED] = {"403 Forbidden", "the rules here do not allow it"},
        [SERVE_NO_NETWORK] = {"502 Bad Gateway", "the network is unreachable"},
        [SERVE_NO_HOST] = {"502 Bad Gateway", "the host is unreachable"},
        [SERVE_NO_NAME] = {"504 Gateway Timeout", "the name of the host has no address here"},
        [SERVE_NOBODY] = {"502 Bad Gateway", "the connection was refused"},
        [SERVE_LATE] = {"504 Gateway Timeout", "the host did not answer in time"},
    };

    (void)at;
    if (how != SERVE_GRANTED)
        put_status(s, rows[how].status, "", rows[how].words);
    else if (!s->plain)
        put_text(s, "HTTP/1.1 200 Connection established\r\n\r\n");
}

static void too_long_http(struct serve *s)
{
    put_status(s, "413 Content Too Large", "", "the request is too long");
}

const struct serve_kind serve_http = {
    .name = "http",
    .take = take_http,
    .answer = answer_http,
    .too_long = too_long_http,
};
