/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/http_pass.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void pass(const char *in, bool last, const char *wanted)
{
    char head[512], out[HTTP_PASSED(sizeof head) + 1];
    const size_t n = strlen(in);
    ssize_t r;

    memcpy(head, in, n);
    assert_true(http_unfold(head, n));
    r = http_pass_answer(head, n, last, out);
    if (wanted == NULL) {
        assert_int_equal(r, -1);
        return;
    }
    out[r] = '\0';
    assert_string_equal(out, wanted);
}

static void test_answers(void **state)
{
    (void)state;
    pass(
        "HTTP/1.0 200 All  right\nA:b\nConnection: keep-alive, C\nKeep-Alive: 5\nc: d\nProxy-Connection: x\n\n",
        true, "HTTP/1.0 200 All  right\r\nA: b\r\nVia: 1.0 pollcat\r\nConnection: close\r\n\r\n");
    pass("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\nUpgrade: x\r\n\r\n", true,
         "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nVia: 1.1 pollcat\r\nConnection: close\r\n\r\n");
    pass(
        "HTTP/1.1 200 x\r\nContent-Length: 3\r\nVia: 1.1 other\r\n\r\n", true,
        "HTTP/1.1 200 x\r\nContent-Length: 3\r\nVia: 1.1 other\r\nVia: 1.1 pollcat\r\nConnection: close\r\n\r\n");
    pass("HTTP/1.1 100 Continue\r\n\r\n", false, "HTTP/1.1 100 Continue\r\nVia: 1.1 pollcat\r\n\r\n");
    pass("HTTP/1.1 200 x\r\nno field\r\n\r\n", true, NULL);
    pass("HTTP/1.1 200 x\r\nA : b\r\n\r\n", true, NULL);
    pass("HTTP\r\n\r\n", true, NULL);
}

/* What is looked through for each field has a bound: this would take days, or else seconds. */
static void test_many_fields(void **state)
{
    enum { SIZE = 64 * 1024, HALF = SIZE / 2 };
    static char head[SIZE], out[HTTP_PASSED(SIZE)];
    size_t n = (size_t)snprintf(head, sizeof head, "HTTP/1.1 200 x\nConnection:c\n");

    (void)state;
    while (n < HALF)
        n += (size_t)snprintf(head + n, SIZE - n, "a:b\n");
    assert_true(http_pass_answer(head, n, true, out) > HALF);
    while (n < SIZE - 100)
        n += (size_t)snprintf(head + n, SIZE - n, "Connection:c\n");
    assert_int_equal(http_pass_answer(head, n, true, out), -1);
}

static void test_unfolding(void **state)
{
    char folded[] = "A: b\r\n c\n\td\r\n\r\n", cut[] = "A: b\rc\r\n\r\n", zero[] = "A: \0\r\n\r\n";

    (void)state;
    assert_true(http_unfold(folded, sizeof folded - 1));
    assert_string_equal(folded, "A: b   c \td\r\n\r\n");
    assert_false(http_unfold(cut, sizeof cut - 1));
    assert_false(http_unfold(zero, sizeof zero - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_many_fields),
        cmocka_unit_test(test_unfolding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
