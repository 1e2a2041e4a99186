/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The way there and back is the same, for all there are; each part of one is cut. */
static void all_characters(void **state)
{
    char bytes[UTF8_MOST];
    uint32_t c, back = 0;

    (void)state;
    for (c = 1; c <= 0x10ffff; c++) {
        size_t n;

        if (!utf8_exists(c))
            continue;
        n = utf8_encode(c, bytes);
        if (utf8_decode(bytes, n, &back) != (int)n || back != c)
            fail_msg("U+%X", (unsigned)c);
        for (size_t part = 1; part < n; part++) {
            if (utf8_decode(bytes, part, &back) != UTF8_CUT || utf8_whole(bytes, part) != 0)
                fail_msg("%zu bytes of U+%X", part, (unsigned)c);
        }
    }
    assert_false(utf8_exists(0xd800));
    assert_false(utf8_exists(0xdfff));
    assert_false(utf8_exists(0x110000));
}

static void what_is_none(void **state)
{
    static const char *const bad[] = {
        "\x80",          "\xbf",      "\xc0\x80",         "\xc1\xbf",     "\xe0\x9f\xbf",     "\xed\xa0\x80",
        "\xc3(",         "\xe2\x82(", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80", "\xf5\x80\x80\x80", "\xff",
        "\xf0\x9f\x98(", "\xe0\x80",
    };
    uint32_t c;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &c), UTF8_BAD);
}

static void assert_whole(const char *text, size_t n)
{
    assert_int_equal(utf8_whole(text, strlen(text)), n);
}

static void cut_at_the_end_of_a_character(void **state)
{
    (void)state;
    assert_int_equal(utf8_whole("", 0), 0);
    assert_whole("ab", 2);
    assert_whole("a\xc3\xa9", 3);
    assert_whole("a\xc3", 1);
    assert_whole("ab\xe2\x82", 2);
    assert_whole("ab\xf0\x9f\x98", 2);
    assert_whole("ab\xf0\x9f\x98\x80", 6);
    assert_whole("ab\x80\x80\x80\x80", 6); /* none begins: nothing to wait for */
    assert_whole("ab\xff", 3);
    assert_whole("\xc3\x28", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_characters),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(cut_at_the_end_of_a_character),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
