/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fan.h"

#include "test_io_rig.h"

enum { MEMBERS = 5 };

static void opened(void *ctx, struct fan_member *m)
{
    (void)ctx;
    assert_non_null(m->pace.queue);
}

static const struct fan_opts wait_for_all = {.slow = PACE_WAIT, .open = opened};

/* A member that is read by a link into a sink. */
struct reader {
    struct fan_member member;
    struct rig *rig;
    struct sink sink;
    struct link *k;
};

static void read_by_link(void *ctx, struct fan_member *m)
{
    struct reader *x = container_of(m, struct reader, member);

    (void)ctx;
    x->k = link_new(m->pace.queue, x->sink.port, &x->rig->pool, NULL);
}

static struct feed_end {
    struct port *src;
    struct link *k;
} feed_fan(struct rig *r, struct fan *f)
{
    struct queue_opts opts = {.limit = 1, .whole = true};
    struct feed_end e = {.src = queue_new(r->loop, &opts)};

    e.k = link_new(e.src, fan_port(f), &r->pool, NULL);
    return e;
}

static void everybody_reads_all(void **state)
{
    struct rig *r = rig_new();
    size_t len = 3 * LINK_BUFFER + 5;
    unsigned char *data = malloc(len);
    struct fan_opts opts = {.slow = PACE_WAIT, .open = read_by_link};
    struct fan *f = fan_new(r->loop, &opts);
    struct feed_end feed = feed_fan(r, f);
    struct reader reader[MEMBERS] = {0};

    (void)state;
    rig_pattern(data, len, 1);
    rig_put(feed.src, data, len);
    queue_end(feed.src);
    rig_settle(r);
    assert_int_equal(feed.k->bytes, 0); /* there is nobody yet */
    rig_rest(r, 40);
    for (int i = 0; i < MEMBERS; i++) {
        reader[i].rig = r;
        sink_open(&reader[i].sink, r);
        reader[i].sink.most = i % 2 ? 60000 : 0;
        reader[i].sink.turns = i % 2;
        fan_add(f, &reader[i].member);
        assert_null(reader[i].k); /* nothing is made before there is something to read */
    }
    for (int i = 0; i < 100 && !(reader[1].sink.ended && reader[3].sink.ended && reader[0].sink.ended); i++)
        rig_settle(r);
    assert_int_equal(feed.k->state, LINK_DONE);
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(reader[i].k->state, LINK_DONE);
        assert_int_equal(reader[i].sink.len, len);
        assert_memory_equal(reader[i].sink.data, data, len);
        link_free(reader[i].k);
        fan_del(f, &reader[i].member);
        sink_clear(&reader[i].sink);
    }
    link_free(feed.k);
    port_free(feed.src);
    fan_free(f);
    free(data);
    rig_free(r);
}

/* The slowest sets the pace; when it leaves, the others go on. */
static void one_that_does_not_read(void **state)
{
    struct rig *r = rig_new();
    static unsigned char piece[LINK_BUFFER];
    struct fan *f = fan_new(r->loop, &wait_for_all);
    struct feed_end feed = feed_fan(r, f);
    struct fan_member quick = {0}, slow = {0}, late = {0};
    struct sink sink;
    struct link *k;

    (void)state;
    sink_open(&sink, r);
    fan_add(f, &quick);
    fan_add(f, &slow);
    rig_put(feed.src, piece, sizeof piece);
    rig_settle(r);
    k = link_new(quick.pace.queue, sink.port, &r->pool, NULL);
    for (int i = 0; i < 4; i++)
        rig_put(feed.src, piece, sizeof piece);
    rig_settle(r);
    rig_rest(r, 40);
    assert_int_equal(sink.len, sizeof piece);
    assert_int_equal(queue_size(slow.pace.queue), sizeof piece);
    fan_del(f, &slow);
    rig_settle(r);
    assert_int_equal(sink.len, 5 * sizeof piece);
    /* the last one leaves, the next one to come gets what is new */
    link_free(k);
    fan_del(f, &quick);
    rig_put(feed.src, "new", 3);
    rig_rest(r, 40);
    fan_add(f, &slow);
    rig_settle(r);
    assert_int_equal(queue_size(slow.pace.queue), 3);
    queue_end(feed.src);
    rig_settle(r);
    assert_int_equal(port_read(slow.pace.queue, piece, sizeof piece, NULL), 3);
    assert_int_equal(port_read(slow.pace.queue, piece, sizeof piece, NULL), IO_EOF);
    fan_add(f, &late);
    assert_int_equal(port_read(late.pace.queue, piece, sizeof piece, NULL), IO_EOF);
    link_free(feed.k);
    port_free(feed.src);
    fan_free(f);
    sink_clear(&sink);
    rig_free(r);
}

struct misses {
    struct fan *fan;
    size_t bytes;
    bool deletes;
};

static void count_missed(void *ctx, struct fan_member *member, size_t size)
{
    struct misses *m = ctx;

    m->bytes += size;
    if (m->deletes)
        fan_del(m->fan, member);
}

/* Once the others starve it is left behind and misses what comes, until it has caught up. */
static void one_that_is_left_behind(void **state)
{
    (void)state;
    for (int deletes = 0; deletes < 2; deletes++) {
        struct rig *r = rig_new();
        static unsigned char piece[LINK_BUFFER];
        struct misses missed = {.deletes = deletes};
        struct fan_opts opts = {.slow = PACE_SKIP, .open = opened, .missed = count_missed, .ctx = &missed};
        struct fan *f = fan_new(r->loop, &opts);
        struct feed_end feed = feed_fan(r, f);
        struct fan_member slow = {0}, quick = {0};
        struct sink sink;
        struct link *k;

        missed.fan = f;
        sink_open(&sink, r);
        fan_add(f, &slow);
        fan_add(f, &quick);
        rig_put(feed.src, piece, sizeof piece);
        rig_settle(r);
        k = link_new(quick.pace.queue, sink.port, &r->pool, NULL);
        for (int i = 0; i < 3; i++)
            rig_put(feed.src, piece, sizeof piece);
        for (int i = 0; i < 500 && sink.len < 4 * sizeof piece; i++)
            rig_settle(r);
        assert_int_equal(sink.len, 4 * sizeof piece);
        if (deletes) {
            assert_int_equal(missed.bytes, sizeof piece);
        } else {
            assert_int_equal(missed.bytes, 3 * sizeof piece);
            assert_int_equal(queue_size(slow.pace.queue), sizeof piece);
            assert_int_equal(port_read(slow.pace.queue, piece, sizeof piece, NULL), sizeof piece);
            rig_put(feed.src, "new", 3);
            rig_settle(r);
            assert_int_equal(queue_size(slow.pace.queue), 3);
            assert_int_equal(sink.len, 4 * sizeof piece + 3);
        }
        link_free(k);
        link_free(feed.k);
        port_free(feed.src);
        fan_free(f);
        sink_clear(&sink);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_reads_all),
        cmocka_unit_test(one_that_does_not_read),
        cmocka_unit_test(one_that_is_left_behind),
    };

    fan_free(NULL);
    return cmocka_run_group_tests_name("fan", tests, rig_poll, NULL);
}
