/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/modes.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct row {
    const char *text, *reset, *restore;
} rows[] = {
    {"plain\r\n", "\033[m", ""},
    {"\033[31mred\033[2J\033[5;7H", "\033[m", ""},
    {"\033[?1049h", "\033[m\033[?1049l", "\033[?1049h"},
    {"\033[?1049h\033[?1049l", "\033[m", ""},
    {"\033[?1;1000;25h", "\033[m\033[?1l\033[?1000l", "\033[?1h\033[?1000h"},
    {"\033[?25l\033[?7l", "\033[m\033[?7h\033[?25h", "\033[?7l\033[?25l"},
    {"\033[?12h\033[20h\033[1h", "\033[m", ""},
    {"\033[4h\033=\033(0\016", "\033[m\033[4l\033>\033(B\017", "\033[4h\033=\033(0\016"},
    {"\033[2;20r", "\033[m\0337\033[r\0338", ""},
    {"\033[2;20r\033[r", "\033[m", ""},
    {"\033[>4;2m\033[4 q", "\033[m\033[>4m\033[0 q", ""},
    {"\033[?1h\033[?1049h\033[!p", "\033[m\033[?1049l", "\033[?1049h"},
    {"\033[?1h\033c", "\033[m", ""},
    {"\033]0;a title", "\033\\\033[m", ""},
    {"\033]0;a title\007\033P1\033\\", "\033[m", ""},
    {"\033[?100", "\030\033[m", ""},
    {"\033[?1000\030h", "\033[m", ""},
    {"\033[?11111111111111111111111111111111111111111111111111111111h\033[?1h", "\033[m\033[?1l", "\033[?1h"},
};

static void notes_of_any_cut(void **state)
{
    char out[MODES_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t n = strlen(rows[i].text);

        for (size_t piece = 1; piece <= n; piece++) {
            struct modes m = {0};

            for (size_t at = 0; at < n; at += piece)
                modes_scan(&m, rows[i].text + at, n - at < piece ? n - at : piece);
            assert_int_equal(modes_reset(&m, out), strlen(rows[i].reset));
            assert_string_equal(out, rows[i].reset);
            modes_restore(&m, out);
            assert_string_equal(out, rows[i].restore);
        }
    }
}

/* All at once fits, and what is given back needs nothing more. */
static void everything_is_put_back(void **state)
{
    static const char all[] =
        "\033[?1049;1047;47;1;6;9;1000;1002;1003;1004;h\033[?1005;1006;1015;2004h\033[?7;25l\033[4h\033="
        "\033(0\016\033[2;3r\033[>4;1m\033[>1u\033[3 q";
    char out[MODES_TEXT];
    struct modes m = {0}, after;

    (void)state;
    modes_scan(&m, all, sizeof all - 1);
    after = m;
    modes_scan(&after, out, modes_reset(&m, out));
    after.changed &= ~(1u << 22); /* no sequence that is looked for says that keyboards are as they were */
    assert_int_equal(after.changed, 0);
    assert_true(modes_restore(&m, out) < MODES_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_of_any_cut),
        cmocka_unit_test(everything_is_put_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
