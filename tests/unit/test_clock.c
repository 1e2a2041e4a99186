/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(struct clock *c, int64_t now, int64_t wall, const char *want)
{
    char out[CLOCK_TEXT];

    assert_int_equal(clock_format(c, now, wall, out), strlen(want));
    assert_string_equal(out, want);
}

static void absolute(void **state)
{
    struct clock c;

    (void)state;
    setenv("TZ", "UTC-2", 1);
    tzset();
    clock_init(&c, CLOCK_ABSOLUTE, 0);
    expect(&c, 0, 0, "02:00:00.000");
    expect(&c, 0, 1700000000042, "00:13:20.042");
    expect(&c, 0, -1, "01:59:59.999");
    expect(&c, 0, -1000, "01:59:59.000");
}

static void elapsed(void **state)
{
    struct clock c;

    (void)state;
    clock_init(&c, CLOCK_START, 5000);
    expect(&c, 5000, 0, "+0.000");
    expect(&c, 5009, 0, "+0.009");
    expect(&c, 17345, 0, "+12.345");
    expect(&c, 5000 + 86400000, 0, "+86400.000");
    expect(&c, 4000, 0, "+0.000");
    expect(&c, INT64_MAX, 0, "+9223372036854770.807");
}

static void delta(void **state)
{
    struct clock c;

    (void)state;
    clock_init(&c, CLOCK_DELTA, 5000);
    expect(&c, 6000, 0, "+1.000");
    expect(&c, 6012, 0, "+0.012");
    expect(&c, 6012, 0, "+0.000");
    c.kind = CLOCK_NONE; /* counting goes on */
    expect(&c, 7000, 0, "");
    c.kind = CLOCK_DELTA;
    expect(&c, 7500, 0, "+0.500");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absolute),
        cmocka_unit_test(elapsed),
        cmocka_unit_test(delta),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
