/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "term/tail.h"

static struct {
    char text[64 * 1024];
    size_t len;
} out;

static void print(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    memcpy(out.text + out.len, text, n);
    out.len += n;
}

static struct tail tail;

static void begin(void)
{
    memset(&tail, 0, sizeof tail);
    memset(&out, 0, sizeof out);
}

static void add(const char *text, unsigned width)
{
    tail_add(&tail, text, strlen(text), width, print, NULL);
}

static void expect(const char *printed, const char *kept)
{
    assert_int_equal(out.len, strlen(printed));
    assert_memory_equal(out.text, printed, out.len);
    assert_int_equal(tail.len, strlen(kept));
    assert_memory_equal(tail.text, kept, tail.len);
}

static void keeps_what_fits(void **state)
{
    (void)state;
    begin();
    add("log", 20);
    add("in: ", 20);
    expect("", "login: ");
    begin();
    add("01234567890123456789", 20);
    expect("", "01234567890123456789");
}

static void prints_full_rows(void **state)
{
    (void)state;
    begin();
    add("0123456789abc", 5);
    expect("01234 \r56789 \r", "abc");
    add("de", 5);
    expect("01234 \r56789 \r", "abcde");
    add("f", 5);
    expect("01234 \r56789 \rabcde \r", "f");
}

static void knows_wide_and_combining_characters(void **state)
{
    (void)state;
    begin();
    add("日本語", 5);
    expect("日本  \r", "語");
    begin();
    add("abcde\u0301f", 5);
    expect("abcde\u0301 \r", "f");
    begin();
    add("日", 1);
    expect("", "日");
}

static void counts_tabs(void **state)
{
    (void)state;
    begin();
    add("a\tb", 8);
    expect("a\t \r", "b");
}

static void passes_controls_at_once(void **state)
{
    (void)state;
    begin();
    add("\033[2Jab\033[1;31mc\007\033]0;title\007d", 20);
    expect("\033[2J\007\033]0;title\007", "ab\033[1;31mcd");
    begin();
    add("x\033[", 20);
    expect("", "x\033[");
    add("Hy", 20);
    expect("\033[H", "xy");
}

static void goes_back_as_a_terminal(void **state)
{
    (void)state;
    begin();
    add("100%\r", 20);
    expect("", "100%\r");
    add(" 5", 20);
    expect("", " 50%\r 5");
    add("7%", 20);
    expect("", " 57%");
    begin();
    add("0123456789abc\rX", 5);
    expect("01234 \r56789 \r", "Xbc\rX");
    add("YZ!!?", 5);
    expect("01234 \r56789 \rXbc\rXYZ!! \r", "?");
}

static void is_printed_with_its_colours(void **state)
{
    (void)state;
    begin();
    tail.sgr.set = 1 << 4;
    add("\033[31mabc\033[m\rX", 20);
    expect("", "\033[mX\033[0;4;31mbc\r\033[mX");
}

static void is_bounded(void **state)
{
    static const char *const endless[] = {
        "\u0301", "\033[1", "\033]", "\033[31m",           "x",      "\xe6", "\t", "\r",
        "\b",     "x\r",    "ab\b",  "\033[1mx\033[2my\r", "\033[Kx"};

    (void)state;
    for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++) {
        begin();
        for (unsigned n = 0; n < 10000; n++) {
            add(endless[i], n % 2 == 0 ? 10 : 0);
            assert_true(tail.len <= TAIL_SIZE);
            if (out.len > sizeof out.text / 2)
                out.len = 0;
        }
    }
}

static void check_format(const char *text, const char *expected)
{
    char *got = tail_format(text, strlen(text));

    assert_string_equal(got, expected);
    free(got);
}

static void formats_a_prompt(void **state)
{
    (void)state;
    check_format("", "");
    check_format("login: ", "login: ");
    check_format("a\tb", "a       b");
    check_format("日\tb", "日      b");
    check_format("\033[1mbold\033[0m: ", "\001\033[1m\002bold\001\033[0m\002: ");
    check_format("x\033[1", "x");
    check_format("50%\r", "50%");
    check_format("100%\r 5", " 50%");
    check_format("a\001\002b\033[2Jc", "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_fits),
        cmocka_unit_test(prints_full_rows),
        cmocka_unit_test(knows_wide_and_combining_characters),
        cmocka_unit_test(counts_tabs),
        cmocka_unit_test(passes_controls_at_once),
        cmocka_unit_test(goes_back_as_a_terminal),
        cmocka_unit_test(is_printed_with_its_colours),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(formats_a_prompt),
    };

    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
