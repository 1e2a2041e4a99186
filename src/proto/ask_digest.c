/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/ask_digest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/http_auth.h"

enum { VALUE = 300, HEX = 2 * ASK_HASH + 1, TEXT = 4 * VALUE };

/* What a challenge asks for. */
struct challenge {
    char realm[VALUE], nonce[VALUE], opaque[VALUE];
    const char *name; /* as HTTP calls the hash */
    const char *hash; /* as a->hash knows it; NULL: none that is known */
    bool given;       /* the challenge names its hash */
    bool qop, auth;   /* it says what is to be protected; and that may be the login alone */
    bool stale;
    bool too_long;
};

static void copy_value(struct challenge *c, const struct http_text *from, char to[static VALUE])
{
    if (from->n >= VALUE || memchr(from->at, '\0', from->n) != NULL)
        c->too_long = true;
    else
        snprintf(to, VALUE, "%.*s", (int)from->n, from->at);
}

static void take_hash(struct challenge *c, const struct http_text *value)
{
    c->given = true;
    c->hash = NULL;
    if (http_is(value, "MD5")) {
        c->name = "MD5";
        c->hash = "MD5";
    } else if (http_is(value, "SHA-256")) {
        c->name = "SHA-256";
        c->hash = "SHA2-256";
    }
}

static void take_parameter(struct challenge *c, const struct http_text *name, const struct http_text *value)
{
    if (http_is(name, "realm"))
        copy_value(c, value, c->realm);
    else if (http_is(name, "nonce"))
        copy_value(c, value, c->nonce);
    else if (http_is(name, "opaque"))
        copy_value(c, value, c->opaque);
    else if (http_is(name, "algorithm"))
        take_hash(c, value);
    else if (http_is(name, "stale"))
        c->stale = http_is(value, "true");
    else if (http_is(name, "qop")) {
        c->qop = true;
        c->auth = http_has_word(value, "auth");
    }
}

/* The next challenge of a scheme in a list of any. Returns false when there is none. */
static bool next_challenge(struct http_text *list, const char *scheme, struct challenge *c)
{
    struct http_text before, name, value;
    bool found = false;

    *c = (struct challenge){.name = "MD5", .hash = "MD5"};
    while (before = *list, http_auth_next(list, &name, &value)) {
        if (value.at == NULL && found) {
            *list = before;
            return true;
        }
        if (value.at == NULL)
            found = http_is(&name, scheme);
        else if (found)
            take_parameter(c, &name, &value);
    }
    return found;
}

/* The one with the best hash, of all fields. */
static bool choose_challenge(const void *head, size_t n, struct challenge *best)
{
    struct http_text list;
    struct challenge c;
    bool found = false;

    for (size_t i = 0; http_field(head, n, "Proxy-Authenticate", i, &list); i++) {
        while (next_challenge(&list, "Digest", &c)) {
            if (!found || (c.hash != NULL && (best->hash == NULL || strlen(c.hash) > strlen(best->hash))))
                *best = c;
            found = true;
        }
    }
    return found;
}

bool ask_is_offered(const void *head, size_t n, const char *scheme)
{
    struct http_text list;
    struct challenge c;

    for (size_t i = 0; http_field(head, n, "Proxy-Authenticate", i, &list); i++) {
        if (next_challenge(&list, scheme, &c))
            return true;
    }
    return false;
}

bool ask_is_stale(const void *head, size_t n)
{
    struct challenge c;

    return choose_challenge(head, n, &c) && c.stale;
}

/* The hash of a text, in hexadecimal digits. */
static int hash_text(struct ask *a, const struct challenge *c, const char *text, char hex[static HEX])
{
    unsigned char out[ASK_HASH];
    const int n = a->hash(a, c->hash, text, strlen(text), out);

    for (int i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02x", out[i]);
    return n;
}

/* RFC 7616, 3.4.1; without qop as in RFC 2069. */
static int respond(struct ask *a, const struct challenge *c, const char *uri, unsigned count,
                   char response[static HEX])
{
    char text[TEXT], who[HEX], what[HEX];

    snprintf(text, sizeof text, "%s:%s:%s", a->user, c->realm, a->password != NULL ? a->password : "");
    if (hash_text(a, c, text, who) < 0)
        return -1;
    snprintf(text, sizeof text, "CONNECT:%s", uri);
    if (hash_text(a, c, text, what) < 0)
        return -1;
    if (c->qop)
        snprintf(text, sizeof text, "%s:%s:%08x:%s:auth:%s", who, c->nonce, count, a->nonce, what);
    else
        snprintf(text, sizeof text, "%s:%s:%s", who, c->nonce, what);
    return hash_text(a, c, text, response);
}

static void put_text(struct ask *a, const char *before, const char *text, const char *after)
{
    ask_put(a, before, strlen(before));
    ask_put(a, text, strlen(text));
    ask_put(a, after, strlen(after));
}

static void put_answer(struct ask *a, const struct challenge *c, const char *uri, unsigned count,
                       const char *response)
{
    char number[9];

    put_text(a, "Proxy-Authorization: Digest username=\"", a->user, "\"");
    put_text(a, ", realm=\"", c->realm, "\"");
    put_text(a, ", nonce=\"", c->nonce, "\"");
    put_text(a, ", uri=\"", uri, "\"");
    if (c->given)
        put_text(a, ", algorithm=", c->name, "");
    if (c->opaque[0] != '\0')
        put_text(a, ", opaque=\"", c->opaque, "\"");
    if (c->qop) {
        snprintf(number, sizeof number, "%08x", count);
        put_text(a, ", qop=auth, nc=", number, "");
        put_text(a, ", cnonce=\"", a->nonce, "\"");
    }
    put_text(a, ", response=\"", response, "\"\r\n");
}

int ask_digest(struct ask *a, const void *head, size_t n, const char *uri, unsigned count)
{
    struct challenge c;
    char response[HEX];

    if (!choose_challenge(head, n, &c))
        return 0;
    if (a->hash == NULL || c.hash == NULL || (c.qop && !c.auth))
        return ask_fail(a, "it wants a kind of Digest that is not known here");
    if (c.too_long || c.nonce[0] == '\0')
        return ask_fail(a, "its challenge is not right");
    if (strpbrk(a->user, "\"\\") != NULL)
        return ask_fail(a, "a user for Digest has no quotes");
    if (respond(a, &c, uri, count, response) < 0)
        return ASK_FAILED;
    put_answer(a, &c, uri, count, response);
    return 1;
}
