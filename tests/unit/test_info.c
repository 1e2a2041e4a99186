/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/info.h"

#include <sys/socket.h>

#include "io/fd.h"
#include "test_net_rig.h"

/* A peer that is connected to `*far`. */
static struct peer *connected(struct rig *r, int *far)
{
    struct addr a;
    char port[8];
    int server = rig_serve("127.0.0.1", SOCK_STREAM, &a);

    r->conf.host = "127.0.0.1";
    r->conf.port = rig_port(&a, port);
    r->stop_up = 1;
    rig_must_open(r, "connect");
    rig_run(r);
    assert_int_equal(r->nup, 1);
    *far = accept(server, NULL, NULL);
    assert_true(*far >= 0);
    close(server);
    return r->up[0];
}

static void tcp(void **state)
{
    struct rig *r = rig_new();
    struct info i;
    char bytes[10];
    int far;
    struct peer *p = connected(r, &far);

    (void)state;
    assert_int_equal(write(far, "hello", 5), 5);
    assert_int_equal(recv(peer_fd(p, 0), bytes, 5, MSG_PEEK | MSG_WAITALL), 5);
    info_get(p, &i);
    assert_true(i.queues && i.tcp);
    assert_string_equal(i.state, "established");
    assert_int_equal(i.inq, 5);
    assert_int_equal(i.outq, 0);
    assert_true(i.rtt > 0);
    assert_true(i.cwnd > 0);
    assert_in_range(i.mss_sent, 500, 65535);
    assert_int_equal(i.retransmits, 0);
    assert_int_equal(shutdown(far, SHUT_WR), 0);
    assert_int_equal(recv(peer_fd(p, 0), bytes, sizeof bytes, MSG_WAITALL), 5);
    info_get(p, &i);
    assert_string_equal(i.state, "close-wait");
    close(far);
    rig_free(r);
}

static void datagrams_have_none(void **state)
{
    struct rig *r = rig_new();
    struct info i;
    struct peer *p;

    (void)state;
    r->conf.host = "127.0.0.1";
    r->conf.port = "0";
    r->stop_up = 1;
    rig_must_open(r, "udp-listen");
    rig_run(r);
    p = r->up[0];
    assert_true(peer_fd(p, 0) >= 0);
    assert_int_equal(peer_fd(p, 1), -1);
    info_get(p, &i);
    assert_false(i.tcp || i.queues);
    rig_free(r);
}

static void unix_sockets_have_queues(void **state)
{
    struct rig *r = rig_new();
    static const struct addr nobody;
    struct peer *p;
    struct info i;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    p = peer_new(&r->peers, fd_socket(r->loop, fds[0]), &nobody, &nobody);
    assert_int_equal(write(fds[1], "abc", 3), 3);
    info_get(p, &i);
    assert_true(i.queues);
    assert_int_equal(i.inq, 3);
    assert_false(i.tcp);
    close(fds[1]);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp),
        cmocka_unit_test(datagrams_have_none),
        cmocka_unit_test(unix_sockets_have_queues),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
