/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crlf.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct row {
    const char *in, *out;
} rows[] = {
    {"", ""},
    {"a", "a"},
    {"\n", "\r\n"},
    {"\r\n", "\r\n"},
    {"\r", "\r"},
    {"\n\n", "\r\n\r\n"},
    {"\r\r\n", "\r\r\n"},
    {"\n\r", "\r\n\r"},
    {"\n\r\n", "\r\n\r\n"},
    {"\r\n\n", "\r\n\r\n"},
    {"\ra\n", "\ra\r\n"},
    {"GET / HTTP/1.0\nHost: x\r\n\n", "GET / HTTP/1.0\r\nHost: x\r\n\r\n"},
    {"a\nb\r\nc\rd\n", "a\r\nb\r\nc\rd\r\n"},
};

/* Puts `n` bytes from a block of their own, so that reads past either end are seen by the sanitizers. */
static size_t put(struct crlf *c, const char *in, size_t n, char *out)
{
    char *exact = malloc(n > 0 ? n : 1);
    char *room = malloc(n > 0 ? 2 * n : 1);
    size_t got;

    assert_non_null(exact);
    assert_non_null(room);
    memcpy(exact, in, n);
    got = crlf_put(c, exact, n, room);
    assert_true(got <= 2 * n);
    memcpy(out, room, got);
    free(exact);
    free(room);
    return got;
}

static void any_cut_gives_the_same(void **state)
{
    char out[256];

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        size_t n = strlen(rows[r].in);

        for (size_t i = 0; i <= n; i++) {
            for (size_t j = i; j <= n; j++) {
                struct crlf c = {0};
                size_t o = put(&c, rows[r].in, i, out);

                o += put(&c, rows[r].in + i, j - i, out + o);
                o += put(&c, rows[r].in + j, n - j, out + o);
                assert_int_equal(o, strlen(rows[r].out));
                assert_memory_equal(out, rows[r].out, o);
            }
        }
    }
}

static void byte_by_byte(void **state)
{
    char out[256];

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct crlf c = {0};
        size_t o = 0;

        for (const char *p = rows[r].in; *p != '\0'; p++)
            o += put(&c, p, 1, out + o);
        assert_int_equal(o, strlen(rows[r].out));
        assert_memory_equal(out, rows[r].out, o);
    }
}

static void other_bytes_pass(void **state)
{
    char in[256], out[512];
    struct crlf c = {0};
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)i;
    n = put(&c, in, sizeof in, out);
    assert_int_equal(n, sizeof in + 1);
    assert_memory_equal(out, in, 10);
    assert_memory_equal(out + 10, "\r\n", 2);
    assert_memory_equal(out + 12, in + 11, 245);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(other_bytes_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
