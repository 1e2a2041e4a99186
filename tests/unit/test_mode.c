/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/mode.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/services.h"
#include "net/net.h"
#include "svc/service.h"

static void rows_are_whole(void **state)
{
    const struct mode *m;
    size_t n = 0;

    (void)state;
    for (; (m = mode_row(n)) != NULL; n++) {
        assert_non_null(m->help);
        assert_ptr_equal(mode_find(m->name), m); /* no name twice */
        assert_true(m->stream != NULL || m->datagram != NULL);
        assert_int_equal(m->gives & m->when, m->when); /* --mode NAME chooses what it names */
        assert_int_equal(m->gives & m->excludes, 0);
        assert_ptr_equal(mode_choose(m->gives), m);
    }
    assert_int_equal(n, 8);
    assert_null(mode_find("conn"));
}

static bool is_registered(const struct service *s)
{
    const struct service *row;

    for (size_t i = 0; (row = services_row(i)) != NULL; i++) {
        if (row == s)
            return true;
    }
    return false;
}

static void rows_name_what_exists(void **state)
{
    const struct mode *m;

    (void)state;
    for (size_t i = 0; (m = mode_row(i)) != NULL; i++) {
        assert_true(m->stream == NULL || net_find(m->stream) != NULL);
        assert_true(m->datagram == NULL || net_find(m->datagram) != NULL);
        assert_true(m->unix_stream == NULL || net_find(m->unix_stream) != NULL);
        assert_true(is_registered(m->service));
        assert_true(m->at_terminal == NULL ||
                    (is_registered(m->at_terminal) && m->at_terminal->front != NULL));
    }
}

static void traits_choose(void **state)
{
    static const struct {
        uint64_t traits;
        const char *mode, *transport;
    } rows[] = {
        {0, "connect", "connect"},
        {TRAIT_UNIX, "connect", "connect"},
        {TRAIT_LISTEN, "listen", "listen"},
        {TRAIT_LISTEN | TRAIT_UNIX, "listen", "listen"},
        {TRAIT_DGRAM, "udp", "udp"},
        {TRAIT_DGRAM | TRAIT_UNIX, "udp", "udp"},
        {TRAIT_DGRAM | TRAIT_LISTEN, "listen", "udp-listen"},
        {TRAIT_DGRAM | TRAIT_CONNECTED, "udp-connected", "udp-connected"},
        {TRAIT_ECHO | TRAIT_LISTEN, "echo", "listen"},
        {TRAIT_ECHO | TRAIT_LISTEN | TRAIT_DGRAM, "echo", "udp-listen"},
        {TRAIT_SELF, "self-connect", "self"},
        {TRAIT_SELF | TRAIT_DGRAM, "self-connect", "self"},
        {TRAIT_SELF | TRAIT_DGRAM | TRAIT_UNIX, "self-connect", "self"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mode *m = mode_choose(rows[i].traits);

        assert_string_equal(m->name, rows[i].mode);
        assert_string_equal(mode_transport(m, rows[i].traits), rows[i].transport);
    }
    assert_null(mode_transport(mode_find("self-connect"), TRAIT_UNIX));
    assert_null(mode_transport(mode_find("udp"), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(rows_name_what_exists),
        cmocka_unit_test(traits_choose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
