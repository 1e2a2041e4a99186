/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a hostile peer may send without end and without a byte of data: nobody else waits for that.
 */
#include <sys/ioctl.h>

#include "test_tls_rig.h"

#ifdef USE_OPENSSL

enum { FLOOD = 100 };

static size_t waiting_in(const struct port *p)
{
    int n = 0;

    assert_int_equal(ioctl(port_fd(p, 0), FIONREAD, &n), 0);
    return (size_t)n;
}

static void send_keys(struct both *b, int from)
{
    struct tls_layer *x = layer_of(b, from);

    update_keys(b, from);
    assert_int_equal(x->tls->lib.SSL_do_handshake(x->ssl), 1);
}

static void send_ticket(struct both *b, int from)
{
    struct tls_layer *x = layer_of(b, from);
    int (*ticket)(SSL * ssl);

    *(void **)&ticket = from_library("SSL_new_session_ticket");
    assert_int_equal(ticket(x->ssl), 1);
    assert_int_equal(x->tls->lib.SSL_do_handshake(x->ssl), 1);
}

static void flood(struct both *b, int from, void (*send_one)(struct both *b, int from), int n)
{
    for (int i = 0; i < n; i++) {
        send_one(b, from);
        if (i % 50 == 49)
            port_event(b->side[from].port, LOOP_OUT); /* they leave */
    }
}

/* A port's reader, and what comes out of it. */
struct outlet {
    struct port *local;
    struct link *link;
    struct drain drain;
};

static void outlet_open(struct outlet *o, struct rig *r, struct port *src)
{
    int fd[2];

    rig_pair(fd, SOCK_STREAM);
    o->local = fd_socket(r->loop, fd[0]);
    o->link = link_new(src, o->local, &r->pool, NULL);
    drain_start(&o->drain, r, fd[1], 10);
    o->drain.stop = 1;
}

static void outlet_close(struct outlet *o)
{
    link_free(o->link);
    port_free(o->local);
    drain_clear(&o->drain);
}

/* Two that are connected, on the loop of others. */
static void open_beside(struct both *b, struct rig *r)
{
    int fd[2];

    b->rig = r;
    rig_pair(fd, SOCK_STREAM);
    b->tls[CLIENT] = new_tls(&hasty, false);
    b->tls[SERVER] = new_tls(&server_conf, true);
    for (int i = 0; i < ENDS; i++)
        open_side(r, &b->side[i], b->tls[i], fd[i], i == CLIENT, false);
    shake_both(b);
}

static void close_beside(struct both *b)
{
    for (int i = 0; i < ENDS; i++)
        port_free(b->side[i].port);
    rig_settle(b->rig);
    for (int i = 0; i < ENDS; i++)
        tls_free(b->tls[i]);
}

/* The flooded one comes first in each turn. */
static void check_flood(int from, void (*send_one)(struct both *b, int from), int n)
{
    struct both flooded, other;
    struct outlet outlet[2];

    open_both(&flooded, &hasty, false);
    open_beside(&other, flooded.rig);
    flood(&flooded, from, send_one, n);
    assert_int_equal(port_write(flooded.side[from].port, "x", 1, NULL), 1);
    assert_int_equal(port_write(other.side[from].port, "x", 1, NULL), 1);
    outlet_open(&outlet[0], flooded.rig, flooded.side[!from].port);
    outlet_open(&outlet[1], flooded.rig, other.side[!from].port);
    rig_run(flooded.rig);
    assert_int_equal(outlet[1].drain.len, 1);
    assert_int_equal(outlet[0].drain.len, 0);
    rig_run(flooded.rig);
    assert_int_equal(outlet[0].drain.len, 1);
    outlet_close(&outlet[0]);
    outlet_close(&outlet[1]);
    close_beside(&other);
    close_both(&flooded);
}

static void others_are_served_meanwhile(void **state)
{
    (void)state;
    check_flood(CLIENT, send_keys, FLOOD);
    check_flood(SERVER, send_keys, FLOOD);
    check_flood(SERVER, send_ticket, FLOOD);
}

/* Requests of a handshake that is under way are passed over. */
static void others_are_served_during_a_handshake(void **state)
{
    static const unsigned char request[] = {0x16, 3, 3, 0, 4, 0, 0, 0, 0};
    struct rig *r = rig_new();
    struct tls *tls = new_tls(&hasty, false);
    unsigned char data[150000];
    struct side side;
    int fd[2];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = request[i % sizeof request];
    rig_pair(fd, SOCK_STREAM);
    open_side(r, &side, tls, fd[0], true, false);
    assert_int_equal(send(fd[1], data, sizeof data, MSG_NOSIGNAL), sizeof data);
    port_event(side.port, LOOP_IN);
    assert_int_equal(side.shaken.calls, 0);
    assert_true(waiting_in(side.port) > 0);
    loop_timer_set(r->loop, &r->rest, 0);
    while (waiting_in(side.port) > 0)
        rig_run(r);
    port_free(side.port);
    rig_settle(r);
    close(fd[1]);
    tls_free(tls);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_served_meanwhile),
        cmocka_unit_test(others_are_served_during_a_handshake),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}

#else

int main(void)
{
    return 77; /* there is nothing to test */
}

#endif
