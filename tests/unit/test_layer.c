/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/layer.h"

#include "test_io_rig.h"
#include "test_layer_rig.h"

/* How handshakes ended. */
struct shaken {
    struct rig *rig;
    int calls;
    bool failed, frees;
    struct err err;
};

static void shaken(struct port *p, void *ctx, const struct err *e)
{
    struct shaken *s = ctx;

    s->calls++;
    s->failed = e != NULL;
    if (e != NULL)
        s->err = *e;
    if (s->frees)
        port_free(p);
    loop_stop(s->rig->loop);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void hear(int fd, const char *text)
{
    char data[100];

    assert_int_equal(recv(fd, data, strlen(text), MSG_DONTWAIT), strlen(text));
    assert_memory_equal(data, text, strlen(text));
}

static void no_layer_no_handshake(void **state)
{
    struct rig *r = rig_new();
    struct shaken s = {.rig = r};
    struct port *p = fd_null(r->loop);

    (void)state;
    port_handshake(p, shaken, &s);
    assert_int_equal(s.calls, 0);
    rig_run(r);
    rig_settle(r);
    assert_int_equal(s.calls, 1);
    assert_false(s.failed);
    port_free(p);
    rig_free(r);
}

/* Links get nothing before all is said, and then what was read too far, of which no descriptor tells. */
static void links_wait_for_the_handshake(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig *r = rig_new();
        struct shaken s = {.rig = r};
        struct port *p;
        struct greeting *g;
        struct link *k;
        int fd[2];

        rig_pair(fd, SOCK_STREAM);
        p = fd_socket(r->loop, fd[0]);
        g = greeting_over(p, true);
        g->leaves = i & 1;
        if (i & 2)
            shaky_over(p, 7);
        k = link_new(p, p, &r->pool, NULL);
        assert_int_equal(port_read(p, &(char){0}, 1, NULL), IO_AGAIN);
        assert_int_equal(port_write(p, "x", 1, NULL), IO_AGAIN);
        assert_int_equal(port_shut(p), IO_AGAIN);
        assert_int_equal(port_pending(p), 0);
        port_handshake(p, shaken, &s);
        rig_rest(r, 40);
        hear(fd[1], "hello");
        assert_int_equal(s.calls, 0);
        say(fd[1], "who are you?I speak early");
        rig_run(r);
        rig_settle(r);
        assert_int_equal(s.calls, 1);
        assert_false(s.failed);
        hear(fd[1], "a friendI speak early");
        assert_int_equal((port_caps(p) & IO_RAWFD) != 0, i == 1); /* nothing of it is left */
        say(fd[1], "more");
        rig_settle(r);
        hear(fd[1], "more");
        rig_rest(r, 40);
        link_free(k);
        port_free(p);
        close(fd[1]);
        rig_free(r);
    }
}

/* What the source has at once is what it has when all is said. */
static void the_rest_comes_after_the_handshake(void **state)
{
    struct rig *r = rig_new();
    struct shaken s = {.rig = r};
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];

    (void)state;
    rig_pair(a, SOCK_STREAM);
    rig_pair(b, SOCK_STREAM);
    from = fd_socket(r->loop, a[0]);
    to = fd_socket(r->loop, b[0]);
    greeting_over(from, true);
    k = link_new(from, to, &r->pool, NULL);
    port_handshake(from, shaken, &s);
    link_end_after_rest(k);
    rig_settle(r);
    hear(a[1], "hello");
    assert_int_equal(k->state, LINK_RUNNING);
    say(a[1], "who are you?the rest");
    rig_run(r);
    rig_settle(r);
    assert_int_equal(k->state, LINK_DONE);
    hear(b[1], "the rest");
    link_free(k);
    port_free(from);
    port_free(to);
    close(a[1]);
    close(b[1]);
    rig_free(r);
}

/* Three layers, one of which leaves, greet the same three at the other end. */
static void handshakes_one_after_another(void **state)
{
    struct rig *r = rig_new();
    struct shaken s[2] = {{.rig = r}, {.rig = r}};
    struct port *p[2];
    int fd[2];

    (void)state;
    rig_pair(fd, SOCK_STREAM);
    for (int i = 0; i < 2; i++) {
        p[i] = fd_socket(r->loop, fd[i]);
        greeting_over(p[i], i == 0);
        greeting_over(p[i], i == 1)->leaves = true;
        shaky_over(p[i], (uint32_t)i);
        greeting_over(p[i], i == 0);
        port_handshake(p[i], shaken, &s[i]);
    }
    while (s[0].calls + s[1].calls < 2)
        rig_run(r);
    assert_false(s[0].failed || s[1].failed);
    assert_int_equal(port_write(p[0], "x", 1, NULL), 1);
    rig_settle(r);
    assert_int_equal(port_pending(p[1]), 0);
    port_free(p[0]);
    port_free(p[1]);
    rig_free(r);
}

/* How the other side of a handshake behaves badly. */
enum fault { ENDS, LEAVES, LIES, FAULTS };

static void misbehave(int fd, enum fault fault)
{
    if (fault == ENDS)
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
    else if (fault == LEAVES)
        close(fd);
    else
        say(fd, "~");
}

/* After each byte of what it hears, the handshake fails with words, once, and links fail with it. */
static void check_failure(bool first, size_t bytes, enum fault fault, bool frees)
{
    static const char script[2][24] = {"helloa friend",
                                       "who are you?"}; /* what is heard, by who greets first */
    struct rig *r = rig_new();
    struct shaken s = {.rig = r, .frees = frees};
    struct port *p;
    struct link *k = NULL;
    int fd[2];

    rig_pair(fd, SOCK_STREAM);
    p = fd_socket(r->loop, fd[0]);
    greeting_over(p, first);
    if (!frees)
        k = rig_link(r, p, p, NULL);
    port_handshake(p, shaken, &s);
    rig_settle(r);
    if (bytes > 0)
        assert_int_equal(send(fd[1], script[first], bytes, MSG_NOSIGNAL), bytes);
    rig_settle(r);
    assert_int_equal(s.calls, 0);
    misbehave(fd[1], fault);
    rig_run(r);
    rig_settle(r);
    assert_int_equal(s.calls, 1);
    assert_true(s.failed);
    assert_true(strlen(s.err.text) > 0);
    if (fault == LIES)
        assert_non_null(strstr(s.err.text, "not a friend"));
    if (k != NULL)
        assert_int_equal(k->state, LINK_SRC_FAILED);
    link_free(k);
    if (!frees)
        port_free(p);
    if (fault != LEAVES)
        close(fd[1]);
    rig_free(r);
}

static void faults_at_every_byte(void **state)
{
    (void)state;
    for (int fault = 0; fault < FAULTS; fault++) {
        for (size_t i = 0; i < strlen(greetings[0]) + strlen(greetings[2]); i++)
            check_failure(false, i, (enum fault)fault, i & 1);
        for (size_t i = 0; i < strlen(greetings[1]); i++)
            check_failure(true, i, (enum fault)fault, i & 1);
    }
}

/* Who does not answer is waited for without an end, and given up without a word. */
static void given_up(void **state)
{
    struct rig *r = rig_new();
    struct shaken s = {.rig = r};
    struct port *p;
    int fd[2];

    (void)state;
    rig_pair(fd, SOCK_STREAM);
    p = fd_socket(r->loop, fd[0]);
    greeting_over(p, true);
    port_handshake(p, shaken, &s);
    rig_rest(r, 40);
    port_free(p);
    rig_settle(r);
    assert_int_equal(s.calls, 0);
    assert_int_equal(fcntl(fd[0], F_GETFD), -1);
    close(fd[1]);
    rig_free(r);
}

/* On a port whose links move bytes, in the kernel where they may. */
static void put_on_and_taken_off_while_it_lives(void **state)
{
    struct rig *r = rig_new();
    size_t len = 1 << 20;
    char *data = calloc(1, len);
    struct err e;
    struct port *from, *to;
    struct link *k;
    int a[2], b[2];

    (void)state;
    assert_non_null(data);
    rig_pair(a, SOCK_STREAM);
    rig_pair(b, SOCK_STREAM);
    from = fd_socket(r->loop, a[0]);
    to = fd_socket(r->loop, b[1]);
    k = link_new(from, to, &r->pool, NULL);
    assert_int_equal(port_pop(to, &e), -1);
    for (uint32_t round = 0; round < 6; round++) {
        struct feed feed;
        struct drain drain;

        if (round % 2 == 1) {
            shaky_over(to, round);
            shaky_over(from, round);
        } else if (round > 0) {
            assert_int_equal(port_pop(to, &e), 0);
            assert_int_equal(port_pop(from, &e), 0);
        }
        drain_start(&drain, r, b[0], 50000);
        drain.stop = len;
        feed_start(&feed, r, a[1], data, len, 60000);
        feed.end = false;
        rig_run(r);
        rig_settle(r);
        assert_int_equal(drain.len, len);
        loop_del(&drain.watch);
        free(drain.data);
    }
    assert_int_equal(k->bytes, 6 * len);
    link_free(k);
    port_free(from);
    port_free(to);
    close(a[1]);
    close(b[0]);
    free(data);
    rig_free(r);
}

static void not_while_something_is_held(void **state)
{
    struct rig *r = rig_new();
    struct link writer = {0};
    struct layer unused;
    struct err e;
    struct port *p;
    int fd[2];

    (void)state;
    rig_pair(fd, SOCK_STREAM);
    p = fd_socket(r->loop, fd[0]);
    greeting_over(p, true);
    say(fd[1], "who are you?and");
    assert_int_equal(port_pop(p, &e), -1); /* it shakes */
    rig_settle(r);
    assert_int_equal(port_pop(p, &e), -1); /* it holds bytes */
    assert_int_equal(port_read(p, (char[3]){0}, 3, NULL), 3);
    p->owner = &writer;
    assert_int_equal(port_pop(p, &e), -1);
    layer_init(&unused, p->top->ops, 0);
    assert_int_equal(port_push(p, &unused, &e), -1);
    p->owner = NULL;
    assert_int_equal(port_pop(p, &e), 0);
    port_fail(p, EPIPE);
    assert_int_equal(port_push(p, &unused, &e), -1);
    port_free(p);
    close(fd[1]);
    rig_free(r);
}

static void the_first_reason_stays(void **state)
{
    struct rig *r = rig_new();
    struct port *p = fd_null(r->loop);
    struct err e;

    (void)state;
    assert_int_equal(layer_fail_words(p->top, "the %s", "reason"), IO_ERROR);
    assert_int_equal(layer_fail_words(p->top, "another"), IO_ERROR);
    assert_int_equal(layer_fail(p->top, EPIPE), IO_ERROR);
    port_error(p, &e, STATUS_NETWORK, "send to %s", "it");
    assert_string_equal(e.text, "send to it: the reason");
    assert_int_equal(e.sys, EPROTO);
    port_free(p);
    p = fd_null(r->loop);
    layer_fail(p->top, EPIPE);
    port_error(p, &e, STATUS_NETWORK, "it");
    assert_string_equal(e.text, "it: Broken pipe");
    layer_fail_words(p->top, "it had enough");
    layer_fail_words(p->top, "another");
    port_error(p, &e, STATUS_NETWORK, "it");
    assert_string_equal(e.text, "it: it had enough");
    assert_int_equal(e.sys, EPIPE);
    port_free(p);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_layer_no_handshake),
        cmocka_unit_test(links_wait_for_the_handshake),
        cmocka_unit_test(the_rest_comes_after_the_handshake),
        cmocka_unit_test(handshakes_one_after_another),
        cmocka_unit_test(given_up),
        cmocka_unit_test(put_on_and_taken_off_while_it_lives),
        cmocka_unit_test(not_while_something_is_held),
        cmocka_unit_test(the_first_reason_stays),
    };
    const struct CMUnitTest once[] = {cmocka_unit_test(faults_at_every_byte)};
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    failed += cmocka_run_group_tests_name("poll, once", once, rig_poll, NULL);
    return failed + cmocka_run_group_tests_name("crowd, kernel", tests, rig_splice, NULL);
}
