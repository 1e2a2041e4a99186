/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/wrap.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char out[4096];

static void collect(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    strncat(out, text, n);
}

/* What becomes of a text behind `width` columns. */
static const char *wrapped(unsigned columns, unsigned width, const char *text)
{
    struct wrap w;

    out[0] = '\0';
    wrap_begin(&w, columns, width, collect, NULL);
    wrap_put(&w, text, strlen(text));
    assert_true(strlen(out) <= wrap_most(&w, strlen(text)));
    return out;
}

static void rows_go_on_behind_the_mark(void **state)
{
    (void)state;
    assert_string_equal(wrapped(10, 4, "123456"), "123456");
    assert_string_equal(wrapped(10, 4, "1234567"), "123456\n    7");
    assert_string_equal(wrapped(10, 4, "123456abcdef."), "123456\n    abcdef\n    .");
    assert_string_equal(wrapped(10, 6, "12345"), "1234\n 5"); /* a mark of more than half a row */
    assert_string_equal(wrapped(10, 12, "123456789"), "12345678\n 9");
    assert_string_equal(wrapped(7, 4, "123456789"), "123456789"); /* too narrow */
}

static void characters_are_not_cut(void **state)
{
    (void)state;
    assert_string_equal(wrapped(10, 4, "12345\346\260\264"), "12345\n    \346\260\264");
    assert_string_equal(wrapped(10, 4,
                                "123456\314\201"
                                "7"),
                        "123456\314\201\n    7");
    assert_string_equal(wrapped(10, 4, "12\t345"), "12\t34\n    5");
    assert_string_equal(wrapped(10, 4, "12345\t6"), "12345\n    \t6");
}

static void colours_end_with_the_row(void **state)
{
    (void)state;
    assert_string_equal(wrapped(10, 4, "\033[31m1234567\033[m8"),
                        "\033[31m123456\033[m\n    \033[0;31m7\033[m8");
    assert_string_equal(wrapped(10, 4, "12345\033[7m\\x1b\033[27m6"),
                        "12345\033[7m\\\033[m\n    \033[0;7mx1b\033[27m6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_go_on_behind_the_mark),
        cmocka_unit_test(characters_are_not_cut),
        cmocka_unit_test(colours_end_with_the_row),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
