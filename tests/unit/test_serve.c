/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/serve.h"

#include "base/siphash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct request {
    const struct serve_kind *kind;
    const char *user, *password;
    const char *in, *out; /* what comes, and all that is answered before the answer proper */
    size_t nin, nout;
    int outcome;
    enum serve_wish wish;
    const char *host; /* or a part of why */
    uint16_t port;
    const char *rest; /* what follows the request */
};

#define COMES(text) .in = text, .nin = sizeof text - 1
#define SAYS(text) .out = text, .nout = sizeof text - 1

/* Feeds pieces of `piece` bytes until the outcome is there. Returns it, and what is left. */
static int feed(struct serve *s, const struct request *q, size_t piece, char *out, size_t *nout, char *left)
{
    unsigned char in[1024];
    size_t nin = 0, used = 0, at = 0;
    int r = 0;

    while (r == 0 && (at < q->nin || used > 0)) {
        const size_t part = q->nin - at < piece ? q->nin - at : piece;

        memcpy(in + nin, q->in + at, part);
        at += part;
        nin += part;
        r = serve_take(s, in, nin, &used);
        nin -= used;
        memmove(in, in + used, nin);
        memcpy(out + *nout, s->out, s->nout);
        *nout += s->nout;
        s->nout = 0;
    }
    memcpy(left, in, nin);
    memcpy(left + nin, q->in + at, q->nin - at);
    left[nin + q->nin - at] = '\0';
    return r;
}

static void run_request(const struct request *q, size_t piece)
{
    struct serve s = {.kind = q->kind, .user = q->user, .password = q->password};
    char out[1024], left[1024];
    size_t nout = 0;
    int r = feed(&s, q, piece, out, &nout, left);

    assert_int_equal(r, q->outcome);
    if (q->nout > 0 || r == SERVE_ASKED) {
        assert_true(nout >= q->nout);
        assert_memory_equal(out, q->out != NULL ? q->out : "", q->nout);
    }
    if (r == SERVE_REFUSED && strstr(s.why, q->host) == NULL)
        fail_msg("'%s' is not in '%s'", q->host, s.why);
    if (r == SERVE_ASKED) {
        assert_string_equal(s.host, q->host);
        assert_int_equal(s.wish, q->wish);
        assert_int_equal(s.port, q->port);
        assert_string_equal(left, q->rest);
    }
    serve_clear(&s);
}

static const struct request requests[] = {
    {.kind = &serve_socks4,
     COMES("\4\1\x12\x34\177\0\0\1\0rest"),
     .outcome = SERVE_ASKED,
     .host = "127.0.0.1",
     .port = 0x1234,
     .rest = "rest"},
    {.kind = &serve_any,
     COMES("\4\1\x12\x34\0\0\0\1me\0example\0rest"),
     .outcome = SERVE_ASKED,
     .host = "example",
     .port = 0x1234,
     .rest = "rest"},
    {.kind = &serve_socks4,
     COMES("\4\2\x12\x34\177\0\0\1\0"),
     .outcome = SERVE_ASKED,
     .wish = SERVE_BIND,
     .host = "127.0.0.1",
     .port = 0x1234,
     .rest = ""},
    {.kind = &serve_socks4,
     COMES("\4\3\x12\x34\177\0\0\1\0"),
     SAYS("\0\133\0\0\0\0\0\0"),
     .outcome = SERVE_REFUSED,
     .host = "command"},
    {.kind = &serve_socks4,
     .user = "u",
     .password = "p",
     COMES("\4\1\x12\x34\177\0\0\1u\0"),
     SAYS("\0\135\0\0\0\0\0\0"),
     .outcome = SERVE_REFUSED,
     .host = "password"},
    {.kind = &serve_socks4, COMES("\5\1\0"), .outcome = SERVE_REFUSED, .host = "SOCKS4"},
    {.kind = &serve_any,
     COMES("\5\1\0\5\1\0\3\7example\x12\x34rest"),
     SAYS("\5\0"),
     .outcome = SERVE_ASKED,
     .host = "example",
     .port = 0x1234,
     .rest = "rest"},
    {.kind = &serve_socks5,
     COMES("\5\2\0\2\5\1\0\1\177\0\0\1\x12\x34"),
     SAYS("\5\0"),
     .outcome = SERVE_ASKED,
     .host = "127.0.0.1",
     .port = 0x1234,
     .rest = ""},
    {.kind = &serve_socks5,
     COMES("\5\1\0\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34"),
     SAYS("\5\0"),
     .outcome = SERVE_ASKED,
     .host = "::1",
     .port = 0x1234,
     .rest = ""},
    {.kind = &serve_socks5,
     .user = "u",
     .password = "p",
     COMES("\5\2\0\2\1\1u\1p\5\1\0\3\1h\0\1"),
     SAYS("\5\2\1\0"),
     .outcome = SERVE_ASKED,
     .host = "h",
     .port = 1,
     .rest = ""},
    {.kind = &serve_socks5,
     .user = "u",
     .password = "p",
     COMES("\5\2\0\2\1\1u\1q\5\1\0\3\1h\0\1"),
     SAYS("\5\2\1\1"),
     .outcome = SERVE_REFUSED,
     .host = "wrong"},
    {.kind = &serve_socks5,
     .user = "u",
     .password = "p",
     COMES("\5\1\0"),
     SAYS("\5\377"),
     .outcome = SERVE_REFUSED,
     .host = "no user"},
    {.kind = &serve_socks5,
     .user = "",
     .password = "",
     COMES("\5\1\2\1\0\0\5\1\0\3\1h\0\1"),
     SAYS("\5\2\1\0"),
     .outcome = SERVE_ASKED,
     .host = "h",
     .port = 1,
     .rest = ""},
    {.kind = &serve_socks5,
     COMES("\5\1\0\5\2\0\3\1h\0\1rest"),
     SAYS("\5\0"),
     .outcome = SERVE_ASKED,
     .wish = SERVE_BIND,
     .host = "h",
     .port = 1,
     .rest = "rest"},
    {.kind = &serve_socks5,
     COMES("\5\1\0\5\3\0\1\0\0\0\0\0\0"),
     SAYS("\5\0"),
     .outcome = SERVE_ASKED,
     .wish = SERVE_ASSOCIATE,
     .host = "0.0.0.0",
     .rest = ""},
    {.kind = &serve_socks5,
     COMES("\5\1\0\5\4\0\1\177\0\0\1\0\1"),
     SAYS("\5\0\5\7\0\1\0\0\0\0\0\0"),
     .outcome = SERVE_REFUSED,
     .host = "command"},
    {.kind = &serve_socks5,
     COMES("\5\1\0\5\1\0\3\3a\0b\0\1"),
     SAYS("\5\0\5\1"),
     .outcome = SERVE_REFUSED,
     .host = "name"},
    {.kind = &serve_http,
     COMES("CONNECT example:80 HTTP/1.0\r\n\r\nrest"),
     .outcome = SERVE_ASKED,
     .host = "example",
     .port = 80,
     .rest = "rest"},
    {.kind = &serve_any,
     COMES("CONNECT [::1]:8080 HTTP/1.1\nHost: x\n\nrest"),
     .outcome = SERVE_ASKED,
     .host = "::1",
     .port = 8080,
     .rest = "rest"},
    {.kind = &serve_http,
     COMES("CONNECT ::1:8080 HTTP/1.1\r\n\r\n"),
     SAYS("HTTP/1.1 400 "),
     .outcome = SERVE_REFUSED,
     .host = "HOST:PORT"},
    {.kind = &serve_http,
     COMES("GET http://h HTTP/1.1\r\n\r\n"),
     .outcome = SERVE_ASKED,
     .host = "h",
     .port = 80,
     .rest = ""},
    {.kind = &serve_http,
     .user = "u",
     .password = "p",
     COMES("GET http://h HTTP/1.1\r\n\r\n"),
     SAYS("HTTP/1.1 407 "),
     .outcome = SERVE_REFUSED,
     .host = "password"},
    {.kind = &serve_http,
     .user = "u",
     .password = "p",
     COMES("GET http://h HTTP/1.1\r\nproxy-authorization: bASIC dTpw\r\n\r\n"),
     .outcome = SERVE_ASKED,
     .host = "h",
     .port = 80,
     .rest = ""},
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        run_request(&requests[i], 1);
        run_request(&requests[i], 7);
        run_request(&requests[i], 1024);
    }
}

static void test_what_goes_ahead(void **state)
{
    static const char in[] =
        "GET http://u:p@h:81?q#f HTTP/1.1\r\nHost: x\r\nA:b\r\nProxy-Foo: 1\r\nConnection: c, d\r\nD: 1\r\n\r\n";
    static const char wanted[] =
        "GET /?q HTTP/1.1\r\nHost: h:81\r\nA: b\r\nVia: 1.1 pollcat\r\nConnection: close\r\n\r\n";
    struct serve s = {.kind = &serve_http};
    size_t used;

    (void)state;
    assert_int_equal(serve_take(&s, (const unsigned char *)in, sizeof in - 1, &used), SERVE_ASKED);
    assert_int_equal(s.nahead, sizeof wanted - 1);
    assert_memory_equal(s.ahead, wanted, s.nahead);
    assert_true(s.plain);
    serve_tell(&s, SERVE_GRANTED, NULL);
    assert_int_equal(s.nout, 0);
    serve_clear(&s);
}

static void test_answers(void **state)
{
    static const char *const http[SERVE_ANSWERS] = {"200", "502", "403", "502", "502",
                                                    "504", "502", "504", "400"};
    static const unsigned char socks5[SERVE_ANSWERS] = {0, 1, 2, 3, 4, 4, 5, 6, 1};

    (void)state;
    for (int how = 0; how < SERVE_ANSWERS; how++) {
        struct serve s = {.kind = &serve_http}, t = {.kind = &serve_socks5}, u = {.kind = &serve_socks4};

        serve_tell(&s, (enum serve_answer)how, NULL);
        assert_memory_equal(s.out + 9, http[how], 3);
        assert_true(s.nout < SERVE_OUT);
        serve_tell(&t, (enum serve_answer)how, NULL);
        assert_int_equal(t.nout, 10);
        assert_int_equal(t.out[1], socks5[how]);
        serve_tell(&u, (enum serve_answer)how, NULL);
        assert_int_equal(u.out[1], how == SERVE_GRANTED ? 90 : 91);
    }
}

static void test_addresses_in_answers(void **state)
{
    struct serve four = {.kind = &serve_socks4}, five = {.kind = &serve_socks5};
    struct addr a, six, mapped;

    (void)state;
    assert_int_equal(addr_parse(&a, "127.0.0.2", 0x1234), 0);
    assert_int_equal(addr_parse(&six, "::1", 0x1234), 0);
    assert_int_equal(addr_parse(&mapped, "::ffff:127.0.0.2", 0x1234), 0);
    serve_tell(&four, SERVE_GRANTED, &a);
    serve_tell(&four, SERVE_GRANTED, &six);
    assert_int_equal(four.nout, 16);
    assert_memory_equal(four.out, "\0\132\x12\x34\177\0\0\2\0\132\x12\x34\0\0\0\0", 16);
    serve_tell(&five, SERVE_GRANTED, &mapped);
    serve_tell(&five, SERVE_GRANTED, &six);
    assert_int_equal(five.nout, 32);
    assert_memory_equal(five.out, "\5\0\0\1\177\0\0\2\x12\x34\5\0\0\4", 14);
    assert_memory_equal(five.out + 29, "\1\x12\x34", 3);
}

/* The hash is a sum, which is enough to see what is hashed. */
static int sum(const char *name, const void *data, size_t n, unsigned char out[SERVE_HASH])
{
    const unsigned char *at = data;

    out[0] = (unsigned char)strlen(name);
    out[1] = 0;
    for (size_t i = 0; i < n; i++)
        out[1] = (unsigned char)(7 * out[1] + at[i]);
    return 2;
}

static void sum_text(const char *text, char hex[static 5])
{
    unsigned char out[SERVE_HASH];

    (void)sum("MD5", text, strlen(text), out);
    snprintf(hex, 5, "%02x%02x", out[0], out[1]);
}

static int log_in(struct serve *s, const char *nonce)
{
    char text[512], who[5], what[5], response[5];
    size_t used;

    sum_text("u:pollcat:p", who);
    sum_text("CONNECT:h:1", what);
    snprintf(text, sizeof text, "%s:%s:%s", who, nonce, what);
    sum_text(text, response);
    snprintf(
        text, sizeof text,
        "CONNECT h:1 HTTP/1.1\r\nProxy-Authorization: Digest username=u, realm=pollcat, nonce=%s, uri=\"h:1\", "
        "response=%s\r\n\r\n",
        nonce, response);
    s->nout = 0;
    return serve_take(s, (const unsigned char *)text, strlen(text), &used);
}

static void test_nonces_grow_old(void **state)
{
    static const char in[] = "CONNECT h:1 HTTP/1.1\r\n\r\n";
    const struct siphash_key seal = {{1, 2}};
    struct serve s = {
        .kind = &serve_http, .user = "u", .password = "p", .hash = sum, .seal = &seal, .now = 1000};
    char nonce[33];
    const char *at;
    size_t used;

    (void)state;
    assert_int_equal(serve_take(&s, (const unsigned char *)in, sizeof in - 1, &used), SERVE_REFUSED);
    s.out[s.nout] = '\0';
    at = strstr((const char *)s.out, "nonce=\"");
    assert_non_null(at);
    snprintf(nonce, sizeof nonce, "%.32s", at + 7);
    assert_int_equal(log_in(&s, nonce), SERVE_ASKED);
    s.now += 5 * 60 * 1000;
    assert_int_equal(log_in(&s, nonce), SERVE_ASKED);
    s.now++;
    assert_int_equal(log_in(&s, nonce), SERVE_REFUSED);
    s.out[s.nout] = '\0';
    assert_non_null(strstr((const char *)s.out, "stale=true"));
    s.now = 0; /* one of the future is none of ours */
    assert_int_equal(log_in(&s, nonce), SERVE_REFUSED);
    nonce[0] = 'f';
    assert_int_equal(log_in(&s, nonce), SERVE_REFUSED);
}

static void test_too_long(void **state)
{
    static unsigned char in[SERVE_IN];
    struct serve s = {.kind = &serve_http};
    size_t used;

    (void)state;
    memset(in, 'A', sizeof in);
    assert_int_equal(serve_take(&s, in, sizeof in - 1, &used), 0);
    assert_int_equal(serve_take(&s, in, sizeof in, &used), SERVE_REFUSED);
    assert_memory_equal(s.out, "HTTP/1.1 413 ", 13);
}

static void test_comparing(void **state)
{
    (void)state;
    assert_true(serve_is_same("abc", 3, "abc"));
    assert_true(serve_is_same("", 0, ""));
    assert_false(serve_is_same("abc", 3, "ab"));
    assert_false(serve_is_same("ab", 2, "abc"));
    assert_false(serve_is_same("abab", 4, "ab"));
    assert_false(serve_is_same("a", 1, ""));
    assert_false(serve_is_same("abd", 3, "abc"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),        cmocka_unit_test(test_what_goes_ahead),
        cmocka_unit_test(test_answers),         cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_nonces_grow_old), cmocka_unit_test(test_addresses_in_answers),
        cmocka_unit_test(test_comparing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
