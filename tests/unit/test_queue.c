/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/queue.h"

#include "test_io_rig.h"

static int rooms;

static void count_room(struct port *port, void *ctx)
{
    (void)ctx;
    assert_false(queue_full(port));
    rooms++;
}

static void chunks_join_and_end(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 5, .room = count_room};
    struct port *q = queue_new(r->loop, &opts);
    char data[10];

    (void)state;
    rooms = 0;
    assert_int_equal(port_read(q, data, sizeof data, NULL), IO_AGAIN);
    rig_put(q, "abc", 3);
    assert_false(queue_full(q));
    rig_put(q, "", 0);
    rig_put(q, "defgh", 5);
    assert_true(queue_full(q));
    assert_int_equal(queue_size(q), 8);
    assert_int_equal(port_pending(q), 8);
    assert_int_equal(port_read(q, data, 2, NULL), 2);
    assert_int_equal(rooms, 0);
    assert_int_equal(port_read(q, data, 4, NULL), 4);
    assert_memory_equal(data, "cdef", 4);
    assert_int_equal(rooms, 1);
    queue_end(q);
    rig_put(q, "late", 4);
    assert_int_equal(port_read(q, data, sizeof data, NULL), 2);
    assert_memory_equal(data, "gh", 2);
    assert_int_equal(rooms, 2); /* it is empty */
    assert_int_equal(port_read(q, data, sizeof data, NULL), IO_EOF);
    assert_int_equal(port_read(q, data, sizeof data, NULL), IO_EOF);
    port_free(q);
    rig_free(r);
}

/* What stands behind a mark is not there until it is taken off, the end neither. */
static void reading_stops_at_marks(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 5};
    struct port *q = queue_new(r->loop, &opts);
    char data[10];

    (void)state;
    queue_unmark(q);
    rig_put(q, "abc", 3);
    queue_mark(q);
    rig_put(q, "de", 2);
    queue_mark(q);
    queue_end(q);
    assert_false(queue_at_mark(q));
    assert_int_equal(port_read(q, data, 1, NULL), 1);
    assert_int_equal(port_read(q, data, sizeof data, NULL), 2);
    assert_true(queue_at_mark(q));
    assert_int_equal(port_pending(q), 0);
    assert_int_equal(queue_size(q), 2);
    assert_int_equal(port_read(q, data, sizeof data, NULL), IO_AGAIN);
    queue_unmark(q);
    assert_false(queue_at_mark(q));
    queue_unmark(q); /* further on */
    assert_int_equal(port_read(q, data, sizeof data, NULL), 2);
    assert_memory_equal(data, "de", 2);
    assert_int_equal(port_read(q, data, sizeof data, NULL), IO_EOF);
    port_free(q);
    rig_free(r);
}

static void whole_chunks(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 5, .whole = true};
    struct port *q = queue_new(r->loop, &opts);
    char data[10];

    (void)state;
    rig_put(q, "abc", 3);
    rig_put(q, "d", 1);
    rig_put(q, "efghi", 5);
    assert_int_equal(port_read(q, data, sizeof data, NULL), 3);
    assert_int_equal(port_read(q, data, sizeof data, NULL), 1);
    assert_int_equal(port_read(q, data, 4, NULL), 4);
    assert_int_equal(port_read(q, data, 4, NULL), 1);
    assert_int_equal(data[0], 'i');
    assert_int_equal(port_read(q, data, 4, NULL), IO_AGAIN);
    rig_put(q, "left behind", 11);
    port_free(q);
    rig_free(r);
}

static void chunks_are_counted(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 5};
    struct port *a = queue_new(r->loop, &opts), *b = queue_new(r->loop, &opts);
    struct chunk *c = chunk_new("shared", 6);
    char data[10];

    (void)state;
    queue_put(a, c);
    queue_put(b, c);
    assert_int_equal(c->refs, 3);
    assert_int_equal(port_read(a, data, sizeof data, NULL), 6);
    assert_int_equal(c->refs, 2);
    port_free(a);
    port_free(b);
    rig_settle(r);
    assert_int_equal(c->refs, 1);
    chunk_unref(c);
    rig_free(r);
}

static void a_reader_is_woken(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 5};
    struct port *q = queue_new(r->loop, &opts), *drop = queue_new(r->loop, &opts);
    struct link *k = rig_link(r, q, drop, NULL);

    (void)state;
    rig_settle(r);
    rig_put(q, "one", 3);
    rig_settle(r);
    assert_int_equal(k->bytes, 3);
    queue_end(q);
    rig_run(r);
    assert_int_equal(k->state, LINK_DONE);
    rig_rest(r, 40);
    link_free(k);
    port_free(q);
    port_free(drop);
    rig_free(r);
}

static struct meta meta_of(const char *host)
{
    struct meta m = {.hops = 9};

    assert_int_equal(addr_parse(&m.peer, host, 7), 0);
    return m;
}

static void put_to(struct port *q, const char *text, const struct meta *to)
{
    struct chunk *c = chunk_new(text, strlen(text));

    queue_put_to(q, c, to);
    chunk_unref(c);
}

static void chunks_know_where_they_go(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1000, .addressed = true};
    struct port *q = queue_new(r->loop, &opts);
    struct meta one = meta_of("127.0.0.1"), two = meta_of("127.0.0.2"), got;
    char data[10];

    (void)state;
    assert_true((port_caps(q) & IO_ADDRESSED) != 0);
    put_to(q, "abc", &one);
    put_to(q, "d", NULL);
    put_to(q, "ef", &two);
    assert_int_equal(port_read(q, data, 2, &got), 2);
    assert_true(addr_equal(&got.peer, &one.peer));
    assert_int_equal(got.hops, 9);
    assert_int_equal(port_read(q, data, sizeof data, &got), 1);
    assert_true(addr_equal(&got.peer, &one.peer));
    assert_int_equal(port_read(q, data, sizeof data, &got), 1);
    assert_int_equal(got.peer.len, 0);
    assert_int_equal(port_read(q, data, sizeof data, &got), 2);
    assert_true(addr_equal(&got.peer, &two.peer));
    assert_int_equal(port_read(q, data, sizeof data, &got), IO_AGAIN);
    /* Addresses take room as well. */
    for (int i = 0; i < 5; i++)
        put_to(q, "x", &one);
    assert_true(queue_full(q));
    assert_int_equal(queue_size(q), 5);
    queue_drop(q);
    assert_false(queue_full(q));
    assert_int_equal(port_read(q, data, sizeof data, &got), IO_AGAIN);
    port_free(q);
    rig_free(r);
}

/* Takes two bytes at a time, and nothing while it is full. */
struct slow_taker {
    struct port *port;
    char took[16];
    size_t n, full_at;
};

static ssize_t take_two(struct port *port, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct slow_taker *t = ctx;
    const size_t n = size < 2 ? size : 2;

    (void)port, (void)meta;
    if (t->n == t->full_at)
        return IO_AGAIN;
    assert_true(t->n + n <= sizeof t->took);
    memcpy(t->took + t->n, data, n);
    t->n += n;
    return (ssize_t)n;
}

static void writers_take_turns(void **state)
{
    struct rig *r = rig_new();
    struct slow_taker t = {.full_at = 0};
    struct queue_opts opts = {.limit = 1, .turns = true, .write = take_two, .ctx = &t};
    const struct queue_opts source = {.limit = 100};
    struct port *one = queue_new(r->loop, &source), *two = queue_new(r->loop, &source);
    struct link *a, *b;

    (void)state;
    t.port = queue_new(r->loop, &opts);
    a = rig_link(r, one, t.port, NULL);
    b = rig_link(r, two, t.port, NULL);
    rig_put(one, "aaaaaa", 6);
    rig_put(two, "bbbb", 4);
    rig_settle(r);
    assert_int_equal(t.n, 0);
    t.full_at = sizeof t.took;
    port_event_soon(t.port, LOOP_OUT);
    rig_settle(r);
    assert_int_equal(t.n, 10);
    assert_memory_equal(t.took, "aabbaabbaa", 10);
    link_free(a);
    link_free(b);
    port_free(one);
    port_free(two);
    port_free(t.port);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_know_where_they_go), cmocka_unit_test(chunks_join_and_end),
        cmocka_unit_test(reading_stops_at_marks),    cmocka_unit_test(whole_chunks),
        cmocka_unit_test(chunks_are_counted),        cmocka_unit_test(a_reader_is_woken),
        cmocka_unit_test(writers_take_turns),
    };

    return cmocka_run_group_tests_name("queue", tests, rig_poll, NULL);
}
