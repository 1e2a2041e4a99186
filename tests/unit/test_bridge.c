/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/bridge.h"

#include "io/dgram.h"
#include "test_io_rig.h"

enum { PEERS = 3 };

struct setup {
    struct bridge_conf bridge;
    bool many;     /* peers */
    bool no_input; /* of ours */
};

/* A bridge between a queue and a sink here, and peers on socket pairs. */
struct span {
    struct rig *rig;
    struct svc svc;
    struct bridge_conf conf;
    struct peer_table peers;
    struct bridge *bridge;
    struct port *in;
    struct sink out;
    int far[PEERS]; /* the peers' own ends; -1: closed */
    struct peer *peer[PEERS];
    struct err err;
    unsigned finished, failed, quits;
    bool lost;      /* a peer was left with something not delivered */
    char line[200]; /* the last of the log */
};

static void on_finished(void *ctx, struct peer *p, const struct err *e)
{
    struct span *s = ctx;

    s->finished++;
    if (e != NULL) {
        s->failed++;
        s->err = *e;
    }
    for (int i = 0; i < PEERS; i++)
        if (s->peer[i] == p)
            s->peer[i] = NULL;
    bridge_detach(s->bridge, p);
    s->lost = p->port->lost;
    peer_free(p);
    loop_stop(s->rig->loop);
}

static void on_quit(void *ctx, const struct err *e)
{
    struct span *s = ctx;

    s->quits++;
    if (e != NULL)
        s->err = *e;
    loop_stop(s->rig->loop);
}

static bool keep_line(void *ctx, enum log_level level, const char *line)
{
    struct span *s = ctx;

    (void)level;
    snprintf(s->line, sizeof s->line, "%s", line);
    return true;
}

static struct span *span_new(const struct setup *conf)
{
    struct span *s = calloc(1, sizeof *s);
    struct queue_opts opts = {.limit = 1};
    struct bridge_ends ends = {0};

    assert_non_null(s);
    log_set_sink(keep_line, s);
    s->rig = rig_new();
    s->conf = conf->bridge;
    peer_table_init(&s->peers, s->rig->loop);
    s->in = queue_new(s->rig->loop, &opts);
    sink_open(&s->out, s->rig);
    s->svc = (struct svc){
        .loop = s->rig->loop, .many = conf->many, .peers = &s->peers, .pool = &s->rig->pool};
    s->svc.host = (struct svc_host){.ctx = s, .finished = on_finished, .quit = on_quit};
    ends.in = conf->no_input ? NULL : s->in;
    ends.out = s->out.port;
    ends.slow = SLOW_WAIT;
    s->bridge = bridge_new(&s->svc, &s->conf, &ends);
    for (int i = 0; i < PEERS; i++)
        s->far[i] = -1;
    return s;
}

static void join(struct span *s, int i)
{
    static const struct addr nobody;
    int fds[2];

    rig_pair(fds, SOCK_STREAM);
    s->far[i] = fds[1];
    s->peer[i] = peer_new(&s->peers, fd_socket(s->rig->loop, fds[0]), &nobody, &nobody);
    bridge_attach(s->bridge, s->peer[i]);
}

static void part(struct span *s, int i)
{
    close(s->far[i]);
    s->far[i] = -1;
}

static void span_free(struct span *s)
{
    for (int i = 0; i < PEERS; i++) {
        if (s->peer[i] != NULL) {
            bridge_detach(s->bridge, s->peer[i]);
            peer_free(s->peer[i]);
        }
        if (s->far[i] >= 0)
            close(s->far[i]);
    }
    bridge_free(s->bridge);
    port_free(s->in);
    sink_clear(&s->out);
    rig_free(s->rig);
    log_set_sink(NULL, NULL);
    free(s);
}

static void must_read(int fd, const char *text)
{
    char data[100];

    assert_int_equal(read(fd, data, sizeof data), strlen(text));
    assert_memory_equal(data, text, strlen(text));
}

static void says(struct span *s, const char *text)
{
    rig_put(s->in, text, strlen(text));
}

static const struct setup plain = {.bridge = {.quit_after = -1, .datagram_wait = -1}};

/* Either direction may end first; the peer is finished when both have. */
static void both_directions_end(void **state)
{
    (void)state;
    for (int ours_first = 0; ours_first < 2; ours_first++) {
        struct span *s = span_new(&plain);

        join(s, 0);
        says(s, "to the peer");
        assert_int_equal(write(s->far[0], "from it", 7), 7);
        rig_settle(s->rig);
        must_read(s->far[0], "to the peer");
        assert_int_equal(s->out.len, 7);
        for (int i = 0; i < 2; i++) {
            if (i == ours_first)
                assert_int_equal(shutdown(s->far[0], SHUT_WR), 0);
            else
                queue_end(s->in);
            if (i == 0) {
                rig_rest(s->rig, 40);
                assert_int_equal(s->finished, 0);
                assert_int_equal(s->out.ended, !ours_first);
                assert_int_equal(s->peer[0]->ended, !ours_first);
                assert_int_equal(wait_ready(s->far[0], LOOP_IN) != 0, ours_first);
            }
        }
        rig_settle(s->rig);
        assert_int_equal(s->finished, 1);
        assert_int_equal(s->failed, 0);
        assert_true(s->out.ended);
        must_read(s->far[0], "");
        assert_int_equal(s->peers.sent, 11);
        assert_int_equal(s->peers.received, 7);
        span_free(s);
    }
}

/* A peer that ended its direction and then leaves is noticed, though we have nothing to send. */
static void peer_that_leaves(void **state)
{
    struct span *s = span_new(&plain);

    (void)state;
    join(s, 0);
    assert_int_equal(shutdown(s->far[0], SHUT_WR), 0);
    rig_rest(s->rig, 40);
    assert_int_equal(s->finished, 0);
    part(s, 0);
    rig_settle(s->rig);
    assert_int_equal(s->finished, 1);
    assert_int_equal(s->failed, 0);
    span_free(s);
}

static void peer_that_resets(void **state)
{
    struct span *s = span_new(&plain);

    (void)state;
    join(s, 0);
    says(s, "unread");
    rig_settle(s->rig);
    assert_int_equal(write(s->far[0], "last words", 10), 10);
    part(s, 0); /* with bytes unread: a reset */
    rig_settle(s->rig);
    assert_int_equal(s->finished, 1);
    assert_int_equal(s->failed, 1);
    assert_int_equal(s->err.status, STATUS_NETWORK);
    assert_int_equal(s->err.sys, ECONNRESET);
    assert_int_equal(s->out.len, 10);
    span_free(s);
}

static void options_of_the_end(void **state)
{
    struct setup conf = plain;
    struct span *s;

    (void)state;
    conf.bridge.no_shutdown = true;
    s = span_new(&conf);
    join(s, 0);
    queue_end(s->in);
    rig_rest(s->rig, 40);
    assert_int_equal(wait_ready(s->far[0], LOOP_IN), 0);
    part(s, 0);
    rig_settle(s->rig);
    assert_int_equal(s->finished, 1);
    span_free(s);

    conf = plain;
    conf.no_input = true;
    s = span_new(&conf);
    join(s, 0);
    rig_rest(s->rig, 40);
    assert_int_equal(wait_ready(s->far[0], LOOP_IN), 0);
    assert_int_equal(shutdown(s->far[0], SHUT_WR), 0);
    rig_settle(s->rig);
    assert_int_equal(s->finished, 1);
    span_free(s);

    conf = plain;
    conf.bridge.send_only = true;
    s = span_new(&conf);
    join(s, 0);
    assert_int_equal(write(s->far[0], "unwanted", 8), 8);
    says(s, "x");
    rig_settle(s->rig);
    assert_int_equal(s->out.len, 0);
    queue_end(s->in);
    rig_settle(s->rig);
    assert_int_equal(s->finished, 1);
    span_free(s);
}

static void quits_after_the_input(void **state)
{
    struct setup conf = plain;
    static unsigned char data[4000000];
    int64_t start;
    struct span *s;

    (void)state;
    conf.bridge.quit_after = 0;
    s = span_new(&conf);
    join(s, 0);
    says(s, "all of it");
    queue_end(s->in);
    rig_run(s->rig);
    assert_int_equal(s->quits, 1);
    assert_int_equal(s->err.status, STATUS_OK);
    must_read(s->far[0], "all of it");
    span_free(s);

    conf.bridge.quit_after = 50;
    s = span_new(&conf);
    join(s, 0);
    start = rig_clock(CLOCK_MONOTONIC);
    queue_end(s->in);
    rig_run(s->rig);
    assert_true(rig_clock(CLOCK_MONOTONIC) - start >= 50);
    assert_int_equal(s->quits, 1);
    assert_int_equal(s->err.status, STATUS_OK);
    span_free(s);

    /* the peer takes nothing: what is left is told. The last buffer holds the end of the input. */
    s = span_new(&conf);
    join(s, 0);
    for (size_t n = 0; n < 100000; n += 20000)
        rig_put(s->in, data, 20000);
    rig_settle(s->rig);
    assert_int_equal(s->quits, 0);
    rig_put(s->in, data, 200000);
    queue_end(s->in);
    rig_run(s->rig);
    assert_int_equal(s->quits, 1);
    assert_int_equal(s->err.status, STATUS_NETWORK);
    assert_non_null(strstr(s->err.text, "bytes not sent"));
    span_free(s);
}

static void output_that_fails(void **state)
{
    struct span *s = span_new(&plain);

    (void)state;
    join(s, 0);
    s->out.fails = 1;
    assert_int_equal(write(s->far[0], "two", 3), 3);
    rig_settle(s->rig);
    assert_int_equal(s->quits, 1);
    assert_int_equal(s->err.status, STATUS_LOCAL);
    assert_string_equal(s->err.text, "");
    span_free(s);
}

static void many_peers(void **state)
{
    struct setup conf = plain;
    struct span *s;

    (void)state;
    conf.many = true;
    s = span_new(&conf);
    says(s, "first");
    rig_rest(s->rig, 40);
    for (int i = 0; i < PEERS; i++) {
        join(s, i);
        assert_int_equal(write(s->far[i], "hello", 5), 5);
    }
    rig_settle(s->rig);
    for (int i = 0; i < PEERS; i++)
        must_read(s->far[i], "first");
    assert_int_equal(s->out.len, 5 * PEERS);
    part(s, 1);
    rig_settle(s->rig);
    rig_settle(s->rig);
    says(s, "second");
    for (int i = 0; i < 3; i++)
        rig_settle(s->rig);
    must_read(s->far[0], "second");
    must_read(s->far[2], "second");
    assert_int_equal(s->finished, 1);
    assert_false(s->out.ended);
    queue_end(s->in);
    rig_settle(s->rig);
    must_read(s->far[0], "");
    join(s, 1);
    rig_settle(s->rig);
    must_read(s->far[1], "");
    part(s, 0);
    rig_settle(s->rig);
    assert_int_equal(s->finished, 2);
    assert_int_equal(s->quits, 0);
    span_free(s);
}

/* It listens no more, but stays to speak: the others go on, however much is sent. */
static void one_of_many_stops_listening(void **state)
{
    struct setup conf = plain;
    enum { EACH = 10000, ROUNDS = 100 };
    static unsigned char piece[EACH], back[EACH];
    struct span *s;

    (void)state;
    conf.many = true;
    s = span_new(&conf);
    join(s, 0);
    join(s, 1);
    rig_settle(s->rig);
    assert_int_equal(shutdown(s->far[0], SHUT_RD), 0);
    for (int i = 0; i < ROUNDS; i++) {
        size_t got = 0;

        rig_put(s->in, piece, sizeof piece);
        for (int tries = 0; got < sizeof piece && tries < 20; tries++) {
            ssize_t n = read(s->far[1], back, sizeof back);

            if (n > 0)
                got += (size_t)n;
            else
                rig_settle(s->rig);
        }
        assert_int_equal(got, sizeof piece);
    }
    assert_int_equal(write(s->far[0], "still here", 10), 10);
    rig_settle(s->rig);
    assert_int_equal(s->out.len, 10);
    assert_int_equal(s->finished, 0);
    part(s, 0);
    rig_settle(s->rig);
    assert_int_equal(s->finished, 1);
    assert_int_equal(s->failed, 1);
    span_free(s);
}

/* Nothing ends by itself between datagrams: some quiet does it. */
static void datagram_client(void **state)
{
    struct setup conf = plain;
    struct dgram_opts opts = {.connected = true};
    static const struct addr nobody;
    int64_t start;
    struct span *s;
    int fds[2];

    (void)state;
    conf.bridge.datagram_wait = 40;
    s = span_new(&conf);
    rig_pair(fds, SOCK_DGRAM);
    s->far[0] = fds[1];
    s->peer[0] = peer_new(&s->peers, dgram_new(s->rig->loop, fds, 1, &opts), &nobody, &nobody);
    s->peer[0]->datagram = true;
    bridge_attach(s->bridge, s->peer[0]);
    says(s, "ask");
    rig_settle(s->rig);
    must_read(s->far[0], "ask");
    rig_rest(s->rig, 60);
    assert_int_equal(s->finished, 0);
    assert_int_equal(write(s->far[0], "", 0), 0);
    assert_int_equal(write(s->far[0], "answer", 6), 6);
    start = rig_clock(CLOCK_MONOTONIC);
    queue_end(s->in);
    rig_run(s->rig);
    assert_int_equal(s->finished, 1);
    assert_int_equal(s->failed, 0);
    assert_true(rig_clock(CLOCK_MONOTONIC) - start >= 39);
    assert_int_equal(s->out.len, 6);
    span_free(s);
}

/* What came and waits for our own output is no silence of the peer's, nor lost by one. */
static void slow_output_ends_no_datagram_client(void **state)
{
    struct setup conf = plain;
    struct dgram_opts opts = {.connected = true};
    static const struct addr nobody;
    struct span *s;
    int fds[2];

    (void)state;
    conf.bridge.datagram_wait = 20;
    s = span_new(&conf);
    rig_pair(fds, SOCK_DGRAM);
    s->far[0] = fds[1];
    s->peer[0] = peer_new(&s->peers, dgram_new(s->rig->loop, fds, 1, &opts), &nobody, &nobody);
    s->peer[0]->datagram = true;
    bridge_attach(s->bridge, s->peer[0]);
    s->out.full = true;
    queue_end(s->in);
    assert_int_equal(write(s->far[0], "first", 5), 5);
    assert_int_equal(write(s->far[0], "second", 6), 6);
    rig_rest(s->rig, 80);
    assert_int_equal(s->finished, 0);
    assert_true(bridge_holds_up(s->peer[0]));
    s->out.full = false;
    port_event(s->out.port, LOOP_OUT);
    rig_run(s->rig);
    assert_int_equal(s->finished, 1);
    assert_int_equal(s->out.len, 11);
    span_free(s);
}

/* What was received and is dropped with the peer is told. */
static void input_that_is_dropped(void **state)
{
    struct span *s = span_new(&plain);

    (void)state;
    join(s, 0);
    s->out.full = true;
    assert_int_equal(write(s->far[0], "unseen", 6), 6);
    rig_rest(s->rig, 20);
    bridge_close(s->bridge, s->peer[0], false, NULL);
    assert_int_equal(s->finished, 1);
    assert_true(s->lost);
    assert_non_null(strstr(s->line, "6 bytes"));
    span_free(s);
}

/* One that waits for another is not silent by itself. */
static void who_waits_for_another(void **state)
{
    struct setup conf = plain;
    static unsigned char data[100000];
    struct span *s;

    (void)state;
    conf.many = true;
    s = span_new(&conf);
    join(s, 0);
    join(s, 1);
    rig_settle(s->rig);
    for (int i = 0; i < 40; i++) {
        rig_put(s->in, data, sizeof data);
        rig_settle(s->rig);
        while (read(s->far[1], data, sizeof data) > 0)
            rig_settle(s->rig);
    }
    assert_false(bridge_holds_up(s->peer[0]));
    assert_true(bridge_holds_up(s->peer[1]));
    span_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_end),
        cmocka_unit_test(peer_that_leaves),
        cmocka_unit_test(peer_that_resets),
        cmocka_unit_test(options_of_the_end),
        cmocka_unit_test(quits_after_the_input),
        cmocka_unit_test(output_that_fails),
        cmocka_unit_test(many_peers),
        cmocka_unit_test(one_of_many_stops_listening),
        cmocka_unit_test(datagram_client),
        cmocka_unit_test(slow_output_ends_no_datagram_client),
        cmocka_unit_test(input_that_is_dropped),
        cmocka_unit_test(who_waits_for_another),
    };
    int failed = cmocka_run_group_tests_name("poll, buffer", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
