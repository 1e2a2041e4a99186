/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/addrset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int add(struct addrset *s, const char *text, struct err *e)
{
    size_t name;
    int bits;

    return addrset_add_text(s, text, &bits, &name, e);
}

static bool has(const struct addrset *s, const char *host)
{
    struct addr a;

    if (addr_parse(&a, host, 80) < 0)
        fail_msg("%s is no address", host);
    return addrset_has(s, &a);
}

static void entries_have_addresses(void **state)
{
    static const struct {
        const char *entry, *in, *out; /* words */
    } rows[] = {
        {"192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.0 192.0.2.2 ::192.0.2.1"},
        {"192.0.2.77/24", "192.0.2.0 192.0.2.255", "192.0.1.255 192.0.3.0"},
        {"192.0.2.1/32", "192.0.2.1", "192.0.2.0"},
        {"192.0.2.1/0", "0.0.0.0 255.255.255.255 ::ffff:1.2.3.4", "::1 ::"},
        {"::1", "::1", "::2 :: 0.0.0.1"},
        {"2001:db8::/33", "2001:db8:: 2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db8:8000:: 2001:db7::"},
        {"2001:db8::4:5/95", "2001:db8::1:ffff:ffff", "2001:db8::2:0:0"},
        {"2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::"},
        {"::/0", "::1 ffff:: 192.0.2.1", ""},
        {"ff00::1/128", "ff00::1", "ff00::"},
        {"::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.0"},
        {"192.168.0.1-5", "192.168.0.1 192.168.0.5", "192.168.0.0 192.168.0.6"},
        {"10.3-8.*.*", "10.3.0.0 10.8.255.255", "10.2.255.255 10.9.0.0"},
        {"10.-3.0.1", "10.0.0.1 10.3.0.1", "10.4.0.1 10.0.0.2"},
        {"10.252-.0.1", "10.252.0.1 10.255.0.1", "10.251.0.1"},
        {"10.0.-.1", "10.0.0.1 10.0.255.1", "10.0.1.2"},
        {"10.0.0.2,5-7,20", "10.0.0.2 10.0.0.6 10.0.0.20", "10.0.0.3 10.0.0.8 10.0.0.21"},
        {"*.1-10,12.*.4-5,7", "1.2.3.4 70.12.4.7 9.10.1.5", "70.11.4.4 1.2.3.6"},
        {"*.*.*.*", "0.0.0.0 255.255.255.255", "::1"},
        {"1-5.1-5.1-5.1-5/28", "1.2.3.0 1.2.3.15", "6.1.2.3 1.2.3.16"},
        {"10.0.5,30.0/22", "10.0.4.0 10.0.7.255 10.0.28.1", "10.0.8.0 10.0.3.255"},
        {"*.7.0.0/16", "1.7.9.9 255.7.255.0", "1.8.0.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addrset s = {0};
        char text[256], *rest = text, *word;
        struct err e;

        if (add(&s, rows[i].entry, &e) != 0)
            fail_msg("%s: %s", rows[i].entry, e.text);
        addrset_seal(&s);
        snprintf(text, sizeof text, "%s", rows[i].in);
        while ((word = strtok_r(rest, " ", &rest)) != NULL) {
            if (!has(&s, word))
                fail_msg("%s has no %s", rows[i].entry, word);
        }
        snprintf(rest = text, sizeof text, "%s", rows[i].out);
        while ((word = strtok_r(rest, " ", &rest)) != NULL) {
            if (has(&s, word))
                fail_msg("%s has %s", rows[i].entry, word);
        }
        addrset_clear(&s);
    }
}

static void malformed_entries_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        ".",
        "-",
        ",",
        "1.2.3.4,",
        ",1.2.3.4",
        "1.2.3.4.5",
        "1.2.3",
        "5",
        "256.1.1.1",
        "1.2.3.1000",
        "10-5.2.3.4",
        "*1.2.3.4",
        "1*.2.3.4",
        "1-2-3.4.5.6",
        "1.2.3.4/",
        "1.2.3.4/33",
        "1.2.3.4/+24",
        "1.2.3.4/24a",
        "1.2.3.4//24",
        "1.2.3.4/-0",
        "ff::ff/129",
        "1:2:3:4:5:6:7:8:9",
        "11::22::33",
        "fffff::",
        "fe80::1%lo",
        "/24",
        "*.*.*.1/33",
        "1.2.3.4/0x8",
    };
    struct addrset s = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e;

        if (add(&s, rows[i], &e) != -1)
            fail_msg("%s is taken", rows[i]);
        assert_int_equal(e.status, STATUS_LOCAL);
    }
    assert_int_equal(s.n, 0);
    addrset_clear(&s);
}

static void names_are_for_others(void **state)
{
    struct addrset s = {0};
    struct err e;
    size_t n;
    int bits;

    (void)state;
    assert_int_equal(addrset_add_text(&s, "example.org", &bits, &n, &e), 1);
    assert_int_equal(n, 11);
    assert_int_equal(bits, -1);
    assert_int_equal(addrset_add_text(&s, "host/28", &bits, &n, &e), 1);
    assert_int_equal(n, 4);
    assert_int_equal(bits, 28);
    assert_int_equal(s.n, 0);
}

static void unix_names_are_in_no_set(void **state)
{
    struct addrset s = {0};
    struct addr a;
    struct err e;

    (void)state;
    assert_int_equal(add(&s, "::/0", &e), 0);
    addrset_seal(&s);
    assert_int_equal(addr_set_unix(&a, "/x"), 0);
    assert_false(addrset_has(&s, &a));
    a.len = 0;
    assert_false(addrset_has(&s, &a));
    assert_int_equal(addrset_add(&s, &a, -1), -1);
    addrset_clear(&s);
}

/* Against the plain way: each address of a small space is in the set or not. */
static void overlapping_ranges_are_merged(void **state)
{
    bool in[4096] = {false};
    struct addrset s = {0};
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < 300; i++) {
        struct addr a;
        char host[32];
        unsigned at, bits;

        seed = seed * 1103515245 + 12345;
        at = seed >> 16 & 4095;
        bits = 27 + (seed >> 8 & 7) % 6;
        snprintf(host, sizeof host, "10.0.%u.%u", at / 256, at % 256);
        assert_int_equal(addr_parse(&a, host, 0), 0);
        assert_int_equal(addrset_add(&s, &a, (int)bits), 0);
        for (unsigned k = at >> (32 - bits) << (32 - bits), n = 1U << (32 - bits); n > 0; n--)
            in[k++] = true;
        addrset_seal(&s);
    }
    for (unsigned k = 0; k < 4096; k++) {
        char host[32];

        snprintf(host, sizeof host, "10.0.%u.%u", k / 256, k % 256);
        assert_int_equal(has(&s, host), in[k]);
    }
    addrset_clear(&s);
}

static void scattered_patterns_are_bounded(void **state)
{
    struct addrset s = {0};
    struct err e;

    (void)state;
    for (int i = 0; i < ADDRSET_SCATTERED; i++)
        assert_int_equal(add(&s, "*.*.0-9.1", &e), 0);
    assert_int_equal(add(&s, "*.*.0-9.1", &e), -1);
    assert_int_equal(add(&s, "10.0.0.0/8", &e), 0);
    addrset_seal(&s);
    assert_true(has(&s, "1.2.9.1"));
    assert_false(has(&s, "1.2.10.1"));
    addrset_clear(&s);
}

static void count_run(void *ctx, uint32_t first, uint32_t last)
{
    *(uint64_t *)ctx += (uint64_t)last - first + 1;
}

static void runs_cover_a_pattern(void **state)
{
    static const struct {
        const char *text;
        size_t runs;
        uint64_t addresses;
    } rows[] = {
        {"1.2.3.4", 1, 1},        {"1.2.3.*", 1, 256},      {"1.2.3-4.*", 1, 512},
        {"1.2,4.*.*", 2, 131072}, {"1-3.1,3.0.0-9", 6, 60}, {"*.*.*.*", 1, UINT64_C(1) << 32},
    };
    struct octets o;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t sum = 0;

        assert_int_equal(octets_parse(&o, rows[i].text), 0);
        assert_int_equal(octets_runs(&o, rows[i].runs, count_run, &sum), rows[i].runs);
        assert_int_equal(sum, rows[i].addresses);
        sum = 0;
        assert_int_equal(octets_runs(&o, rows[i].runs - 1, count_run, &sum), rows[i].runs);
        assert_int_equal(sum, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_addresses),        cmocka_unit_test(malformed_entries_are_refused),
        cmocka_unit_test(names_are_for_others),          cmocka_unit_test(unix_names_are_in_no_set),
        cmocka_unit_test(overlapping_ranges_are_merged), cmocka_unit_test(scattered_patterns_are_bounded),
        cmocka_unit_test(runs_cover_a_pattern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
