/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sha1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void is(const void *data, size_t n, const char *want)
{
    unsigned char out[SHA1_SIZE], expected[SHA1_SIZE];

    sha1(data, n, out);
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        const char byte[3] = {want[2 * i], want[2 * i + 1]};

        expected[i] = (unsigned char)strtoul(byte, NULL, 16);
    }
    assert_memory_equal(out, expected, SHA1_SIZE);
}

/* The values that its authors published. */
static void published(void **state)
{
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    char *many = malloc(1000000);

    (void)state;
    assert_non_null(many);
    memset(many, 'a', 1000000);
    is("abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d");
    is("", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    is(two, sizeof two - 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    is(many, 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
