/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/width.h"

#include <locale.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void one_by_one(void **state)
{
    static const struct {
        const char *s;
        size_t at, len;
        unsigned columns;
        bool cut;
    } rows[] = {
        {"ab", 0, 1, 1, false},
        {"~", 0, 1, 1, false},
        {"\t", 0, 1, 8, false},
        {"\t", 7, 1, 1, false},
        {"\t", 8, 1, 8, false},
        {"\x01", 0, 1, 2, false},
        {"\x7f", 0, 1, 2, false},
        {"\xc3\xa9x", 0, 2, 1, false},
        {"\xcc\x81", 0, 2, 0, false},         /* U+0301 combines */
        {"\xe6\xbc\xa2", 0, 3, 2, false},     /* U+6F22 is wide */
        {"\xf0\x9f\x98\x80", 0, 4, 2, false}, /* U+1F600 too */
        {"\xe2\x80\x8b", 0, 3, 0, false},     /* U+200B has no width */
        {"\xc2\x85", 0, 2, 1, false},         /* C1 */
        {"\xff", 0, 1, 1, false},
        {"\xc3x", 0, 1, 1, false},
        {"\xe6\xbc", 0, 2, 1, true},
    };

    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct width w = width_next(rows[i].s, strlen(rows[i].s), rows[i].at);

        if (w.len != rows[i].len || w.columns != rows[i].columns || w.cut != rows[i].cut)
            fail_msg("row %zu: %zu bytes, %u columns", i, w.len, w.columns);
    }
}

static void texts(void **state)
{
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        skip();
    assert_int_equal(width_text("", 0, 3), 3);
    assert_int_equal(width_text("a\0b", 3, 0), 4);
    assert_int_equal(width_text("ab\tc", 4, 0), 9);
    assert_int_equal(width_text("e\xcc\x81\xe6\xbc\xa2\xe6", 7, 1), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_by_one),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
