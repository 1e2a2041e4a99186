/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_dgram_rig.h"

static void echo_guards(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr server, a, b, from;
    int fd = bound("127.0.0.1", 0, &server), fa = bound("127.0.0.1", 0, &a);
    int fb = bound("127.0.0.2", (uint16_t)(uint16_t)addr_port(&server), &b), one = 1, three = 3, on = 1;
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    struct link *k = link_new(port, port, &r->pool, NULL);
    char data[10], control[64];
    struct iovec iov = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};

    (void)state;
    must_send(fa, "hello", 5, &server);
    must_send(fa, "", 0, &server);
    rig_settle(r);
    assert_int_equal(receive(fa, data, sizeof data, &from), 5);
    assert_true(addr_equal(&from, &server));
    assert_int_equal(receive(fa, data, sizeof data, NULL), 0);
    /* from a port like its own */
    must_send(fb, "loop", 4, &server);
    rig_settle(r);
    assert_true(has_nothing(fb));
    assert_true(was_said("may be another echo service"));
    /* each answer has one hop less to go; the last gets none */
    assert_int_equal(setsockopt(fa, IPPROTO_IP, IP_RECVTTL, &on, sizeof on), 0);
    assert_int_equal(setsockopt(fa, IPPROTO_IP, IP_TTL, &three, sizeof three), 0);
    must_send(fa, "three", 5, &server);
    rig_settle(r);
    assert_int_equal(recvmsg(fa, &msg, MSG_DONTWAIT), 5);
    assert_non_null(CMSG_FIRSTHDR(&msg));
    assert_int_equal(*(int *)(void *)CMSG_DATA(CMSG_FIRSTHDR(&msg)), 2);
    assert_int_equal(setsockopt(fa, IPPROTO_IP, IP_TTL, &one, sizeof one), 0);
    must_send(fa, "one", 3, &server);
    rig_settle(r);
    assert_true(has_nothing(fa));
    link_free(k);
    port_free(port);
    close(fa);
    close(fb);
    end(r);
}

static void echoes_by_the_dozen(void **state)
{
    static const size_t sizes[] = {64, 64, 64, 10, 64, 1400, 1400, 1, 0, 1500, 20, 20};
    enum { SENDERS = 3, EACH = 30, SIZES = sizeof sizes / sizeof sizes[0] };

    (void)state;
    for (int off = 0; off < 2; off++) {
        struct rig *r = begin();
        struct dgram_opts opts = {.echo = true};
        struct addr server, a;
        int fd = bound("127.0.0.1", 0, &server), senders[SENDERS];
        struct port *port;
        struct link *k;
        unsigned char data[2000];

        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &off, sizeof off), 0);
        port = dgram_new(r->loop, &fd, 1, &opts);
        k = link_new(port, port, &r->pool, NULL);
        for (int s = 0; s < SENDERS; s++)
            senders[s] = bound("127.0.0.1", 0, &a);
        for (int i = 0; i < SENDERS * EACH; i++) {
            memset(data, i, sizeof data);
            must_send(senders[i / 5 % SENDERS], data, sizes[i % SIZES], &server);
        }
        rig_settle(r);
        for (int i = 0; i < SENDERS * EACH; i++) {
            size_t want = sizes[i % SIZES];

            assert_int_equal(receive(senders[i / 5 % SENDERS], data, sizeof data, NULL), (ssize_t)want);
            assert_true(want == 0 || (data[0] == i && data[want - 1] == i));
        }
        assert_int_equal(k->messages, SENDERS * EACH);
        link_free(k);
        port_free(port);
        for (int s = 0; s < SENDERS; s++)
            close(senders[s]);
        end(r);
    }
}

/* Refusing to answer must not keep the loop from everybody else. */
static void refusing_answers_leaves_turns(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr server, b;
    int fd = bound("127.0.0.1", 0, &server),
        fb = bound("127.0.0.2", (uint16_t)(uint16_t)addr_port(&server), &b);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    char data[10];
    int calls = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        must_send(fb, "loop", 4, &server);
    do {
        assert_int_equal(port_read(port, data, sizeof data, NULL), IO_AGAIN);
        calls++;
    } while (wait_ready(fd, LOOP_IN) != 0);
    assert_true(calls > 1);
    port_free(port);
    close(fb);
    end(r);
}

/* What is left of a batch when the turn ends is not taken for another socket's. */
static void refusing_answers_keeps_the_socket(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr server, other, a, b, from;
    int fds[] = {bound("127.0.0.1", 0, &server), bound("127.0.0.3", 0, &other)};
    int fa = bound("127.0.0.1", 0, &a), fb = bound("127.0.0.2", (uint16_t)(uint16_t)addr_port(&server), &b);
    struct port *port = dgram_new(r->loop, fds, 2, &opts);
    struct link *k = link_new(port, port, &r->pool, NULL);
    char data[10];

    (void)state;
    for (int i = 0; i < 100; i++)
        must_send(fb, "loop", 4, &server);
    must_send(fa, "hello", 5, &server);
    rig_settle(r);
    assert_true(has_nothing(fb));
    assert_int_equal(receive(fa, data, sizeof data, &from), 5);
    assert_true(addr_equal(&from, &server));
    link_free(k);
    port_free(port);
    close(fa);
    close(fb);
    end(r);
}

/* poll(2) says of a full receiver that there is room. */
static void full_unix_receiver_costs_no_time(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr server, a, b;
    int fd = unix_bound(&server), fa = unix_bound(&a), fb = unix_bound(&b);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    struct link *k = link_new(port, port, &r->pool, NULL);

    (void)state;
    while (sendto(fb, "x", 1, 0, &a.sa, a.len) == 1)
        continue;
    must_send(fa, "who", 3, &server);
    rig_rest(r, 40);
    link_free(k);
    port_free(port);
    close(fa);
    close(fb);
    end(r);
}

/* A sender without a name cannot be answered; the others can. */
static void unnamed_sender_to_echo(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr server, a;
    int fd = unix_bound(&server), fa = unix_bound(&a);
    int unnamed = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    struct link *k = link_new(port, port, &r->pool, NULL);
    char data[10];

    (void)state;
    must_send(unnamed, "who", 3, &server);
    must_send(fa, "me", 2, &server);
    rig_rest(r, 40);
    assert_int_equal(recv(fa, data, sizeof data, MSG_DONTWAIT), 2);
    assert_int_equal(k->state, LINK_RUNNING);
    link_free(k);
    port_free(port);
    close(fa);
    close(unnamed);
    end(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_guards),
        cmocka_unit_test(echoes_by_the_dozen),
        cmocka_unit_test(refusing_answers_leaves_turns),
        cmocka_unit_test(refusing_answers_keeps_the_socket),
        cmocka_unit_test(full_unix_receiver_costs_no_time),
        cmocka_unit_test(unnamed_sender_to_echo),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
