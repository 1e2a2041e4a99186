/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addr.h"

/* The values that its authors published: key 00..0f, and as many bytes 00, 01... */
static void published(void **state)
{
    static const struct siphash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
    static const struct {
        size_t n;
        uint64_t want;
    } rows[] = {
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd}, {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}};
    unsigned char bytes[16];

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(siphash(&key, bytes, rows[i].n) == rows[i].want);
}

static void addresses(void **state)
{
    const struct siphash_key key = {{1, 2}}, other = {{1, 3}};
    struct addr a, mapped, b;

    (void)state;
    assert_int_equal(addr_parse(&a, "192.0.2.1", 7), 0);
    assert_int_equal(addr_parse(&mapped, "::ffff:192.0.2.1", 7), 0);
    assert_int_equal(addr_parse(&b, "192.0.2.1", 8), 0);
    assert_true(addr_hash(&a, &key) == addr_hash(&mapped, &key));
    assert_true(addr_hash(&a, &key) != addr_hash(&b, &key));
    assert_true(addr_hash(&a, &key) != addr_hash(&a, &other));
    assert_int_equal(addr_set_unix(&a, "/x"), 0);
    assert_int_equal(addr_set_unix(&b, "@x"), 0);
    assert_true(addr_hash(&a, &key) != addr_hash(&b, &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published), cmocka_unit_test(addresses)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
