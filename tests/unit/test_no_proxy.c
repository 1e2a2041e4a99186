/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/no_proxy.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *list, *host;
    bool has;
} rows[] = {
    {"", "example.org", false},
    {"*", "example.org", true},
    {"*", NULL, true},
    {"example.org", NULL, false},
    {"example.org", "example.org", true},
    {"example.org", "EXAMPLE.org", true},
    {"example.org", "www.example.org", true},
    {".example.org", "example.org", true},
    {"example.org", "notexample.org", false},
    {" a ,, b,\tc ", "c", true},
    {"10.0.0.0/8", "10.9.8.7", true},
    {"10.0.0.0/8", "11.0.0.1", false},
    {"10.0.0.0/8", "www.10.0.0.0", false},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"a,192.168.0.0/16", "192.168.77.1", true},
    {"192.168.1.1", "192.168.1.1", true},
    {"192.168.1.1", "192.168.1.11", false},
    {"fe80::/10", "fe80::1", true},
    {"fe80::/10", "fe80::1%lo", true},
    {"fe80::/10", "febf::1", true},
    {"fe80::/10", "fec0::1", false},
    {"2001:DB8:0:0::1", "2001:db8::1", true},
    {"[2001:db8::1]", "2001:db8::1", true},
    {"[fe80::]/10", "fe80::1", true},
    {"0.0.0.0/0", "1.2.3.4", true},
    {"0.0.0.0/0", "example.org", false},
    {"10.0.0.0/33", "10.0.0.1", false},
    {"10.0.0.0/", "10.0.0.1", false},
    {"/8", "10.0.0.1", false},
    {"]", "10.0.0.1", false},
    {".", "10.0.0.1", false},
};

static void who_is_in_the_list(void **state)
{
    char text[300];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (no_proxy_has(rows[i].list, rows[i].host) != rows[i].has)
            fail_msg("row %zu: '%s' and %s", i, rows[i].list, rows[i].host);
    }
    snprintf(text, sizeof text, "%0250d/8,::1", 10);
    assert_true(no_proxy_has(text, "::1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_in_the_list)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
