/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * CONNECT HOST:PORT, and METHOD http://HOST/PATH, which goes on as METHOD /PATH without what was meant for us. Whoever asks
 * logs in as Basic has it (RFC 7617), or Digest. One request is one connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hostport.h"
#include "base/mem.h"
#include "base/num.h"
#include "proto/http.h"
#include "proto/http_pass.h"
#include "proto/serve.h"
#include "proto/serve_digest.h"

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

static bool is_basic(const struct serve *s, const struct http_text *login)
{
    char pair[2 * SERVE_HOST + 2], expected[HTTP_BASE64(sizeof pair)];

    http_base64(pair, (size_t)snprintf(pair, sizeof pair, "%s:%s", s->user, s->password), expected);
    return serve_is_same(login->at, login->n, expected);
}

static enum serve_login check_login(const struct serve *s, const char *head, size_t n)
{
    struct http_text login, scheme, method, target, version;

    if (s->user == NULL)
        return SERVE_KNOWN;
    if (!http_field(head, n, "Proxy-Authorization", 0, &login))
        return SERVE_STRANGER;
    scheme = http_word(&login);
    if (http_is(&scheme, "Basic"))
        return is_basic(s, &login) ? SERVE_KNOWN : SERVE_STRANGER;
    if (!http_is(&scheme, "Digest") || http_request(head, n, &method, &target, &version) < 0)
        return SERVE_STRANGER;
    return serve_digest_check(s, login, &method, &target);
}

static int refuse_stranger(struct serve *s, bool stale)
{
    char digest[SERVE_CHALLENGES], fields[SERVE_CHALLENGES + 64];

    snprintf(fields, sizeof fields, "%sProxy-Authenticate: Basic realm=\"pollcat\"\r\n",
             serve_digest_ask(s, stale, digest));
    return refuse(s, "407 Proxy Authentication Required", fields, "a user and a password are needed");
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

/* What is asked for without a path is the server itself (RFC 9112, 3.2.4). */
static void add_target(struct serve *s, const struct http_text *method, const struct url *u)
{
    if (u->path.n == 0 && http_is(method, "OPTIONS"))
        add_text(s, " *");
    else
        add_text(s, u->path.n == 0 || u->path.at[0] == '?' ? " /" : " ");
    add(s, u->path.at, u->path.n);
}

/* The head as the server is to get it. Returns false when a field is malformed. */
static bool rewrite(struct serve *s, const struct url *u, const char *head, size_t n)
{
    struct http_text method, target, version;
    ssize_t fields;

    s->ahead = mem_alloc(HTTP_PASSED(n));
    (void)http_request(head, n, &method, &target, &version);
    add(s, method.at, method.n);
    add_target(s, &method, u);
    add_text(s, " ");
    add(s, version.at, version.n);
    add_text(s, "\r\nHost: ");
    add(s, u->place.at, u->place.n);
    add_text(s, "\r\n");
    fields = http_pass_fields(head, n, version.at, s->ahead + s->nahead);
    s->nahead += fields > 0 ? (size_t)fields : 0;
    return fields >= 0;
}

static int take_url(struct serve *s, const struct http_text *target, const char *head, size_t n)
{
    struct url u;

    if (!split_url(target, &u))
        return refuse_bad(s, "a proxy is asked for http://HOST/PATH, or with CONNECT");
    if (!take_place(s, &u.place, HTTP_PORT))
        return refuse_bad(s, "what is asked for has no right host and port");
    if (http_body_begin(&s->body, head, n) < 0)
        return refuse_bad(s, "it is not clear where the request ends");
    if (s->no_chunks && http_body_is_chunked(&s->body))
        return refuse(s, "411 Length Required", "", "a body needs a Content-Length");
    if (!rewrite(s, &u, head, n))
        return refuse_bad(s, "a field of the request is malformed");
    s->plain = true;
    return SERVE_ASKED;
}

/* `head` is a copy, to be changed. */
static int take_head(struct serve *s, char *head, size_t n)
{
    struct http_text method, target, version;
    enum serve_login login;

    if (!http_unfold(head, n) || http_request(head, n, &method, &target, &version) < 0)
        return refuse_bad(s, "no request of HTTP");
    snprintf(s->verb, sizeof s->verb, "%.*s", (int)(method.n < sizeof s->verb ? method.n : 0), method.at);
    login = check_login(s, head, n);
    if (login != SERVE_KNOWN)
        return refuse_stranger(s, login == SERVE_STALE);
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
        [SERVE_GIVEN_UP] = {"400 Bad Request", "the client ended its side before the host had answered"},
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
