/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What links hold while they wait, and when taps see what passes.
 */
#include "io/link.h"

#include "io/dgram.h"
#include "test_io_rig.h"

enum { MANY = LINK_LARGE + 40, LONG = 40000 };

/* A destination that takes nothing until it is told to. */
struct gate {
    struct port *port;
    bool open;
    size_t taken, messages;
};

static ssize_t gate_write(struct port *port, void *ctx, const void *data, size_t size,
                          const struct meta *meta)
{
    struct gate *g = ctx;

    (void)port, (void)data, (void)meta;
    if (!g->open)
        return IO_AGAIN;
    g->taken += size;
    g->messages++;
    return (ssize_t)size;
}

static void gate_init(struct gate *g, struct rig *r)
{
    struct queue_opts opts = {.limit = 1, .write = gate_write, .ctx = g};

    g->port = queue_new(r->loop, &opts);
}

static size_t large_blocks(struct link *const k[], size_t n, size_t *most)
{
    size_t large = 0;

    *most = 0;
    for (size_t i = 0; i < n; i++) {
        large += k[i]->block != NULL && k[i]->cap == LINK_BUFFER;
        if (k[i]->block != NULL && k[i]->cap < LINK_BUFFER && k[i]->cap > *most)
            *most = k[i]->cap;
    }
    return large;
}

/* Messages of `size` bytes, two to each of many stalled peers. No more than so many hold full blocks, the others what they
 * must; and all messages arrive whole. */
static void check_messages(size_t size)
{
    struct rig *r = rig_new();
    struct dgram_opts opts = {.connected = true, .seqpacket = true};
    struct gate gates[MANY] = {0};
    struct link *k[MANY];
    char *data = calloc(1, size);
    size_t most;
    int s[MANY][2];

    assert_non_null(data);
    for (size_t i = 0; i < MANY; i++) {
        rig_pair(s[i], SOCK_SEQPACKET);
        gate_init(&gates[i], r);
        k[i] = link_new(dgram_new(r->loop, &s[i][0], 1, &opts), gates[i].port, &r->pool, NULL);
        for (int j = 0; j < 2; j++)
            assert_int_equal(send(s[i][1], data, size, 0), size);
    }
    rig_settle(r);
    assert_true(large_blocks(k, MANY, &most) <= LINK_LARGE);
    assert_true(most <= (size > LINK_SMALL ? size : LINK_SMALL));
    for (size_t i = 0; i < MANY; i++) {
        gates[i].open = true;
        port_event_soon(gates[i].port, LOOP_OUT);
    }
    rig_settle(r);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(gates[i].taken, 2 * size);
        assert_null(k[i]->block);
        port_free(k[i]->src);
        link_free(k[i]);
        port_free(gates[i].port);
        close(s[i][1]);
    }
    assert_int_equal(r->pool.used, 0);
    free(data);
    rig_free(r);
}

static void stalled_messages(void **state)
{
    (void)state;
    check_messages(1);
    check_messages(LINK_SMALL);
    check_messages(LONG);
}

/* The same for bytes that are cut or changed on the way. */
static void check_lines(const struct link_opts *opts)
{
    struct rig *r = rig_new();
    struct queue_opts queue = {.limit = 1};
    struct gate gates[MANY] = {0};
    struct link *k[MANY];
    char data[LONG];
    size_t most;

    memset(data, 'x', sizeof data);
    data[sizeof data - 1] = '\n';
    for (size_t i = 0; i < MANY; i++) {
        struct port *from = queue_new(r->loop, &queue);

        gate_init(&gates[i], r);
        k[i] = link_new(from, gates[i].port, &r->pool, opts);
        rig_put(from, data, sizeof data);
        rig_put(from, data, sizeof data);
    }
    rig_settle(r);
    assert_true(large_blocks(k, MANY, &most) <= LINK_LARGE);
    assert_int_equal(most, LINK_SMALL);
    for (size_t i = 0; i < MANY; i++) {
        gates[i].open = true;
        port_event_soon(gates[i].port, LOOP_OUT);
    }
    rig_settle(r);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(gates[i].taken, 2 * (sizeof data + (opts->crlf ? 1 : 0)));
        port_free(k[i]->src);
        link_free(k[i]);
        port_free(gates[i].port);
    }
    rig_free(r);
}

static void stalled_lines(void **state)
{
    (void)state;
    check_lines(&(struct link_opts){.crlf = true});
    check_lines(&(struct link_opts){.cut = LINK_CUT_LINE});
    check_lines(&(struct link_opts){.cut = LINK_CUT_LINE, .crlf = true});
}

/* Sees all before the destination does. */
struct seer {
    struct tap tap;
    const struct sink *sink;
    size_t len;
};

static void seer_sees(struct tap *t, const void *data, size_t n, const struct meta *meta)
{
    struct seer *s = container_of(t, struct seer, tap);

    (void)data, (void)meta;
    s->len += n;
    assert_true(s->sink->len <= s->len - n);
}

static void taps_see_first(void **state)
{
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        struct rig *r = rig_new();
        struct queue_opts opts = {.limit = 1, .shared = shared};
        struct port *from = queue_new(r->loop, &opts);
        struct sink sink;
        struct seer seer = {.tap.see = seer_sees, .sink = &sink};
        struct link *k;
        char data[5000] = {0};

        sink_open(&sink, r);
        sink.most = 700;
        sink.turns = true;
        k = rig_link(r, from, sink.port, NULL);
        assert_int_equal(k->shares, shared);
        link_tap_add(k, &seer.tap);
        for (int i = 0; i < 3; i++)
            rig_put(from, data, sizeof data);
        queue_end(from);
        rig_run(r);
        assert_int_equal(sink.len, 3 * sizeof data);
        assert_int_equal(seer.len, 3 * sizeof data);
        link_free(k);
        port_free(from);
        sink_clear(&sink);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stalled_messages),
        cmocka_unit_test(stalled_lines),
        cmocka_unit_test(taps_see_first),
    };

    return cmocka_run_group_tests_name("crowd, buffer", tests, rig_crowd, NULL);
}
