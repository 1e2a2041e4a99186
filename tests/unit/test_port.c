/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/port.h"

#include "base/container.h"
#include "test_io_rig.h"

/* A layer that changes every byte on the way and holds some of them back. */
struct xor {
    struct port port;
    unsigned char held[1000], out[1000];
    size_t start, end;    /* read from below, not yet asked for */
    size_t ostart, oend;  /* changed, not yet written below */
    bool must_read_first; /* a handshake: no write before something was read */
    int *freed;
};

static ssize_t xor_fill(struct xor *x)
{
    ssize_t n = port_read(x->port.lower, x->held, sizeof x->held, NULL);

    if (n > 0) {
        for (ssize_t i = 0; i < n; i++)
            x->held[i] ^= 0x55;
        x->start = 0;
        x->end = (size_t)n;
    }
    return n;
}

static ssize_t xor_read(struct port *port, void *data, size_t size, struct meta *meta)
{
    struct xor *x = container_of(port, struct xor, port);
    size_t n;

    (void)meta;
    if (x->start == x->end) {
        ssize_t got = xor_fill(x);

        if (got < 0) {
            if (got == IO_ERROR)
                port_fail(port, x->port.lower->error);
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
        ssize_t n = port_write(x->port.lower, x->out + x->ostart, x->oend - x->ostart, NULL);

        if (n < 0) {
            if (n == IO_ERROR)
                port_fail(&x->port, x->port.lower->error);
            return n;
        }
        x->ostart += (size_t)n;
    }
    return 0;
}

static ssize_t xor_write(struct port *port, const void *data, size_t size, const struct meta *meta)
{
    struct xor *x = container_of(port, struct xor, port);
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

static size_t xor_pending(const struct port *port)
{
    const struct xor *x = container_of(port, const struct xor, port);

    return x->end - x->start;
}

static int xor_shut(struct port *port)
{
    ssize_t n = xor_flush(container_of(port, struct xor, port));

    return n < 0 ? (int)n : port_shut(port->lower);
}

static unsigned xor_want(struct port *port, unsigned wanted)
{
    if (wanted & LOOP_OUT && container_of(port, struct xor, port)->must_read_first)
        return (wanted & ~(unsigned)LOOP_OUT) | LOOP_IN;
    return wanted;
}

static void xor_free(struct port *port)
{
    struct xor *x = container_of(port, struct xor, port);

    if (x->freed != NULL)
        ++*x->freed;
    free(x);
}

static const struct layer_ops xor_ops = {
    .name = "xor",
    .caps = IO_STREAM | IO_HALFCLOSE,
    .read = xor_read,
    .write = xor_write,
    .pending = xor_pending,
    .shut = xor_shut,
    .want = xor_want,
    .free = xor_free,
};

static struct port *xor_over(struct rig *r, struct port *lower)
{
    struct xor *x = calloc(1, sizeof *x);

    assert_non_null(x);
    port_init(&x->port, &xor_ops, r->loop, lower);
    return &x->port;
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
        struct port *port;
        int s[2];

        rig_pair(s, SOCK_STREAM);
        port = fd_socket(r->loop, s[0]);
        for (int i = 0; i < layers; i++)
            port = xor_over(r, port);
        assert_int_equal(port_fd(port), -1);
        rig_echoes(r, port, s[1], 700001, 5000);
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
    struct port *from, *to;
    struct sink sink;
    struct link *k;

    (void)state;
    rig_pattern(data, len, 6);
    other = changed(data, len);
    from = queue_new(r->loop, &opts);
    sink_open(&sink, r);
    sink.most = 700;
    sink.turns = true;
    to = xor_over(r, xor_over(r, sink.port));
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
    port_free(from);
    loop_job_del(&sink.again);
    port_free(to);
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
    struct port *from = queue_new(r->loop, &opts), *port;
    struct link *k;
    char data[10];
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    port = xor_over(r, fd_socket(r->loop, s[0]));
    ((struct xor *)port)->must_read_first = true;
    k = link_new(from, port, &r->pool, NULL);
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
    port_free(from);
    port_free(port);
    close(s[1]);
    rig_free(r);
}

static void what_layers_hold_adds_up(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct port *bottom = queue_new(r->loop, &opts), *top = xor_over(r, bottom);
    unsigned char data[5000] = {0};

    (void)state;
    rig_put(bottom, data, sizeof data);
    assert_int_equal(port_pending(top), sizeof data);
    assert_int_equal(port_read(top, data, sizeof data, NULL), 10);
    assert_int_equal(port_pending(top), sizeof data - 10);
    assert_int_equal(port_pending(bottom), 4000);
    assert_int_equal(port_max(top), LINK_BUFFER);
    assert_int_equal(port_fail(top, EPIPE), IO_ERROR);
    assert_int_equal(port_fail(top, EBADF), IO_ERROR);
    assert_int_equal(top->error, EPIPE);
    port_free(top);
    rig_free(r);
}

static int freed;

static void whole_stack_is_freed_once(void **state)
{
    struct rig *r = rig_new();
    struct port *port;
    int s[2];

    (void)state;
    rig_pair(s, SOCK_STREAM);
    port = fd_socket(r->loop, s[0]);
    freed = 0;
    for (int i = 0; i < 3; i++) {
        port = xor_over(r, port);
        container_of(port, struct xor, port)->freed = &freed;
    }
    port_event_soon(port->lower, LOOP_IN);
    port_free(port);
    port_free(port);
    port_free(NULL);
    assert_int_equal(freed, 0);
    assert_true(port->lower->lower->lower->freed);
    rig_settle(r);
    assert_int_equal(freed, 3);
    assert_int_equal(fcntl(s[0], F_GETFD), -1);
    close(s[1]);
    rig_free(r);
}

struct both {
    struct port *port[2];
    struct link *k[2];
};

static void free_both(struct link *k)
{
    struct both *b = k->ctx;

    for (int i = 0; i < 2; i++) {
        link_free(b->k[i]);
        port_free(b->port[i]);
    }
    loop_stop(b->port[0]->loop);
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
        b.port[i] = xor_over(r, fd_socket(r->loop, s[i][0]));
    }
    for (int i = 0; i < 2; i++) {
        b.k[i] = link_new(b.port[i], b.port[1 - i], &r->pool, NULL);
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

static void gone(struct port *port, void *ctx)
{
    ++*(int *)ctx;
    port->hung_up = NULL;
    port_touch(port);
}

static void hang_up_without_links(void **state)
{
    struct rig *r = rig_new();
    struct port *port;
    int s[2], calls = 0;

    (void)state;
    rig_pair(s, SOCK_STREAM);
    port = xor_over(r, fd_socket(r->loop, s[0]));
    port->hung_up = gone;
    port->hung_up_ctx = &calls;
    port_touch(port);
    assert_int_equal(write(s[1], "unread", 6), 6);
    rig_rest(r, 40);
    assert_int_equal(calls, 0);
    close(s[1]);
    rig_settle(r);
    assert_int_equal(calls, 1);
    rig_rest(r, 40);
    assert_int_equal(calls, 1);
    port_free(port);
    rig_free(r);
}

static void queue_for_room(void **state)
{
    struct rig *r = rig_new();
    struct queue_opts opts = {.limit = 1};
    struct port *port = queue_new(r->loop, &opts);
    struct link a = {0}, b = {0}, c = {0};

    (void)state;
    port_wait_room(port, &a);
    port_wait_room(port, &b);
    port_wait_room(port, &a);
    assert_ptr_equal(port->writers, &a);
    assert_ptr_equal(a.next, &b);
    assert_null(b.next);
    port->owner = &c;
    port_wait_room(port, &c);
    assert_ptr_equal(port->writers, &c);
    assert_int_equal(port_want(port), LOOP_OUT);
    port_unwait_room(port, &b);
    port_unwait_room(port, &b);
    assert_ptr_equal(port->last_writer, &a);
    port_wait_room(port, &b);
    assert_ptr_equal(a.next, &b);
    port_unwait_room(port, &c);
    port_unwait_room(port, &a);
    port_unwait_room(port, &b);
    assert_null(port->writers);
    assert_int_equal(port_want(port), 0);
    port->owner = NULL;
    port_free(port);
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
