/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/pace.h"

#include "test_io_rig.h"

enum { LIMIT = 10 };

static struct {
    struct pace pace;
    unsigned rooms;
} all;

static void count_room(struct pace *p)
{
    assert_ptr_equal(p, &all.pace);
    assert_int_equal(p->full, 0);
    all.rooms++;
}

static void has_room(struct port *port, void *ctx)
{
    (void)port;
    pace_has_room(ctx);
}

static void join(struct rig *r, struct pace_member *m)
{
    struct queue_opts opts = {.limit = LIMIT, .room = has_room, .ctx = m};

    *m = (struct pace_member){.queue = queue_new(r->loop, &opts)};
    pace_join(&all.pace, m);
}

static bool put(struct pace_member *m, const char *text)
{
    struct chunk *c = chunk_new(text, strlen(text));
    bool taken = pace_put(m, c, NULL);

    chunk_unref(c);
    return taken;
}

static void read_all(struct pace_member *m)
{
    char data[4 * LIMIT];

    assert_true(port_read(m->queue, data, sizeof data, NULL) > 0);
}

static void leave(struct pace_member *m)
{
    pace_leave(m);
    pace_leave(m);
    port_free(m->queue);
}

static void the_full_one_is_waited_for(void **state)
{
    struct rig *r = rig_new();
    struct pace_member a, b;

    (void)state;
    all.rooms = 0;
    pace_init(&all.pace, r->loop, PACE_WAIT, count_room);
    join(r, &a);
    join(r, &b);
    assert_true(put(&a, "0123456789"));
    assert_true(put(&b, "0123456789"));
    assert_true(put(&a, "more"));
    assert_int_equal(all.pace.full, 2);
    pace_held_up(&all.pace);
    assert_false(loop_timer_pending(&all.pace.grace));
    read_all(&a);
    assert_false(pace_is_waited_for(&a));
    assert_int_equal(all.pace.full, 1);
    assert_int_equal(all.rooms, 0);
    leave(&b); /* whoever leaves is not waited for */
    assert_int_equal(all.rooms, 1);
    assert_int_equal(all.pace.members, 1);
    leave(&a);
    assert_int_equal(all.rooms, 1);
    pace_clear(&all.pace);
    rig_free(r);
}

static void the_full_one_is_left_behind(void **state)
{
    struct rig *r = rig_new();
    struct pace_member a, b;

    (void)state;
    all.rooms = 0;
    pace_init(&all.pace, r->loop, PACE_SKIP, count_room);
    join(r, &a);
    join(r, &b);
    put(&a, "0123456789");
    put(&b, "0123456789");
    pace_held_up(&all.pace);
    all.pace.grace.fire(&all.pace.grace);
    assert_int_equal(all.pace.full, 2); /* nobody else is held up */
    assert_true(loop_timer_pending(&all.pace.grace));
    read_all(&b);
    all.pace.grace.fire(&all.pace.grace);
    assert_int_equal(all.rooms, 1);
    assert_int_equal(all.pace.behind, 1);
    assert_false(pace_is_waited_for(&a));
    assert_false(put(&a, "missed"));
    assert_true(put(&b, "seen"));
    read_all(&a);
    assert_true(put(&a, "seen"));
    assert_int_equal(all.pace.behind, 0);
    leave(&a);
    leave(&b);
    pace_clear(&all.pace);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_full_one_is_waited_for),
        cmocka_unit_test(the_full_one_is_left_behind),
    };

    return cmocka_run_group_tests_name("pace", tests, rig_poll, NULL);
}
