/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/socks.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put_and_take(const char *host, const char *wanted)
{
    struct socks5_place place;
    unsigned char out[SOCKS5_AHEAD];
    struct addr a, b;
    size_t n;

    assert_int_equal(addr_parse(&a, host, 0x1234), 0);
    assert_int_equal(addr_parse(&b, wanted, 0x1234), 0);
    n = socks5_put_ahead(out, &a);
    assert_int_equal(n, addr_family(&b) == AF_INET ? 10 : 22);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(socks5_take_ahead(out, i, &place), 0);
    assert_int_equal(socks5_take_ahead(out, n, &place), n);
    assert_null(place.name);
    assert_int_equal(place.port, 0x1234);
    assert_true(addr_equal(&place.addr, &b));
}

static void test_there_and_back(void **state)
{
    (void)state;
    put_and_take("192.0.2.1", "192.0.2.1");
    put_and_take("::ffff:192.0.2.1", "192.0.2.1");
    put_and_take("2001:db8::1", "2001:db8::1");
}

static void test_names(void **state)
{
    static const unsigned char in[] = "\0\0\0\3\2ab\x12\x34rest";
    struct socks5_place place;

    (void)state;
    assert_int_equal(socks5_take_ahead(in, sizeof in - 1, &place), 9);
    assert_int_equal(place.addr.len, 0);
    assert_int_equal(place.nname, 2);
    assert_memory_equal(place.name, "ab", 2);
    assert_int_equal(place.port, 0x1234);
}

static void test_none(void **state)
{
    static const char *const none[] = {"\0\0\1\1\177\0\0\1\0\1", "\1\0\0\1\177\0\0\1\0\1",
                                       "\0\1\0\1\177\0\0\1\0\1", "\0\0\0\2\177\0\0\1\0\1",
                                       "\0\0\0\4\177\0\0\1\0\1", "\0\0\0\3\377\0\0\1\0\1"};
    const struct addr nobody = {0};
    struct socks5_place place;
    unsigned char out[SOCKS5_PLACE];

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(socks5_take_ahead((const unsigned char *)none[i], 10, &place), 0);
    assert_int_equal(socks5_put_place(out, &nobody), 7);
    assert_memory_equal(out, "\1\0\0\0\0\0\0", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
