/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DTLS where there is no room for what it sends: a client's socket, and one that all callers share.
 */
#include "test_busy_rig.h"
#include "test_tls_rig.h"

#include "io/callers.h"
#include "io/queue.h"
#include "net/cookies.h"

#ifdef USE_OPENSSL

static const struct tls_conf server_side = {.datagram = true};
static const struct tls_conf client_side = {.datagram = true, .insecure = true};

enum { MOMENT = 60, PATIENCE = 60000 }; /* ms */

/* A client and the caller that it is to the other side. */
struct line {
    struct rig *rig;
    struct tls *tls[ENDS];
    struct side side[ENDS];
    struct cookies cookies;
    struct callers *callers;
};

static enum callers_pass look(void *ctx, struct callers_look *l)
{
    const struct line *x = ctx;

    return cookies_look(&x->cookies, l, 0);
}

static bool admit(void *ctx, const struct addr *who)
{
    (void)ctx, (void)who;
    return true;
}

static void dress_end(struct line *x, int i, struct port *port)
{
    struct err e;
    struct layer *l = tls_make(x->tls[i], i == CLIENT, "localhost", 443, &e);

    assert_non_null(l);
    x->side[i] = (struct side){.tls = x->tls[i], .port = port, .shaken.rig = x->rig};
    assert_int_equal(port_push(port, l, &e), 0);
    port_handshake(port, side_shaken, &x->side[i].shaken);
}

static void came(void *ctx, struct port *port, const struct addr *local, const struct addr *who)
{
    (void)local, (void)who;
    dress_end(ctx, SERVER, port);
}

static void open_line(struct line *x, bool gather)
{
    const struct callers_conf conf = {.ctx = x, .gate = look, .admit = admit, .came = came};
    const struct dgram_opts opts = {.connected = true, .gather = gather};
    struct addr at, own;
    int fd = bound("127.0.0.1", 0, &at), client = bound("127.0.0.1", 0, &own);
    struct err e;

    *x = (struct line){.rig = begin(), .tls = {new_tls(&client_side, false), new_tls(&server_side, true)}};
    busy.on = false;
    assert_int_equal(cookies_init(&x->cookies, &e), 0);
    x->callers = callers_new(x->rig->loop, &fd, 1, &conf);
    assert_int_equal(connect(client, &at.sa, at.len), 0);
    dress_end(x, CLIENT, dgram_new(x->rig->loop, &client, 1, &opts));
    while (x->side[CLIENT].shaken.calls + x->side[SERVER].shaken.calls < ENDS)
        rig_run(x->rig);
    assert_false(x->side[CLIENT].shaken.failed || x->side[SERVER].shaken.failed);
}

static void close_line(struct line *x)
{
    busy.on = false;
    for (int i = 0; i < ENDS; i++)
        port_free(x->side[i].port);
    callers_free(x->callers);
    rig_settle(x->rig);
    for (int i = 0; i < ENDS; i++)
        tls_free(x->tls[i]);
    end(x->rig);
}

/* What `p` has to read, message by message. */
static void reads(struct port *p, const char *const *messages, unsigned n)
{
    char data[100];

    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(read_soon(p, data, sizeof data, NULL), strlen(messages[i]));
        assert_memory_equal(data, messages[i], strlen(messages[i]));
    }
    assert_int_equal(port_read(p, data, sizeof data, NULL), IO_AGAIN);
}

static const char *const messages[] = {"one", "and", "another", "is", "four"};

enum { MESSAGES = sizeof messages / sizeof messages[0] };

static void wait_for_room(struct line *x, int from)
{
    const struct queue_opts opts = {.limit = 1000, .whole = true};
    struct port *queue = queue_new(x->rig->loop, &opts);
    struct link *k = link_new(queue, x->side[from].port, &x->rig->pool, NULL);

    busy.on = true;
    busy.refused = 0;
    for (int i = 0; i < MESSAGES; i++)
        rig_put(queue, messages[i], strlen(messages[i]));
    rig_rest(x->rig, MOMENT); /* and it does not spin */
    assert_in_range(busy.refused, 1, 4 * MOMENT);
    reads(x->side[!from].port, NULL, 0);
    busy.on = false;
    rig_rest(x->rig, 2 * MOMENT);
    reads(x->side[!from].port, messages, MESSAGES);
    assert_false(x->side[from].port->lost);
    link_free(k);
    port_free(queue);
}

static void messages_wait_for_room(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct line x;

        open_line(&x, i == 1);
        wait_for_room(&x, i == 2 ? SERVER : CLIENT);
        wait_for_room(&x, i == 2 ? CLIENT : SERVER);
        close_line(&x);
    }
}

/* The last message has no room when the port is closed. */
static void close_without_room(struct line *x, int from, int64_t limit)
{
    closing.times = 0;
    busy.on = true;
    assert_int_equal(port_write(x->side[from].port, "last", 4, NULL), 4);
    rig_settle(x->rig);
    assert_false(port_close(x->side[from].port, limit, false, has_left, NULL));
    x->side[from].port = NULL;
    rig_settle(x->rig);
}

static void the_last_is_waited_for(void **state)
{
    static const char *const last[] = {"last"};

    (void)state;
    for (int from = 0; from < ENDS; from++) {
        char data[10];
        struct line x;

        open_line(&x, true);
        close_without_room(&x, from, PATIENCE);
        assert_int_equal(closing.times, 0);
        busy.on = false;
        while (closing.times == 0)
            rig_rest(x.rig, MOMENT);
        assert_int_equal(closing.lost, 0);
        assert_int_equal(read_soon(x.side[!from].port, data, sizeof data, NULL), strlen(last[0]));
        assert_int_equal(port_read(x.side[!from].port, data, sizeof data, NULL), IO_EOF);
        close_line(&x);
    }
}

static void the_last_is_lost_in_the_end(void **state)
{
    (void)state;
    for (int from = 0; from < ENDS; from++) {
        struct line x;

        open_line(&x, true);
        close_without_room(&x, from, 1);
        while (closing.times == 0)
            rig_rest(x.rig, MOMENT);
        assert_true(closing.lost > 0);
        close_line(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_wait_for_room),
        cmocka_unit_test(the_last_is_waited_for),
        cmocka_unit_test(the_last_is_lost_in_the_end),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}

#else

int main(void)
{
    return 77; /* there is nothing to test */
}

#endif
