/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/proxy_type.h"

static const struct serve_kind *const rows[] = {&serve_http, &serve_socks4, &serve_socks5, &serve_any};

const struct serve_kind *serve_row(size_t i)
{
    return i < sizeof rows / sizeof rows[0] ? rows[i] : NULL;
}

const struct serve_kind *serve_find(const char *name)
{
    static const struct serve_kind *const of[PROXY_TYPES] = {
        [PROXY_HTTP] = &serve_http,
        [PROXY_SOCKS4] = &serve_socks4,
        [PROXY_SOCKS4A] = &serve_socks4,
        [PROXY_SOCKS5] = &serve_socks5,
    };
    int type;

    if (names_find(proxy_type_names, name, strlen(name), &type))
        return of[type];
    return strcasecmp(serve_any.name, name) == 0 ? &serve_any : NULL;
}

int serve_take(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    int r = s->kind->take(s, in, n, used);

    if (r != 0 || *used > 0 || n < SERVE_IN)
        return r;
    s->kind->too_long(s);
    return serve_refuse(s, "the request is too long");
}

void serve_tell(struct serve *s, enum serve_answer how, const struct addr *at)
{
    s->kind->answer(s, how, at);
}

void serve_clear(struct serve *s)
{
    free(s->ahead);
    explicit_bzero(s, sizeof *s);
}

void serve_put(struct serve *s, const void *data, size_t n)
{
    const size_t room = SERVE_OUT - s->nout;

    if (n > room)
        n = room;
    memcpy(s->out + s->nout, data, n);
    s->nout += n;
}

int serve_refuse(struct serve *s, const char *why)
{
    snprintf(s->why, sizeof s->why, "%s", why);
    return SERVE_REFUSED;
}

bool serve_take_host(struct serve *s, const void *name, size_t n)
{
    const unsigned char *at = name;

    if (n == 0 || n > SERVE_HOST)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (at[i] <= ' ' || at[i] == 0x7f)
            return false;
    }
    memcpy(s->host, name, n);
    s->host[n] = '\0';
    return true;
}

bool serve_is_same(const void *given, size_t n, const char *expected)
{
    const size_t length = strlen(expected);
    const unsigned char *at = given;
    unsigned differs = n != length;

    for (size_t i = 0; i < n; i++)
        differs |= at[i] ^ (unsigned)(unsigned char)expected[length > 0 ? i % length : 0];
    return differs == 0;
}

/* The first byte tells who speaks. */

static int take_any(struct serve *s, const unsigned char *in, size_t n, size_t *used)
{
    *used = 0;
    if (n == 0)
        return 0;
    s->kind = in[0] == 4 ? &serve_socks4 : in[0] == 5 ? &serve_socks5 : &serve_http;
    return s->kind->take(s, in, n, used);
}

/* Nothing was asked yet. */
static void answer_nothing(struct serve *s, enum serve_answer how, const struct addr *at)
{
    (void)s, (void)how, (void)at;
}

static void say_nothing(struct serve *s)
{
    (void)s;
}

const struct serve_kind serve_any = {
    .name = "any",
    .take = take_any,
    .answer = answer_nothing,
    .too_long = say_nothing,
};
