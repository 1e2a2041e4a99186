/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http_body.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int begin(struct http_body *b, const char *fields)
{
    char head[512];

    snprintf(head, sizeof head, "POST / HTTP/1.1\r\n%s\r\n", fields);
    return http_body_begin(b, head, strlen(head));
}

static void test_heads(void **state)
{
    static const char old[] = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char *const unclear[] = {
        "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: \vchunked\r\n",
        "Content-Length: 1, 1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x1\r\n",
        "Content-Length: 1 1\r\n",
        "Content-Length:\r\n",
        "Content-Length: 9223372036854775808\r\n",
        "Content-Length: 18446744073709551617\r\n",
    };
    struct http_body b;

    (void)state;
    for (size_t i = 0; i < sizeof unclear / sizeof unclear[0]; i++)
        assert_int_equal(begin(&b, unclear[i]), -1);
    assert_int_equal(http_body_begin(&b, old, sizeof old - 1), -1);
    assert_int_equal(begin(&b, "A: b\r\n"), 0);
    assert_true(http_body_is_over(&b));
    assert_int_equal(begin(&b, "content-length: 007\r\n"), 0);
    assert_int_equal(b.left, 7);
    assert_int_equal(begin(&b, "Content-Length: 9223372036854775807\r\n"), 0);
    assert_int_equal(begin(&b, "Transfer-Encoding: Chunked\r\n"), 0);
    assert_true(http_body_is_chunked(&b) && !http_body_is_over(&b));
}

/* How many bytes of `in` are the body, given piece by piece; -1: they are none; -2: it is not over. */
static long measure(const char *fields, const char *in, size_t piece)
{
    const size_t n = strlen(in);
    struct http_body b;
    size_t at = 0;

    assert_int_equal(begin(&b, fields), 0);
    while (at < n && !http_body_is_over(&b)) {
        const size_t part = n - at < piece ? n - at : piece;
        const ssize_t passed = http_body_pass(&b, in + at, part);

        if (passed < 0)
            return -1;
        at += (size_t)passed;
        assert_true((size_t)passed == part || http_body_is_over(&b));
    }
    return http_body_is_over(&b) ? (long)at : -2;
}

static void test_bodies(void **state)
{
    static const char chunked[] = "Transfer-Encoding: chunked\r\n";
    static const struct {
        const char *fields, *in;
        long length;
    } rows[] = {
        {"Content-Length: 3\r\n", "abcd", 3},
        {"Content-Length: 3\r\n", "ab", -2},
        {chunked, "0\r\n\r\nGET", 5},
        {chunked, "0\n\nGET", 3},
        {chunked, "3\r\nabc\r\n00\r\n\r\nGET", 14},
        {chunked, "A;x=\"y\"\r\n0123456789\r\n0\r\nOne: two\r\n\r\nGET", 36},
        {chunked, "1 \r\na\r\n0\r\n\r\n", 12},
        {chunked, "4\r\nabc\n0\r\n", -1},
        {chunked, "4\r\nabc\n\r\n0\r\n", -2},
        {chunked, "\r\n", -1},
        {chunked, "g\r\n", -1},
        {chunked, "-1\r\n", -1},
        {chunked, ";x\r\n", -1},
        {chunked, "1x\r\n", -1},
        {chunked, "2\r\nabc\r\n", -1},
        {chunked, "8000000000000000\r\n", -1},
        {chunked, "7fffffffffffffff\r\n", -2},
        {chunked, "10000000000000001\r\n", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece < 50; piece += 6)
            assert_int_equal(measure(rows[i].fields, rows[i].in, piece), rows[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
