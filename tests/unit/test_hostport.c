/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hostport.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void same(const char *got, const char *want)
{
    if (want == NULL)
        assert_null(got);
    else
        assert_string_equal(got != NULL ? got : "(none)", want);
}

static void split(void **state)
{
    static const struct {
        const char *text, *host, *port;
    } rows[] = {
        {"host", "host", NULL},
        {"host:80", "host", "80"},
        {"host:http", "host", "http"},
        {"192.0.2.1:80", "192.0.2.1", "80"},
        {":80", NULL, "80"},
        {"[::1]:80", "::1", "80"},
        {"[::1]", "::1", NULL},
        {"[fe80::1%eth0]:80", "fe80::1%eth0", "80"},
        {"[fe80::1%eth0]", "fe80::1%eth0", NULL},
        {"::1", "::1", NULL},
        {"::", "::", NULL},
        {"fe80::1%eth0", "fe80::1%eth0", NULL},
        {"a:b:c", "a:b:c", NULL},
        {"80", "80", NULL},
        {"", NULL, NULL},
        {":", NULL, NULL},
        {"host:", NULL, NULL},
        {"[", NULL, NULL},
        {"]", NULL, NULL},
        {"[]", NULL, NULL},
        {"[]:80", NULL, NULL},
        {"[::1", NULL, NULL},
        {"[::1]:", NULL, NULL},
        {"[::1]80", NULL, NULL},
        {"[::1]:80:90", NULL, NULL},
        {"[::1]]:80", NULL, NULL},
        {"[[::1]:80", NULL, NULL},
        {"[[::1]]:80", NULL, NULL},
        {"::1]:80", NULL, NULL},
        {"host]:80", NULL, NULL},
        {"host[:80", NULL, NULL},
        {"host:[80]", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *host, *port;
        int want = rows[i].host == NULL && rows[i].port == NULL ? -1 : 0;

        assert_int_equal(hostport_split(rows[i].text, &host, &port), want);
        same(host, rows[i].host);
        same(port, rows[i].port);
        free(host);
        free(port);
    }
}

/* Knows four names, two of them with impossible ports; counts its calls. */
static int service(void *ctx, const char *name)
{
    static const struct {
        const char *name;
        int port;
    } known[] = {{"http", 80}, {"ftp-data", 20}, {"3com-x", 1106}, {"zero", 0}, {"huge", 65536}};

    ++*(int *)ctx;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0)
            return known[i].port;
    }
    return -1;
}

static void lists(void **state)
{
    static const struct {
        const char *text;
        int n;
        struct portrange want[4];
    } rows[] = {
        {"22", 1, {{22, 22}}},
        {"22,80,8000-8010", 3, {{22, 22}, {80, 80}, {8000, 8010}}},
        {"1-65535", 1, {{1, 65535}}},
        {"8010-8000", 1, {{8000, 8010}}},
        {"5-5", 1, {{5, 5}}},
        {"http", 1, {{80, 80}}},
        {"22,http,ftp-data,3com-x", 4, {{22, 22}, {80, 80}, {20, 20}, {1106, 1106}}},
        {"80,80", 2, {{80, 80}, {80, 80}}},
        {"", -1, {{0}}},
        {",", -1, {{0}}},
        {"22,", -1, {{0}}},
        {",22", -1, {{0}}},
        {"22,,80", -1, {{0}}},
        {"0", -1, {{0}}},
        {"0-10", -1, {{0}}},
        {"10-0", -1, {{0}}},
        {"65536", -1, {{0}}},
        {"1-65536", -1, {{0}}},
        {"1-", -1, {{0}}},
        {"-1", -1, {{0}}},
        {"-", -1, {{0}}},
        {"1-2-3", -1, {{0}}},
        {"1 - 2", -1, {{0}}},
        {"22;80", -1, {{0}}},
        {"nosuch", -1, {{0}}},
        {"22,nosuch", -1, {{0}}},
        {"nosuch,22", -1, {{0}}},
        {"zero", -1, {{0}}},
        {"huge", -1, {{0}}},
    };
    int calls = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct portrange *out = NULL;

        assert_int_equal(hostport_list(rows[i].text, service, &calls, &out), rows[i].n);
        if (rows[i].n < 0)
            assert_null(out);
        for (int j = 0; j < rows[i].n; j++) {
            assert_int_equal(out[j].first, rows[i].want[j].first);
            assert_int_equal(out[j].last, rows[i].want[j].last);
        }
        free(out);
    }
}

/* Numbers and ranges never ask for a name; without a service there are none. */
static void names_only_when_needed(void **state)
{
    struct portrange *out;
    int calls = 0;

    (void)state;
    assert_int_equal(hostport_list("1,2-3,4", service, &calls, &out), 3);
    free(out);
    assert_int_equal(calls, 0);
    assert_int_equal(hostport_list("1,2-3", NULL, NULL, &out), 2);
    free(out);
    assert_int_equal(hostport_list("http", NULL, NULL, &out), -1);
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split),
        cmocka_unit_test(lists),
        cmocka_unit_test(names_only_when_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
