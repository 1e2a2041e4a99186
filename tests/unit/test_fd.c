/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fd.h"

#include <netinet/in.h>

#include "test_io_rig.h"

static void socket_calls(void **state)
{
    struct rig *r = rig_new();
    struct port *port;
    char data[10];
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    assert_int_equal(fcntl(s[0], F_SETFL, 0), 0); /* it does not block even so */
    port = fd_socket(r->loop, s[0]);
    assert_int_equal(port_fd(port, 0), s[0]);
    assert_int_equal(port_read(port, data, sizeof data, NULL), IO_AGAIN);
    assert_int_equal(port_write(port, "out", 3, NULL), 3);
    assert_int_equal(read(s[1], data, sizeof data), 3);
    assert_int_equal(port_shut(port), 0);
    assert_int_equal(read(s[1], data, sizeof data), 0);
    assert_int_equal(write(s[1], "in", 2), 2);
    assert_int_equal(port_read(port, data, sizeof data, NULL), 2);
    assert_int_equal(port_write(port, "x", 1, NULL), IO_ERROR);
    assert_int_equal(port->error, EPIPE);
    close(s[1]);
    assert_int_equal(port_read(port, data, sizeof data, NULL), IO_EOF);
    assert_int_equal(port_shut(port), 0);
    port_free(port);
    rig_free(r);
}

static void full_socket(void **state)
{
    struct rig *r = rig_new();
    static char data[100000];
    struct port *port;
    ssize_t n;
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    port = fd_socket(r->loop, s[0]);
    while ((n = port_write(port, data, sizeof data, NULL)) > 0)
        continue;
    assert_int_equal(n, IO_AGAIN);
    assert_int_equal(port->error, 0);
    port_free(port);
    close(s[1]);
    rig_free(r);
}

static void tcp_pair(int s[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(l, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(l, 1), 0);
    assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
    s[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(s[1], (struct sockaddr *)&a, sizeof a), 0);
    s[0] = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(s[0] >= 0);
    close(l);
}

/* What was sent last arrives, though the peer's last words were not read. */
static void closing_with_bytes_unread(void **state)
{
    struct rig *r = rig_new();
    char data[10];
    struct port *port;
    int s[2];

    (void)state;
    tcp_pair(s);
    port = fd_socket(r->loop, s[0]);
    assert_int_equal(write(s[1], "unread", 6), 6);
    assert_int_equal(wait_ready(s[0], LOOP_IN), LOOP_IN);
    assert_int_equal(port_write(port, "goodbye", 7, NULL), 7);
    port_free(port);
    rig_settle(r);
    assert_int_equal(read(s[1], data, sizeof data), 7);
    assert_int_equal(read(s[1], data, sizeof data), 0);
    close(s[1]);
    rig_free(r);
}

static void reset_is_an_error(void **state)
{
    struct rig *r = rig_new();
    struct linger abort = {.l_onoff = 1};
    char data[10];
    struct port *port;
    int s[2];

    (void)state;
    tcp_pair(s);
    port = fd_socket(r->loop, s[0]);
    assert_int_equal(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &abort, sizeof abort), 0);
    close(s[1]);
    assert_int_equal(port_read(port, data, sizeof data, NULL), IO_ERROR);
    assert_int_equal(port->error, ECONNRESET);
    assert_int_equal(port_shut(port), 0);
    port_free(port);
    rig_free(r);
}

static void file_calls(void **state)
{
    struct rig *r = rig_new();
    struct port *in, *out;
    char data[10];
    int fds[2];

    (void)state;
    rig_pipe(fds);
    in = fd_file(r->loop, fds[0]);
    out = fd_file(r->loop, fds[1]);
    assert_int_equal(port_read(in, data, sizeof data, NULL), IO_AGAIN);
    assert_int_equal(port_write(out, "x", 1, NULL), 1);
    assert_int_equal(port_shut(out), 0);
    assert_int_equal(fcntl(fds[1], F_GETFD), -1);
    assert_int_equal(port_read(in, data, sizeof data, NULL), 1);
    assert_int_equal(port_read(in, data, sizeof data, NULL), IO_EOF);
    port_free(in);
    port_free(out);
    rig_free(r);
}

static void null_swallows(void **state)
{
    struct rig *r = rig_new();
    struct port *port = fd_null(r->loop);
    char data[10];

    (void)state;
    assert_int_equal(port_write(port, "anything", 8, NULL), 8);
    assert_int_equal(port_read(port, data, sizeof data, NULL), IO_EOF);
    assert_int_equal(port_shut(port), 0);
    assert_int_equal(port_fd(port, 0), -1);
    port_free(port);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socket_calls),
        cmocka_unit_test(full_socket),
        cmocka_unit_test(closing_with_bytes_unread),
        cmocka_unit_test(reset_is_an_error),
        cmocka_unit_test(file_calls),
        cmocka_unit_test(null_swallows),
    };

    return cmocka_run_group_tests_name("fd", tests, rig_poll, NULL);
}
