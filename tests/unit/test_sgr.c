/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sgr.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *text, *state;
} rows[] = {
    {"", ""},
    {"plain", ""},
    {"\x1b[31mred", "\x1b[0;31m"},
    {"\x1b[31mred\x1b[m", ""},
    {"\x1b[31mred\x1b[0m", ""},
    {"\x1b[31;0m", ""},
    {"\x1b[31;m", ""},
    {"\x1b[;31m", "\x1b[0;31m"},
    {"\x1b[1;31;44mx\x1b[4m", "\x1b[0;1;4;31;44m"},
    {"\x1b[91;102m", "\x1b[0;91;102m"},
    {"\x1b[31;41m\x1b[39m", "\x1b[0;41m"},
    {"\x1b[31;41m\x1b[49m", "\x1b[0;31m"},
    {"\x1b[1;2;3;4;5;6;7;8;9m", "\x1b[0;1;2;3;4;5;6;7;8;9m"},
    {"\x1b[1;2;3;4;5;6;7;8;9m\x1b[22;23;24;25;27;28;29m", ""},
    {"\x1b[1;2;3m\x1b[22m", "\x1b[0;3m"},
    {"\x1b[21m", "\x1b[0;4m"},
    {"\x1b[4:3m", "\x1b[0;4m"},
    {"\x1b[4m\x1b[4:0m", ""},
    {"\x1b[38;5;208m", "\x1b[0;38;5;208m"},
    {"\x1b[48;5;0;1m", "\x1b[0;1;48;5;0m"},
    {"\x1b[38;2;1;2;3;4m", "\x1b[0;4;38;2;1;2;3m"},
    {"\x1b[38:5:208m", "\x1b[0;38;5;208m"},
    {"\x1b[38:2:1:2:3;1m", "\x1b[0;1;38;2;1;2;3m"},
    {"\x1b[38:2::1:2:3m", "\x1b[0;38;2;1;2;3m"},
    {"\x1b[48:2::255:0:10m", "\x1b[0;48;2;255;0;10m"},
    {"\x1b[1;2;3;4;5;6;7;8;9;38;2;255;255;255;48;2;255;255;255m",
     "\x1b[0;1;2;3;4;5;6;7;8;9;38;2;255;255;255;48;2;255;255;255m"},
    /* not whole, out of range, unknown */
    {"\x1b[38m", ""},
    {"\x1b[38;5m", ""},
    {"\x1b[38;5;256m", ""},
    {"\x1b[38;2;1;999999999999;3m", ""},
    {"\x1b[38:2:1m", ""},
    {"\x1b[38;9;1m", "\x1b[0;1m"},
    {"\x1b[53m", "\x1b[0m"},
    {"\x1b[98m", "\x1b[0m"},
    {"\x1b[53m\x1b[m", ""},
    {"\x1b[:::::::::::::::1m", ""},
};

static void states(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sgr s = {0};
        char out[SGR_TEXT];

        sgr_scan(&s, rows[i].text, strlen(rows[i].text));
        if (sgr_format(&s, out) != strlen(out) || strcmp(out, rows[i].state) != 0)
            fail_msg("row %zu: %s", i, out + (out[0] != '\0'));
    }
}

/* What is restored is what there was. */
static void restores(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sgr s = {0}, t = {0};
        char out[SGR_TEXT], again[SGR_TEXT];

        sgr_scan(&s, rows[i].text, strlen(rows[i].text));
        sgr_scan(&s, NULL, 0);
        s.set &= ~1u;
        sgr_format(&s, out);
        sgr_scan(&t, out, strlen(out));
        sgr_format(&t, again);
        assert_string_equal(out, again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states),
        cmocka_unit_test(restores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
