/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/talker.h"

#include "test_io_rig.h"

struct room {
    struct rig *rig;
    struct peer_table peers;
    struct talkers table;
    unsigned left;
};

static void leave(void *ctx, struct talker *t)
{
    struct room *m = ctx;

    m->left++;
    talkers_del(&m->table, t);
}

static struct room *room_new(void)
{
    struct room *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->rig = rig_new();
    peer_table_init(&m->peers, m->rig->loop);
    m->table = (struct talkers){.loop = m->rig->loop, .leaving = leave, .ctx = m};
    talkers_init(&m->table);
    return m;
}

static struct peer *new_peer(struct room *m, const char *host)
{
    const struct queue_opts opts = {.limit = 1};
    struct addr none = {0}, remote = {0};
    struct peer *p;

    if (host != NULL)
        assert_int_equal(addr_parse(&remote, host, 9), 0);
    p = peer_new(&m->peers, queue_new(m->rig->loop, &opts), &none, &remote);
    p->datagram = host == NULL;
    return p;
}

static void room_free(struct room *m)
{
    talkers_clear(&m->table);
    while (peer_first(&m->peers) != NULL)
        peer_free(peer_first(&m->peers));
    rig_free(m->rig);
    free(m);
}

static struct talker *hear(struct room *m, struct peer *p, uint16_t port, bool *made)
{
    struct meta meta = {.hops = 3};

    assert_int_equal(addr_parse(&meta.peer, "127.0.0.1", port), 0);
    return talkers_hear(&m->table, p, &meta, made);
}

static void numbers_are_never_used_twice(void **state)
{
    struct room *m = room_new();
    struct talker *one = talkers_add(&m->table, new_peer(m, "127.0.0.1"), true);
    struct talker *two = talkers_add(&m->table, new_peer(m, "127.0.0.2"), true), *three;
    char name[ADDR_TEXT];

    (void)state;
    assert_int_equal(one->number, 1);
    assert_int_equal(two->number, 2);
    assert_int_equal(m->table.count, 2);
    assert_string_equal(talker_name(two, name), "127.0.0.2 port 9");
    assert_ptr_equal(talkers_find(&m->table, 2), two);
    m->table.to = two;
    talkers_del(&m->table, two);
    assert_null(m->table.to);
    assert_null(talkers_find(&m->table, 2));
    three = talkers_add(&m->table, new_peer(m, "127.0.0.3"), true);
    assert_int_equal(three->number, 3);
    assert_ptr_equal(talkers_next(&m->table, NULL), one);
    assert_ptr_equal(talkers_next(&m->table, one), three);
    assert_null(talkers_next(&m->table, three));
    assert_int_equal(m->table.count, 2);
    room_free(m);
}

static void senders_are_known_by_address(void **state)
{
    struct room *m = room_new();
    struct peer *p = new_peer(m, NULL);
    struct talker *self = talkers_add(&m->table, p, false), *a, *b;
    uint64_t sent, received;
    char name[ADDR_TEXT];
    bool made;

    (void)state;
    assert_int_equal(m->table.count, 0);
    assert_null(talkers_next(&m->table, NULL));
    a = hear(m, p, 1000, &made);
    assert_true(made);
    assert_ptr_not_equal(a, self);
    b = hear(m, p, 1001, &made);
    assert_true(made);
    assert_int_equal(a->number, 1);
    assert_int_equal(b->number, 2);
    assert_ptr_equal(hear(m, p, 1000, &made), a);
    assert_false(made);
    assert_string_equal(talker_name(b, name), "127.0.0.1 port 1001");
    assert_int_equal(b->meta->hops, 3);
    b->received = 5;
    p->received = 50;
    talker_bytes(b, &sent, &received);
    assert_int_equal(received, 5);
    talkers_del(&m->table, a);
    assert_ptr_not_equal(hear(m, p, 1000, &made), b);
    assert_true(made);
    room_free(m);
}

static void the_quietest_makes_room(void **state)
{
    struct room *m = room_new();
    struct peer *p = new_peer(m, NULL);
    bool made;

    (void)state;
    for (uint16_t i = 0; i < TALKERS_SENDERS; i++)
        hear(m, p, (uint16_t)(2000 + i), &made);
    assert_int_equal(m->table.count, TALKERS_SENDERS);
    assert_int_equal(m->left, 0);
    hear(m, p, 2000, &made); /* now 2001 is the quietest */
    hear(m, p, 9999, &made);
    assert_true(made);
    assert_int_equal(m->left, 1);
    assert_int_equal(m->table.count, TALKERS_SENDERS);
    assert_non_null(talkers_find(&m->table, 1));
    assert_null(talkers_find(&m->table, 2));
    room_free(m);
}

static void the_idle_leave(void **state)
{
    struct room *m = room_new();
    struct peer *p = new_peer(m, NULL);
    struct talker *a, *b;
    bool made;

    (void)state;
    a = hear(m, p, 1000, &made);
    b = hear(m, p, 1001, &made);
    a->heard -= TALKERS_IDLE + 1;
    assert_true(loop_timer_pending(&m->table.idle));
    loop_timer_clear(&m->table.idle);
    m->table.idle.fire(&m->table.idle);
    assert_int_equal(m->left, 1);
    assert_int_equal(m->table.count, 1);
    assert_ptr_equal(talkers_next(&m->table, NULL), b);
    assert_true(loop_timer_pending(&m->table.idle));
    talkers_del(&m->table, b);
    m->table.idle.fire(&m->table.idle);
    room_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_never_used_twice),
        cmocka_unit_test(senders_are_known_by_address),
        cmocka_unit_test(the_quietest_makes_room),
        cmocka_unit_test(the_idle_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
