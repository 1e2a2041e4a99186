/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fan.h"

#include "test_io_rig.h"

enum { MEMBERS = 5 };

static const struct fan_opts wait_for_all = {.slow = FAN_WAIT};

static struct feed_end {
    struct io *src;
    struct link *k;
} feed_fan(struct rig *r, struct fan *f)
{
    struct queue_opts opts = {.limit = 1, .whole = true};
    struct feed_end e = {.src = queue_new(r->loop, &opts)};

    e.k = link_new(e.src, fan_io(f), &r->pool, NULL);
    return e;
}

static void everybody_reads_all(void **state)
{
    struct rig *r = rig_new();
    size_t len = 3 * LINK_BUFFER + 5;
    unsigned char *data = malloc(len);
    struct fan *f = fan_new(r->loop, &wait_for_all);
    struct feed_end feed = feed_fan(r, f);
    struct io *member[MEMBERS];
    struct sink sink[MEMBERS];
    struct link *k[MEMBERS];

    (void)state;
    rig_pattern(data, len, 1);
    rig_put(feed.src, data, len);
    queue_end(feed.src);
    rig_settle(r);
    assert_int_equal(feed.k->bytes, 0); /* there is nobody yet */
    rig_rest(r, 40);
    for (int i = 0; i < MEMBERS; i++) {
        sink_open(&sink[i], r);
        sink[i].most = i % 2 ? 60000 : 0;
        sink[i].turns = i % 2;
        member[i] = fan_add(f);
        k[i] = link_new(member[i], sink[i].io, &r->pool, NULL);
    }
    for (int i = 0; i < 100 && !(sink[1].ended && sink[3].ended && sink[0].ended); i++)
        rig_settle(r);
    assert_int_equal(feed.k->state, LINK_DONE);
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(k[i]->state, LINK_DONE);
        assert_int_equal(sink[i].len, len);
        assert_memory_equal(sink[i].data, data, len);
        link_free(k[i]);
        fan_del(f, member[i]);
        sink_clear(&sink[i]);
    }
    link_free(feed.k);
    io_free(feed.src);
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
    struct io *quick = fan_add(f), *slow = fan_add(f);
    struct sink sink;
    struct link *k;

    (void)state;
    sink_open(&sink, r);
    k = link_new(quick, sink.io, &r->pool, NULL);
    for (int i = 0; i < 5; i++)
        rig_put(feed.src, piece, sizeof piece);
    rig_settle(r);
    rig_rest(r, 40);
    assert_int_equal(sink.len, sizeof piece);
    assert_int_equal(queue_size(slow), sizeof piece);
    fan_del(f, slow);
    rig_settle(r);
    assert_int_equal(sink.len, 5 * sizeof piece);
    /* the last one leaves, the next one to come gets what is new */
    link_free(k);
    fan_del(f, quick);
    rig_put(feed.src, "new", 3);
    rig_rest(r, 40);
    slow = fan_add(f);
    rig_settle(r);
    assert_int_equal(queue_size(slow), 3);
    queue_end(feed.src);
    rig_settle(r);
    assert_int_equal(io_read(slow, piece, sizeof piece, NULL), 3);
    assert_int_equal(io_read(slow, piece, sizeof piece, NULL), IO_EOF);
    quick = fan_add(f);
    assert_int_equal(io_read(quick, piece, sizeof piece, NULL), IO_EOF);
    link_free(feed.k);
    io_free(feed.src);
    fan_free(f);
    sink_clear(&sink);
    rig_free(r);
}

struct misses {
    struct fan *fan;
    size_t bytes;
    bool deletes;
};

static void count_missed(void *ctx, struct io *member, size_t size)
{
    struct misses *m = ctx;

    m->bytes += size;
    if (m->deletes)
        fan_del(m->fan, member);
}

/* Once the others starve it is left behind, misses what comes, and has its share again when it has caught up. */
static void one_that_is_left_behind(void **state)
{
    (void)state;
    for (int deletes = 0; deletes < 2; deletes++) {
        struct rig *r = rig_new();
        static unsigned char piece[LINK_BUFFER];
        struct misses missed = {.deletes = deletes};
        struct fan_opts opts = {.slow = FAN_SKIP, .missed = count_missed, .ctx = &missed};
        struct fan *f = fan_new(r->loop, &opts);
        struct feed_end feed = feed_fan(r, f);
        struct io *slow = fan_add(f), *quick = fan_add(f);
        struct sink sink;
        struct link *k;

        missed.fan = f;
        sink_open(&sink, r);
        k = link_new(quick, sink.io, &r->pool, NULL);
        for (int i = 0; i < 4; i++)
            rig_put(feed.src, piece, sizeof piece);
        for (int i = 0; i < 500 && sink.len < 4 * sizeof piece; i++)
            rig_settle(r);
        assert_int_equal(sink.len, 4 * sizeof piece);
        if (deletes) {
            assert_int_equal(missed.bytes, sizeof piece);
        } else {
            assert_int_equal(missed.bytes, 3 * sizeof piece);
            assert_int_equal(queue_size(slow), sizeof piece);
            assert_int_equal(io_read(slow, piece, sizeof piece, NULL), sizeof piece);
            rig_put(feed.src, "new", 3);
            rig_settle(r);
            assert_int_equal(queue_size(slow), 3);
            assert_int_equal(sink.len, 4 * sizeof piece + 3);
        }
        link_free(k);
        link_free(feed.k);
        io_free(feed.src);
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
