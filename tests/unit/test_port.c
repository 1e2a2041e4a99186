/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/port.h"

#include "base/container.h"
#include "test_io_rig.h"

/* A layer that changes every byte on the way and holds some of them back. */
struct xor {
    struct layer layer;
    unsigned char held[1000], out[1000];
    size_t start, end;    /* read from below, not yet asked for */
    size_t ostart, oend;  /* changed, not yet written below */
    bool must_read_first; /* a handshake: no write before something was read */
    int *freed;
};

static ssize_t xor_fill(struct xor *x)
{
    ssize_t n = layer_read(x->layer.lower, x->held, sizeof x->held, NULL);

    if (n > 0) {
        for (ssize_t i = 0; i < n; i++)
            x->held[i] ^= 0x55;
        x->start = 0;
        x->end = (size_t)n;
    }
    return n;
}

static ssize_t xor_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct xor *x = container_of(l, struct xor, layer);
    size_t n;

    (void)meta;
    if (x->start == x->end) {
        ssize_t got = xor_fill(x);

        if (got < 0)
            return got;
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
        ssize_t n = layer_write(x->layer.lower, x->out + x->ostart, x->oend - x->ostart, NULL);

        if (n < 0)
            return n;
        x->ostart += (size_t)n;
    }
    return 0;
}

static ssize_t xor_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct xor *x = container_of(l, struct xor, layer);
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

static size_t xor_pending(const struct layer *l)
{
    const struct xor *x = container_of(l, const struct xor, layer);

    return x->end - x->start + layer_pending(l->lower);
}

static int xor_shut(struct layer *l)
{
    ssize_t n = xor_flush(container_of(l, struct xor, layer));

    return n < 0 ? (int)n : layer_shut(l->lower);
}

static unsigned xor_want(struct layer *l, unsigned wanted)
{
    if (wanted & LOOP_OUT && container_of(l, struct xor, layer)->must_read_first)
        return (wanted & ~(unsigned)LOOP_OUT) | LOOP_IN;
    return wanted;
}

/* What can be read may be what a write waits for. */
static unsigned xor_event(struct layer *l, unsigned events)
{
    (void)l;
    return events & LOOP_IN ? events | LOOP_OUT : events;
}

static size_t xor_held(const struct layer *l)
{
    const struct xor *x = container_of(l, const struct xor, layer);

    return x->end - x->start + x->oend - x->ostart;
}

static void xor_free(struct layer *l)
{
    struct xor *x = container_of(l, struct xor, layer);

    if (x->freed != NULL)
        ++*x->freed;
    free(x);
}

static const struct layer_ops xor_ops = {
    .name = "xor",
    .read = xor_read,
    .write = xor_write,
    .pending = xor_pending,
    .shut = xor_shut,
    .held = xor_held,
    .want = xor_want,
    .event = xor_event,
    .free = xor_free,
};

static struct xor *xor_over(struct port *port)
{
    struct xor *x = calloc(1, sizeof *x);

    assert_non_null(x);
    layer_init(&x->layer, &xor_ops, IO_STREAM | IO_HALFCLOSE);
    assert_int_equal(port_push(port, &x->layer, NULL), 0);
    return x;
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
            xor_over(port);
        assert_int_equal(port_caps(port), IO_STREAM | IO_HALFCLOSE);
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
    to = sink.port;
    xor_over(to);
    xor_over(to);
    rig_put(from, data, len);
    queue_end(from);
    xor_over(from);
    k = rig_link(r, from, to, NULL);
    rig_run(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_int_equal(sink.len, len);
    assert_memory_equal(sink.data, other, len);
    assert_true(sink.ended);
    link_free(k);
    port_free(from);
    sink_clear(&sink);
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
    port = fd_socket(r->loop, s[0]);
    xor_over(port)->must_read_first = true;
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
    struct port *port = queue_new(r->loop, &opts);
    struct layer *bottom = port->top;
    unsigned char data[5000] = {0};

    (void)state;
    xor_over(port);
    rig_put(port, data, sizeof data);
    assert_int_equal(port_pending(port), sizeof data);
    assert_int_equal(port_read(port, data, sizeof data, NULL), 10);
    assert_int_equal(port_pending(port), sizeof data - 10);
    assert_int_equal(layer_pending(bottom), 4000);
    assert_int_equal(port_max(port), LINK_BUFFER);
    assert_int_equal(port_fail(port, EPIPE), IO_ERROR);
    assert_int_equal(port_fail(port, EBADF), IO_ERROR);
    assert_int_equal(port->error, EPIPE);
    port_free(port);
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
    for (int i = 0; i < 3; i++)
        xor_over(port)->freed = &freed;
    port_event_soon(port, LOOP_IN);
    port_free(port);
    port_free(port);
    port_free(NULL);
    assert_int_equal(freed, 0);
    assert_true(port->freed);
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
        b.port[i] = fd_socket(r->loop, s[i][0]);
        xor_over(b.port[i]);
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
    port = fd_socket(r->loop, s[0]);
    xor_over(port);
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

static bool waits_in_order(const struct port *port, const struct link *a, const struct link *b,
                           const struct link *c)
{
    const struct link *const order[] = {a, b, c, NULL};
    const struct list *at = port->writers.next;
    size_t n = 0;

    for (; at != &port->writers; at = at->next) {
        if (order[n] == NULL || at != &order[n++]->place)
            return false;
    }
    return order[n] == NULL;
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
    assert_true(waits_in_order(port, &a, &b, NULL));
    port->owner = &c;
    port_wait_room(port, &c);
    assert_true(waits_in_order(port, &c, &a, &b));
    assert_int_equal(port_want(port), LOOP_OUT);
    port_unwait_room(port, &b);
    port_unwait_room(port, &b);
    assert_true(waits_in_order(port, &c, &a, NULL));
    port_wait_room(port, &b);
    assert_true(waits_in_order(port, &c, &a, &b));
    port_unwait_room(port, &c);
    port_unwait_room(port, &a);
    port_unwait_room(port, &b);
    assert_true(waits_in_order(port, NULL, NULL, NULL));
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
