/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void all_bytes(void **state)
{
    char digits[2];

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        hex_put((unsigned char)byte, digits);
        assert_int_equal(hex_value(digits[0]) << 4 | hex_value(digits[1]), byte);
    }
}

static void all_digits(void **state)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *found = c != 0 ? strchr(digits, c) : NULL;
        int value = found == NULL ? -1 : (int)(found - digits < 16 ? found - digits : found - digits - 6);

        assert_int_equal(hex_value((char)c), value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_bytes), cmocka_unit_test(all_digits)};

    return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
