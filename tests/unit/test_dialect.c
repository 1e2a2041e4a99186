/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/dialect.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf.h"
#include "base/log.h"

struct run {
    struct conf c;
    struct err e;
    int result;
};

static void start(struct run *r, const char *const *words, int n)
{
    char *argv[16] = {0};

    for (int i = 0; i < n; i++)
        argv[i] = (char *)(uintptr_t)words[i]; /* getopt_long() moves the pointers alone */
    err_clear(&r->e);
    r->result = conf_parse(&r->c, n, argv, &r->e);
}

#define RUN(r, ...)                              \
    start(r, (const char *const[]){__VA_ARGS__}, \
          (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

static int tear_down(void **state)
{
    (void)state;
    message_set_catalogue(&message_own, "pollcat");
    return 0;
}

static const char *spoken(struct run *r)
{
    const char *name = r->c.dialect->name;

    conf_clear(&r->c);
    return name;
}

static void names_choose(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, "pollcat", "--version");
    assert_string_equal(spoken(&r), "pollcat");
    assert_null(log_catalogue());
    RUN(&r, "/usr/bin/nc", "--version");
    assert_string_equal(spoken(&r), "nc");
    assert_non_null(log_catalogue());
    RUN(&r, "netcat", "--version");
    assert_string_equal(spoken(&r), "nc");
    RUN(&r, "nc", "--dialect=pollcat", "--version");
    assert_string_equal(spoken(&r), "pollcat");
    RUN(&r, "x/pollcat", "--dialect", "nc", "-h");
    assert_int_equal(r.c.action, CONF_HELP);
    assert_string_equal(spoken(&r), "nc");
    RUN(&r, "ncx", "--version");
    assert_string_equal(spoken(&r), "pollcat");
    RUN(&r, "pollcat", "--dialect=no", "-h");
    assert_int_equal(r.result, -1);
    assert_non_null(strstr(r.e.text, "none of: pollcat nc"));
    conf_clear(&r.c);
    RUN(&r, "pollcat", "-v", "--dialect=nc", "h", "1");
    assert_string_equal(r.e.text, "--dialect nc comes before all else");
    conf_clear(&r.c);
}

static void expect(const char *text, const struct run *r)
{
    assert_int_equal(r->result, -1);
    assert_string_equal(r->e.text, text);
}

static void nc_complains(void **state)
{
    static const struct {
        const char *words[5], *text;
        bool usage;
    } rows[] = {
        {{"-Q"}, "invalid option -- 'Q'", true},
        {{"-E"}, "invalid option -- 'E'", true}, /* ours alone */
        {{"-w"}, "option requires an argument -- 'w'", true},
        {{"--nosuch"}, "unrecognized option '--nosuch'", true},
        {{"-w", "abc"}, "timeout invalid: abc", false},
        {{"-w", "1.5"}, "timeout invalid: 1.5", false},
        {{"-w", "-1"}, "timeout too small: -1", false},
        {{"-w", "99999999999999999999"}, "timeout too large: 99999999999999999999", false},
        {{"-I", "0"}, "TCP receive window too small: 0", false},
        {{"-T", "foo"}, "illegal tos value foo", false},
        {{"-V", "1"}, "no alternate routing table support available", false},
        {{"-Z"}, "-Z is not supported: there is no DCCP", false},
        {{"-lz", "1"}, "cannot use -z and -l", false},
        {{"-k", "h", "1"}, "must use -l with -k", false},
        {{"-l"}, "missing port number", false},
        {{"h"}, "missing port number", false},
        {{"-lU"}, "missing socket pathname", false},
        {{"-U"}, "", true},
        {{"-l", "-p", "1", "2"}, "", true},
        {{NULL}, "", true},
        {{"h", "0"}, "port number too small: 0", false},
        {{"h", "-5"}, "invalid option -- '5'", true},
        {{"h", "65536"}, "port number too large: 65536", false},
        {{"h", "10-x"}, "port number invalid: x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *words[6] = {"nc"};
        struct run r;
        int n = 1;

        for (; n < 6 && rows[i].words[n - 1] != NULL; n++)
            words[n] = rows[i].words[n - 1];
        start(&r, words, n);
        expect(rows[i].text, &r);
        assert_int_equal(r.c.unknown, rows[i].usage);
        assert_int_equal(dialect_status(r.c.dialect, (int)r.e.status), 1);
        conf_clear(&r.c);
    }
}

static void nc_has_its_own_ways(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, "nc", "h", "80");
    assert_int_equal(r.result, 0);
    assert_true(r.c.bridge.no_shutdown);
    assert_true(r.c.no_prompt);
    assert_string_equal(r.c.transport, "connect");
    assert_string_equal(r.c.net.port, "80");
    assert_int_equal(r.c.action, CONF_RUN);
    conf_clear(&r.c);
    RUN(&r, "nc", "-N", "-w", "3", "h", "http");
    assert_false(r.c.bridge.no_shutdown);
    assert_int_equal(r.c.idle_timeout, 3000);
    assert_int_equal(r.c.net.connect_timeout, 3000);
    assert_string_equal(r.c.net.port, "80");
    conf_clear(&r.c);
    RUN(&r, "nc", "-q0", "-u", "h", "1", "--prompt", "x>");
    assert_false(r.c.bridge.no_shutdown);
    assert_false(r.c.no_prompt);
    assert_string_equal(r.c.transport, "udp-connected");
    assert_int_equal(r.c.bridge.datagram_wait, -1);
    conf_clear(&r.c);
    RUN(&r, "nc", "h", "25-20", "http");
    assert_int_equal(r.c.action, CONF_EACH_PORT);
    assert_string_equal(r.c.ports, "20-25,80-80");
    conf_clear(&r.c);
    RUN(&r, "nc", "-zr", "h", "1");
    assert_int_equal(r.c.action, CONF_PROBE);
    conf_clear(&r.c);
    RUN(&r, "nc", "-l", "9");
    assert_int_equal(r.c.net.family, AF_INET);
    conf_clear(&r.c);
    RUN(&r, "nc", "-luk", "9");
    assert_true(r.c.stdio.no_input);
    conf_clear(&r.c);
}

/* A program ends with what it likes; Ncat does not. */
static void statuses(void **state)
{
    (void)state;
    assert_int_equal(dialect_status(dialect_find("nc"), STATUS_LOCAL), 1);
    assert_int_equal(dialect_status(dialect_find("nc"), 127), 127);
    assert_int_equal(dialect_status(dialect_find("ncat"), STATUS_NETWORK), 1);
    assert_int_equal(dialect_status(dialect_find("ncat"), 127), 2);
    assert_int_equal(dialect_status(dialect_find("pollcat"), 127), 127);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(names_choose, tear_down),
        cmocka_unit_test_teardown(nc_complains, tear_down),
        cmocka_unit_test_teardown(nc_has_its_own_ways, tear_down),
        cmocka_unit_test(statuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
