/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_text(t, text)                      \
    do {                                          \
        assert_int_equal((t).n, strlen(text));    \
        assert_memory_equal((t).at, text, (t).n); \
    } while (0)

static const char answer[] =
    "HTTP/1.1 407  Log in \r\nProxy-Authenticate: Basic\r\nproxy-authenticate:\tDigest  \r\n"
    "Connection: Keep-Alive , close\r\nno field\r\nEmpty:\r\n\r\nbody";

static void a_head_ends_with_an_empty_line(void **state)
{
    const size_t length = sizeof answer - 1 - strlen("body");

    (void)state;
    for (size_t n = 0; n < length; n++)
        assert_int_equal(http_head(answer, n), 0);
    for (size_t n = length; n < sizeof answer; n++)
        assert_int_equal(http_head(answer, n), length);
    assert_int_equal(http_head("A\n\nB", 4), 3);
    assert_int_equal(http_head("\r\nA\r\n\r\n", 7), 7); /* an empty line before it is no end */
}

static void an_answer_has_a_status_and_a_reason(void **state)
{
    struct http_text reason;
    int status;

    (void)state;
    assert_int_equal(http_status(answer, sizeof answer - 1, &status, &reason), 0);
    assert_int_equal(status, 407);
    assert_text(reason, "Log in");
    assert_int_equal(http_status("HTTP/1.0 200\n\n", 14, &status, &reason), 0);
    assert_text(reason, "");
}

static void what_is_no_answer_is_refused(void **state)
{
    static const char *const wrong[] = {
        "HTTP/2.0 200 OK\n\n", "HTTP/1.2 200 OK\n\n", "HTTP/1.1 20 OK\n\n", "HTTP/1.1 2000 OK\n\n",
        "HTTP/1.1 020 OK\n\n", "HTTP/1.1 2x0 OK\n\n", "HTTP/1.1\n\n",       "\n\n"};
    struct http_text reason;
    int status;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(http_status(wrong[i], strlen(wrong[i]), &status, &reason), -1);
}

static void a_request_has_three_words(void **state)
{
    static const char request[] = "CONNECT example:80 HTTP/1.1\r\n\r\n";
    static const char *const wrong[] = {"GET /\n\n", "GET / HTTP/1.1 more\n\n", "GET / HTTP/3.0\n\n", "\n\n"};
    struct http_text method, target, version;

    (void)state;
    assert_int_equal(http_request(request, sizeof request - 1, &method, &target, &version), 0);
    assert_text(method, "CONNECT");
    assert_text(target, "example:80");
    assert_text(version, "HTTP/1.1");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(http_request(wrong[i], strlen(wrong[i]), &method, &target, &version), -1);
}

static void fields_are_found_by_name_and_number(void **state)
{
    struct http_text value;

    (void)state;
    assert_true(http_field(answer, sizeof answer - 1, "PROXY-Authenticate", 0, &value));
    assert_text(value, "Basic");
    assert_true(http_field(answer, sizeof answer - 1, "proxy-authenticate", 1, &value));
    assert_text(value, "Digest");
    assert_false(http_field(answer, sizeof answer - 1, "proxy-authenticate", 2, &value));
    assert_true(http_field(answer, sizeof answer - 1, "empty", 0, &value));
    assert_text(value, "");
    assert_false(http_field(answer, sizeof answer - 1, "HTTP/1.1 407", 0, &value));
    assert_true(http_field(answer, sizeof answer - 1, "connection", 0, &value));
    assert_true(http_has_word(&value, "keep-alive"));
    assert_true(http_has_word(&value, "CLOSE"));
    assert_false(http_has_word(&value, "keep"));
}

/* RFC 4648, section 10. */
static void base64(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    char out[HTTP_BASE64(8)];

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(http_base64(pairs[i][0], strlen(pairs[i][0]), out), strlen(pairs[i][1]));
        assert_string_equal(out, pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_ends_with_an_empty_line),
        cmocka_unit_test(an_answer_has_a_status_and_a_reason),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(a_request_has_three_words),
        cmocka_unit_test(fields_are_found_by_name_and_number),
        cmocka_unit_test(base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
