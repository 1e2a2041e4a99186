/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/reconnect.h"

#include <limits.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "test_net_rig.h"

static struct conf conf;

/* Two servers, and a line to the first that is not open yet. */
struct servers {
    struct rig *rig;
    struct reconnect line;
    int one, two;
    struct addr a, b;
    char port[8], other[8];
};

static void begin(struct servers *p, int max)
{
    struct rig *r = p->rig = rig_new();
    const struct net_events events = {.ctx = r, .bound = rig_bound, .up = rig_up, .failed = rig_failed};

    p->one = rig_serve("127.0.0.1", SOCK_STREAM, &p->a);
    p->two = rig_serve("127.0.0.1", SOCK_STREAM, &p->b);
    rig_port(&p->b, p->other);
    conf = (struct conf){.transport = "connect", .reconnect = max};
    conf.net.host = "127.0.0.1";
    conf.net.port = rig_port(&p->a, p->port);
    reconnect_init(&p->line, &conf, net_find(conf.transport), r->loop, &r->peers, &events);
}

static void end(struct servers *p)
{
    close(p->one);
    close(p->two);
    reconnect_clear(&p->line);
    rig_free(p->rig);
}

/* Runs until there were `n` connections. */
static struct peer *connected(struct servers *p, unsigned n)
{
    p->rig->stop_up = n;
    rig_run(p->rig);
    assert_int_equal(p->rig->nup, n);
    return p->rig->up[n - 1];
}

static int64_t left(const struct reconnect *line)
{
    assert_true(reconnect_waits(line));
    return line->timer.at - loop_now(line->loop);
}

static void delays_grow(void **state)
{
    static const int64_t least[] = {0, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    struct servers p;

    (void)state;
    begin(&p, INT_MAX);
    for (size_t i = 0; i < sizeof least / sizeof least[0]; i++) {
        assert_true(reconnect_later(&p.line, NULL));
        /* The timer counts from now, left() from the beginning of the turn: allow for a slow machine. */
        assert_in_range(left(&p.line), least[i], least[i] + least[i] / 4 + 500);
    }
    assert_true(rig_said(p.rig, "connecting again (attempt 1)"));
    assert_true(rig_said(p.rig, "connecting again in 1 s (attempt 2)"));
    assert_true(rig_said(p.rig, "connecting again in 30 s (attempt 8)"));
    end(&p);
}

/* Who is connected and left at once is not run down; who lasted is asked again at once. */
static void only_what_lasted_begins_anew(void **state)
{
    struct servers p;

    (void)state;
    begin(&p, INT_MAX);
    assert_true(reconnect_later(&p.line, NULL));
    reconnect_up(&p.line, connected(&p, 1));
    assert_int_equal(p.line.tries, 0);
    assert_true(reconnect_later(&p.line, NULL));
    assert_in_range(left(&p.line), 1000, 1750);
    p.line.since = loop_now(p.rig->loop) - 1000;
    assert_true(reconnect_later(&p.line, NULL));
    assert_in_range(left(&p.line), 0, 500);
    end(&p);
}

static void attempts_are_counted(void **state)
{
    struct err refused = {.status = STATUS_NETWORK, .text = "refused"};
    struct err unknown = {.status = STATUS_LOCAL, .text = "unknown"};
    struct servers p;

    (void)state;
    begin(&p, 2);
    assert_false(reconnect_later(&p.line, &unknown));
    assert_true(reconnect_later(&p.line, &refused));
    assert_true(rig_said(p.rig, "refused"));
    assert_true(reconnect_later(&p.line, &refused));
    assert_false(reconnect_later(&p.line, &refused));
    assert_true(rig_said(p.rig, "gave up after 2 attempts"));
    assert_string_equal(refused.text, ""); /* told already */
    p.line.ever = true;
    p.line.tries = 0;
    assert_true(reconnect_later(&p.line, &unknown));
    conf.reconnect = 0;
    assert_false(reconnect_later(&p.line, &refused));
    end(&p);
}

static void goes_elsewhere(void **state)
{
    struct servers p;
    char both[64];
    struct err e;

    (void)state;
    begin(&p, 0);
    assert_int_equal(reconnect_open(&p.line, &e), 0);
    connected(&p, 1);
    assert_int_equal(reconnect_to(&p.line, "127.0.0.1", p.other, &e), 0);
    assert_true(p.line.asked);
    assert_int_equal(addr_port(connected(&p, 2)->remote), addr_port(&p.b));
    reconnect_up(&p.line, p.rig->up[1]);
    assert_false(p.line.asked);
    assert_int_equal(reconnect_to(&p.line, NULL, NULL, &e), 0);
    assert_int_equal(addr_port(connected(&p, 3)->remote), addr_port(&p.b));
    snprintf(both, sizeof both, "127.0.0.1:%u", addr_port(&p.a));
    assert_int_equal(reconnect_to(&p.line, both, NULL, &e), 0);
    assert_int_equal(addr_port(connected(&p, 4)->remote), addr_port(&p.a));
    assert_int_equal(reconnect_to(&p.line, "127.0.0.1", NULL, &e), -1);
    assert_non_null(strstr(e.text, "a host and a port are needed"));
    assert_int_equal(reconnect_to(&p.line, "127.0.0.1", "nonsense", &e), -1);
    assert_true(reconnect_is_open(&p.line));
    end(&p);
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

/* Waits until no thread but this one runs. */
static void be_alone(void)
{
    time_t end = time(NULL) + 60;
    struct stat st;

    do {
        assert_true(time(NULL) < end);
        sched_yield();
        assert_int_equal(stat("/proc/self/task", &st), 0);
    } while (st.st_nlink > 3);
}

/* A name is looked up beside the loop: what is open stays so until it is found. */
static void names_are_looked_up_beside(void **state)
{
    struct servers p;
    struct err e;

    (void)state;
    begin(&p, 0);
    p.line.leave = on_leave;
    p.line.settled = on_settled;
    assert_int_equal(reconnect_open(&p.line, &e), 0);
    connected(&p, 1);
    assert_int_equal(reconnect_to(&p.line, "localhost", "nonsense", &e), -1);
    assert_false(reconnect_moves(&p.line));
    assert_int_equal(reconnect_to(&p.line, "localhost", p.other, &e), 0);
    assert_true(reconnect_moves(&p.line));
    assert_int_equal(calls, 0);
    assert_int_equal(addr_port(connected(&p, 2)->remote), addr_port(&p.b));
    assert_int_equal(left_at, 1);
    assert_int_equal(settled_at, 2);
    assert_false(reconnect_moves(&p.line));
    assert_int_equal(reconnect_to(&p.line, "localhost", p.port, &e), 0);
    end(&p); /* abandoned */
    be_alone();
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
