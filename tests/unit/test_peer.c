/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/idle.h"

#include "test_io_rig.h"

static const struct addr nobody;

static struct peer *add(struct rig *r, struct peer_table *t, const char *host)
{
    struct addr a;

    assert_int_equal(addr_parse(&a, host, 80), 0);
    return peer_new(t, fd_null(r->loop), &nobody, &a);
}

static void table_of_peers(void **state)
{
    struct rig *r = rig_new();
    struct peer_table t;
    struct peer *p[4];
    uint64_t sent, received;
    char text[ADDR_TEXT];

    (void)state;
    peer_table_init(&t, r->loop);
    for (int i = 0; i < 3; i++)
        p[i] = add(r, &t, "127.0.0.1");
    assert_int_equal(t.count, 3);
    assert_int_equal(p[2]->number, 3);
    assert_string_equal(peer_name(p[0], text), "127.0.0.1 port 80");
    peer_count(p[0], 1, 10);
    peer_count(p[1], 2, 20);
    peer_count(p[1], 3, 30);
    peer_free(p[1]);
    assert_ptr_equal(peer_next(p[0]), p[2]);
    assert_null(peer_next(p[2]));
    p[3] = peer_new(&t, fd_null(r->loop), &nobody, &nobody);
    assert_string_equal(peer_name(p[3], text), "anyone");
    assert_int_equal(p[3]->number, 4);
    assert_ptr_equal(peer_next(p[2]), p[3]);
    peer_free(p[0]);
    assert_ptr_equal(peer_first(&t), p[2]);
    peer_free(p[3]);
    assert_null(peer_next(p[2]));
    peer_table_bytes(&t, &sent, &received);
    assert_int_equal(sent, 6);
    assert_int_equal(received, 60);
    peer_free(p[2]);
    assert_null(peer_first(&t));
    assert_int_equal(t.count, 0);
    rig_free(r);
}

static int64_t expired_at;
static int expiries;

static void expired(struct peer *p)
{
    expired_at = rig_clock(CLOCK_MONOTONIC);
    expiries++;
    loop_stop(p->table->loop);
    peer_free(p);
}

static struct peer *busy;

static void move_bytes(struct timer *t)
{
    peer_count(busy, 1, 0);
    (void)t;
}

static void idle_peers_expire(void **state)
{
    struct rig *r = rig_new();
    struct timer later = {.fire = move_bytes};
    struct peer_table t;
    struct peer *other;
    int64_t start = rig_clock(CLOCK_MONOTONIC);

    (void)state;
    expiries = 0;
    peer_table_init(&t, r->loop);
    busy = add(r, &t, "127.0.0.1");
    other = add(r, &t, "127.0.0.2");
    peer_idle(busy, 60, expired);
    peer_idle(other, 10, expired);
    peer_idle(other, 0, expired);
    loop_timer_set(r->loop, &later, 40);
    rig_run(r);
    assert_int_equal(expiries, 1);
    assert_true(expired_at - start >= 100);
    assert_int_equal(t.count, 1);
    peer_idle(other, 10000, expired);
    peer_free(other);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_peers),
        cmocka_unit_test(idle_peers_expire),
    };

    return cmocka_run_group_tests_name("peer", tests, rig_poll, NULL);
}
