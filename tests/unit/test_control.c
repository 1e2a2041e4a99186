/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control.h"

#include <sys/socket.h>

#include "io/fd.h"
#include "test_net_rig.h"

static void one_socket(void **state)
{
    struct rig *r = rig_new();
    char value[64] = "";
    struct err e;

    (void)state;
    r->conf.host = "127.0.0.1";
    r->conf.port = "0";
    r->stop_up = 1;
    rig_must_open(r, "udp-listen");
    rig_run(r);
    assert_int_equal(control_sockopt(NULL, r->up[0], "ttl=7", NULL, 0, &e), 0);
    assert_int_equal(control_sockopt(NULL, r->up[0], "ttl", value, sizeof value, &e), 0);
    assert_string_equal(value, "7");
    assert_int_equal(control_sockopt(NULL, r->up[0], "tll", value, sizeof value, &e), -1);
    assert_non_null(strstr(e.text, "did you mean ttl?"));
    assert_int_equal(control_sockopt(NULL, r->up[0], "ttl=x", NULL, 0, &e), -1);
    rig_free(r);
}

/* Without a host it listens on IPv4 and IPv6 by one socket or two: each of them is told. */
static void each_socket(void **state)
{
    struct rig *r = rig_new();
    int on = 0;
    socklen_t len = sizeof on;
    struct err e;

    (void)state;
    r->conf.host = "localhost";
    r->conf.port = "0";
    r->stop_up = 1;
    rig_must_open(r, "udp-listen");
    rig_run(r);
    assert_int_equal(control_sockopt(NULL, r->up[0], "broadcast=on", NULL, 0, &e), 0);
    for (unsigned i = 0; peer_fd(r->up[0], i) >= 0; i++) {
        assert_int_equal(getsockopt(peer_fd(r->up[0], i), SOL_SOCKET, SO_BROADCAST, &on, &len), 0);
        assert_true(on != 0);
    }
    rig_free(r);
}

static void no_socket(void **state)
{
    static const struct addr nobody;
    struct rig *r = rig_new();
    struct peer *p = peer_new(&r->peers, fd_null(r->loop), &nobody, &nobody);
    char value[64];
    struct err e;

    (void)state;
    assert_int_equal(control_sockopt(NULL, p, "ttl", value, sizeof value, &e), -1);
    assert_int_equal(e.status, STATUS_LOCAL);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_socket),
        cmocka_unit_test(each_socket),
        cmocka_unit_test(no_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
