/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct sgr none;

static void check(const char *text, bool cursor, const char *expected)
{
    size_t n;
    char *got = row_flat(text, strlen(text), &none, cursor, &n);

    assert_int_equal(n, strlen(expected));
    assert_memory_equal(got, expected, n);
    free(got);
}

static void goes_over_what_stands_there(void **state)
{
    (void)state;
    check("", true, "");
    check("plain \033[4:3mtext\033[m", true, "plain \033[4:3mtext\033[m");
    check("100%\r 5", false, " 50%");
    check("100%\r 5", true, " 50%\r 5");
    check("100%\r", true, "100%\r");
    check("a\rb\rc", true, "c");
    check("abc\b\bX", false, "aXc");
    check("-\b\\\b|\b/\b-", true, "-");
    check("\b\b\ba", true, "a");
    check("abcdefghij\r\tX", false, "abcdefghXj");
    check("ab\r\tX", false, "ab      X");
    check("50%  \r      \rdone", true, "done");
    check("word: \rW", true, "Word:\rW");
}

static void keeps_characters_whole(void **state)
{
    (void)state;
    check("日本\rx", false, "x 本");
    check("日本\r xy", false, " xy");
    check("abcd\r日", false, "日cd");
    check("abcd\ra日", false, "a日d");
    check("e\u0301f\rx", false, "xf");
    check("ef\re\u0301", false, "e\u0301f");
    check("ef\r\u0301", false, "ef");
    check("日本\b", true, "日本\r日本\b");
    check("日本\b\b", true, "日本\r日");
    check("日本\b\b\bx", false, " x本");
}

static void erases(void **state)
{
    (void)state;
    assert_true(row_moves("x\033[K", 4));
    assert_false(row_moves("x\033[1K\033[3m", 9));
    check("100%\r\033[K5%", true, "5%");
    check("100%\r\033[0K5%", true, "5%");
    check("100%\033[2K\r5%", true, "5%");
    check("abc\b\033[2Kd", true, "  d");
    check("日本\r \033[K", true, " ");
}

static void keeps_colours_with_their_characters(void **state)
{
    struct sgr red = {.fg = {SGR_BASIC, {31}}};
    size_t n;
    char *got;

    (void)state;
    check("\033[31mabc\rX", false, "\033[0;31mXbc");
    check("\033[31mabc\033[m\rX", false, "X\033[0;31mbc\033[m");
    check("abc\r\033[7mX\033[27m", true, "\033[0;7mX\033[mbc\r\033[0;7mX\033[m");
    got = row_flat("abc\rX\033[1m", 9, &red, false, &n);
    assert_int_equal(n, 12);
    assert_memory_equal(got, "Xbc\033[0;1;31m", n);
    free(got);
}

static void keeps_what_is_cut(void **state)
{
    (void)state;
    check("abc\rX\033[3", true, "Xbc\rX\033[3");
    check("abc\rX\xe6\x97", true, "Xbc\rX\xe6\x97");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_over_what_stands_there),
        cmocka_unit_test(keeps_characters_whole),
        cmocka_unit_test(erases),
        cmocka_unit_test(keeps_colours_with_their_characters),
        cmocka_unit_test(keeps_what_is_cut),
    };

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
