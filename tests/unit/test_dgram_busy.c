/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Datagrams that a busy network device does not take (ENOBUFS), of which poll(2) does not tell.
 */
#include "test_dgram_rig.h"

#include <sys/syscall.h>

static struct {
    bool on;
    unsigned refused;
} busy;

static bool refuses(void)
{
    busy.refused += busy.on;
    errno = ENOBUFS;
    return busy.on;
}

/* In the place of the C library's. */
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    return refuses() ? -1 : syscall(SYS_sendmsg, fd, msg, flags);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return refuses() ? -1 : syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

enum { MOMENT = 60 }; /* ms */

/* As long as the device is busy it is asked now and then, and nothing is lost. */
static void check_busy(struct rig *r, int peer, size_t size)
{
    char data[3000];

    busy.on = true;
    busy.refused = 0;
    rig_rest(r, MOMENT);
    assert_in_range(busy.refused, 2, 4 * MOMENT);
    assert_int_equal(recv(peer, data, sizeof data, MSG_DONTWAIT), -1);
    busy.on = false;
    rig_settle(r);
    assert_int_equal(recv(peer, data, sizeof data, MSG_DONTWAIT), size);
}

static void a_client(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.connected = true};
    struct queue_opts queue = {.limit = 1, .whole = true};
    struct port *from = queue_new(r->loop, &queue), *to;
    struct addr a, b;
    int peer = bound("127.0.0.1", 0, &a), fd = bound("127.0.0.1", 0, &b);
    struct link *k;

    (void)state;
    assert_int_equal(connect(fd, &a.sa, a.len), 0);
    to = dgram_new(r->loop, &fd, 1, &opts);
    k = link_new(from, to, &r->pool, NULL);
    busy.on = true;
    rig_put(from, "hello", 5);
    rig_settle(r);
    check_busy(r, peer, 5);
    assert_false(to->lost);
    link_free(k);
    port_free(from);
    port_free(to);
    close(peer);
    end(r);
}

static void an_echo(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr a, b;
    int peer = bound("127.0.0.1", 0, &a), fd = bound("127.0.0.1", 0, &b);
    struct port *p = dgram_new(r->loop, &fd, 1, &opts);
    struct link *k = link_new(p, p, &r->pool, NULL);

    (void)state;
    assert_int_equal(sendto(peer, "hello", 5, 0, &b.sa, b.len), 5);
    busy.on = true;
    rig_settle(r);
    check_busy(r, peer, 5);
    assert_false(p->lost);
    link_free(k);
    port_free(p);
    close(peer);
    end(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_client), cmocka_unit_test(an_echo)};
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
