/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Datagrams that a busy network device does not take (ENOBUFS), of which poll(2) does not tell.
 */
#include "io/callers.h"
#include "test_busy_rig.h"

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

enum { PATIENCE = 10000 };

/* What was taken for the end of a turn is not sent yet when the port is closed. */
static void close_with_two(struct rig *r, struct port *p, int64_t limit)
{
    closing.times = 0;
    assert_int_equal(port_write(p, "first", 5, NULL), 5);
    busy.on = true;
    assert_int_equal(port_write(p, "second", 6, NULL), 6);
    assert_int_equal(port_write(p, "third", 5, NULL), 5);
    rig_settle(r);
    assert_false(port_close(p, limit, false, has_left, NULL));
    rig_settle(r);
}

static void got(int peer, const char *text)
{
    char data[100];

    assert_int_equal(receive(peer, data, sizeof data, NULL), strlen(text));
    assert_memory_equal(data, text, strlen(text));
}

static struct port *new_gatherer(struct rig *r, int *peer)
{
    const struct dgram_opts opts = {.connected = true, .gather = true};
    struct addr a, b;
    int fd;

    *peer = bound("127.0.0.1", 0, &a);
    fd = bound("127.0.0.1", 0, &b);
    assert_int_equal(connect(fd, &a.sa, a.len), 0);
    return dgram_new(r->loop, &fd, 1, &opts);
}

static void came(void *ctx, struct port *port, const struct addr *local, const struct addr *who)
{
    struct port **to = ctx;

    (void)local, (void)who;
    *to = port;
}

static bool admit(void *ctx, const struct addr *who)
{
    (void)ctx, (void)who;
    return true;
}

static struct callers *new_callers(struct rig *r, int *peer, struct port **port)
{
    const struct callers_conf conf = {.ctx = port, .admit = admit, .came = came};
    struct addr a, b;
    char data[10];
    int fd = bound("127.0.0.1", 0, &a);
    struct callers *s = callers_new(r->loop, &fd, 1, &conf);

    *peer = bound("127.0.0.1", 0, &b);
    must_send(*peer, "hello", 5, &a);
    rig_settle(r);
    assert_non_null(*port);
    assert_int_equal(port_read(*port, data, sizeof data, NULL), 5);
    return s;
}

/* Who gathers datagrams: a socket of one peer, or one of callers. */
struct gatherer {
    struct rig *rig;
    struct callers *callers; /* NULL: the first */
    struct port *port;
    int peer;
};

static void begin_gathering(struct gatherer *g, bool callers)
{
    g->rig = begin();
    g->port = NULL;
    g->callers = callers ? new_callers(g->rig, &g->peer, &g->port) : NULL;
    if (!callers)
        g->port = new_gatherer(g->rig, &g->peer);
}

static void free_callers(struct gatherer *g)
{
    if (g->callers != NULL)
        callers_free(g->callers);
    g->callers = NULL;
}

static void end_gathering(struct gatherer *g)
{
    free_callers(g);
    busy.on = false;
    close(g->peer);
    end(g->rig);
}

static void what_was_gathered_is_waited_for(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct gatherer g;

        begin_gathering(&g, i == 1);
        close_with_two(g.rig, g.port, PATIENCE);
        got(g.peer, "first");
        free_callers(&g);
        assert_int_equal(closing.times, 0);
        assert_true(has_nothing(g.peer));
        busy.on = false;
        rig_rest(g.rig, MOMENT);
        got(g.peer, "second");
        got(g.peer, "third");
        assert_int_equal(closing.times, 1);
        assert_int_equal(closing.lost, 0);
        end_gathering(&g);
    }
}

/* Of this poll(2) tells, if it is asked. */
static void gathered_behind_a_full_queue(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct gatherer g;

        begin_gathering(&g, i == 1);
        assert_int_equal(port_write(g.port, "first", 5, NULL), 5);
        assert_int_equal(port_write(g.port, "second", 6, NULL), 6);
        busy.full = 1;
        rig_settle(g.rig);
        got(g.peer, "first");
        got(g.peer, "second");
        assert_int_equal(busy.full, 0);
        port_free(g.port);
        end_gathering(&g);
    }
}

static void what_was_gathered_is_lost_in_the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct gatherer g;

        begin_gathering(&g, i == 1);
        close_with_two(g.rig, g.port, 1);
        rig_rest(g.rig, MOMENT);
        assert_int_equal(closing.times, 1);
        assert_int_equal(closing.lost, 11);
        end_gathering(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_client), cmocka_unit_test(an_echo),
                                       cmocka_unit_test(gathered_behind_a_full_queue),
                                       cmocka_unit_test(what_was_gathered_is_waited_for),
                                       cmocka_unit_test(what_was_gathered_is_lost_in_the_end)};
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
