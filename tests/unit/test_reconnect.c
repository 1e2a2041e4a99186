/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/reconnect.h"

#include <limits.h>
#include <sys/socket.h>

#include "test_net_rig.h"

static struct conf conf;

static void start(struct rig *r, struct reconnect *line, int max, const struct addr *to, char port[static 8])
{
    const struct net_events events = {.ctx = r, .bound = rig_bound, .up = rig_up, .failed = rig_failed};

    conf = (struct conf){.transport = "connect", .reconnect = max};
    conf.net.host = "127.0.0.1";
    conf.net.port = rig_port(to, port);
    reconnect_init(line, &conf, r->loop, &r->peers, &events);
}

static int64_t left(const struct reconnect *line)
{
    assert_true(reconnect_waits(line));
    return line->timer.at - loop_now(line->loop);
}

static void delays_grow(void **state)
{
    static const int64_t least[] = {0, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    struct rig *r = rig_new();
    struct reconnect line;
    struct addr a;
    char port[8];
    int server = rig_serve("127.0.0.1", SOCK_STREAM, &a);

    (void)state;
    start(r, &line, INT_MAX, &a, port);
    for (size_t i = 0; i < sizeof least / sizeof least[0]; i++) {
        assert_true(reconnect_later(&line, NULL));
        /* The timer counts from now, left() from the beginning of the turn: allow for a slow machine. */
        assert_in_range(left(&line), least[i], least[i] + least[i] / 4 + 500);
    }
    assert_true(rig_said(r, "connecting again (attempt 1)"));
    assert_true(rig_said(r, "connecting again in 1 s (attempt 2)"));
    assert_true(rig_said(r, "connecting again in 30 s (attempt 8)"));
    close(server);
    reconnect_clear(&line);
    rig_free(r);
}

/* Who is connected and left at once is not run down; who lasted is asked again at once. */
static void only_what_lasted_begins_anew(void **state)
{
    struct rig *r = rig_new();
    struct reconnect line;
    struct addr a;
    char port[8];
    int server = rig_serve("127.0.0.1", SOCK_STREAM, &a);

    (void)state;
    start(r, &line, INT_MAX, &a, port);
    assert_true(reconnect_later(&line, NULL));
    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(r->nup, 1);
    reconnect_up(&line, r->up[0]);
    assert_int_equal(line.tries, 0);
    assert_true(reconnect_later(&line, NULL));
    assert_in_range(left(&line), 1000, 1750);
    line.since = loop_now(r->loop) - 1000;
    assert_true(reconnect_later(&line, NULL));
    assert_in_range(left(&line), 0, 500);
    close(server);
    reconnect_clear(&line);
    rig_free(r);
}

static void attempts_are_counted(void **state)
{
    const struct err refused = {.status = STATUS_NETWORK, .text = "refused"};
    const struct err unknown = {.status = STATUS_LOCAL, .text = "unknown"};
    struct rig *r = rig_new();
    struct reconnect line;
    struct addr a;
    char port[8];
    int server = rig_serve("127.0.0.1", SOCK_STREAM, &a);

    (void)state;
    start(r, &line, 2, &a, port);
    assert_false(reconnect_later(&line, &unknown));
    assert_true(reconnect_later(&line, &refused));
    assert_true(rig_said(r, "refused"));
    assert_true(reconnect_later(&line, &refused));
    assert_false(reconnect_later(&line, &refused));
    assert_true(rig_said(r, "gave up after 2 attempts"));
    line.ever = true;
    line.tries = 0;
    assert_true(reconnect_later(&line, &unknown));
    conf.reconnect = 0;
    assert_false(reconnect_later(&line, &refused));
    close(server);
    reconnect_clear(&line);
    rig_free(r);
}

static void goes_elsewhere(void **state)
{
    struct rig *r = rig_new();
    struct reconnect line;
    struct addr a, b;
    char port[8], other[8], both[64];
    int one = rig_serve("127.0.0.1", SOCK_STREAM, &a), two = rig_serve("127.0.0.1", SOCK_STREAM, &b);
    struct err e;

    (void)state;
    start(r, &line, 0, &a, port);
    assert_int_equal(reconnect_open(&line, &e), 0);
    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(reconnect_to(&line, "127.0.0.1", rig_port(&b, other), &e), 0);
    assert_true(line.asked);
    r->stop_up = 2;
    rig_run(r);
    assert_int_equal(addr_port(r->up[1]->remote), addr_port(&b));
    reconnect_up(&line, r->up[1]);
    assert_false(line.asked);
    assert_int_equal(reconnect_to(&line, NULL, NULL, &e), 0);
    r->stop_up = 3;
    rig_run(r);
    assert_int_equal(addr_port(r->up[2]->remote), addr_port(&b));
    snprintf(both, sizeof both, "127.0.0.1:%u", addr_port(&a));
    assert_int_equal(reconnect_to(&line, both, NULL, &e), 0);
    r->stop_up = 4;
    rig_run(r);
    assert_int_equal(addr_port(r->up[3]->remote), addr_port(&a));
    assert_int_equal(reconnect_to(&line, "127.0.0.1", NULL, &e), -1);
    assert_non_null(strstr(e.text, "a host and a port are needed"));
    assert_int_equal(reconnect_to(&line, "127.0.0.1", "nonsense", &e), -1);
    assert_non_null(line.net);
    close(one);
    close(two);
    reconnect_clear(&line);
    rig_free(r);
}

static int left_at, settled_at, calls;

static void on_leave(void *ctx)
{
    (void)ctx;
    left_at = ++calls;
}

static void on_settled(void *ctx)
{
    (void)ctx;
    settled_at = ++calls;
}

/* A name is looked up beside the loop: what is open stays so until it is found. */
static void names_are_looked_up_beside(void **state)
{
    struct rig *r = rig_new();
    struct reconnect line;
    struct addr a, b;
    char port[8], other[8];
    int one = rig_serve("127.0.0.1", SOCK_STREAM, &a), two = rig_serve("127.0.0.1", SOCK_STREAM, &b);
    struct err e;

    (void)state;
    start(r, &line, 0, &a, port);
    line.leave = on_leave;
    line.settled = on_settled;
    assert_int_equal(reconnect_open(&line, &e), 0);
    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(reconnect_to(&line, "localhost", "nonsense", &e), -1);
    assert_false(reconnect_moves(&line));
    assert_int_equal(reconnect_to(&line, "localhost", rig_port(&b, other), &e), 0);
    assert_true(reconnect_moves(&line));
    assert_int_equal(calls, 0);
    r->stop_up = 2;
    rig_run(r);
    assert_int_equal(addr_port(r->up[1]->remote), addr_port(&b));
    assert_int_equal(left_at, 1);
    assert_int_equal(settled_at, 2);
    assert_false(reconnect_moves(&line));
    assert_int_equal(reconnect_to(&line, "localhost", port, &e), 0);
    reconnect_clear(&line); /* abandoned */
    close(one);
    close(two);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_grow),
        cmocka_unit_test(only_what_lasted_begins_anew),
        cmocka_unit_test(attempts_are_counted),
        cmocka_unit_test(goes_elsewhere),
        cmocka_unit_test(names_are_looked_up_beside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
