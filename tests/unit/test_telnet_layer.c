/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/telnet.h"

#include "io/remote.h"
#include "test_io_rig.h"

static void say(int fd, const void *text, size_t n)
{
    assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), n);
}

static void hear(int fd, const void *text, size_t n)
{
    char data[100];

    assert_int_equal(recv(fd, data, sizeof data, MSG_DONTWAIT), n);
    assert_memory_equal(data, text, n);
}

static struct port *dressed(struct rig *r, int fd, bool client, const struct telnet_conf *conf)
{
    struct port *p = rig_socket(r, fd);

    assert_int_equal(port_push(p, telnet_layer(conf, client, NULL, 0, NULL), NULL), 0);
    return p;
}

static const struct telnet_conf person = {.type = "xterm", .columns = 80, .rows = 24};
static const struct telnet_conf lines = {0}, host = {.host = true};

static void ready(struct port *p, void *ctx, const struct err *e)
{
    struct rig *r = ctx;

    (void)p;
    assert_null(e);
    loop_stop(r->loop);
}

/* What a client types reaches a server of lines and comes back, whatever is split below. */
static void both_ends(void **state)
{
    enum { BYTES = 300000 };
    struct rig *r = rig_new();
    unsigned char *data = malloc(BYTES);
    struct link *out, *there, *back;
    struct port *client, *server;
    int near[2], between[2];
    struct feed feed;
    struct drain drain;
    struct port *local;

    (void)state;
    assert_non_null(data);
    rig_pattern(data, BYTES, 3);
    for (size_t i = 0; i < BYTES; i++) {
        if (data[i] == '\r')
            data[i] = 255;
    }
    rig_pair(near, SOCK_STREAM);
    rig_narrow_pair(between);
    local = fd_socket(r->loop, near[0]);
    client = dressed(r, between[0], true, &person);
    server = dressed(r, between[1], false, &lines);
    out = link_new(local, client, &r->pool, NULL);
    there = link_new(server, server, &r->pool, NULL);
    back = link_new(client, local, &r->pool, NULL);
    feed_start(&feed, r, near[1], data, BYTES, 1000);
    drain_start(&drain, r, near[1], 5000);
    rig_run(r);
    assert_int_equal(drain.len, BYTES);
    assert_memory_equal(drain.data, data, BYTES);
    assert_string_equal(port_remote(server)->type, "xterm");
    assert_int_equal(port_remote(server)->columns, 80);
    assert_null(port_remote(local));
    link_free(out);
    link_free(there);
    link_free(back);
    port_free(local);
    port_free(client);
    port_free(server);
    drain_clear(&drain);
    rig_free(r);
    free(data);
}

static void count(struct remote *t, void *ctx)
{
    (void)t;
    ++*(int *)ctx;
}

/* What came before a change is given before it is told, what came after it after. */
static void changes_are_told_in_their_place(void **state)
{
    struct rig *r = rig_new();
    struct port *p;
    int fd[2], changes = 0;
    char data[10];

    (void)state;
    rig_pair(fd, SOCK_STREAM);
    p = fd_socket(r->loop, fd[0]);
    assert_int_equal(port_push(p, telnet_layer(&person, true, NULL, 0, NULL), NULL), 0);
    port_handshake(p, ready, r);
    rig_run(r);
    remote_watch(port_remote(p), count, &changes);
    say(fd[1], "before\377\373\001after", 14);
    assert_int_equal(port_read(p, data, sizeof data, NULL), 6);
    assert_int_equal(changes, 0);
    assert_true(port_pending(p) > 0);
    assert_int_equal(port_read(p, data, sizeof data, NULL), 5);
    assert_int_equal(changes, 1);
    assert_true(port_remote(p)->echoes);
    assert_false(port_remote(p)->keys);
    assert_int_equal(port_pending(p), 0);
    hear(fd[1], "\377\375\001", 3);
    say(fd[1], "x\377\373\003", 4);
    assert_int_equal(port_read(p, data, sizeof data, NULL), 1);
    assert_true(port_pending(p) > 0);
    assert_int_equal(port_read(p, data, sizeof data, NULL), IO_AGAIN);
    assert_true(port_remote(p)->keys);
    assert_int_equal(port_pending(p), 0);
    port_free(p);
    close(fd[1]);
    rig_free(r);
}

static void size_is_told(void **state)
{
    struct rig *r = rig_new();
    struct port *p;
    int fd[2];

    (void)state;
    rig_pair(fd, SOCK_STREAM);
    p = fd_socket(r->loop, fd[0]);
    assert_int_equal(port_push(p, telnet_layer(&person, true, NULL, 0, NULL), NULL), 0);
    port_handshake(p, ready, r);
    rig_run(r);
    say(fd[1], "\377\375\037", 3);
    assert_int_equal(port_read(p, &(char){0}, 1, NULL), IO_AGAIN);
    hear(fd[1], "\377\373\037\377\372\037\0\120\0\030\377\360", 12);
    remote_resize(port_remote(p), 100000, 30);
    hear(fd[1], "\377\372\037\377\377\377\377\0\036\377\360", 11);
    port_free(p);
    close(fd[1]);
    rig_free(r);
}

static struct port *start_host(struct rig *r, int fd[2])
{
    struct port *p;

    rig_pair(fd, SOCK_STREAM);
    p = fd_socket(r->loop, fd[0]);
    assert_int_equal(port_push(p, telnet_layer(&host, false, NULL, 0, NULL), NULL), 0);
    port_handshake(p, ready, r);
    rig_settle(r);
    hear(fd[1], "\377\373\001\377\373\003\377\375\030\377\375\037", 12);
    return p;
}

static void host_knows_the_terminal(void **state)
{
    static const char answers[] =
        "\377\375\001\377\375\003\377\373\037\377\372\037\0\120\0\030\377\360\377\373\030\377\372\030\0VT100\377\360";
    struct rig *r = rig_new();
    struct port *p;
    int fd[2], changes = 0;

    (void)state;
    p = start_host(r, fd);
    say(fd[1], answers, 20); /* within what the type is told in */
    rig_settle(r);
    assert_string_equal(port_remote(p)->type, "");
    say(fd[1], answers + 20, sizeof answers - 1 - 20);
    rig_run(r);
    assert_string_equal(port_remote(p)->type, "vt100");
    assert_int_equal(port_remote(p)->rows, 24);
    hear(fd[1], "\377\372\030\001\377\360", 6);
    remote_watch(port_remote(p), count, &changes);
    say(fd[1], "\377\372\037\0\144\0\050\377\360", 9);
    assert_int_equal(port_read(p, &(char){0}, 1, NULL), IO_AGAIN);
    assert_int_equal(changes, 1);
    assert_int_equal(port_remote(p)->columns, 100);
    remote_host(port_remote(p), false);
    hear(fd[1], "\377\374\001\377\374\003", 6);
    port_free(p);
    close(fd[1]);
    rig_free(r);
}

/* Who does not speak the protocol is served as well: at its first word, at its end, or after a moment. */
static void host_waits_for_no_stranger(void **state)
{
    struct rig *r = rig_new();
    char data[10] = {0};
    struct port *p;
    int fd[2];

    (void)state;
    p = start_host(r, fd);
    say(fd[1], "hello", 5);
    rig_run(r);
    assert_true(port_pending(p) == 5);
    assert_int_equal(port_read(p, data, 10, NULL), 1);
    assert_int_equal(port_read(p, data + 1, 9, NULL), 4);
    assert_string_equal(data, "hello");
    port_free(p);
    close(fd[1]);

    p = start_host(r, fd);
    assert_int_equal(shutdown(fd[1], SHUT_WR), 0);
    rig_run(r);
    assert_int_equal(port_read(p, data, 10, NULL), IO_EOF);
    port_free(p);
    close(fd[1]);

    p = start_host(r, fd);
    rig_run(r);
    assert_int_equal(port_read(p, data, 10, NULL), IO_AGAIN);
    port_free(p);
    close(fd[1]);
    rig_free(r);
}

/* Who asks for ever and reads nothing is read no more; when it reads, all goes on. */
static void who_does_not_listen_is_not_heard(void **state)
{
    enum { ASKS = 100000 };
    static const char asks[] = "\377\375\001\377\373\042";
    struct rig *r = rig_new();
    unsigned char *flood = malloc(ASKS * 6 + 1);
    struct port *p, *sink;
    struct link *k;
    struct feed feed;
    struct drain heard;
    int fd[2], small = 1;

    (void)state;
    assert_non_null(flood);
    for (size_t i = 0; i < ASKS; i++)
        memcpy(flood + i * 6, asks, 6);
    flood[ASKS * 6] = 'x';
    rig_narrow_pair(fd);
    assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    p = dressed(r, fd[0], true, &person);
    sink = fd_null(r->loop);
    k = link_new(p, sink, &r->pool, NULL);
    feed_start(&feed, r, fd[1], flood, ASKS * 6 + 1, 4096);
    rig_rest(r, 50);
    assert_true(feed.done < ASKS * 6);
    drain_start(&heard, r, fd[1], 4096);
    heard.stop = ASKS * 6;
    rig_run(r);
    rig_settle(r);
    assert_int_equal(heard.len, ASKS * 6);
    assert_memory_equal(heard.data, "\377\374\001\377\376\042\377\374\001", 9);
    assert_int_equal(k->state, LINK_DONE);
    link_free(k);
    port_free(p);
    port_free(sink);
    drain_clear(&heard);
    rig_free(r);
    free(flood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends),
        cmocka_unit_test(changes_are_told_in_their_place),
        cmocka_unit_test(size_is_told),
        cmocka_unit_test(host_knows_the_terminal),
        cmocka_unit_test(host_waits_for_no_stranger),
        cmocka_unit_test(who_does_not_listen_is_not_heard),
    };
    int failed = cmocka_run_group_tests_name("poll set", tests, rig_poll, NULL);

    failed += cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
    failed += cmocka_run_group_tests_name("over a layer that splits and delays", tests, rig_shaky, NULL);
    return failed;
}
