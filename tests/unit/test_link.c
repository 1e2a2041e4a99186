/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/link.h"

#include "test_io_rig.h"

enum { MIB = 1024 * 1024 };

typedef void open_ends(int fds[2]);

static void stream_pair(int fds[2])
{
    rig_pair(fds, SOCK_STREAM);
}

static struct port *port_on(struct rig *r, int fd)
{
    struct port *port;
    int type;
    socklen_t len = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
        port = rig_socket(r, fd);
    else
        port = rig_file(r, fd);
    return port;
}

/* `len` bytes through one link, `in` and `out` at a time; what comes out must be what went in. */
static void check_transfer(open_ends *src, open_ends *dst, size_t len, size_t in, size_t out)
{
    struct rig *r = rig_new();
    unsigned char *data = malloc(len + 1);
    struct feed feed;
    struct drain drain;
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];

    assert_non_null(data);
    rig_pattern(data, len, (unsigned)len);
    src(a);
    dst(b);
    from = port_on(r, a[0]);
    to = port_on(r, b[1]);
    k = link_new(from, to, &r->pool, NULL);
    drain_start(&drain, r, b[0], out);
    feed_start(&feed, r, a[1], data, len, in);
    rig_run(r);
    assert_int_equal(drain.len, len);
    assert_memory_equal(drain.data, data, len);
    assert_int_equal(k->bytes, len);
    assert_int_equal(k->lost, 0);
    assert_int_equal(k->state, LINK_DONE);
    assert_null(k->block);
    assert_null(k->splice);
    link_free(k);
    port_free(from);
    port_free(to);
    drain_clear(&drain);
    if (feed.watch.fd >= 0)
        close(feed.watch.fd);
    free(data);
    rig_free(r);
}

static open_ends *const kinds[] = {stream_pair, rig_pipe};

static void every_size_between_all_ends(void **state)
{
    static const size_t sizes[] = {
        0, 1, 4096, 65537, LINK_BUFFER - 1, LINK_BUFFER, LINK_BUFFER + 1, 2 * LINK_BUFFER + 17, 5 * MIB + 3};

    (void)state;
    for (int i = 0; i < 4; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
            check_transfer(kinds[i / 2], kinds[i % 2], sizes[j], MIB, MIB);
}

static void a_byte_at_a_time(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        check_transfer(kinds[i / 2], kinds[i % 2], 3000, 1, MIB);
        check_transfer(kinds[i / 2], kinds[i % 2], 3000, MIB, 1);
        check_transfer(kinds[i / 2], kinds[i % 2], 3000, 1, 1);
    }
}

static void odd_steps(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        check_transfer(kinds[i / 2], kinds[i % 2], 3 * MIB + 5, 40001, 999);
        check_transfer(kinds[i / 2], kinds[i % 2], 3 * MIB + 5, 777, MIB);
    }
}

static void narrow_destination(void **state)
{
    (void)state;
    check_transfer(stream_pair, rig_narrow_pair, 2 * MIB + 1, MIB, MIB);
    check_transfer(rig_pipe, rig_narrow_pair, MIB + 1, MIB, 511);
    check_transfer(rig_narrow_pair, rig_narrow_pair, MIB + 1, MIB, MIB);
}

/* A file is always ready. */
static void file_to_file(void **state)
{
    struct rig *r = rig_new();
    size_t len = 6 * MIB + 11;
    unsigned char *data = malloc(len), *back = malloc(len + 1);
    FILE *in = tmpfile(), *out = tmpfile();
    int copy = dup(fileno(out));
    struct port *from, *to;
    struct link *k;

    (void)state;
    rig_pattern(data, len, 1);
    assert_int_equal(fwrite(data, 1, len, in), len);
    assert_int_equal(fflush(in), 0);
    assert_int_equal(lseek(fileno(in), 0, SEEK_SET), 0);
    from = rig_file(r, dup(fileno(in)));
    to = rig_file(r, dup(fileno(out)));
    k = rig_link(r, from, to, NULL);
    rig_run(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_int_equal(k->bytes, len);
    assert_int_equal(pread(copy, back, len + 1, 0), (ssize_t)len);
    assert_memory_equal(back, data, len);
    link_free(k);
    port_free(from);
    port_free(to);
    close(copy);
    fclose(in);
    fclose(out);
    free(data);
    free(back);
    rig_free(r);
}

/* Two links between two sockets, as a bridge has them: one direction ends, the other goes on. */
static void half_close(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct rig *r = rig_new();
        size_t len = MIB + 7;
        unsigned char *data = malloc(len);
        struct feed feed;
        struct drain drain[2];
        struct link *k[2];
        struct port *port[2];
        int s[2][2];

        rig_pattern(data, len, 5);
        for (int i = 0; i < 2; i++) {
            rig_pair(s[i], SOCK_STREAM);
            port[i] = rig_socket(r, s[i][0]);
        }
        for (int i = 0; i < 2; i++) {
            k[i] = link_new(port[i], port[1 - i], &r->pool, NULL);
            drain_start(&drain[i], r, s[i][1], MIB);
        }
        assert_int_equal(shutdown(s[first][1], SHUT_WR), 0);
        rig_run(r);
        assert_true(drain[1 - first].ended);
        assert_false(drain[first].ended);
        assert_int_equal(k[first]->state, LINK_DONE);
        rig_rest(r, 40);
        assert_int_equal(k[1 - first]->state, LINK_RUNNING);
        feed_start(&feed, r, s[1 - first][1], data, len, 5000);
        loop_touch(&drain[1 - first].watch);
        rig_run(r);
        assert_int_equal(drain[first].len, len);
        assert_memory_equal(drain[first].data, data, len);
        rig_settle(r);
        assert_int_equal(k[1 - first]->state, LINK_DONE);
        for (int i = 0; i < 2; i++) {
            link_free(k[i]);
            port_free(port[i]);
            drain_clear(&drain[i]);
        }
        free(data);
        rig_free(r);
    }
}

/* Nothing tells a link that bulk has brought into the kernel that there is no more to read. */
static void the_rest_after_bulk(void **state)
{
    struct rig *r;
    struct feed feed;
    struct drain drain;
    struct port *from, *to;
    unsigned char *data;
    struct link *k;
    int a[2], b[2];

    (void)state;
    if (backend.layer != BARE)
        skip(); /* they have nothing for no reason */
    r = rig_new();
    data = malloc(MIB);
    assert_non_null(data);
    rig_pattern(data, MIB, 3);
    rig_pair(a, SOCK_STREAM);
    rig_pair(b, SOCK_STREAM);
    from = rig_socket(r, a[0]);
    to = rig_socket(r, b[1]);
    k = link_new(from, to, &r->pool, NULL);
    drain_start(&drain, r, b[0], MIB);
    drain.stop = MIB;
    feed_start(&feed, r, a[1], data, MIB, MIB);
    feed.end = false;
    rig_run(r);
    rig_settle(r);
    link_end_after_rest(k);
    rig_settle(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_int_equal(k->bytes, MIB);
    link_free(k);
    port_free(from);
    port_free(to);
    drain_clear(&drain);
    close(a[1]);
    free(data);
    rig_free(r);
}

/* A source of bytes that fails behind them. */
static void source_that_fails(void **state)
{
    unsigned char *data;
    struct rig *r;
    struct feed feed;
    struct drain drain;
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];

    (void)state;
    if (backend.layer == GREETING)
        skip(); /* the tunnel does not pass on a reset */
    r = rig_new();
    data = malloc(MIB);
    assert_non_null(data);
    rig_pattern(data, MIB, 3);
    rig_pair(a, SOCK_STREAM);
    rig_pair(b, SOCK_STREAM);
    from = rig_socket(r, a[0]);
    to = rig_socket(r, b[1]);
    /* Closing one end of a UNIX pair with bytes unread resets the other, which keeps what it was sent. */
    assert_int_equal(write(a[0], "unread", 6), 6);
    feed_start(&feed, r, a[1], data, 100000, MIB);
    feed.end = false;
    k = rig_link(r, from, to, NULL);
    drain_start(&drain, r, b[0], MIB);
    drain.stop = 100000;
    rig_run(r);
    close(a[1]);
    rig_run(r);
    assert_int_equal(k->state, LINK_SRC_FAILED);
    assert_int_equal(from->error, ECONNRESET);
    assert_int_equal(k->bytes, 100000);
    assert_int_equal(drain.len, 100000);
    assert_memory_equal(drain.data, data, drain.len);
    assert_false(drain.ended);
    link_free(k);
    port_free(from);
    port_free(to);
    drain_clear(&drain);
    free(data);
    rig_free(r);
}

static void destination_that_fails(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct port *from = queue_new(r->loop, &opts);
    unsigned char data[5000];
    struct sink sink;
    struct link *k;

    (void)state;
    rig_pattern(data, sizeof data, 2);
    sink_open(&sink, r);
    sink.fails = 1000;
    rig_put(from, data, sizeof data);
    k = rig_link(r, from, sink.port, NULL);
    rig_run(r);
    assert_int_equal(k->state, LINK_DST_FAILED);
    assert_int_equal(sink.port->error, EPIPE);
    assert_int_equal(k->bytes, 1000);
    assert_int_equal(k->lost, 4000);
    assert_int_equal(link_held(k), 0);
    rig_put(from, data, sizeof data);
    rig_rest(r, 40);
    assert_int_equal(queue_size(from), sizeof data);
    link_free(k);
    port_free(from);
    sink_clear(&sink);
    rig_free(r);
}

/* Closed by the other side in the middle: it shows, and nothing is counted twice. */
static void reader_that_leaves(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig *r = rig_new();
        size_t len = 4 * MIB;
        unsigned char *data = malloc(len);
        struct feed feed;
        struct drain drain;
        struct port *from, *to;
        struct link *k;
        int a[2], b[2];

        rig_pattern(data, len, 9);
        kinds[i / 2](a);
        kinds[i % 2](b);
        from = port_on(r, a[0]);
        to = port_on(r, b[1]);
        k = rig_link(r, from, to, NULL);
        feed_start(&feed, r, a[1], data, len, MIB);
        drain_start(&drain, r, b[0], 1000);
        drain.stop = 300000;
        rig_run(r);
        drain_clear(&drain);
        rig_run(r);
        assert_int_equal(k->state, LINK_DST_FAILED);
        assert_true(to->error == EPIPE || to->error == ECONNRESET);
        assert_true(k->bytes >= 300000);
        assert_true(k->bytes + k->lost <= feed.done);
        loop_del(&feed.watch);
        if (feed.watch.fd >= 0)
            close(feed.watch.fd);
        link_free(k);
        port_free(from);
        port_free(to);
        free(data);
        rig_free(r);
    }
}

static void pause_and_go_on(void **state)
{
    struct rig *r = rig_new();
    struct drain drain;
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];

    (void)state;
    rig_pair(a, SOCK_STREAM);
    rig_pair(b, SOCK_STREAM);
    from = rig_socket(r, a[0]);
    to = rig_socket(r, b[1]);
    k = link_new(from, to, &r->pool, NULL);
    drain_start(&drain, r, b[0], MIB);
    assert_int_equal(write(a[1], "first", 5), 5);
    rig_settle(r);
    assert_int_equal(drain.len, 5);
    link_pause(k, true);
    assert_int_equal(write(a[1], "second", 6), 6);
    close(a[1]);
    rig_rest(r, 40);
    assert_int_equal(drain.len, 5);
    assert_int_equal(link_held(k), 0);
    link_pause(k, false);
    rig_run(r);
    assert_int_equal(drain.len, 11);
    assert_true(drain.ended);
    link_free(k);
    port_free(from);
    port_free(to);
    drain_clear(&drain);
    rig_free(r);
}

/* A destination that never reads: the memory stays bounded, and nothing spins. */
static void stalled_destination(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig *r = rig_new();
        size_t len = 8 * MIB;
        unsigned char *data = malloc(len);
        struct feed feed;
        struct drain drain;
        struct port *from, *to;
        struct link *k;
        int a[2], b[2];

        rig_pattern(data, len, 1);
        kinds[i / 2](a);
        kinds[i % 2](b);
        from = port_on(r, a[0]);
        to = port_on(r, b[1]);
        k = link_new(from, to, &r->pool, NULL);
        drain_start(&drain, r, b[0], MIB);
        drain.off = true;
        feed_start(&feed, r, a[1], data, len, MIB);
        rig_settle(r);
        rig_settle(r);
        rig_rest(r, 60);
        assert_true(feed.done < len);
        assert_true(link_held(k) <= MIB);
        drain.off = false;
        loop_touch(&drain.watch);
        rig_run(r);
        assert_int_equal(drain.len, len);
        assert_memory_equal(drain.data, data, len);
        link_free(k);
        port_free(from);
        port_free(to);
        drain_clear(&drain);
        if (feed.watch.fd >= 0)
            close(feed.watch.fd);
        free(data);
        rig_free(r);
    }
}

static void an_io_to_itself(void **state)
{
    struct rig *r = rig_new();
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    rig_echoes(r, rig_socket(r, s[0]), s[1], 3 * MIB + 1, 30000);
    close(s[1]);
    rig_free(r);
}

/* Nor does one that moved bulk a while ago and little since. */
static void idle_links_hold_nothing(void **state)
{
    struct rig *r = rig_new();
    struct drain drain;
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];
    static unsigned char data[100000];

    (void)state;
    rig_pair(a, SOCK_STREAM);
    rig_pair(b, SOCK_STREAM);
    from = rig_socket(r, a[0]);
    to = rig_socket(r, b[1]);
    k = link_new(from, to, &r->pool, NULL);
    drain_start(&drain, r, b[0], MIB);
    for (size_t i = 0; i < 3; i++) {
        ssize_t n = write(a[1], data, i == 1 ? sizeof data : 1);

        assert_true(n > 0);
        drain.stop = drain.len + (size_t)n;
        rig_run(r);
    }
    for (int i = 0; i < 20; i++) {
        drain.stop = drain.len + 1;
        assert_int_equal(write(a[1], data, 1), 1);
        rig_run(r);
    }
    rig_rest(r, 40);
    assert_null(k->block);
    assert_null(k->splice);
    assert_int_equal(link_held(k), 0);
    link_free(k);
    port_free(from);
    port_free(to);
    drain_clear(&drain);
    close(a[1]);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_between_all_ends),
        cmocka_unit_test(a_byte_at_a_time),
        cmocka_unit_test(odd_steps),
        cmocka_unit_test(narrow_destination),
        cmocka_unit_test(file_to_file),
        cmocka_unit_test(half_close),
        cmocka_unit_test(the_rest_after_bulk),
        cmocka_unit_test(source_that_fails),
        cmocka_unit_test(destination_that_fails),
        cmocka_unit_test(reader_that_leaves),
        cmocka_unit_test(pause_and_go_on),
        cmocka_unit_test(stalled_destination),
        cmocka_unit_test(an_io_to_itself),
        cmocka_unit_test(idle_links_hold_nothing),
    };
    int failed = cmocka_run_group_tests_name("poll, buffer", tests, rig_poll, NULL);

    failed += cmocka_run_group_tests_name("crowd, buffer", tests, rig_crowd, NULL);
    failed += cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
    failed += cmocka_run_group_tests_name("a layer that delays and splits", tests, rig_shaky, NULL);
    return failed + cmocka_run_group_tests_name("a layer that greets", tests, rig_greeting, NULL);
}
