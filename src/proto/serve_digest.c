/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/serve_digest.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/siphash.h"
#include "proto/http_auth.h"

enum {
    NONCE = 32,           /* digits: the time, and its seal */
    LIFE = 5 * 60 * 1000, /* ms for which one is good */
    HEX = 2 * SERVE_HASH + 1,
    TEXT = 4 * 1024,
};

static const char realm[] = "pollcat";

static const struct hash {
    const char *name; /* as HTTP calls it */
    const char *hash; /* as s->hash knows it */
} hashes[] = {{"MD5", "MD5"}, {"SHA-256", "SHA2-256"}};

/* The parameters of a login; of those that are not there `n` is 0. */
struct login {
    struct http_text username, realm, nonce, uri, response, algorithm, cnonce, nc, qop;
    bool twice; /* one of them is there twice */
};

static void write_nonce(const struct serve *s, int64_t time, char nonce[static NONCE + 1])
{
    const uint64_t seal = siphash(s->seal, &time, sizeof time);

    snprintf(nonce, NONCE + 1, "%016llx%016llx", (unsigned long long)time, (unsigned long long)seal);
}

const char *serve_digest_ask(const struct serve *s, bool stale, char text[static SERVE_CHALLENGES])
{
    unsigned char out[SERVE_HASH];
    char nonce[NONCE + 1];
    int n = 0;

    text[0] = '\0';
    if (s->hash == NULL)
        return text;
    write_nonce(s, s->now, nonce);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if (s->hash(hashes[i].hash, "", 0, out) < 0)
            continue; /* there is no library, or it has none of it */
        n += snprintf(
            text + n, SERVE_CHALLENGES - (size_t)n,
            "Proxy-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s\r\n", realm,
            nonce, hashes[i].name, stale ? ", stale=true" : "");
    }
    return text;
}

static struct http_text *find_parameter(struct login *l, const struct http_text *name)
{
    const struct {
        const char *name;
        struct http_text *value;
    } rows[] = {{"username", &l->username},
                {"realm", &l->realm},
                {"nonce", &l->nonce},
                {"uri", &l->uri},
                {"response", &l->response},
                {"algorithm", &l->algorithm},
                {"cnonce", &l->cnonce},
                {"nc", &l->nc},
                {"qop", &l->qop}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (http_is(name, rows[i].name))
            return rows[i].value;
    }
    return NULL;
}

static struct login read_login(struct http_text list)
{
    struct login l = {.twice = false};
    struct http_text name, value, *at;

    while (http_auth_next(&list, &name, &value)) {
        at = find_parameter(&l, &name);
        if (at != NULL && at->at != NULL)
            l.twice = true;
        else if (at != NULL)
            *at = value;
    }
    return l;
}

static const struct hash *find_hash(const struct http_text *name)
{
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        if (http_is(name, hashes[i].name))
            return &hashes[i];
    }
    return name->n == 0 ? &hashes[0] : NULL;
}

/* Returns -1 where one is not of ours; else its age in ms. */
static int64_t nonce_age(const struct serve *s, const struct http_text *given)
{
    char nonce[NONCE + 1];
    uint64_t time = 0;

    for (size_t i = 0; i < NONCE / 2 && i < given->n; i++)
        time = time << 4 | (unsigned)(hex_value(given->at[i]) & 0xf);
    write_nonce(s, (int64_t)time, nonce);
    return serve_is_same(given->at, given->n, nonce) ? s->now - (int64_t)time : -1;
}

/* The hash of a text, in digits; false when there is none, or the text was too long. */
static bool hash_text(const struct serve *s, const struct hash *h, const char *text, int length,
                      char hex[static HEX])
{
    unsigned char out[SERVE_HASH];
    int n;

    if (length < 0 || length >= TEXT)
        return false;
    n = s->hash(h->hash, text, (size_t)length, out);
    for (int i = 0; i < n; i++)
        hex_put(out[i], hex + 2 * i);
    if (n >= 0)
        hex[2 * n] = '\0';
    return n >= 0;
}

#define PART(t) (int)(t).n, (t).n > 0 ? (t).at : ""

/* RFC 7616, 3.4.1; without qop as in RFC 2069. */
static bool is_right(const struct serve *s, const struct login *l, const struct hash *h,
                     const struct http_text *method)
{
    char text[TEXT], who[HEX], what[HEX], response[HEX];

    if (!hash_text(s, h, text, snprintf(text, sizeof text, "%s:%s:%s", s->user, realm, s->password), who) ||
        !hash_text(s, h, text, snprintf(text, sizeof text, "%.*s:%.*s", PART(*method), PART(l->uri)), what))
        return false;
    if (!hash_text(s, h, text,
                   l->qop.n > 0 ? snprintf(text, sizeof text, "%s:%.*s:%.*s:%.*s:auth:%s", who,
                                           PART(l->nonce), PART(l->nc), PART(l->cnonce), what)
                                : snprintf(text, sizeof text, "%s:%.*s:%s", who, PART(l->nonce), what),
                   response))
        return false;
    return serve_is_same(l->response.at, l->response.n, response);
}

/* What stands behind the host of a URL. */
static struct http_text path_of(struct http_text target)
{
    int slashes = 0;
    size_t i = 0;

    while (i < target.n && (target.at[i] != '/' || ++slashes < 3))
        i++;
    return (struct http_text){target.at + i, target.n - i};
}

static bool is_text(const struct http_text *a, const struct http_text *b)
{
    return a->n > 0 && a->n == b->n && memcmp(a->at, b->at, a->n) == 0;
}

/* It is for what is asked for: the whole of it, or its path. */
static bool is_target(const struct http_text *uri, const struct http_text *target)
{
    const struct http_text path = path_of(*target);

    return is_text(uri, target) || is_text(uri, &path);
}

enum serve_login serve_digest_check(const struct serve *s, struct http_text parameters,
                                    const struct http_text *method, const struct http_text *target)
{
    const struct login l = read_login(parameters);
    const struct hash *h = find_hash(&l.algorithm);
    const int64_t age = nonce_age(s, &l.nonce);

    if (s->hash == NULL || h == NULL || l.twice || age < 0 ||
        !serve_is_same(l.username.at, l.username.n, s->user) || !http_is(&l.realm, realm) ||
        !is_target(&l.uri, target) || (l.qop.n > 0 && !http_is(&l.qop, "auth")) ||
        !is_right(s, &l, h, method))
        return SERVE_STRANGER;
    return age <= LIFE ? SERVE_KNOWN : SERVE_STALE;
}
