/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/below.h"
#include "io/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "test_io_rig.h"

enum { SIZE = 1 << 20, LIMIT = 60000 };

/* A connection whose far end takes little at a time. */
static void tcp_pair(int s[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
    socklen_t len = sizeof at;

    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&at, &len), 0);
    s[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(s[0], (struct sockaddr *)&at, sizeof at), 0);
    s[1] = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    assert_true(s[1] >= 0);
    rig_nonblock(s[0]);
    rig_nonblock(s[1]);
    close(server);
}

static void unix_pair(int s[2])
{
    rig_pair(s, SOCK_STREAM);
}

static void (*const pairs[])(int s[2]) = {tcp_pair, unix_pair};

/* How a closing ended. */
struct ending {
    struct rig *rig;
    uint64_t lost;
    int error;
    int calls;
};

static void closed(void *ctx, uint64_t lost, int error)
{
    struct ending *e = ctx;

    e->lost = lost;
    e->error = error;
    e->calls++;
    loop_stop(e->rig->loop);
}

/* Writes as much as goes in at once. Returns how much that was. */
static size_t stuff(struct port *p)
{
    static const char block[65536];
    size_t sum = 0;
    ssize_t n;

    while (sum < SIZE && (n = port_write(p, block, sizeof block, NULL)) > 0)
        sum += (size_t)n;
    return sum;
}

/* A peer that reads a little whenever it can, and says something each time, or whenever it can. */
struct talker {
    struct watch watch;
    size_t got;
    bool floods, ended;
    int error;
};

static unsigned talker_wants(struct watch *w)
{
    const struct talker *t = container_of(w, struct talker, watch);

    return t->ended ? 0 : LOOP_IN | (t->floods ? (unsigned)LOOP_OUT : 0);
}

static void talker_talks(struct watch *w, unsigned events)
{
    struct talker *t = container_of(w, struct talker, watch);
    static char block[3000];
    ssize_t n;

    if (send(w->fd, block, t->floods ? sizeof block : 10, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        t->error = errno;
    if (!(events & (LOOP_IN | LOOP_HUP)))
        return;
    n = recv(w->fd, block, sizeof block, 0);
    if (n > 0)
        t->got += (size_t)n;
    else if (n == 0 || errno != EAGAIN)
        t->ended = true;
    if (n < 0 && errno != EAGAIN)
        t->error = errno;
    if (t->ended && !t->floods)
        close(w->fd);
    if (t->ended)
        loop_del(w);
}

/* It gets all, whether it answers or floods, and the port is closed then. */
static void who_speaks_gets_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct rig *r = rig_new();
        struct talker t = {.watch = {.want = talker_wants, .fire = talker_talks}, .floods = i & 1};
        struct ending e = {.rig = r};
        struct port *p;
        size_t sent;
        int s[2];

        pairs[i / 2](s);
        p = fd_socket(r->loop, s[0]);
        sent = stuff(p);
        t.watch.fd = s[1];
        loop_add(r->loop, &t.watch);
        assert_false(port_close(p, LIMIT, true, closed, &e));
        rig_run(r);
        while (!t.ended)
            rig_settle(r);
        assert_int_equal(t.got, sent);
        assert_int_equal(e.lost, 0);
        assert_int_equal(e.calls, 1);
        if (t.floods)
            close(s[1]);
        rig_free(r);
    }
}

/* Of TCP the loss is told. A UNIX socket's bytes are with the peer already: there is no loss, nor a long wait. */
static void who_never_reads_is_given_up(void **state)
{
    struct rig *r = rig_new();
    struct ending e = {.rig = r};
    struct port *p;
    size_t sent;
    int s[2];

    (void)state;
    tcp_pair(s);
    p = fd_socket(r->loop, s[0]);
    sent = stuff(p);
    assert_false(port_close(p, 50, true, closed, &e));
    rig_run(r);
    assert_true(e.lost > 0 && e.lost <= sent);
    assert_int_equal(e.error, 0);
    rig_settle(r);
    assert_int_equal(e.calls, 1);
    assert_int_equal(fcntl(s[0], F_GETFD), -1);
    close(s[1]);
    unix_pair(s);
    p = fd_socket(r->loop, s[0]);
    stuff(p);
    assert_false(port_close(p, LIMIT, false, closed, &e));
    rig_run(r);
    assert_int_equal(e.lost, 0);
    assert_int_equal(e.calls, 2);
    close(s[1]);
    rig_free(r);
}

static void a_reset_is_told(void **state)
{
    struct rig *r = rig_new();
    struct linger linger = {.l_onoff = 1};
    struct ending e = {.rig = r};
    struct port *p;
    int s[2];

    (void)state;
    for (int late = 0; late < 2; late++) {
        tcp_pair(s);
        p = fd_socket(r->loop, s[0]);
        stuff(p);
        assert_int_equal(setsockopt(s[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
        if (!late)
            close(s[1]);
        assert_false(port_close(p, LIMIT, true, closed, &e));
        if (late)
            close(s[1]);
        rig_run(r);
        assert_int_equal(e.calls, late + 1);
        assert_true(e.lost > 0);
        assert_int_equal(e.error, ECONNRESET);
    }
    rig_free(r);
}

/* Nothing is under way: it is closed when port_close() returns. */
static void at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct rig *r = rig_new();
        struct port *p;
        int s[2];

        pairs[i / 2](s);
        p = fd_socket(r->loop, s[0]);
        if (i & 1)
            close(s[1]);
        else
            assert_int_equal(shutdown(s[1], SHUT_WR), 0);
        assert_true(port_close(p, LIMIT, true, closed, NULL));
        rig_settle(r);
        assert_int_equal(fcntl(s[0], F_GETFD), -1);
        if (!(i & 1))
            close(s[1]);
        rig_free(r);
    }
}

static void given_up_in_the_middle(void **state)
{
    struct rig *r = rig_new();
    struct ending e = {.rig = r};
    struct port *p;
    int s[2];

    (void)state;
    tcp_pair(s);
    p = fd_socket(r->loop, s[0]);
    stuff(p);
    assert_false(port_close(p, 30, true, closed, &e));
    assert_true(port_give_up(p) > 0);
    rig_settle(r);
    rig_settle(r);
    assert_int_equal(e.calls, 0);
    assert_int_equal(fcntl(s[0], F_GETFD), -1);
    close(s[1]);
    rig_free(r);
}

/* A peer that takes a little from time to time may take as long as it likes, and nobody spins meanwhile. */
static void progress_moves_the_limit(void **state)
{
    struct rig *r = rig_new();
    struct ending e = {.rig = r};
    static char data[20000];
    struct port *p;
    size_t sent, got = 0;
    int s[2];

    (void)state;
    tcp_pair(s);
    p = fd_socket(r->loop, s[0]);
    sent = stuff(p);
    assert_true(sent > 2 * sizeof data);
    assert_false(port_close(p, 1000, false, closed, &e));
    rig_rest(r, 40);
    while (got < sent) {
        ssize_t n = read(s[1], data, sizeof data);

        if (n > 0)
            got += (size_t)n;
        else
            rig_settle(r);
    }
    if (e.calls == 0)
        rig_run(r);
    assert_int_equal(e.lost, 0);
    close(s[1]);
    rig_free(r);
}

static void the_kernel_knows(void **state)
{
    struct rig *r = rig_new();
    struct port *p;
    int s[2];

    (void)state;
    tcp_pair(s);
    p = fd_socket(r->loop, s[0]);
    assert_int_equal(write(s[1], "hello", 5), 5);
    assert_int_equal(below_unread(p), 5);
    assert_false(below_is_unix(p));
    assert_false(below_is_device(p));
    stuff(p);
    assert_true(below_unsent(p) > 0);
    below_keep_alive(p);
    below_reset(p);
    assert_int_equal(p->error, ECONNRESET);
    assert_true(port_close(p, LIMIT, true, closed, NULL));
    while (read(s[1], (char[4096]){0}, 4096) > 0)
        continue;
    assert_int_equal(errno, ECONNRESET);
    close(s[1]);
    p = fd_null(r->loop);
    assert_int_equal(below_unread(p) + below_unsent(p) + (uint64_t)below_error(p), 0);
    assert_false(below_is_unix(p));
    assert_false(below_is_device(p));
    port_free(p);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_speaks_gets_all),    cmocka_unit_test(who_never_reads_is_given_up),
        cmocka_unit_test(a_reset_is_told),        cmocka_unit_test(at_once),
        cmocka_unit_test(given_up_in_the_middle), cmocka_unit_test(progress_moves_the_limit),
        cmocka_unit_test(the_kernel_knows),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
