/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/input.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct good {
    enum input_mode mode;
    enum eol eol;
    const char *line, *out;
    size_t n; /* of `out` */
};

#define OUT(text) text, sizeof text - 1

static const struct good goods[] = {
    {INPUT_TEXT, EOL_LF, "", OUT("\n")},
    {INPUT_TEXT, EOL_LF, "a\\n", OUT("a\\n\n")},
    {INPUT_TEXT, EOL_CRLF, "a", OUT("a\r\n")},
    {INPUT_TEXT, EOL_CRLF, "a\nb\r\nc", OUT("a\r\nb\r\nc\r\n")},
    {INPUT_TEXT, EOL_NONE, "a\nb", OUT("a\nb")},
    {INPUT_TEXT, EOL_NONE, "", OUT("")},
    {INPUT_TEXT, EOL_NUL, "a", OUT("a\0")},
    {INPUT_ESCAPES, EOL_CRLF, "", OUT("")},
    {INPUT_ESCAPES, EOL_LF, "plain \xc3\xa9", OUT("plain \xc3\xa9")},
    {INPUT_ESCAPES, EOL_LF, "\\r\\n\\t\\0\\a\\b\\e\\f\\v\\\\", OUT("\r\n\t\0\a\b\x1b\f\v\\")},
    {INPUT_ESCAPES, EOL_LF, "\\x00\\xfF\\x41z", OUT("\0\xff\x41z")},
    {INPUT_ESCAPES, EOL_LF, "\\012",
     OUT("\0"
         "12")},
    {INPUT_ESCAPES, EOL_LF, "\\u0041\\u00e9\\u20AC\\uffff", OUT("A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf")},
    {INPUT_ESCAPES, EOL_LF, "\\U0001F600\\U0010ffff", OUT("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf")},
    {INPUT_ESCAPES, EOL_LF, "\\u0080\\u07ff\\u0800\\ud7ff\\ue000",
     OUT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80")},
    {INPUT_ESCAPES, EOL_LF, "a\nb", OUT("a\nb")},
    {INPUT_HEX, EOL_LF, "", OUT("")},
    {INPUT_HEX, EOL_LF, " \t\n", OUT("")},
    {INPUT_HEX, EOL_LF, "48 65 6c6c 6f", OUT("Hello")},
    {INPUT_HEX, EOL_LF, "  48656C6C6f  ", OUT("Hello")},
    {INPUT_HEX, EOL_LF, "0x48 0X6565\t00", OUT("Hee\0")},
    {INPUT_HEX, EOL_LF, "48:65,6c, 0x6c", OUT("Hell")},
    {INPUT_HEX, EOL_LF, "48\"el # lo\" 0x6f # 48 \"", OUT("Hel # loo")},
    {INPUT_HEX, EOL_LF, "# one\n41", OUT("A")},
    {INPUT_TEXT, EOL_CR, "a\nb", OUT("a\rb\r")},
    {INPUT_HEX, EOL_LF, "00ff", OUT("\0\xff")},
};

static void encodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
        struct input_fault fault;
        unsigned char *out = NULL;
        size_t n = 0;

        if (input_encode(goods[i].mode, goods[i].eol, goods[i].line, strlen(goods[i].line), &out, &n,
                         &fault) != 0)
            fail_msg("row %zu: %s", i, fault.why);
        assert_non_null(out);
        if (n != goods[i].n || memcmp(out, goods[i].out, n) != 0)
            fail_msg("row %zu", i);
        free(out);
    }
}

static const struct {
    enum input_mode mode;
    const char *line;
    size_t offset, length;
    const char *why; /* a part of it */
} bads[] = {
    {INPUT_ESCAPES, "ab\\", 2, 1, "backslash"},
    {INPUT_ESCAPES, "\\\\\\", 2, 1, "backslash"},
    {INPUT_ESCAPES, "ab\\qz", 2, 2, "no such escape"},
    {INPUT_ESCAPES, "\\\xe2\x82\xacz", 0, 4, "no such escape"},
    {INPUT_ESCAPES, "\\x", 0, 2, "\\x needs two hex digits"},
    {INPUT_ESCAPES, "\\x4", 0, 3, "two"},
    {INPUT_ESCAPES, "\\x4g", 0, 3, "two"},
    {INPUT_ESCAPES, "ok\\r\\u12 4", 4, 4, "four"},
    {INPUT_ESCAPES, "\\U0001F60", 0, 9, "eight"},
    {INPUT_ESCAPES, "\\ud800", 0, 6, "no such character"},
    {INPUT_ESCAPES, "\\udfff", 0, 6, "no such character"},
    {INPUT_ESCAPES, "a\\U00110000", 1, 10, "no such character"},
    {INPUT_ESCAPES, "a\\Uffffffff", 1, 10, "no such character"},
    {INPUT_HEX, "4", 0, 1, "two hex digits"},
    {INPUT_HEX, "41 \"4", 3, 1, "ends this text"},
    {INPUT_HEX, "41:4,", 3, 1, "two hex digits"},
    {INPUT_HEX, "48 6 5", 3, 1, "two hex digits"},
    {INPUT_HEX, "486", 2, 1, "two hex digits"},
    {INPUT_HEX, "48 zz", 3, 1, "not a hex digit"},
    {INPUT_HEX, "4z", 1, 1, "not a hex digit"},
    {INPUT_HEX, "48 \xe2\x82\xac", 3, 3, "not a hex digit"},
    {INPUT_HEX, "0x", 0, 2, "0x"},
    {INPUT_HEX, "41 0x 41", 3, 2, "0x"},
    {INPUT_HEX, "0x4", 2, 1, "two hex digits"},
    {INPUT_HEX, "000x41", 3, 1, "not a hex digit"},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        struct input_fault fault = {0};
        unsigned char *out = NULL;
        size_t n = 77;

        assert_int_equal(
            input_encode(bads[i].mode, EOL_LF, bads[i].line, strlen(bads[i].line), &out, &n, &fault), -1);
        assert_null(out);
        assert_int_equal(n, 77);
        if (fault.offset != bads[i].offset || fault.length != bads[i].length ||
            strstr(fault.why, bads[i].why) == NULL)
            fail_msg("row %zu: %zu+%zu %s", i, fault.offset, fault.length, fault.why);
    }
}

static void a_nul_in_the_line(void **state)
{
    struct input_fault fault;
    unsigned char *out;
    size_t n;

    (void)state;
    assert_int_equal(input_encode(INPUT_TEXT, EOL_LF, "a\0b", 3, &out, &n, &fault), 0);
    assert_int_equal(n, 4);
    assert_memory_equal(out, "a\0b\n", 4);
    free(out);
    assert_int_equal(input_encode(INPUT_ESCAPES, EOL_LF, "a\0\\0", 4, &out, &n, &fault), 0);
    assert_int_equal(n, 3);
    assert_memory_equal(out, "a\0\0", 3);
    free(out);
    assert_int_equal(input_encode(INPUT_ESCAPES, EOL_LF, "\\\0", 2, &out, &n, &fault), -1);
    assert_int_equal(fault.length, 2);
}

static void columns(void **state)
{
    (void)state;
    assert_int_equal(input_column("abc", 0, 0), 0);
    assert_int_equal(input_column("abc", 2, 0), 2);
    assert_int_equal(input_column("abc", 2, 5), 7);
    assert_int_equal(input_column("a\tb", 2, 0), 8);
    assert_int_equal(input_column("a\tb", 2, 6), 8);
    assert_int_equal(input_column("a\tb", 2, 7), 16);
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        skip();
    assert_int_equal(input_column("e\xcc\x81\\", 3, 0), 1);              /* combining */
    assert_int_equal(input_column("\xe6\xbc\xa2\xe5\xad\x97", 6, 0), 4); /* wide */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes),
        cmocka_unit_test(refuses),
        cmocka_unit_test(a_nul_in_the_line),
        cmocka_unit_test(columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
