/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes after the handshake of TLS besides data: handshakes anew, new keys.
 */
#include "test_tls_rig.h"

#ifdef USE_OPENSSL

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_ends_a_new_handshake_goes_on),
        cmocka_unit_test(a_read_that_ends_a_new_handshake_wakes_the_write),
        cmocka_unit_test(new_handshakes_at_full_load),
        cmocka_unit_test(new_keys_at_full_load),
        cmocka_unit_test(nothing_stands_behind_the_end),
        cmocka_unit_test(a_new_handshake_that_nobody_ends),
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
