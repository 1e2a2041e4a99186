/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/proxy_header.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEXT(text) (const unsigned char *)(text), sizeof(text) - 1
#define START2 "\r\n\r\n\0\r\nQUIT\n"

/* What comes of all of it; of less than that nothing must. */
static int read_pieces(const unsigned char *in, size_t n, struct proxy_header *h, size_t *used)
{
    int r = 0;

    for (size_t i = 1; i <= n && r == 0; i++)
        r = proxy_header_read(in, i, h, used);
    return r;
}

static const char *text_of(const struct proxy_header *h)
{
    static char text[2 * ADDR_TEXT + 8];
    char from[ADDR_TEXT], to[ADDR_TEXT];

    if (h->from.len == 0)
        return "";
    snprintf(text, sizeof text, "%s, %s", addr_format(&h->from, from), addr_format(&h->to, to));
    return text;
}

static void headers_are_read(void **state)
{
    static const struct {
        const unsigned char *in;
        size_t n;
        const char *text;
    } rows[] = {
        {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 40000 80\r\n"),
         "192.0.2.1 port 40000, 198.51.100.2 port 80"},
        {TEXT("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"), "2001:db8::1 port 1, ::1 port 65535"},
        {TEXT("PROXY UNKNOWN\r\n"), ""},
        {TEXT("PROXY UNKNOWN ffff:: ffff:: 1 2\r\n"), ""},
        {TEXT(START2 "\x21\x11\0\14\300\0\2\1\306\63\144\2\234\100\0\120"),
         "192.0.2.1 port 40000, 198.51.100.2 port 80"},
        {TEXT(START2 "\x21\x11\0\17\300\0\2\1\306\63\144\2\234\100\0\120\4\0\0"),
         "192.0.2.1 port 40000, 198.51.100.2 port 80"},
        {TEXT(START2 "\x21\x21\0\44\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\1\0\2"),
         "::1 port 1, ::2 port 2"},
        {TEXT(START2 "\x20\0\0\0"), ""},
        {TEXT(START2 "\x20\x11\0\14\300\0\2\1\306\63\144\2\234\100\0\120"), ""},
        {TEXT(START2 "\x21\0\0\2xx"), ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct proxy_header h;
        size_t used;

        assert_int_equal(read_pieces(rows[i].in, rows[i].n, &h, &used), PROXY_HEADER_DONE);
        assert_int_equal(used, rows[i].n);
        assert_string_equal(text_of(&h), rows[i].text);
    }
}

static void what_is_no_header_is_refused(void **state)
{
    static const struct {
        const unsigned char *in;
        size_t n;
        int result;
    } rows[] = {
        {TEXT("GET / HTTP/1.1\r\n"), PROXY_HEADER_NONE},
        {TEXT("proxy TCP4"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 40000 80\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 40000\r\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 40000 80 1\r\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP4 192.0.2.1 198.51.100.2 40000 65536\r\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP4 ::1 ::1 1 2\r\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP6 fe80::1%lo ::1 1 2\r\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY TCP4 name name 1 2\r\n"), PROXY_HEADER_NONE},
        {TEXT("PROXY \r\n"), PROXY_HEADER_NONE},
        {TEXT(
             "PROXY UNKNOWN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaa"),
         PROXY_HEADER_LONG},
        {TEXT(START2 "\x11\x11\0\14"), PROXY_HEADER_NONE},
        {TEXT(START2 "\x22\x11\0\14"), PROXY_HEADER_NONE},
        {TEXT(START2 "\x21\x11\0\13\300\0\2\1\306\63\144\2\234\100\0"), PROXY_HEADER_NONE},
        {TEXT(START2 "\x21\x11\17\361"), PROXY_HEADER_LONG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct proxy_header h;
        size_t used;

        assert_int_equal(read_pieces(rows[i].in, rows[i].n, &h, &used), rows[i].result);
    }
}

static void what_is_written_is_read(void **state)
{
    static const char *const pairs[][2] = {{"192.0.2.1", "198.51.100.2"},
                                           {"2001:db8::1", "::1"},
                                           {"::ffff:192.0.2.1", "::ffff:198.51.100.2"},
                                           {"192.0.2.1", "::1"}};
    static const char *const texts[] = {"192.0.2.1 port 1, 198.51.100.2 port 2",
                                        "2001:db8::1 port 1, ::1 port 2",
                                        "192.0.2.1 port 1, 198.51.100.2 port 2", ""};
    unsigned char out[PROXY_HEADER_OUT];
    struct proxy_header h;
    size_t used;

    (void)state;
    for (int version = 1; version <= 2; version++) {
        for (size_t i = 0; i < 4; i++) {
            size_t n;

            assert_int_equal(addr_parse(&h.from, pairs[i][0], 1), 0);
            assert_int_equal(addr_parse(&h.to, pairs[i][1], 2), 0);
            n = proxy_header_write(version, &h, out);
            assert_int_equal(proxy_header_read(out, n, &h, &used), PROXY_HEADER_DONE);
            assert_int_equal(used, n);
            assert_string_equal(text_of(&h), texts[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(what_is_no_header_is_refused),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
