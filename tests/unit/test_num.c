/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/num.h"

#include <locale.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct row {
    const char *text;
    int64_t min, max, want;
    int result;
};

#define ALL INT64_MIN, INT64_MAX
#define GOOD(value) value, 0
#define BAD 0, -1

static void check(int (*parse)(const char *, int64_t, int64_t, int64_t *), const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t out = 4711;
        int result = parse(rows[i].text, rows[i].min, rows[i].max, &out);

        if (result != rows[i].result || out != (result == 0 ? rows[i].want : 4711))
            fail_msg("\"%s\" gives %d, %lld", rows[i].text, result, (long long)out);
    }
}

static void whole_numbers(void **state)
{
    static const struct row rows[] = {
        {"0", ALL, GOOD(0)},
        {"-0", ALL, GOOD(0)},
        {"7", ALL, GOOD(7)},
        {"-7", ALL, GOOD(-7)},
        {"010", ALL, GOOD(10)},
        {"0x10", ALL, GOOD(16)},
        {"0XfF", ALL, GOOD(255)},
        {"-0x10", ALL, GOOD(-16)},
        {"9223372036854775807", ALL, GOOD(INT64_MAX)},
        {"9223372036854775808", ALL, BAD},
        {"-9223372036854775808", ALL, GOOD(INT64_MIN)},
        {"-9223372036854775809", ALL, BAD},
        {"18446744073709551616", ALL, BAD},
        {"18446744073709551617", ALL, BAD},
        {"99999999999999999999999999999999", ALL, BAD},
        {"0x7fffffffffffffff", ALL, GOOD(INT64_MAX)},
        {"0x8000000000000000", ALL, BAD},
        {"0x10000000000000001", ALL, BAD},
        {"00000000000000000000000000000001", ALL, GOOD(1)},
        {"1", 1, 3, GOOD(1)},
        {"3", 1, 3, GOOD(3)},
        {"0", 1, 3, BAD},
        {"4", 1, 3, BAD},
        {"-1", 0, 3, BAD},
        {"", ALL, BAD},
        {"-", ALL, BAD},
        {"--1", ALL, BAD},
        {"+1", ALL, BAD},
        {" 1", ALL, BAD},
        {"1 ", ALL, BAD},
        {"10x", ALL, BAD},
        {"x10", ALL, BAD},
        {"0x", ALL, BAD},
        {"0xg", ALL, BAD},
        {"1a", ALL, BAD},
        {"1.0", ALL, BAD},
        {"1e3", ALL, BAD},
    };

    (void)state;
    check(num_parse, rows, sizeof rows / sizeof rows[0]);
}

static void sizes(void **state)
{
    static const struct row rows[] = {
        {"0", ALL, GOOD(0)},
        {"1400", ALL, GOOD(1400)},
        {"1k", ALL, GOOD(1024)},
        {"1K", ALL, GOOD(1024)},
        {"1kb", ALL, GOOD(1024)},
        {"1KB", ALL, GOOD(1024)},
        {"1KiB", ALL, GOOD(1024)},
        {"1kib", ALL, GOOD(1024)},
        {"3m", ALL, GOOD(3 << 20)},
        {"3M", ALL, GOOD(3 << 20)},
        {"2g", ALL, GOOD(INT64_C(2) << 30)},
        {"1.5k", ALL, GOOD(1536)},
        {".5k", ALL, GOOD(512)},
        {"0.0001k", ALL, GOOD(1)},
        {"-1k", ALL, GOOD(-1024)},
        {"8589934591g", ALL, GOOD(INT64_C(8589934591) << 30)},
        {"8589934592g", ALL, BAD},
        {"17179869184g", ALL, BAD},
        {"17179869185g", ALL, BAD},
        {"8589934591.999999999g", ALL, GOOD(INT64_MAX)},
        {"0.999999999g", ALL, GOOD(1073741823)},
        {"1k", 0, 1024, GOOD(1024)},
        {"1k", 0, 1023, BAD},
        {"1.5", ALL, BAD},
        {"1.0", ALL, BAD},
        {"1.k", ALL, BAD},
        {".k", ALL, BAD},
        {"k", ALL, BAD},
        {"", ALL, BAD},
        {"1ki", ALL, BAD},
        {"1kk", ALL, BAD},
        {"1kbb", ALL, BAD},
        {"1t", ALL, BAD},
        {"1b", ALL, BAD},
        {"1 k", ALL, BAD},
        {"1k ", ALL, BAD},
        {"1e3", ALL, BAD},
        {"1..5k", ALL, BAD},
    };

    (void)state;
    check(num_parse_size, rows, sizeof rows / sizeof rows[0]);
}

static void times(void **state)
{
    static const struct row rows[] = {
        {"0", ALL, GOOD(0)},
        {"0s", ALL, GOOD(0)},
        {"-0", ALL, GOOD(0)},
        {"0.000", ALL, GOOD(0)},
        {"1", ALL, GOOD(1000)},
        {"1s", ALL, GOOD(1000)},
        {"1.5s", ALL, GOOD(1500)},
        {"1.5", ALL, GOOD(1500)},
        {"1,5", ALL, BAD},
        {".5", ALL, GOOD(500)},
        {"200ms", ALL, GOOD(200)},
        {"2m", ALL, GOOD(120000)},
        {"0.5m", ALL, GOOD(30000)},
        {"1h", ALL, GOOD(3600000)},
        {"0.0001", ALL, GOOD(1)},
        {"0.1ms", ALL, GOOD(1)},
        {"0.00000000000000000000001", ALL, GOOD(1)},
        {"0.00000000000000000000000", ALL, GOOD(0)},
        {"1.0001", ALL, GOOD(1001)},
        {"1.00000000000000000000", ALL, GOOD(1000)},
        {"0.3333333333333333h", ALL, GOOD(1200000)},
        {"-1", ALL, GOOD(-1000)},
        {"-0.0001", ALL, GOOD(-1)},
        {"-1", 0, INT64_MAX, BAD},
        {"-1", -1000, INT64_MAX, GOOD(-1000)},
        {"2", 0, 1999, BAD},
        {"9223372036854775.807", ALL, GOOD(INT64_MAX)},
        {"9223372036854775.808", ALL, BAD},
        {"9223372036854775.8071", ALL, BAD},
        {"9223372036854775807ms", ALL, GOOD(INT64_MAX)},
        {"9223372036854775807", ALL, BAD},
        {"18446744073709552s", ALL, BAD},
        {"18446744073709551615ms", ALL, BAD},
        {"18446744073709551615.1ms", ALL, BAD},
        {"18446744073709551616ms", ALL, BAD},
        {"99999999999999999999h", ALL, BAD},
        {"1e3", ALL, BAD},
        {"1E3", ALL, BAD},
        {"0x10", ALL, BAD},
        {"inf", ALL, BAD},
        {"-inf", ALL, BAD},
        {"nan", ALL, BAD},
        {"infinity", ALL, BAD},
        {"", ALL, BAD},
        {".", ALL, BAD},
        {"1.", ALL, BAD},
        {"1.s", ALL, BAD},
        {"-", ALL, BAD},
        {"s", ALL, BAD},
        {"+1", ALL, BAD},
        {" 1", ALL, BAD},
        {"1 s", ALL, BAD},
        {"1S", ALL, BAD},
        {"1d", ALL, BAD},
        {"1sm", ALL, BAD},
        {"1m30s", ALL, BAD},
        {"1.2.3", ALL, BAD},
        {"--1", ALL, BAD},
        {"1.-5", ALL, BAD},
    };

    (void)state;
    check(num_parse_time, rows, sizeof rows / sizeof rows[0]);
    /* Where the locale writes a comma, nothing changes. */
    if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
        check(num_parse_time, rows, sizeof rows / sizeof rows[0]);
    setlocale(LC_ALL, "C");
}

static void ports(void **state)
{
    static const struct {
        const char *text;
        int want; /* -1: refused */
    } rows[] = {
        {"0", 0},      {"1", 1},     {"80", 80},     {"65535", 65535},
        {"65536", -1}, {"-1", -1},   {"", -1},       {"http", -1},
        {"80x", -1},   {"8 0", -1},  {"1.5", -1},    {"99999999999999999999", -1},
        {"080", 80},   {"0x50", 80}, {"131152", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t port = 4711;
        int result = num_parse_port(rows[i].text, &port);

        assert_int_equal(result, rows[i].want < 0 ? -1 : 0);
        assert_int_equal(port, rows[i].want < 0 ? 4711 : rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(sizes),
        cmocka_unit_test(times),
        cmocka_unit_test(ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
