/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HEAD = offsetof(struct sockaddr_un, sun_path) };

static const struct siphash_key key = {{1, 2}};

static struct addr parsed(const char *host, uint16_t port)
{
    struct addr a = {0};

    if (addr_parse(&a, host, port) != 0)
        fail_msg("%s is refused", host);
    return a;
}

static struct addr named(const char *name)
{
    struct addr a = {0};

    if (addr_set_unix(&a, name) != 0)
        fail_msg("%s is refused", name);
    return a;
}

static void literals(void **state)
{
    static const struct {
        const char *host, *shown; /* NULL: refused */
        int family;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1", AF_INET},
        {"0.0.0.0", "0.0.0.0", AF_INET},
        {"255.255.255.255", "255.255.255.255", AF_INET},
        {"::1", "::1", AF_INET6},
        {"::", "::", AF_INET6},
        {"2001:DB8:0:0::1", "2001:db8::1", AF_INET6},
        {"::ffff:192.0.2.1", "192.0.2.1", AF_INET6},
        {"fe80::1%99999", "fe80::1%99999", AF_INET6},
        {"fe80::1%4294967295", "fe80::1%4294967295", AF_INET6},
        {"fe80::1%lo", "fe80::1%lo", AF_INET6},
        {"fe80::1%1", "fe80::1%lo", AF_INET6},
        {"", NULL, 0},
        {"localhost", NULL, 0},
        {"127.0.0.1 ", NULL, 0},
        {"127.0.0.1:80", NULL, 0},
        {"256.0.0.1", NULL, 0},
        {"127.1", NULL, 0},
        {"127.0.0.1%lo", NULL, 0},
        {"[::1]", NULL, 0},
        {":::", NULL, 0},
        {"fe80::1%", NULL, 0},
        {"fe80::1%0", NULL, 0},
        {"fe80::1%4294967296", NULL, 0},
        {"fe80::1%no-such-interface", NULL, 0},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL, 0},
    };
    char text[ADDR_TEXT], want[ADDR_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a = {.len = 77};

        if (strstr(rows[i].shown != NULL ? rows[i].shown : "", "%lo") != NULL && if_nametoindex("lo") != 1)
            continue;
        assert_int_equal(addr_parse(&a, rows[i].host, 8080), rows[i].shown != NULL ? 0 : -1);
        if (rows[i].shown == NULL) {
            assert_int_equal(a.len, 77);
            continue;
        }
        assert_int_equal(addr_family(&a), rows[i].family);
        assert_int_equal(addr_port(&a), 8080);
        assert_ptr_equal(addr_host(&a, text), text);
        assert_string_equal(text, rows[i].shown);
        snprintf(want, sizeof want, "%s port 8080", rows[i].shown);
        assert_ptr_equal(addr_format(&a, text), text);
        assert_string_equal(text, want);
    }
}

static void unix_names(void **state)
{
    static const struct {
        const char *name, *shown;
        size_t len;
    } rows[] = {
        {"/run/x", "/run/x", 7},  {"relative", "relative", 9},
        {"@name", "@name", 5},    {"@", "@", 1},
        {"", "(unnamed)", 0},     {"/a\x1b\n\tb", "/a\\x1b\\x0a\\x09b", 7},
        {"@a\x1b", "@a\\x1b", 3}, {"/caf\xc3\xa9", "/caf\xc3\xa9", 7},
        {"/a@b", "/a@b", 5},
    };
    char text[ADDR_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a = named(rows[i].name);

        assert_int_equal(addr_family(&a), AF_UNIX);
        assert_int_equal(a.len, HEAD + rows[i].len);
        assert_string_equal(addr_host(&a, text), rows[i].shown);
        assert_string_equal(addr_format(&a, text), rows[i].shown);
        assert_int_equal(addr_port(&a), 0);
        addr_set_port(&a, 80);
        assert_int_equal(addr_port(&a), 0);
        assert_string_equal(addr_host(&a, text), rows[i].shown);
        assert_false(addr_is_any(&a));
    }
}

static void long_unix_names(void **state)
{
    char name[110], text[ADDR_TEXT];
    struct addr a;

    (void)state;
    memset(name, '\x01', sizeof name);
    name[107] = '\0';
    a = named(name);
    assert_int_equal(a.len, sizeof a.un);
    assert_int_equal(strlen(addr_host(&a, text)), 107 * 4);
    name[0] = '@';
    a = named(name);
    assert_int_equal(strlen(addr_host(&a, text)), 1 + 106 * 4);
    name[107] = 'x';
    name[108] = '\0';
    a = named(name);
    assert_int_equal(a.len, sizeof a.un);
    name[0] = '/';
    assert_int_equal(addr_set_unix(&a, name), -1);
    memcpy(name + 107, (char[]){'@', 'x', 0}, 3);
    name[0] = '@';
    assert_int_equal(addr_set_unix(&a, name), -1);
}

/* What the kernel gives: unnamed, all zeros, NULs within a name, a path that fills sun_path. */
static void addresses_from_the_kernel(void **state)
{
    struct sockaddr_storage ss;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET};
    char text[ADDR_TEXT];
    struct addr a;

    (void)state;
    addr_set(&a, NULL, 0);
    assert_int_equal(addr_family(&a), AF_UNSPEC);
    assert_string_equal(addr_format(&a, text), "(unnamed)");

    addr_set(&a, (struct sockaddr *)&un, HEAD);
    assert_int_equal(addr_family(&a), AF_UNIX);
    assert_string_equal(addr_format(&a, text), "(unnamed)");

    memcpy(un.sun_path, "\0a\0b", 4);
    addr_set(&a, (struct sockaddr *)&un, HEAD + 4);
    assert_string_equal(addr_format(&a, text), "@a\\x00b");

    memset(un.sun_path, 0, sizeof un.sun_path);
    addr_set(&a, (struct sockaddr *)&un, sizeof un);
    assert_int_equal(strlen(addr_format(&a, text)), 1 + 107 * 4);

    memset(&ss, 'p', sizeof ss);
    ss.ss_family = AF_UNIX;
    addr_set(&a, (struct sockaddr *)&ss, sizeof un + 1);
    assert_int_equal(a.len, sizeof un);
    assert_int_equal(strlen(addr_format(&a, text)), sizeof un.sun_path);

    addr_set(&a, (struct sockaddr *)&in, sizeof in - 1);
    assert_int_equal(addr_family(&a), AF_UNSPEC);
    ss.ss_family = AF_INET6;
    addr_set(&a, (struct sockaddr *)&ss, sizeof(struct sockaddr_in6) - 1);
    assert_int_equal(addr_family(&a), AF_UNSPEC);
    ss.ss_family = AF_APPLETALK;
    addr_set(&a, (struct sockaddr *)&ss, sizeof(struct sockaddr_in));
    snprintf(text, sizeof text, "x");
    assert_non_null(strstr(addr_format(&a, text), "(family "));
}

static void ports(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct addr a = parsed(hosts[i], 1);

        addr_set_port(&a, 65535);
        assert_int_equal(addr_port(&a), 65535);
        addr_set_port(&a, 0);
        assert_int_equal(addr_port(&a), 0);
    }
}

static void any(void **state)
{
    static const struct {
        const char *host;
        bool any;
    } rows[] = {{"0.0.0.0", true},  {"::", true},   {"::ffff:0.0.0.0", true},
                {"0.0.0.1", false}, {"::1", false}, {"::ffff:0.0.0.1", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a = parsed(rows[i].host, 80);

        assert_int_equal(addr_is_any(&a), rows[i].any);
    }
    assert_false(addr_is_any(&(struct addr){0}));
}

/* Each of these is equal to those with the same number, and to no other. */
static void equality_and_hash(void **state)
{
    struct addr all[] = {
        parsed("127.0.0.1", 80),
        parsed("::ffff:127.0.0.1", 80),
        parsed("127.0.0.1", 81),
        parsed("127.0.0.2", 80),
        parsed("::1", 80),
        parsed("::1", 80),
        parsed("::127.0.0.1", 80),
        parsed("fe80::1%1", 80),
        parsed("fe80::1%99999", 80),
        parsed("ff02::1%1", 80),
        parsed("ff02::1%99999", 80),
        parsed("2001:db8::1", 80),
        parsed("2001:db8::1%99999", 80),
        named("/a"),
        named("/a"),
        named("@/a"),
        named("@a"),
        named("/ab"),
        named(""),
        named(""),
        {0},
    };
    static const int number[] = {0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9, 10, 10, 11, 12, 13, 14, 14, 15};
    enum { N = sizeof number / sizeof number[0] };

    (void)state;
    assert_int_equal(sizeof all / sizeof all[0], N);
    all[5].in6.sin6_flowinfo = htonl(7);
    all[14].len = sizeof all[14].un; /* NULs behind a path do not count */
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            assert_int_equal(addr_equal(&all[i], &all[j]), number[i] == number[j]);
            /* Not promised for different ones, but here they do differ. */
            assert_int_equal(addr_hash(&all[i], &key) == addr_hash(&all[j], &key), number[i] == number[j]);
        }
    }
}

static void hosts(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "::ffff:127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"::ffff:127.0.0.1", "::ffff:127.0.0.2", false},
        {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"::1", "127.0.0.1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct addr a = parsed(rows[i].a, 1), b = parsed(rows[i].b, 2);

        assert_int_equal(addr_same_host(&a, &b), rows[i].same);
        assert_int_equal(addr_same_host(&b, &a), rows[i].same);
    }
}

/* Ports of one host fill a table of their number well: no more than 16 in one place. */
static void hash_spreads(void **state)
{
    static unsigned char places[4096];
    struct addr a = parsed("127.0.0.1", 0);

    (void)state;
    for (unsigned port = 30000; port < 30000 + 4096; port++) {
        addr_set_port(&a, (uint16_t)port);
        assert_true(++places[addr_hash(&a, &key) % 4096] <= 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals),
        cmocka_unit_test(unix_names),
        cmocka_unit_test(long_unix_names),
        cmocka_unit_test(addresses_from_the_kernel),
        cmocka_unit_test(ports),
        cmocka_unit_test(any),
        cmocka_unit_test(equality_and_hash),
        cmocka_unit_test(hosts),
        cmocka_unit_test(hash_spreads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
