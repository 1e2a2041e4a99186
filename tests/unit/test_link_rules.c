/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Of links: line ends and cuts, the rest between lines, many links into one destination, and freeing.
 */
#include "io/link.h"

#include "test_io_rig.h"

enum { MIB = 1024 * 1024 };

static unsigned char *lines_of(size_t len, size_t line)
{
    unsigned char *data = malloc(len);

    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = i % line == line - 1 ? '\n' : (unsigned char)('a' + i / line % 26);
    return data;
}

static void check_crlf(size_t len, size_t line, size_t in, size_t out)
{
    struct rig *r = rig_new();
    unsigned char *data = lines_of(len, line), *want = malloc(2 * len);
    struct link_opts opts = {.crlf = true};
    struct crlf c = {0};
    size_t wanted = crlf_put(&c, data, len, want);
    struct feed feed;
    struct drain drain;
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];

    rig_pair(a, SOCK_STREAM);
    rig_narrow_pair(b);
    from = rig_socket(r, a[0]);
    to = rig_socket(r, b[1]);
    k = link_new(from, to, &r->pool, &opts);
    drain_start(&drain, r, b[0], out);
    feed_start(&feed, r, a[1], data, len, in);
    rig_run(r);
    assert_int_equal(drain.len, wanted);
    assert_memory_equal(drain.data, want, wanted);
    assert_int_equal(k->bytes, wanted);
    assert_int_equal(k->state, LINK_DONE);
    link_free(k);
    port_free(from);
    port_free(to);
    drain_clear(&drain);
    free(data);
    free(want);
    rig_free(r);
}

static void crlf_on_the_way(void **state)
{
    (void)state;
    check_crlf(3000, 7, 1, MIB);
    check_crlf(3000, 7, MIB, 1);
    check_crlf(100000, 1, MIB, MIB);
    check_crlf(MIB, 100, MIB, MIB);
}

/* More than a buffer waits for a slow reader; then a buffer is full but for a byte. */
static void crlf_to_a_slow_reader(void **state)
{
    (void)state;
    check_crlf(2 * MIB, 3 * MIB, MIB, 3001);
    check_crlf(MIB, 81, MIB, 4000);
    check_crlf(MIB, 2, MIB, 4000);
}

/* What a queue holds goes through a link with `opts` to a sink, whose writes are for the caller to look at. */
static void through_sink(const struct link_opts *opts, const void *data, size_t len, struct sink *sink,
                         size_t most)
{
    struct rig *r = rig_new();
    struct queue_opts queue = {.limit = 1};
    struct port *from = queue_new(r->loop, &queue);
    struct link *k;

    sink_open(sink, r);
    sink->most = most;
    sink->turns = most > 0;
    rig_put(from, data, len);
    queue_end(from);
    k = rig_link(r, from, sink->port, opts);
    rig_run(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_true(sink->ended);
    link_free(k);
    port_free(from);
    rig_settle(r);
    loop_job_del(&sink->again);
    port_free(sink->port);
    rig_free(r);
}

static void free_sink(struct sink *sink)
{
    free(sink->data);
    free(sink->sizes);
}

static void cut_at_lines(void **state)
{
    struct link_opts opts = {.cut = LINK_CUT_LINE};
    struct sink sink;
    unsigned char *data = lines_of(70000, 10);

    (void)state;
    through_sink(&opts, "one\n\ntwo\nrest", 13, &sink, 0);
    assert_int_equal(sink.writes, 4);
    assert_int_equal(sink.sizes[0], 4);
    assert_int_equal(sink.sizes[1], 1);
    assert_int_equal(sink.sizes[2], 4);
    assert_int_equal(sink.sizes[3], 4);
    free_sink(&sink);
    through_sink(&opts, data, 70000, &sink, 0);
    assert_int_equal(sink.len, 70000);
    assert_memory_equal(sink.data, data, 70000);
    assert_int_equal(sink.writes, 7000);
    free_sink(&sink);
    through_sink(&opts, data, 5000, &sink, 3);
    assert_int_equal(sink.len, 5000);
    assert_memory_equal(sink.data, data, 5000);
    free_sink(&sink);
    free(data);
}

/* A line longer than the buffer goes in pieces; the lines after it are whole again. */
static void line_longer_than_the_buffer(void **state)
{
    (void)state;
    for (int crlf = 0; crlf < 2; crlf++) {
        for (size_t extra = 0; extra < 3; extra++) {
            struct link_opts opts = {.cut = LINK_CUT_LINE, .crlf = crlf};
            size_t len = 2 * LINK_BUFFER + extra + 100;
            unsigned char *data = lines_of(len, 3 * LINK_BUFFER);
            struct sink sink;

            data[0] = '\n';
            data[len - 5] = data[len - 1] = '\n';
            through_sink(&opts, data, len, &sink, 0);
            assert_int_equal(sink.len, len + 3 * (size_t)crlf);
            assert_int_equal(sink.sizes[0], 1 + crlf);
            assert_int_equal(sink.sizes[sink.writes - 1], 4 + crlf);
            assert_in_range(sink.writes, 4, 8);
            assert_memory_equal(sink.data + 1 + crlf, data + 1, len - 6);
            free_sink(&sink);
            free(data);
        }
    }
}

static void an_interval_between_lines(void **state)
{
    struct link_opts opts = {.interval = 20};
    int64_t start = rig_clock(CLOCK_MONOTONIC);
    struct sink sink;

    (void)state;
    through_sink(&opts, "a\nb\nc\nd", 7, &sink, 0);
    assert_true(rig_clock(CLOCK_MONOTONIC) - start >= 60);
    assert_int_equal(sink.writes, 4);
    assert_memory_equal(sink.data, "a\nb\nc\nd", 7);
    free_sink(&sink);
}

static void an_interval_before_blocks(void **state)
{
    for (int crlf = 0; crlf < 2; crlf++) {
        struct link_opts opts = {.cut = LINK_CUT_BLOCK, .interval = 20, .crlf = crlf};
        int64_t start = rig_clock(CLOCK_MONOTONIC);
        unsigned char *data = lines_of(20000, 1000);
        struct sink sink;

        (void)state;
        through_sink(&opts, data, 20000, &sink, 0);
        assert_true(rig_clock(CLOCK_MONOTONIC) - start >= 60);
        assert_int_equal(sink.writes, 3);
        assert_int_equal(sink.sizes[0], LINK_BLOCK + crlf * 8);
        assert_int_equal(sink.len, 20000 + crlf * 20);
        free_sink(&sink);
        free(data);
    }
}

/* All that the allowed reads gave is written, and then it is as if the source had ended. */
static void a_limit_on_reads(void **state)
{
    for (unsigned reads = 1; reads < 3; reads++) {
        struct link_opts opts = {.reads = reads, .cut = LINK_CUT_BLOCK, .interval = 1};
        unsigned char *data = lines_of(20000, 1000);
        struct sink sink;

        (void)state;
        through_sink(&opts, data, 20000, &sink, 0);
        assert_int_equal(sink.len, reads * LINK_BLOCK);
        free_sink(&sink);
        free(data);
    }
}

enum { SOURCES = 6, PIECE = 5000 };

static int running;

static void one_less(struct link *k)
{
    assert_int_equal(k->state, LINK_DONE);
    if (--running == 0)
        loop_stop(k->src->loop);
}

/* `rounds` pieces from each source into a destination that takes them bit by bit. */
static void share_one_destination(size_t rounds, struct sink *sink)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1, .whole = true};
    struct link_opts shared = {.keep_open = true};
    struct port *from[SOURCES];
    struct link *k[SOURCES];

    sink_open(sink, r);
    sink->most = 900;
    sink->turns = true;
    for (int i = 0; i < SOURCES; i++) {
        from[i] = queue_new(r->loop, &opts);
        for (size_t j = 0; j < rounds; j++) {
            unsigned char piece[PIECE];

            memset(piece, 'a' + i, sizeof piece);
            rig_put(from[i], piece, sizeof piece);
        }
        queue_end(from[i]);
        k[i] = rig_link(r, from[i], sink->port, &shared);
        k[i]->done = one_less;
    }
    running = SOURCES;
    rig_run(r);
    assert_int_equal(sink->len, SOURCES * rounds * PIECE);
    assert_false(sink->ended);
    for (int i = 0; i < SOURCES; i++) {
        assert_int_equal(k[i]->bytes, rounds * PIECE);
        link_free(k[i]);
        port_free(from[i]);
    }
    loop_job_del(&sink->again);
    port_free(sink->port);
    rig_free(r);
}

/* Each read arrives in one piece. */
static void many_sources_do_not_mix(void **state)
{
    struct sink sink;

    (void)state;
    share_one_destination(LINK_BUFFER / PIECE, &sink);
    for (size_t at = 0; at < sink.len;) {
        unsigned char who = sink.data[at];
        size_t n = 0;

        while (at < sink.len && sink.data[at] == who)
            at++, n++;
        assert_int_equal(n % PIECE, 0);
    }
    free_sink(&sink);
}

/* All have their turn: nobody is ahead by more than a few buffers. */
static void many_sources_are_served_alike(void **state)
{
    size_t got[SOURCES] = {0};
    struct sink sink;

    (void)state;
    share_one_destination(400, &sink);
    for (size_t at = 0; at < sink.len / 2; at++) {
        size_t who = (size_t)(sink.data[at] - 'a');

        got[who]++;
        for (int i = 0; at % 1000 == 0 && i < SOURCES; i++)
            assert_true(got[i] + 3 * LINK_BUFFER >= got[who]);
    }
    free_sink(&sink);
}

/* The same with descriptors, a slow reader and lots of bytes: nothing is lost and nobody is forgotten. */
static void many_descriptors_one_destination(void **state)
{
    struct rig *r = rig_new();
    enum { N = 20, EACH = 200001 };
    static unsigned char data[N][EACH];
    struct link_opts shared = {.keep_open = true};
    struct feed feed[N];
    struct port *from[N], *to;
    struct link *k[N];
    size_t count[N] = {0};
    struct drain drain;
    int s[2], out[2];

    (void)state;
    rig_pipe(out);
    to = rig_file(r, out[1]);
    drain_start(&drain, r, out[0], 7001);
    drain.stop = (size_t)N * EACH;
    for (int i = 0; i < N; i++) {
        memset(data[i], i, EACH);
        rig_pair(s, SOCK_STREAM);
        from[i] = rig_socket(r, s[0]);
        k[i] = link_new(from[i], to, &r->pool, &shared);
        feed_start(&feed[i], r, s[1], data[i], EACH, 50000);
    }
    rig_run(r);
    rig_rest(r, 40);
    for (size_t i = 0; i < drain.len; i++)
        count[drain.data[i]]++;
    for (int i = 0; i < N; i++) {
        assert_int_equal(count[i], EACH);
        assert_int_equal(k[i]->state, LINK_DONE);
        assert_int_equal(k[i]->bytes, EACH);
        link_free(k[i]);
        port_free(from[i]);
        close(feed[i].watch.fd);
    }
    port_free(to);
    drain_clear(&drain);
    rig_free(r);
}

/* A link that rests between two lines does not hold up those that wait behind it. */
static void resting_link_lets_others_pass(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct link_opts slow = {.interval = 100000, .keep_open = true}, plain = {.keep_open = true};
    struct port *a = queue_new(r->loop, &opts), *b = queue_new(r->loop, &opts),
                *c = queue_new(r->loop, &opts);
    struct link *ka, *kb, *kc;
    struct sink sink;

    (void)state;
    sink_open(&sink, r);
    sink.most = 4;
    sink.turns = true;
    sink.feeds = b; /* so that it waits again, behind the one that rests */
    rig_put(a, "aaaaaaa\naaaaaaa\n", 16);
    rig_put(b, "bbbbbbbb", 8);
    rig_put(c, "cccccccc", 8);
    ka = rig_link(r, a, sink.port, &slow);
    kb = rig_link(r, b, sink.port, &plain);
    kc = rig_link(r, c, sink.port, &plain);
    rig_settle(r);
    assert_int_equal(ka->bytes, 8);
    assert_int_equal(kb->bytes, 12);
    assert_int_equal(kc->bytes, 8);
    link_free(ka);
    link_free(kb);
    link_free(kc);
    port_free(a);
    port_free(b);
    port_free(c);
    sink_clear(&sink);
    rig_free(r);
}

/* Whoever is freed while others wait passes the turn on. */
static void freed_in_the_middle_of_a_write(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct link_opts shared = {.keep_open = true};
    struct port *from[3];
    struct link *k[3];
    struct sink sink;

    (void)state;
    sink_open(&sink, r);
    sink.most = 5;
    for (int i = 0; i < 3; i++) {
        from[i] = queue_new(r->loop, &opts);
        rig_put(from[i], "aaaaaaaaaaaaaaa", 15);
        k[i] = rig_link(r, from[i], sink.port, &shared);
    }
    sink.full = true;
    rig_settle(r);
    assert_int_equal(sink.len, 0);
    link_free(k[1]);
    link_free(k[0]);
    sink.full = false;
    rig_settle(r);
    assert_int_equal(k[2]->bytes, 15);
    link_free(k[2]);
    for (int i = 0; i < 3; i++)
        port_free(from[i]);
    sink_clear(&sink);
    rig_free(r);
}

static int calls;

static void free_everything(struct link *k)
{
    struct rig *r = k->ctx;
    struct port *src = k->src, *dst = k->dst;

    calls++;
    link_free(k);
    link_free(k);
    port_free(src);
    port_free(dst);
    loop_stop(r->loop);
}

static void must_not_come(struct link *k)
{
    (void)k;
    fail_msg("called after link_free()");
}

static void freed_from_its_callbacks(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct rig *r = rig_new();
        struct port *from, *to;
        struct link *k;
        int a[2], b[2];

        rig_pair(a, SOCK_STREAM);
        rig_pair(b, SOCK_STREAM);
        from = rig_socket(r, a[0]);
        to = rig_socket(r, b[1]);
        k = link_new(from, to, &r->pool, NULL);
        k->ctx = r;
        k->moved = which == 0 ? free_everything : NULL;
        k->ended = which == 1 ? free_everything : which == 0 ? must_not_come : NULL;
        k->done = which == 2 ? free_everything : must_not_come;
        assert_int_equal(write(a[1], "x", 1), 1);
        close(a[1]);
        calls = 0;
        rig_run(r);
        assert_int_equal(calls, 1);
        close(b[0]);
        rig_free(r);
    }
}

/* The handler behind a destination may end it all while it is given bytes. */
static void freed_by_its_destination(void **state)
{
    (void)state;
    for (int most = 0; most < 2; most++) {
        struct rig *r = rig_new();
        struct queue_opts opts = {.limit = 1};
        struct port *from = queue_new(r->loop, &opts);
        struct sink sink;

        sink_open(&sink, r);
        rig_put(from, "some bytes", 10);
        sink.most = (size_t)most;
        sink.frees = link_new(from, sink.port, &r->pool, NULL);
        rig_settle(r);
        assert_int_equal(sink.writes, 1);
        port_free(from);
        sink_clear(&sink);
        rig_free(r);
    }
}

static void free_its_link(struct port *port, void *ctx)
{
    (void)ctx;
    calls++;
    link_free(port->reader);
}

static void freed_by_its_source(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1, .room = free_its_link};
    struct port *from = queue_new(r->loop, &opts);
    struct sink sink;

    (void)state;
    sink_open(&sink, r);
    rig_put(from, "some bytes", 10);
    link_new(from, sink.port, &r->pool, NULL);
    calls = 0;
    rig_settle(r);
    assert_int_equal(calls, 1);
    assert_int_equal(sink.writes, 0);
    port_free(from);
    sink_clear(&sink);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crlf_on_the_way),
        cmocka_unit_test(crlf_to_a_slow_reader),
        cmocka_unit_test(cut_at_lines),
        cmocka_unit_test(line_longer_than_the_buffer),
        cmocka_unit_test(an_interval_between_lines),
        cmocka_unit_test(an_interval_before_blocks),
        cmocka_unit_test(a_limit_on_reads),
        cmocka_unit_test(many_sources_do_not_mix),
        cmocka_unit_test(many_sources_are_served_alike),
        cmocka_unit_test(many_descriptors_one_destination),
        cmocka_unit_test(resting_link_lets_others_pass),
        cmocka_unit_test(freed_in_the_middle_of_a_write),
        cmocka_unit_test(freed_from_its_callbacks),
        cmocka_unit_test(freed_by_its_destination),
        cmocka_unit_test(freed_by_its_source),
    };
    int failed = cmocka_run_group_tests_name("poll, buffer", tests, rig_poll, NULL);

    failed += cmocka_run_group_tests_name("crowd, buffer", tests, rig_crowd, NULL);
    failed += cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
    failed += cmocka_run_group_tests_name("a layer that delays and splits", tests, rig_shaky, NULL);
    return failed + cmocka_run_group_tests_name("a layer that greets", tests, rig_greeting, NULL);
}
