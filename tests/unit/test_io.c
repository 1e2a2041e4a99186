/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/io.h"

#include "base/container.h"
#include "test_io_rig.h"

/* A layer that changes every byte on the way and holds some of them back. */
struct xor {
    struct io io;
    unsigned char held[1000], out[1000];
    size_t start, end;    /* read from below, not yet asked for */
    size_t ostart, oend;  /* changed, not yet written below */
    bool must_read_first; /* a handshake: no write before something was read */
    int *freed;
};

static ssize_t xor_fill(struct xor *x)
{
    ssize_t n = io_read(x->io.lower, x->held, sizeof x->held, NULL);

    if (n > 0) {
        for (ssize_t i = 0; i < n; i++)
            x->held[i] ^= 0x55;
        x->start = 0;
        x->end = (size_t)n;
    }
    return n;
}

static ssize_t xor_read(struct io *io, void *data, size_t size, struct meta *meta)
{
    struct xor *x = container_of(io, struct xor, io);
    size_t n;

    (void)meta;
    if (x->start == x->end) {
        ssize_t got = xor_fill(x);

        if (got < 0) {
            if (got == IO_ERROR)
                io_fail(io, x->io.lower->error);
            return got;
        }
    }
    n = x->end - x->start < size ? x->end - x->start : size;
    if (n > 10)
        n = 10; /* much stays behind that no descriptor tells of */
    memcpy(data, x->held + x->start, n);
    x->start += n;
    return (ssize_t)n;
}

static ssize_t xor_flush(struct xor *x)
{
    while (x->ostart < x->oend) {
        ssize_t n = io_write(x->io.lower, x->out + x->ostart, x->oend - x->ostart, NULL);

        if (n < 0) {
            if (n == IO_ERROR)
                io_fail(&x->io, x->io.lower->error);
            return n;
        }
        x->ostart += (size_t)n;
    }
    return 0;
}

static ssize_t xor_write(struct io *io, const void *data, size_t size, const struct meta *meta)
{
    struct xor *x = container_of(io, struct xor, io);
    ssize_t n;

    (void)meta;
    if (x->must_read_first) {
        if (x->start == x->end && xor_fill(x) <= 0)
            return IO_AGAIN;
        x->must_read_first = false;
    }
    n = xor_flush(x);
    if (n < 0)
        return n;
    if (size > sizeof x->out)
        size = sizeof x->out;
    for (size_t i = 0; i < size; i++)
        x->out[i] = ((const unsigned char *)data)[i] ^ 0x55;
    x->ostart = 0;
    x->oend = size;
    return xor_flush(x) == IO_ERROR ? IO_ERROR : (ssize_t)size;
}

static size_t xor_pending(const struct io *io)
{
    const struct xor *x = container_of(io, const struct xor, io);

    return x->end - x->start;
}

static int xor_shut(struct io *io)
{
    ssize_t n = xor_flush(container_of(io, struct xor, io));

    return n < 0 ? (int)n : io_shut(io->lower);
}

static unsigned xor_want(struct io *io, unsigned wanted)
{
    if (wanted & LOOP_OUT && container_of(io, struct xor, io)->must_read_first)
        return (wanted & ~(unsigned)LOOP_OUT) | LOOP_IN;
    return wanted;
}

static void xor_free(struct io *io)
{
    struct xor *x = container_of(io, struct xor, io);

    if (x->freed != NULL)
        ++*x->freed;
    free(x);
}

static const struct io_ops xor_ops = {
    .name = "xor",
    .caps = IO_STREAM | IO_HALFCLOSE,
    .read = xor_read,
    .write = xor_write,
    .pending = xor_pending,
    .shut = xor_shut,
    .want = xor_want,
    .free = xor_free,
};

static struct io *xor_over(struct rig *r, struct io *lower)
{
    struct xor *x = calloc(1, sizeof *x);

    assert_non_null(x);
    io_init(&x->io, &xor_ops, r->loop, lower);
    return &x->io;
}

static unsigned char *changed(const unsigned char *data, size_t len)
{
    unsigned char *other = malloc(len);

    assert_non_null(other);
    for (size_t i = 0; i < len; i++)
        other[i] = data[i] ^ 0x55;
    return other;
}

/* Both ways through a layer over a socket, by one link to itself: changed twice, the bytes are the same. */
static void layer_over_a_socket(void **state)
{
    (void)state;
    for (int layers = 1; layers <= 3; layers++) {
        struct rig *r = rig_new();
        struct io *io;
        int s[2];

        rig_pair(s, SOCK_STREAM);
        io = fd_socket(r->loop, s[0]);
        for (int i = 0; i < layers; i++)
            io = xor_over(r, io);
        assert_int_equal(io_fd(io), -1);
        rig_echoes(r, io, s[1], 700001, 5000);
        close(s[1]);
        rig_free(r);
    }
}

/* The same over something that is no descriptor. */
static void layer_over_a_queue(void **state)
{
    struct rig *r = rig_new();
    size_t len = 300000;
    unsigned char *data = malloc(len), *other;
    struct queue_opts opts = {.limit = 1};
    struct io *from, *to;
    struct sink sink;
    struct link *k;

    (void)state;
    rig_pattern(data, len, 6);
    other = changed(data, len);
    from = queue_new(r->loop, &opts);
    sink_open(&sink, r);
    sink.most = 700;
    sink.turns = true;
    to = xor_over(r, xor_over(r, sink.io));
    rig_put(from, data, len);
    queue_end(from);
    from = xor_over(r, from);
    k = rig_link(r, from, to, NULL);
    rig_run(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_int_equal(sink.len, len);
    assert_memory_equal(sink.data, other, len);
    assert_true(sink.ended);
    link_free(k);
    io_free(from);
    loop_job_del(&sink.again);
    io_free(to);
    free(sink.data);
    free(sink.sizes);
    free(data);
    free(other);
    rig_free(r);
}

/* A write that needs a read below goes on when there is something to read, though no link reads. */
static void layer_that_reads_to_write(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct io *from = queue_new(r->loop, &opts), *io;
    struct link *k;
    char data[10];
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    io = xor_over(r, fd_socket(r->loop, s[0]));
    ((struct xor *)io)->must_read_first = true;
    k = link_new(from, io, &r->pool, NULL);
    rig_put(from, "hello", 5);
    rig_settle(r);
    rig_rest(r, 40);
    assert_int_equal(k->bytes, 0);
    assert_int_equal(write(s[1], "go", 2), 2);
    rig_settle(r);
    assert_int_equal(k->bytes, 5);
    assert_int_equal(read(s[1], data, sizeof data), 5);
    rig_rest(r, 40);
    link_free(k);
    io_free(from);
    io_free(io);
    close(s[1]);
    rig_free(r);
}

static void what_layers_hold_adds_up(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct io *bottom = queue_new(r->loop, &opts), *top = xor_over(r, bottom);
    unsigned char data[5000] = {0};

    (void)state;
    rig_put(bottom, data, sizeof data);
    assert_int_equal(io_pending(top), sizeof data);
    assert_int_equal(io_read(top, data, sizeof data, NULL), 10);
    assert_int_equal(io_pending(top), sizeof data - 10);
    assert_int_equal(io_pending(bottom), 4000);
    assert_int_equal(io_max(top), LINK_BUFFER);
    assert_int_equal(io_fail(top, EPIPE), IO_ERROR);
    assert_int_equal(io_fail(top, EBADF), IO_ERROR);
    assert_int_equal(top->error, EPIPE);
    io_free(top);
    rig_free(r);
}

static int freed;

static void whole_stack_is_freed_once(void **state)
{
    struct rig *r = rig_new();
    struct io *io;
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    io = fd_socket(r->loop, s[0]);
    freed = 0;
    for (int i = 0; i < 3; i++) {
        io = xor_over(r, io);
        container_of(io, struct xor, io)->freed = &freed;
    }
    io_event_soon(io->lower, LOOP_IN);
    io_free(io);
    io_free(io);
    io_free(NULL);
    assert_int_equal(freed, 0);
    assert_true(io->lower->lower->lower->freed);
    rig_settle(r);
    assert_int_equal(freed, 3);
    assert_int_equal(fcntl(s[0], F_GETFD), -1);
    close(s[1]);
    rig_free(r);
}

struct both {
    struct io *io[2];
    struct link *k[2];
};

static void free_both(struct link *k)
{
    struct both *b = k->ctx;

    for (int i = 0; i < 2; i++) {
        link_free(b->k[i]);
        io_free(b->io[i]);
    }
    loop_stop(b->io[0]->loop);
}

/* Both ends are ready in the same turn; the first to be told frees both. */
static void freed_while_others_are_ready(void **state)
{
    struct rig *r = rig_new();
    struct both b;
    int s[2][2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        rig_pair(s[i], SOCK_STREAM);
        b.io[i] = xor_over(r, fd_socket(r->loop, s[i][0]));
    }
    for (int i = 0; i < 2; i++) {
        b.k[i] = link_new(b.io[i], b.io[1 - i], &r->pool, NULL);
        b.k[i]->moved = free_both;
        b.k[i]->ctx = &b;
    }
    rig_settle(r);
    assert_int_equal(write(s[0][1], "x", 1), 1);
    assert_int_equal(write(s[1][1], "x", 1), 1);
    rig_run(r);
    rig_settle(r);
    assert_int_equal(fcntl(s[0][0], F_GETFD), -1);
    assert_int_equal(fcntl(s[1][0], F_GETFD), -1);
    close(s[0][1]);
    close(s[1][1]);
    rig_free(r);
}

static void gone(struct io *io, void *ctx)
{
    ++*(int *)ctx;
    io->hung_up = NULL;
    io_touch(io);
}

static void hang_up_without_links(void **state)
{
    struct rig *r = rig_new();
    struct io *io;
    int s[2], calls = 0;

    (void)state;
    rig_pair(s, SOCK_STREAM);
    io = xor_over(r, fd_socket(r->loop, s[0]));
    io->hung_up = gone;
    io->hung_up_ctx = &calls;
    io_touch(io);
    assert_int_equal(write(s[1], "unread", 6), 6);
    rig_rest(r, 40);
    assert_int_equal(calls, 0);
    close(s[1]);
    rig_settle(r);
    assert_int_equal(calls, 1);
    rig_rest(r, 40);
    assert_int_equal(calls, 1);
    io_free(io);
    rig_free(r);
}

static void queue_for_room(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct io *io = queue_new(r->loop, &opts);
    struct link a = {0}, b = {0}, c = {0};

    (void)state;
    io_wait_room(io, &a);
    io_wait_room(io, &b);
    io_wait_room(io, &a);
    assert_ptr_equal(io->writers, &a);
    assert_ptr_equal(a.next, &b);
    assert_null(b.next);
    io->owner = &c;
    io_wait_room(io, &c);
    assert_ptr_equal(io->writers, &c);
    assert_int_equal(io_want(io), LOOP_OUT);
    io_unwait_room(io, &b);
    io_unwait_room(io, &b);
    assert_ptr_equal(io->last_writer, &a);
    io_wait_room(io, &b);
    assert_ptr_equal(a.next, &b);
    io_unwait_room(io, &c);
    io_unwait_room(io, &a);
    io_unwait_room(io, &b);
    assert_null(io->writers);
    assert_int_equal(io_want(io), 0);
    io->owner = NULL;
    io_free(io);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_over_a_socket),       cmocka_unit_test(layer_over_a_queue),
        cmocka_unit_test(layer_that_reads_to_write), cmocka_unit_test(what_layers_hold_adds_up),
        cmocka_unit_test(whole_stack_is_freed_once), cmocka_unit_test(freed_while_others_are_ready),
        cmocka_unit_test(hang_up_without_links),     cmocka_unit_test(queue_for_room),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
