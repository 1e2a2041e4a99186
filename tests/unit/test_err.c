/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void set_fills_everything(void **state)
{
    struct err e;

    (void)state;
    memset(&e, 0x55, sizeof e);
    assert_int_equal(err_set(&e, STATUS_LOCAL, "port %d: %s", 80, "bad"), -1);
    assert_int_equal(e.status, STATUS_LOCAL);
    assert_int_equal(e.sys, 0);
    assert_string_equal(e.text, "port 80: bad");
}

static void sys_adds_the_reason(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_sys(&e, STATUS_NETWORK, ECONNREFUSED, "connect %s", "x:1"), -1);
    assert_int_equal(e.status, STATUS_NETWORK);
    assert_int_equal(e.sys, ECONNREFUSED);
    assert_string_equal(e.text, "connect x:1: Connection refused");
}

/* At every length of text around the limit the reason is whole and the text is cut, not overrun. */
static void long_text_keeps_the_reason(void **state)
{
    static const char reason[] = ": Connection refused";
    char name[300];
    struct err e;

    (void)state;
    for (size_t n = 200; n < sizeof name; n++) {
        size_t want = n + sizeof reason - 1;

        memset(name, 'h', n);
        name[n] = '\0';
        err_sys(&e, STATUS_NETWORK, ECONNREFUSED, "%s", name);
        if (want > sizeof e.text - 1)
            want = sizeof e.text - 1;
        assert_int_equal(strlen(e.text), want);
        assert_string_equal(e.text + want - (sizeof reason - 1), reason);
        err_set(&e, STATUS_NETWORK, "%s", name);
        assert_int_equal(strlen(e.text), n < sizeof e.text ? n : sizeof e.text - 1);
    }
}

static void nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, STATUS_LOCAL, "x"), -1);
    assert_int_equal(err_sys(NULL, STATUS_LOCAL, EPERM, "x"), -1);
}

static void clear_empties(void **state)
{
    struct err e;

    (void)state;
    err_sys(&e, STATUS_NETWORK, EPERM, "x");
    err_clear(&e);
    assert_int_equal(e.status, STATUS_OK);
    assert_int_equal(e.sys, 0);
    assert_string_equal(e.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_everything),
        cmocka_unit_test(sys_adds_the_reason),
        cmocka_unit_test(long_text_keeps_the_reason),
        cmocka_unit_test(nobody_asks),
        cmocka_unit_test(clear_empties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
