/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS at both ends, over what delays and splits everything; and cut off at each byte of its handshake.
 */
#include "layer/tls.h"

#include "test_io_rig.h"

#ifdef USE_OPENSSL
#include <dlfcn.h>

#include "base/container.h"
#include "layer/tls_parts.h"
#endif

enum { CLIENT, SERVER, ENDS };

static const struct tls_conf server_conf;
static const struct tls_conf hasty = {.insecure = true, .hasty = true};
static const struct tls_conf patient = {.insecure = true};

struct side {
    struct tls *tls;
    struct port *port;
    struct shaken {
        struct rig *rig;
        int calls;
        bool failed;
        struct err err;
    } shaken;
};

static void side_shaken(struct port *p, void *ctx, const struct err *e)
{
    struct shaken *s = ctx;

    (void)p;
    s->calls++;
    s->failed = e != NULL;
    if (e != NULL)
        s->err = *e;
    loop_stop(s->rig->loop);
}

static struct tls *new_tls(const struct tls_conf *conf, bool server)
{
    struct err e;
    struct tls *t = tls_new(conf, server, &e);

    assert_non_null(t);
    return t;
}

/* `shakes`: what is below delays everything. */
static void open_side(struct rig *r, struct side *s, struct tls *tls, int fd, bool client, bool shakes)
{
    struct err e;
    struct layer *l = tls_make(tls, client, "localhost", 443, &e);

    assert_non_null(l);
    *s = (struct side){.tls = tls, .port = fd_socket(r->loop, fd), .shaken.rig = r};
    if (shakes)
        shaky_over(s->port, (uint32_t)fd);
    assert_int_equal(port_push(s->port, l, &e), 0);
    port_handshake(s->port, side_shaken, &s->shaken);
}

/* Two sides that are connected. */
struct both {
    struct rig *rig;
    struct tls *tls[ENDS];
    struct side side[ENDS];
};

static void shake_both(struct both *b)
{
    while (b->side[CLIENT].shaken.calls + b->side[SERVER].shaken.calls < 2)
        rig_run(b->rig);
    assert_false(b->side[CLIENT].shaken.failed || b->side[SERVER].shaken.failed);
}

static void join_both(struct both *b, const struct tls_conf *client, bool shakes)
{
    int fd[2];

    b->rig = rig_new();
    rig_pair(fd, SOCK_STREAM);
    b->tls[CLIENT] = new_tls(client, false);
    b->tls[SERVER] = new_tls(&server_conf, true);
    for (int i = 0; i < ENDS; i++)
        open_side(b->rig, &b->side[i], b->tls[i], fd[i], i == CLIENT, shakes);
}

static void open_both(struct both *b, const struct tls_conf *client, bool shakes)
{
    join_both(b, client, shakes);
    shake_both(b);
}

static void close_both(struct both *b)
{
    port_free(b->side[CLIENT].port);
    port_free(b->side[SERVER].port);
    rig_settle(b->rig); /* its layers are released at the end of the turn */
    tls_free(b->tls[CLIENT]);
    tls_free(b->tls[SERVER]);
    rig_free(b->rig);
}

/* A failure would leave the others waiting. */
static void must_not_fail(struct link *k)
{
    if (k->state == LINK_SRC_FAILED)
        fail_msg("read: %s", port_why(k->src));
    if (k->state == LINK_DST_FAILED)
        fail_msg("write: %s", port_why(k->dst));
}

/* `size` bytes each way at the same time, and both ends of direction. */
static void move_both_ways(struct both *b, struct drain drain[ENDS], size_t size, size_t step)
{
    struct link *k[2 * ENDS];
    struct port *local[ENDS];
    struct feed feed[ENDS];
    unsigned char *data[ENDS];
    int fd[ENDS][2], left = ENDS;

    for (int i = 0; i < ENDS; i++) {
        data[i] = malloc(size);
        assert_non_null(data[i]);
        rig_pattern(data[i], size, (unsigned)i);
        rig_pair(fd[i], SOCK_STREAM);
        local[i] = fd_socket(b->rig->loop, fd[i][0]);
        k[2 * i] = link_new(local[i], b->side[i].port, &b->rig->pool, NULL);
        k[2 * i + 1] = link_new(b->side[i].port, local[i], &b->rig->pool, NULL);
        k[2 * i]->done = k[2 * i + 1]->done = must_not_fail;
        drain_start(&drain[i], b->rig, fd[i][1], step);
        drain[i].left = &left;
        feed_start(&feed[i], b->rig, fd[i][1], data[i], size, step);
    }
    rig_run(b->rig);
    rig_settle(b->rig);
    for (int i = 0; i < ENDS; i++) {
        assert_int_equal(drain[i].len, size);
        assert_memory_equal(drain[i].data, data[!i], size);
    }
    for (int i = 0; i < 2 * ENDS; i++) {
        assert_int_equal(k[i]->state, LINK_DONE);
        link_free(k[i]);
    }
    for (int i = 0; i < ENDS; i++) {
        port_free(local[i]);
        drain_clear(&drain[i]);
        free(data[i]);
    }
}

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

#ifdef USE_OPENSSL

/* Handshakes anew, which a server of TLS 1.2 begins. */

static struct tls_layer *layer_of(const struct both *b, int side)
{
    return container_of(b->side[side].port->top, struct tls_layer, layer);
}

static void open_old(struct both *b, bool shakes)
{
    struct tls_layer *x;

    join_both(b, &hasty, shakes);
    x = layer_of(b, CLIENT);
    assert_int_equal(x->tls->lib.SSL_ctrl(x->ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, TLS1_2_VERSION, NULL), 1);
    shake_both(b);
}

/* A function that the program has no need of. */
static void *from_library(const char *name)
{
    void *from = dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD), *found;

    assert_non_null(from);
    found = dlsym(from, name);
    assert_non_null(found);
    dlclose(from);
    return found;
}

/* The server asks for one. It is sent with what is written next. */
static void ask_anew(struct both *b)
{
    struct tls_layer *x = layer_of(b, SERVER);
    int (*renegotiate)(SSL * ssl);

    *(void **)&renegotiate = from_library("SSL_renegotiate");
    assert_int_equal(renegotiate(x->ssl), 1);
    assert_int_equal(x->tls->lib.SSL_do_handshake(x->ssl), 1);
}

/* The client has heard of it, and its write has to wait. */
static void open_waiting(struct both *b)
{
    char byte;

    open_old(b, false);
    ask_anew(b);
    assert_int_equal(port_write(b->side[SERVER].port, "a", 1, NULL), 1);
    assert_int_equal(port_read(b->side[CLIENT].port, &byte, 1, NULL), 1);
    assert_int_equal(port_write(b->side[CLIENT].port, "b", 1, NULL), IO_AGAIN);
    assert_int_equal(port_read(b->side[SERVER].port, &byte, 1, NULL), IO_AGAIN);
}

/* There is nothing behind the last of the handshake that could wake it. */
static void a_write_that_ends_a_new_handshake_goes_on(void **state)
{
    struct both b;
    char byte;

    (void)state;
    open_waiting(&b);
    assert_int_equal(port_write(b.side[CLIENT].port, "b", 1, NULL), 1);
    assert_int_equal(port_read(b.side[SERVER].port, &byte, 1, NULL), 1);
    close_both(&b);
}

static void a_read_that_ends_a_new_handshake_wakes_the_write(void **state)
{
    struct both b;
    char byte;

    (void)state;
    open_waiting(&b);
    assert_int_equal(port_read(b.side[CLIENT].port, &byte, 1, NULL), IO_AGAIN);
    assert_true(b.side[CLIENT].port->events & LOOP_OUT);
    close_both(&b);
}

/* New keys of `side`, which asks the other for the same. */
static void update_keys(struct both *b, int side)
{
    int (*update)(SSL * ssl, int type);

    *(void **)&update = from_library("SSL_key_update");
    assert_int_equal(update(layer_of(b, side)->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
}

/* Whoever asks for keys behind our end gets no answer: it would stand where nothing may, and be left unread. */
static void nothing_stands_behind_the_end(void **state)
{
    struct both b;
    char data[10];

    (void)state;
    open_both(&b, &hasty, false);
    for (int i = 0; i < ENDS; i++)
        assert_int_equal(port_read(b.side[i].port, data, 10, NULL), IO_AGAIN);
    assert_int_equal(port_shut(b.side[CLIENT].port), 0);
    assert_int_equal(port_read(b.side[SERVER].port, data, 10, NULL), IO_EOF);
    update_keys(&b, SERVER);
    assert_int_equal(port_write(b.side[SERVER].port, "last", 4, NULL), 4);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), 4);
    assert_int_equal(port_shut(b.side[SERVER].port), 0);
    assert_int_equal(port_read(b.side[CLIENT].port, data, 10, NULL), IO_EOF);
    assert_int_equal(port_shut(b.side[CLIENT].port), 0);
    assert_int_equal(recv(port_fd(b.side[SERVER].port, 0), data, 10, MSG_DONTWAIT), 0);
    close_both(&b);
}

enum { ENOUGH = 40 }; /* handshakes: each takes more time than all the data */

struct anew {
    struct timer again;
    struct both *b;
    struct drain drain[ENDS];
    size_t until; /* bytes of the server's that have come */
    int done;
};

/* The library that is asked twice before the first is answered may forget that it was, and refuses what it asked for. */
static bool is_asked(const struct tls_layer *x)
{
    int (*pending)(const SSL *ssl);

    *(void **)&pending = from_library("SSL_renegotiate_pending");
    return pending(x->ssl) != 0;
}

static void begin_anew(struct timer *t)
{
    struct anew *a = container_of(t, struct anew, again);
    const struct tls_layer *x = layer_of(a->b, SERVER);

    if (a->drain[CLIENT].len > a->until || a->done == ENOUGH)
        return;
    if (!x->tls->lib.SSL_in_init(x->ssl) && !is_asked(x)) {
        ask_anew(a->b);
        a->done++;
    }
    loop_timer_set(a->b->rig->loop, t, 1);
}

static void begin_keys(struct timer *t)
{
    struct anew *a = container_of(t, struct anew, again);

    if (a->drain[CLIENT].len > a->until || a->drain[SERVER].len > a->until)
        return;
    update_keys(a->b, a->done++ % ENDS);
    loop_timer_set(a->b->rig->loop, t, 1);
}

/* Of both sides. */
static void new_keys_at_full_load(void **state)
{
    const size_t size = 3000000;

    (void)state;
    for (int shakes = 0; shakes < 2; shakes++) {
        struct both b;
        struct anew a = {.again.fire = begin_keys, .b = &b, .until = size * 9 / 10};

        open_both(&b, &hasty, shakes);
        loop_timer_set(b.rig->loop, &a.again, 0);
        move_both_ways(&b, a.drain, size, 50000);
        assert_true(a.done > ENDS);
        loop_timer_clear(&a.again);
        close_both(&b);
    }
}

/* Not towards the end, on which a server may not wait for an answer any more. */
static void new_handshakes_at_full_load(void **state)
{
    const size_t size = 3000000;

    (void)state;
    for (int shakes = 0; shakes < 2; shakes++) {
        struct both b;
        struct anew a = {.again.fire = begin_anew, .b = &b, .until = size / 3};

        open_old(&b, shakes);
        loop_timer_set(b.rig->loop, &a.again, 0);
        move_both_ways(&b, a.drain, size, 50000);
        assert_true(a.done > 0);
        loop_timer_clear(&a.again);
        close_both(&b);
    }
}

/* The server has asked, and ends before it is answered: nobody takes the write any more. */
static void a_new_handshake_that_nobody_ends(void **state)
{
    struct both b;
    char byte;

    (void)state;
    for (int writes = 0; writes < 2; writes++) {
        open_old(&b, false);
        ask_anew(&b);
        assert_int_equal(port_shut(b.side[SERVER].port), 0);
        assert_int_equal(port_read(b.side[CLIENT].port, &byte, 1, NULL), IO_EOF);
        if (writes) {
            assert_int_equal(port_write(b.side[CLIENT].port, "b", 1, NULL), IO_ERROR);
            assert_non_null(strstr(port_why(b.side[CLIENT].port), "in the middle of a new handshake"));
        } else {
            assert_int_equal(port_shut(b.side[CLIENT].port), 0);
        }
        close_both(&b);
    }
}

#endif

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
        cmocka_unit_test(an_end_without_farewell_is_a_cut),
        cmocka_unit_test(tickets_are_not_missed_where_nothing_was_said),
#ifdef USE_OPENSSL
        cmocka_unit_test(a_write_that_ends_a_new_handshake_goes_on),
        cmocka_unit_test(a_read_that_ends_a_new_handshake_wakes_the_write),
        cmocka_unit_test(new_handshakes_at_full_load),
        cmocka_unit_test(new_keys_at_full_load),
        cmocka_unit_test(nothing_stands_behind_the_end),
        cmocka_unit_test(a_new_handshake_that_nobody_ends),
#endif
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(who_speaks_otherwise_is_told_so),
    };
    const struct CMUnitTest once[] = {cmocka_unit_test(cut_at_each_byte), cmocka_unit_test(what_cannot_be)};
    struct err e;
    struct tls *t = tls_new(&server_conf, true, &e);
    int failed;

    if (t == NULL && strstr(e.text, "--without-openssl") != NULL)
        return 77; /* there is nothing to test */
    tls_free(t);
    failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);
    failed += cmocka_run_group_tests_name("poll, once", once, rig_poll, NULL);
    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
