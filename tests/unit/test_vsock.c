/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/vsock.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct siphash_key key = {{1, 2}};

static void addresses(void **state)
{
    static const struct {
        const char *cid, *port;
        bool passive;
        uint32_t number, at;
        const char *text;
    } rows[] = {
        {"3", "80", false, 3, 80, "CID 3 port 80"},
        {"host", "80", false, 2, 80, "CID 2 port 80"},
        {"LOCAL", "80", false, 1, 80, "CID 1 port 80"},
        {"hypervisor", "1", false, 0, 1, "CID 0 port 1"},
        {"4294967294", "4294967294", false, 4294967294u, 4294967294u, "CID 4294967294 port 4294967294"},
        {NULL, "70000", true, VMADDR_CID_ANY, 70000, "CID any port 70000"},
        {"any", "70000", true, VMADDR_CID_ANY, 70000, "CID any port 70000"},
        {"1", "0", true, 1, VMADDR_PORT_ANY, "CID 1 port 4294967295"},
        {"1", NULL, true, 1, VMADDR_PORT_ANY, "CID 1 port 4294967295"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[ADDR_TEXT];
        struct addr a, *copy;
        struct err e;

        assert_int_equal(vsock_parse(rows[i].cid, rows[i].port, rows[i].passive, &a, &e), 0);
        assert_int_equal(addr_family(&a), AF_VSOCK);
        assert_int_equal(a.vm.svm_cid, rows[i].number);
        assert_int_equal(addr_port(&a), rows[i].at);
        assert_string_equal(addr_format(&a, text), rows[i].text);
        copy = addr_dup(&a);
        assert_true(addr_equal(&a, copy));
        assert_int_equal(addr_hash(&a, &key), addr_hash(copy, &key));
        addr_set_port(&a, 5);
        assert_int_equal(addr_port(&a), 5);
        assert_false(addr_equal(&a, copy));
        free(copy);
    }
}

static void no_addresses(void **state)
{
    static const struct {
        const char *cid, *port;
        bool passive;
    } rows[] = {
        {NULL, "80", false},       {"any", "80", false}, {"4294967295", "80", false},
        {"x", "80", true},         {"-1", "80", true},   {"4294967296", "80", true},
        {"3", "0", false},         {"3", "-1", true},    {"3", "http", true},
        {"3", "4294967295", true}, {"", "80", true},     {"3", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addr a;
        struct err e = {.text = ""};

        assert_int_equal(vsock_parse(rows[i].cid, rows[i].port, rows[i].passive, &a, &e), -1);
        assert_int_equal(e.status, STATUS_LOCAL);
        assert_int_equal(strncmp(e.text, "vsock: ", 7), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(no_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
