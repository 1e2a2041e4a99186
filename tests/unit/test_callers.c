/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/callers.h"

#include "test_dgram_rig.h"

enum { MOST = 3000 };

/* Who came, and the link that each has, to itself. */
static struct hall {
    struct rig *r;
    struct callers *callers;
    struct addr at;
    struct port *ports[MOST];
    struct link *links[MOST];
    unsigned n;
    bool closed, echo, drop;
} hall;

static bool admit(void *ctx, const struct addr *who)
{
    (void)ctx, (void)who;
    return !hall.closed && hall.n < MOST;
}

static void came(void *ctx, struct port *port, const struct addr *local, const struct addr *who)
{
    (void)ctx, (void)who;
    assert_int_equal(addr_port(local), addr_port(&hall.at));
    if (hall.drop) {
        port_free(port);
        hall.drop = false;
        return;
    }
    if (hall.echo)
        hall.links[hall.n] = link_new(port, port, &hall.r->pool, NULL);
    hall.ports[hall.n++] = port;
}

static void failed(void *ctx, int error)
{
    (void)ctx;
    fail_msg("errno %d", error);
}

static void open_hall(bool echo)
{
    const struct callers_conf conf = {.admit = admit, .came = came, .failed = failed};
    int fd;

    hall = (struct hall){.r = begin(), .echo = echo};
    fd = bound("127.0.0.1", 0, &hall.at);
    hall.callers = callers_new(hall.r->loop, &fd, 1, &conf);
}

static void leave(unsigned i)
{
    link_free(hall.links[i]);
    port_free(hall.ports[i]);
    hall.links[i] = NULL;
    hall.ports[i] = NULL;
}

static void close_hall(void)
{
    for (unsigned i = 0; i < hall.n; i++)
        leave(i);
    if (hall.callers != NULL)
        callers_free(hall.callers);
    end(hall.r);
}

static int speak(const char *text)
{
    struct addr own;
    int fd = bound("127.0.0.1", 0, &own);

    must_send(fd, text, strlen(text), &hall.at);
    rig_settle(hall.r);
    return fd;
}

static void hears(int fd, const char *want)
{
    char text[64] = "";
    ssize_t n = recv(fd, text, sizeof text, MSG_DONTWAIT);

    assert_int_equal(n, want != NULL ? (ssize_t)strlen(want) : -1);
    if (want != NULL)
        assert_string_equal(text, want);
}

static void each_gets_its_own(void **state)
{
    int one, two;

    (void)state;
    open_hall(true);
    one = speak("one");
    two = speak("two");
    assert_int_equal(hall.n, 2);
    hears(one, "one");
    hears(two, "two");
    for (int i = 0; i < 40; i++) /* lengths differ: not all go together */
        must_send(one, "some more text", (size_t)i % 14, &hall.at);
    rig_settle(hall.r);
    for (int i = 0; i < 40; i++) {
        char text[64];

        assert_int_equal(recv(one, text, sizeof text, MSG_DONTWAIT), i % 14);
    }
    hears(two, NULL);
    assert_int_equal(hall.n, 2);
    close(one);
    close(two);
    close_hall();
}

/* What was read together for many is answered together, to each its own and in its order. */
static void many_in_one_turn(void **state)
{
    int who[50];
    char text[32], want[32];

    (void)state;
    open_hall(true);
    for (int i = 0; i < 50; i++) {
        struct addr own;

        who[i] = bound("127.0.0.1", 0, &own);
    }
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 50; i++) {
            snprintf(text, sizeof text, "%d of %d", turn, i);
            must_send(who[i], text, strlen(text), &hall.at);
            must_send(who[i], "more", (size_t)i % 5, &hall.at);
        }
        rig_settle(hall.r);
        for (int i = 0; i < 50; i++) {
            snprintf(want, sizeof want, "%d of %d", turn, i);
            hears(who[i], want);
            assert_int_equal(recv(who[i], text, sizeof text, MSG_DONTWAIT), i % 5);
        }
    }
    assert_int_equal(hall.n, 50);
    for (int i = 0; i < 50; i++) {
        hears(who[i], NULL);
        close(who[i]);
    }
    close_hall();
}

static void who_is_not_admitted(void **state)
{
    int one, two;

    (void)state;
    open_hall(true);
    hall.closed = true;
    one = speak("one");
    hall.closed = false;
    hall.drop = true;
    two = speak("two");
    assert_int_equal(hall.n, 0);
    must_send(two, "again", 5, &hall.at);
    rig_settle(hall.r);
    assert_int_equal(hall.n, 1);
    hears(one, NULL);
    hears(two, "again");
    close(one);
    close(two);
    close_hall();
}

/* What nobody reads is kept in its order, to a limit; the others do not notice. */
static void a_slow_one(void **state)
{
    static char data[60000], got[70000];
    int one, two;

    (void)state;
    open_hall(false);
    one = speak("first");
    for (int i = 0; i < 20; i++) {
        data[0] = (char)i;
        must_send(one, data, sizeof data, &hall.at);
        rig_settle(hall.r);
    }
    two = speak("two");
    assert_int_equal(hall.n, 2);
    assert_int_equal(port_read(hall.ports[1], got, sizeof got, NULL), 3);
    assert_int_equal(port_read(hall.ports[1], got, sizeof got, NULL), IO_AGAIN);
    assert_true(hall.ports[0]->lost);
    assert_int_equal(port_read(hall.ports[0], got, sizeof got, NULL), 5);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(port_read(hall.ports[0], got, sizeof got, NULL), sizeof data);
        assert_int_equal(got[0], i);
    }
    assert_int_equal(port_read(hall.ports[0], got, sizeof got, NULL), IO_AGAIN);
    must_send(one, "late", 4, &hall.at);
    rig_settle(hall.r);
    assert_int_equal(port_read(hall.ports[0], got, sizeof got, NULL), 4);
    leave(0);
    assert_true(was_said("16 datagrams from 127.0.0.1"));
    close(one);
    close(two);
    close_hall();
}

static void a_refusal_is_its_own(void **state)
{
    int one, two;

    (void)state;
    open_hall(true);
    one = speak("one");
    two = speak("two");
    close(one);
    assert_int_equal(port_write(hall.ports[0], "x", 1, NULL), 1);
    rig_settle(hall.r);
    assert_int_equal(hall.ports[0]->error, ECONNREFUSED);
    assert_int_equal(hall.links[0]->state, LINK_SRC_FAILED);
    assert_int_equal(hall.ports[1]->error, 0);
    hears(two, "two");
    must_send(two, "more", 4, &hall.at);
    rig_settle(hall.r);
    hears(two, "more");
    close(two);
    close_hall();
}

/* The sockets stay for those who are there. */
static void the_last_one_closes(void **state)
{
    int one, two;

    (void)state;
    open_hall(true);
    one = speak("one");
    hears(one, "one");
    callers_free(hall.callers);
    hall.callers = NULL;
    two = speak("two");
    hears(two, NULL);
    assert_int_equal(hall.n, 1);
    assert_int_equal(port_write(hall.ports[0], "bye", 3, NULL), 3);
    hears(one, "bye");
    close(one);
    close(two);
    close_hall();
}

static void who_is_silent(void **state)
{
    int64_t quiet = -1;
    int one, two;

    (void)state;
    open_hall(true);
    assert_null(callers_quietest(hall.callers, &quiet));
    one = speak("one");
    two = speak("two");
    assert_ptr_equal(callers_quietest(hall.callers, &quiet), hall.ports[0]);
    assert_true(quiet >= 0);
    must_send(one, "one", 3, &hall.at);
    rig_settle(hall.r);
    assert_ptr_equal(callers_quietest(hall.callers, &quiet), hall.ports[1]);
    caller_spare(hall.ports[1]);
    assert_ptr_equal(callers_quietest(hall.callers, &quiet), hall.ports[0]);
    caller_set_owner(hall.ports[0], &quiet);
    assert_ptr_equal(caller_owner(hall.ports[0]), &quiet);
    assert_null(caller_owner(hall.ports[1]));
    close(one);
    close(two);
    close_hall();
}

/* Each is found again, whoever left meanwhile. */
static void a_crowd(void **state)
{
    static struct addr own[500];
    int fds[500];

    (void)state;
    open_hall(true);
    for (unsigned i = 0; i < 500; i++) {
        fds[i] = bound("127.0.0.1", 0, &own[i]);
        must_send(fds[i], "x", 1, &hall.at);
        if (i % 50 == 49)
            rig_settle(hall.r);
    }
    assert_int_equal(hall.n, 500);
    for (unsigned i = 0; i < 500; i += 2)
        leave(i);
    for (unsigned i = 0; i < 500; i++) {
        hears(fds[i], "x");
        must_send(fds[i], "y", 1, &hall.at);
        if (i % 50 == 49)
            rig_settle(hall.r);
    }
    assert_int_equal(hall.n, 750);
    for (unsigned i = 0; i < 500; i++) {
        hears(fds[i], "y");
        close(fds[i]);
    }
    close_hall();
}

/* A layer that answers a greeting before there is anything else, as one of datagrams with a handshake does. */
struct greeter {
    struct layer layer;
};

static int greeter_shake(struct layer *l)
{
    char text[16];
    ssize_t n = layer_read(l->lower, text, sizeof text, NULL);

    if (n != 5)
        return n < 0 ? (int)n : IO_ERROR;
    assert_int_equal(layer_write(l->lower, "welcome", 7, NULL), 7);
    return 0;
}

static ssize_t greeter_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    return layer_read(l->lower, data, size, meta);
}

static ssize_t greeter_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    return layer_write(l->lower, data, size, meta);
}

static void greeter_free(struct layer *l)
{
    free(container_of(l, struct greeter, layer));
}

static void greeter_done(struct port *p, void *ctx, const struct err *e)
{
    assert_null(e);
    *(bool *)ctx = true;
    hall.links[0] = link_new(p, p, &hall.r->pool, NULL);
}

static void came_to_greet(void *ctx, struct port *port, const struct addr *local, const struct addr *who)
{
    static const struct layer_ops ops = {.name = "greeter",
                                         .read = greeter_read,
                                         .write = greeter_write,
                                         .handshake = greeter_shake,
                                         .free = greeter_free};
    struct greeter *g = calloc(1, sizeof *g);
    struct err e;

    (void)local, (void)who;
    assert_non_null(g);
    layer_init(&g->layer, &ops, IO_MSG);
    assert_int_equal(port_push(port, &g->layer, &e), 0);
    hall.ports[hall.n++] = port;
    port_handshake(port, greeter_done, ctx);
}

static void layers_stand_on_it(void **state)
{
    bool done = false;
    const struct callers_conf conf = {.ctx = &done, .admit = admit, .came = came_to_greet, .failed = failed};
    int fd, one;

    (void)state;
    hall = (struct hall){.r = begin()};
    fd = bound("127.0.0.1", 0, &hall.at);
    hall.callers = callers_new(hall.r->loop, &fd, 1, &conf);
    one = speak("hello");
    assert_true(done);
    hears(one, "welcome");
    must_send(one, "text", 4, &hall.at);
    rig_settle(hall.r);
    hears(one, "text");
    close(one);
    close_hall();
}

static void of_unix_names(void **state)
{
    const struct callers_conf conf = {.admit = admit, .came = came, .failed = failed};
    struct addr own;
    char text[16] = "";
    int fd, one, nameless = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)state;
    hall = (struct hall){.r = begin(), .echo = true};
    fd = unix_bound(&hall.at);
    hall.callers = callers_new(hall.r->loop, &fd, 1, &conf);
    one = unix_bound(&own);
    must_send(one, "one", 3, &hall.at);
    must_send(nameless, "nobody", 6, &hall.at);
    must_send(nameless, "nobody", 6, &hall.at);
    rig_settle(hall.r);
    assert_int_equal(hall.n, 2);
    assert_int_equal(recv(one, text, sizeof text, MSG_DONTWAIT), 3);
    assert_true(was_said("6 bytes have no address to go to"));
    close(one);
    must_send(nameless, "x", 1, &hall.at);
    assert_int_equal(port_write(hall.ports[0], "gone", 4, NULL), IO_ERROR);
    assert_int_equal(hall.ports[0]->error, ECONNREFUSED);
    close(nameless);
    close_hall();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_its_own),    cmocka_unit_test(many_in_one_turn),
        cmocka_unit_test(who_is_not_admitted),  cmocka_unit_test(a_slow_one),
        cmocka_unit_test(a_refusal_is_its_own), cmocka_unit_test(the_last_one_closes),
        cmocka_unit_test(who_is_silent),        cmocka_unit_test(a_crowd),
        cmocka_unit_test(layers_stand_on_it),   cmocka_unit_test(of_unix_names),
    };
    int failures = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failures + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
