/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS at both ends, over what delays and splits everything; and cut off at each byte of its handshake.
 */
#include "test_tls_rig.h"

#ifdef USE_OPENSSL

static void check_both_ways(bool shakes, size_t size, size_t step)
{
    struct drain drain[ENDS];
    struct both b;

    open_both(&b, &hasty, shakes);
    move_both_ways(&b, drain, size, step);
    close_both(&b);
}

static void both_ways(void **state)
{
    (void)state;
    check_both_ways(false, 3000000, 1000000);
    check_both_ways(false, 3000, 1);
    check_both_ways(false, 0, 1);
}

static void both_ways_over_what_delays_and_splits(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        check_both_ways(true, 300000, 50000);
}

/* What the descriptor gave whole comes out in small reads, and the end behind it. */
static void pending_is_what_poll_cannot_see(void **state)
{
    struct both b;
    char data[10];

    (void)state;
    open_both(&b, &hasty, false);
    assert_int_equal(port_write(b.side[CLIENT].port, "0123456789", 10, NULL), 10);
    assert_int_equal(port_shut(b.side[CLIENT].port), 0);
    assert_int_equal(port_read(b.side[SERVER].port, data, 4, NULL), 4);
    assert_true(port_pending(b.side[SERVER].port) > 0);
    assert_int_equal(port_read(b.side[SERVER].port, data, 10, NULL), 6);
    assert_true(port_pending(b.side[SERVER].port) > 0);
    assert_int_equal(port_read(b.side[SERVER].port, data, 10, NULL), IO_EOF);
    assert_int_equal(port_pending(b.side[SERVER].port), 0);
    assert_int_equal(port_write(b.side[SERVER].port, "still", 5, NULL), 5);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), 5);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), IO_AGAIN);
    assert_int_equal(port_pending(b.side[CLIENT].port), 0);
    close_both(&b);
}

/* Nothing spins meanwhile, and the other's end ends the wait. */
static void a_patient_client_ends_after_the_server(void **state)
{
    struct both b;
    struct err e;
    char data[10];

    (void)state;
    open_both(&b, &patient, false);
    assert_int_equal(port_write(b.side[CLIENT].port, "x", 1, NULL), 1);
    assert_int_equal(port_shut(b.side[CLIENT].port), IO_AGAIN);
    assert_int_equal(port_read(b.side[SERVER].port, data, 10, NULL), 1);
    assert_int_equal(port_read(b.side[SERVER].port, data, 10, NULL), IO_AGAIN);
    assert_int_equal(port_shut(b.side[SERVER].port), 0);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), IO_EOF);
    assert_int_equal(port_shut(b.side[CLIENT].port), 0);
    assert_int_equal(port_read(b.side[SERVER].port, data, 10, NULL), IO_EOF);
    assert_int_equal(port_pop(b.side[CLIENT].port, &e), -1);
    close_both(&b);
}

/* Nothing has come for long. */
static void seems_silent(struct both *b)
{
    struct tls_layer *x = layer_of(b, CLIENT);

    x->active = INT64_MIN / 2;
    assert_int_equal(port_shut(x->layer.port), IO_AGAIN);
    assert_false(x->bye_said);
    x->active = INT64_MIN / 2;
}

/* What it answers is what we do not take. */
static void who_is_not_read_is_not_silent(void **state)
{
    static const char data[1000000];
    struct both b;
    struct port *local;
    struct link *k;
    char byte;
    int fd[2];

    (void)state;
    open_both(&b, &patient, false);
    rig_narrow_pair(fd);
    local = fd_socket(b.rig->loop, fd[1]);
    k = link_new(b.side[CLIENT].port, local, &b.rig->pool, NULL);
    assert_true(port_write(b.side[SERVER].port, data, sizeof data, NULL) > 0);
    rig_settle(b.rig);
    assert_true(link_is_held_up(k));
    seems_silent(&b);
    assert_int_equal(recv(fd[0], &byte, 1, MSG_DONTWAIT), 1);
    seems_silent(&b);
    link_free(k);
    assert_int_equal(port_shut(b.side[CLIENT].port), 0);
    port_free(local);
    close(fd[0]);
    close_both(&b);
}

/* It cannot answer what it has not got: neither what we hold nor what the kernel does. */
static void who_has_not_read_is_not_silent(void **state)
{
    static const char data[1000000];
    struct both b;
    char *got = malloc(sizeof data);

    (void)state;
    assert_non_null(got);
    open_both(&b, &patient, false);
    assert_true(port_write(b.side[CLIENT].port, data, sizeof data, NULL) > 0);
    seems_silent(&b);
    assert_true(port_read(b.side[SERVER].port, got, sizeof data, NULL) > 0);
    port_event(b.side[CLIENT].port, LOOP_OUT);
    assert_int_equal(port_write(b.side[CLIENT].port, "x", 1, NULL), 1);
    seems_silent(&b);
    while (port_read(b.side[SERVER].port, got, sizeof data, NULL) > 0)
        continue;
    assert_int_equal(port_shut(b.side[CLIENT].port), 0);
    free(got);
    close_both(&b);
}

/* It answers and leaves in the midst of what we send. */
static void what_was_answered_is_read_though_a_write_fails(void **state)
{
    static const char data[20000];
    struct both b;
    char got[10];

    (void)state;
    open_both(&b, &hasty, false);
    while (port_write(b.side[CLIENT].port, data, sizeof data, NULL) > 0)
        continue;
    assert_int_equal(port_write(b.side[SERVER].port, "answer", 6, NULL), 6);
    assert_int_equal(port_shut(b.side[SERVER].port), 0);
    assert_int_equal(shutdown(port_fd(b.side[SERVER].port, 0), SHUT_RDWR), 0);
    assert_int_equal(port_write(b.side[CLIENT].port, data, sizeof data, NULL), IO_ERROR);
    assert_int_equal(port_read(b.side[CLIENT].port, got, sizeof got, NULL), 6);
    assert_int_equal(port_read(b.side[CLIENT].port, got, sizeof got, NULL), IO_EOF);
    close_both(&b);
}

static void an_end_without_farewell_is_a_cut(void **state)
{
    struct both b;
    char data[10];

    (void)state;
    open_both(&b, &hasty, false);
    assert_int_equal(port_write(b.side[SERVER].port, "half", 4, NULL), 4);
    assert_int_equal(shutdown(port_fd(b.side[SERVER].port, 0), SHUT_WR), 0);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), 4);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), IO_ERROR);
    assert_non_null(strstr(port_why(b.side[CLIENT].port), "cut off"));
    close_both(&b);
}

static size_t unmissed(const struct both *b)
{
    const struct layer *l = b->side[SERVER].port->top;

    return l->ops->farewell(l);
}

static void tickets_are_not_missed_where_nothing_was_said(void **state)
{
    enum { LONGEST_BYE = 32 };
    struct both b;

    (void)state;
    open_both(&b, &hasty, false);
    assert_true(unmissed(&b) > LONGEST_BYE);
    assert_int_equal(port_write(b.side[SERVER].port, "data", 4, NULL), 4);
    assert_int_equal(unmissed(&b), 0);
    assert_int_equal(port_shut(b.side[SERVER].port), 0);
    assert_in_range(unmissed(&b), 1, LONGEST_BYE);
    close_both(&b);
}

/* Handshakes that are passed on by hand. */

/* Moves up to `most` bytes between descriptors, `step` at a time. Returns how many. */
static size_t carry(int from, int to, size_t most, size_t step)
{
    char data[4096];
    size_t sum = 0;

    while (sum < most) {
        size_t size = step < most - sum ? step : most - sum;
        ssize_t n = recv(from, data, size < sizeof data ? size : sizeof data, MSG_DONTWAIT);

        if (n <= 0)
            break;
        assert_int_equal(send(to, data, (size_t)n, MSG_NOSIGNAL), n);
        sum += (size_t)n;
        if (step == 1)
            return sum;
    }
    return sum;
}

/* Two sides whose bytes pass through the test's hands: fd[i] is what side `i` is connected to. */
struct apart {
    struct rig *rig;
    struct side side[ENDS];
    int fd[ENDS];
};

static void open_apart(struct apart *a, struct tls *const tls[ENDS])
{
    int fd[2];

    a->rig = rig_new();
    for (int i = 0; i < ENDS; i++) {
        rig_pair(fd, SOCK_STREAM);
        a->fd[i] = fd[1];
        open_side(a->rig, &a->side[i], tls[i], fd[0], i == CLIENT, false);
    }
}

static void turn(struct rig *r)
{
    loop_timer_set(r->loop, &r->rest, 0);
    rig_run(r);
}

static void close_apart(struct apart *a)
{
    for (int i = 0; i < ENDS; i++) {
        port_free(a->side[i].port);
        if (a->fd[i] >= 0)
            close(a->fd[i]);
    }
    turn(a->rig);
    rig_free(a->rig);
}

static bool both_shaken(const struct apart *a)
{
    return a->side[CLIENT].shaken.calls + a->side[SERVER].shaken.calls == 2;
}

/* Carries until `most` bytes have come to side `to`, or nothing moves any more. Returns how many came. */
static size_t carry_until(struct apart *a, int to, size_t most, size_t step)
{
    size_t sum = 0;

    for (int idle = 0; idle < 3 && sum < most && !both_shaken(a);) {
        size_t moved;

        turn(a->rig);
        moved = carry(a->fd[to], a->fd[!to], SIZE_MAX, step);
        sum += carry(a->fd[!to], a->fd[to], most - sum, step);
        idle = moved == 0 && sum < most ? idle + 1 : 0;
    }
    return sum;
}

static void byte_by_byte(void **state)
{
    struct tls *const tls[ENDS] = {new_tls(&hasty, false), new_tls(&server_conf, true)};
    struct apart a;

    (void)state;
    open_apart(&a, tls);
    while (!both_shaken(&a)) {
        turn(a.rig);
        carry(a.fd[CLIENT], a.fd[SERVER], 1, 1);
        carry(a.fd[SERVER], a.fd[CLIENT], 1, 1);
    }
    assert_false(a.side[CLIENT].shaken.failed || a.side[SERVER].shaken.failed);
    close_apart(&a);
    tls_free(tls[CLIENT]);
    tls_free(tls[SERVER]);
}

/* After `bytes` of what side `to` hears, the other end goes away. Returns false when its handshake was done by then. */
static bool cut_after(struct tls *const tls[ENDS], int to, size_t bytes, bool gone)
{
    struct apart a;
    bool done;

    open_apart(&a, tls);
    carry_until(&a, to, bytes, SIZE_MAX);
    turn(a.rig);
    done = a.side[to].shaken.calls > 0;
    if (gone) {
        close(a.fd[to]);
        a.fd[to] = -1;
    } else {
        assert_int_equal(shutdown(a.fd[to], SHUT_WR), 0);
    }
    while (a.side[to].shaken.calls == 0)
        turn(a.rig);
    assert_int_equal(a.side[to].shaken.failed, !done);
    if (!done)
        assert_true(strlen(a.side[to].shaken.err.text) > 0);
    close_apart(&a);
    return !done;
}

static void cut_at_each_byte(void **state)
{
    struct tls *const tls[ENDS] = {new_tls(&hasty, false), new_tls(&server_conf, true)};

    (void)state;
    for (int to = 0; to < ENDS; to++) {
        for (size_t i = 0; cut_after(tls, to, i, i & 1); i++) {
            if (i > 600 && i % 2 == 0)
                i += 6;
            assert_true(i < 10000);
        }
    }
    tls_free(tls[CLIENT]);
    tls_free(tls[SERVER]);
}

static void who_speaks_otherwise_is_told_so(void **state)
{
    static const char *const said[] = {"220 hello\r\n", "\x15\x03", "GET / HTTP/1.0\r\n\r\n",
                                       "\x80\x2e\x01\x03\x01"};
    struct tls *const tls[ENDS] = {new_tls(&hasty, false), new_tls(&server_conf, true)};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof said / sizeof said[0]; i++) {
        struct apart a;
        const char *text = said[i / 2];
        int to = i % 2;

        open_apart(&a, tls);
        turn(a.rig);
        assert_int_equal(send(a.fd[to], text, strlen(text), MSG_NOSIGNAL), strlen(text));
        assert_int_equal(shutdown(a.fd[to], SHUT_WR), 0);
        while (a.side[to].shaken.calls == 0)
            turn(a.rig);
        assert_true(a.side[to].shaken.failed);
        if (text[0] >= ' ')
            assert_non_null(strstr(a.side[to].shaken.err.text, "the peer does not speak TLS: it says '"));
        close_apart(&a);
    }
    tls_free(tls[CLIENT]);
    tls_free(tls[SERVER]);
}

static void what_cannot_be(void **state)
{
    static const struct tls_conf confs[] = {
        {.pin = "sha256:zz"}, {.pin = ""},         {.alpn = ","},
        {.alpn = ""},         {.cert = "/none"},   {.key = "/none"},
        {.crl = "/none"},     {.ciphers = "none"}, {.ciphers = "TLS_none"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof confs / sizeof confs[0]; i++) {
        assert_null(tls_new(&confs[i / 2], i % 2, &e));
        assert_int_equal(e.status, STATUS_LOCAL);
    }
    assert_null(tls_new(&(struct tls_conf){.require_client = true}, true, &e));
    assert_non_null(strstr(e.text, "--ssl-require-client needs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(both_ways_over_what_delays_and_splits),
        cmocka_unit_test(pending_is_what_poll_cannot_see),
        cmocka_unit_test(a_patient_client_ends_after_the_server),
        cmocka_unit_test(who_is_not_read_is_not_silent),
        cmocka_unit_test(who_has_not_read_is_not_silent),
        cmocka_unit_test(what_was_answered_is_read_though_a_write_fails),
        cmocka_unit_test(an_end_without_farewell_is_a_cut),
        cmocka_unit_test(tickets_are_not_missed_where_nothing_was_said),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(who_speaks_otherwise_is_told_so),
    };
    const struct CMUnitTest once[] = {cmocka_unit_test(cut_at_each_byte), cmocka_unit_test(what_cannot_be)};
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    failed += cmocka_run_group_tests_name("poll, once", once, rig_poll, NULL);
    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}

#else

int main(void)
{
    return 77; /* there is nothing to test */
}

#endif
