/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/websocket.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/sha1.h"
#include "base/text.h"
#include "proto/http.h"

static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

enum { ACCEPT = HTTP_BASE64(SHA1_SIZE) };

static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* A text that grows. */
struct writing {
    char *text;
    size_t n;
};

static void put(struct writing *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writing *w, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    w->text = mem_resize(w->text, w->n + (size_t)n + 1);
    va_start(args, format);
    vsnprintf(w->text + w->n, (size_t)n + 1, format, args);
    va_end(args);
    w->n += (size_t)n;
}

void websocket_key(const unsigned char nonce[WEBSOCKET_NONCE], char key[WEBSOCKET_KEY])
{
    _Static_assert(HTTP_BASE64(WEBSOCKET_NONCE) == WEBSOCKET_KEY, "it fits");
    http_base64(nonce, WEBSOCKET_NONCE, key);
}

/* What proves that a server has read the key. */
static void make_accept(const char *key, char accept[ACCEPT])
{
    char both[WEBSOCKET_KEY - 1 + sizeof magic];
    unsigned char hash[SHA1_SIZE];

    memcpy(both, key, WEBSOCKET_KEY - 1);
    memcpy(both + WEBSOCKET_KEY - 1, magic, sizeof magic);
    sha1(both, sizeof both - 1, hash);
    http_base64(hash, sizeof hash, accept);
}

/* "NAME: VALUE" is of this name. */
static bool is_field(const char *field, const char *name)
{
    const size_t n = strlen(name);

    return strncasecmp(field, name, n) == 0 && field[n] == ':';
}

static bool has_field(const struct websocket_terms *terms, const char *name)
{
    for (size_t i = 0; i < terms->nfields; i++) {
        if (is_field(terms->fields[i], name))
            return true;
    }
    return false;
}

static void put_host(struct writing *w, const char *host, uint16_t port)
{
    const char *name = host != NULL ? host : "localhost";
    const bool bare = strchr(name, ':') == NULL;

    /* the interface of an address is no part of what it is called */
    put(w, "Host: %s%.*s%s", bare ? "" : "[", (int)strcspn(name, "%"), name, bare ? "" : "]");
    if (port != 0)
        put(w, ":%u", (unsigned)port);
    put(w, "\r\n");
}

static void put_fields(struct writing *w, const struct websocket_terms *terms)
{
    for (size_t i = 0; i < terms->nfields; i++)
        put(w, "%s\r\n", terms->fields[i]);
}

char *websocket_request(const struct websocket_terms *terms, const char *host, uint16_t port, const char *key)
{
    struct writing w = {0};

    put(&w, "GET %s HTTP/1.1\r\n", terms->path != NULL ? terms->path : "/");
    if (!has_field(terms, "Host"))
        put_host(&w, host, port);
    put(&w, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n", key);
    put(&w, "Sec-WebSocket-Version: 13\r\n");
    if (terms->protocol != NULL)
        put(&w, "Sec-WebSocket-Protocol: %s\r\n", terms->protocol);
    if (terms->origin != NULL)
        put(&w, "Origin: %s\r\n", terms->origin);
    put_fields(&w, terms);
    put(&w, "\r\n");
    return w.text;
}

static bool refuse(struct websocket_deal *deal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(struct websocket_deal *deal, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(deal->why, sizeof deal->why, format, args);
    va_end(args);
    return false;
}

/* True when one of the fields of this name has the word. */
static bool has_word(const void *head, size_t n, const char *name, const char *word)
{
    struct http_text value;

    for (size_t i = 0; http_field(head, n, name, i, &value); i++) {
        if (http_has_word(&value, word))
            return true;
    }
    return false;
}

static bool is_upgrade(const void *head, size_t n)
{
    return has_word(head, n, "Upgrade", "websocket") && has_word(head, n, "Connection", "Upgrade");
}

static bool is_text(const struct http_text *t, const char *text)
{
    return t->n == strlen(text) && memcmp(t->at, text, t->n) == 0;
}

/* The first word of a list, without blanks; the list becomes the rest of it. */
static struct http_text take_word(struct http_text *list)
{
    const char *comma = memchr(list->at, ',', list->n);
    struct http_text word = {list->at, comma != NULL ? (size_t)(comma - list->at) : list->n};
    const size_t taken = word.n + (comma != NULL);

    list->at += taken;
    list->n -= taken;
    while (word.n > 0 && (word.at[0] == ' ' || word.at[0] == '\t')) {
        word.at++;
        word.n--;
    }
    while (word.n > 0 && (word.at[word.n - 1] == ' ' || word.at[word.n - 1] == '\t'))
        word.n--;
    return word;
}

/* True when `list` has the subprotocol, whose case counts. */
static bool lists(struct http_text list, const struct http_text *wanted)
{
    while (list.n > 0) {
        const struct http_text word = take_word(&list);

        if (word.n == wanted->n && memcmp(word.at, wanted->at, word.n) == 0)
            return true;
    }
    return false;
}

static struct http_text text_of(const char *text)
{
    return (struct http_text){text, text != NULL ? strlen(text) : 0};
}

static void choose(struct websocket_deal *deal, const struct http_text *protocol)
{
    snprintf(deal->protocol, sizeof deal->protocol, "%.*s", (int)protocol->n, protocol->at);
}

static bool takes_protocol(const struct websocket_terms *terms, const void *head, size_t n,
                           struct websocket_deal *deal)
{
    struct http_text value;
    char safe[64];

    if (!http_field(head, n, "Sec-WebSocket-Protocol", 0, &value))
        return true;
    if (value.n >= WEBSOCKET_PROTOCOL || !lists(text_of(terms->protocol), &value))
        return refuse(deal, "the server chose the subprotocol '%s', which was not asked for",
                      text_safe_bytes(value.at, value.n < 40 ? value.n : 40, safe, sizeof safe));
    choose(deal, &value);
    return true;
}

bool websocket_agrees(const struct websocket_terms *terms, const char *key, const void *head, size_t n,
                      struct websocket_deal *deal)
{
    struct http_text value;
    char accept[ACCEPT], safe[80];

    *deal = (struct websocket_deal){0};
    if (http_status(head, n, &deal->status, &value) < 0)
        return refuse(deal, "what answers does not speak HTTP");
    if (deal->status != WEBSOCKET_UPGRADED)
        return refuse(deal, "the server answered %d %s", deal->status,
                      text_safe_bytes(value.at, value.n < 60 ? value.n : 60, safe, sizeof safe));
    make_accept(key, accept);
    if (!is_upgrade(head, n))
        return refuse(deal, "the server answered 101, but for no WebSocket");
    if (!http_field(head, n, "Sec-WebSocket-Accept", 0, &value) || !is_text(&value, accept))
        return refuse(deal, "the server answered 101, but not to this request (Sec-WebSocket-Accept)");
    if (http_field(head, n, "Sec-WebSocket-Extensions", 0, &value) && value.n > 0)
        return refuse(deal, "the server wants extensions, and none was asked for");
    return takes_protocol(terms, head, n, deal);
}

/* Of a request: 24 digits of base64 that end with ==, as 16 bytes give them. */
static bool is_key(const struct http_text *t)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < t->n && i < 22; i++) {
        if (t->at[i] == '\0' || strchr(digits, t->at[i]) == NULL)
            return false;
    }
    return t->n == WEBSOCKET_KEY - 1 && memcmp(t->at + 22, "==", 2) == 0;
}

/* The first of ours that the client offers. */
static void choose_protocol(const struct websocket_terms *terms, const void *head, size_t n,
                            struct websocket_deal *deal)
{
    struct http_text ours = text_of(terms->protocol), offered;

    while (ours.n > 0) {
        const struct http_text one = take_word(&ours);

        for (size_t i = 0; http_field(head, n, "Sec-WebSocket-Protocol", i, &offered); i++) {
            if (one.n > 0 && one.n < WEBSOCKET_PROTOCOL && lists(offered, &one)) {
                choose(deal, &one);
                return;
            }
        }
    }
}

static int reject(struct websocket_deal *deal, int status, const char *why)
{
    snprintf(deal->why, sizeof deal->why, "%s", why);
    return status;
}

static bool has_path(const struct websocket_terms *terms, const struct http_text *target)
{
    const char *query = memchr(target->at, '?', target->n);
    const struct http_text path = {target->at, query != NULL ? (size_t)(query - target->at) : target->n};

    return terms->path == NULL || is_text(&path, terms->path) || is_text(target, terms->path);
}

/* The status of the answer, and the key. */
static int judge(const struct websocket_terms *terms, const void *head, size_t n, struct http_text *key,
                 struct websocket_deal *deal)
{
    struct http_text method, target, version, value;

    if (n == 0)
        return reject(deal, 431, "the request is too long");
    if (http_request(head, n, &method, &target, &version) < 0)
        return reject(deal, 400, "that is no request of HTTP/1");
    if (!has_path(terms, &target))
        return reject(deal, 404, "there is nothing at that path");
    if (!is_upgrade(head, n))
        return reject(deal, 426, "only WebSocket is spoken here");
    if (!is_text(&method, "GET") || !http_is(&version, "HTTP/1.1"))
        return reject(deal, 400, "a WebSocket begins with GET of HTTP/1.1");
    if (!http_field(head, n, "Sec-WebSocket-Version", 0, &value) || !is_text(&value, "13"))
        return reject(deal, 426, "only version 13 of WebSocket is spoken here");
    if (!http_field(head, n, "Sec-WebSocket-Key", 0, key) || !is_key(key))
        return reject(deal, 400, "Sec-WebSocket-Key is missing or wrong");
    if (terms->origin != NULL &&
        (!http_field(head, n, "Origin", 0, &value) || !http_is(&value, terms->origin)))
        return reject(deal, 403, "pages of that origin are not served");
    return WEBSOCKET_UPGRADED;
}

static const char *reason(int status)
{
    return status == 400   ? "Bad Request"
           : status == 403 ? "Forbidden"
           : status == 404 ? "Not Found"
           : status == 431 ? "Request Header Fields Too Large"
                           : "Upgrade Required";
}

static char *refusal(const struct websocket_deal *deal)
{
    struct writing w = {0};

    put(&w, "HTTP/1.1 %d %s\r\nConnection: close\r\n", deal->status, reason(deal->status));
    if (deal->status == 426)
        put(&w, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    put(&w, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n", strlen(deal->why) + 1, deal->why);
    return w.text;
}

char *websocket_answer(const struct websocket_terms *terms, const void *head, size_t n,
                       struct websocket_deal *deal)
{
    struct http_text key;
    struct writing w = {0};
    char accept[ACCEPT];

    *deal = (struct websocket_deal){0};
    deal->status = judge(terms, head, n, &key, deal);
    if (deal->status != WEBSOCKET_UPGRADED)
        return refusal(deal);
    make_accept(key.at, accept);
    choose_protocol(terms, head, n, deal);
    put(&w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    put(&w, "Sec-WebSocket-Accept: %s\r\n", accept);
    if (deal->protocol[0] != '\0')
        put(&w, "Sec-WebSocket-Protocol: %s\r\n", deal->protocol);
    put_fields(&w, terms);
    put(&w, "\r\n");
    return w.text;
}

const char *websocket_bad_path(const char *path)
{
    if (path[0] != '/')
        return "a path begins with /";
    for (const char *p = path; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == '#')
            return "a path has neither blanks, nor #, nor what is not ASCII: write %20 and so on";
    }
    return NULL;
}

const char *websocket_bad_field(const char *field)
{
    const size_t name = strspn(field, token);

    if (name == 0 || field[name] != ':')
        return "it is not NAME: VALUE";
    if (is_field(field, "Sec-WebSocket-Protocol"))
        return "--ws-protocol says that";
    if (is_field(field, "Upgrade") || is_field(field, "Connection") ||
        strncasecmp(field, "Sec-WebSocket-", strlen("Sec-WebSocket-")) == 0)
        return "the handshake says that itself";
    return field[strcspn(field, "\r\n")] != '\0' ? "it has more than one line" : NULL;
}

const char *websocket_bad_protocol(const char *list)
{
    struct http_text rest = text_of(list);

    do {
        const struct http_text one = take_word(&rest);

        if (one.n == 0 || one.n >= WEBSOCKET_PROTOCOL || strspn(one.at, token) < one.n)
            return "a subprotocol is a word of letters, digits, - and so on; several are parted by commas";
    } while (rest.n > 0);
    return NULL;
}

const char *websocket_code(unsigned code, char *text, size_t size)
{
    static const struct {
        unsigned code;
        const char *words;
    } rows[] = {
        {1000, "normal"},           {1001, "going away"},       {1002, "protocol error"},
        {1003, "not wanted data"},  {1005, "no code"},          {1007, "invalid data"},
        {1008, "policy violation"}, {1009, "message too long"}, {1010, "extension missing"},
        {1011, "internal error"},   {1012, "service restarts"}, {1013, "try again later"},
    };
    const char *words = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code == code)
            words = rows[i].words;
    }
    snprintf(text, size, "%u%s%s", code, words != NULL ? ", " : "", words != NULL ? words : "");
    return text;
}
