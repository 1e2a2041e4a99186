/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_dgram_rig.h"

static void anyone_may_speak(void **state)
{
    struct rig *r = begin();
    const char *hosts[] = {"127.0.0.1", "::1"};
    struct dgram_opts opts = {.follow = true};

    (void)state;
    for (int i = 0; i < (has_ipv6() ? 2 : 1); i++) {
        struct addr server, a, b, from;
        int fd = bound(hosts[i], 0, &server), fa = bound(hosts[i], 0, &a), fb = bound(hosts[i], 0, &b);
        struct port *port = dgram_new(r->loop, &fd, 1, &opts);
        struct meta meta;
        char data[100];

        assert_int_equal(port_write(port, "early", 5, NULL), IO_AGAIN);
        must_send(fa, "from a", 6, &server);
        assert_int_equal(read_soon(port, data, sizeof data, &meta), 6);
        assert_memory_equal(data, "from a", 6);
        assert_true(addr_equal(&meta.peer, &a));
        assert_int_equal(meta.socket, 0);
        assert_int_equal(port_write(port, "to a", 4, NULL), 4);
        assert_int_equal(receive(fa, data, sizeof data, &from), 4);
        assert_true(addr_equal(&from, &server));
        must_send(fb, "from b", 6, &server);
        assert_int_equal(read_soon(port, data, sizeof data, NULL), 6);
        assert_int_equal(port_write(port, "to b", 4, NULL), 4);
        assert_int_equal(receive(fb, data, sizeof data, NULL), 4);
        assert_int_equal(port_write(port, "again a", 7, &meta), 7);
        assert_int_equal(receive(fa, data, sizeof data, NULL), 7);
        dgram_set_to(port, &a);
        assert_int_equal(port_write(port, "set", 3, NULL), 3);
        assert_int_equal(receive(fa, data, sizeof data, NULL), 3);
        assert_true(has_nothing(fb));
        assert_int_equal(port_read(port, data, sizeof data, NULL), IO_AGAIN);
        assert_true(was_said("received 6 bytes from"));
        port_free(port);
        close(fa);
        close(fb);
    }
    end(r);
}

static void empty_and_largest(void **state)
{
    struct rig *r = begin();
    static unsigned char data[65536], back[65536];
    struct dgram_opts opts = {.follow = true};
    struct addr server, a;
    int fd = bound("127.0.0.1", 0, &server), fa = bound("127.0.0.1", 0, &a);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);

    (void)state;
    rig_pattern(data, sizeof data, 1);
    must_send(fa, "", 0, &server);
    assert_int_equal(read_soon(port, back, sizeof back, NULL), 0);
    assert_int_equal(port_max(port), 65507);
    must_send(fa, data, 65507, &server);
    assert_int_equal(read_soon(port, back, sizeof back, NULL), 65507);
    assert_memory_equal(data, back, 65507);
    assert_int_equal(port_write(port, data, 65507, NULL), 65507);
    assert_int_equal(receive(fa, back, sizeof back, NULL), 65507);
    assert_int_equal(port_write(port, "", 0, NULL), 0);
    assert_int_equal(receive(fa, back, sizeof back, NULL), 0);
    assert_false(port->lost);
    assert_int_equal(port_write(port, data, 65508, NULL), 65508);
    assert_true(port->lost);
    assert_true(was_said("65508 bytes to 127.0.0.1"));
    assert_true(was_said("--datagram-size"));
    assert_false(port->cut);
    must_send(fa, "0123456789", 10, &server);
    assert_int_equal(read_soon(port, back, 4, NULL), 4);
    assert_true(port->cut);
    assert_true(was_said("was cut to 4 bytes"));
    port_free(port);
    close(fa);
    end(r);
}

/* What a link takes from a stream becomes datagrams of one size, by the kernel or one by one. */
static void cut_to_segments(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.segment = 1000};
    struct queue_opts queue = {.limit = 1};
    static unsigned char data[7500];
    unsigned char back[2000];
    struct addr server, a;
    int fd = bound("127.0.0.1", 0, &server), fa = bound("127.0.0.1", 0, &a);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts), *from = queue_new(r->loop, &queue);
    struct link *k;

    (void)state;
    rig_pattern(data, sizeof data, 1);
    dgram_set_to(port, &a);
    rig_put(from, data, sizeof data);
    queue_end(from);
    k = rig_link(r, from, port, NULL);
    rig_run(r);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(receive(fa, back, sizeof back, NULL), 1000);
        assert_memory_equal(back, data + i * 1000, 1000);
    }
    assert_int_equal(receive(fa, back, sizeof back, NULL), 500);
    assert_int_equal(k->bytes, sizeof data);
    link_free(k);
    port_free(from);
    port_free(port);
    close(fa);
    end(r);
}

/* An answer comes from the address that was spoken to, though the socket has them all. */
static void answers_from_where_it_was_spoken_to(void **state)
{
    struct rig *r = begin();
    static const char *const rows[][3] = {
        /* bound to, sent to, from */
        {"0.0.0.0", "127.0.0.5", "127.0.0.5"},
        {"0.0.0.0", "127.255.255.255", "127.0.0.1"},
        {"::", "127.0.0.6", "127.0.0.6"},
        {"::", "127.255.255.255", "127.0.0.1"},
        {"::", "::1", "::1"},
    };
    struct dgram_opts opts = {.follow = true};

    (void)state;
    for (size_t i = 0; i < (has_ipv6() ? 5 : 2); i++) {
        struct addr server, a, to, from, want;
        int fd = bound(rows[i][0], 0, &server), on = 1;
        int fa = bound(strchr(rows[i][1], ':') != NULL ? "::1" : "127.0.0.1", 0, &a);
        struct port *port = dgram_new(r->loop, &fd, 1, &opts);
        char data[10];

        assert_int_equal(setsockopt(fa, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
        assert_int_equal(addr_parse(&to, rows[i][1], (uint16_t)(uint16_t)addr_port(&server)), 0);
        assert_int_equal(addr_parse(&want, rows[i][2], (uint16_t)(uint16_t)addr_port(&server)), 0);
        must_send(fa, "hi", 2, &to);
        assert_int_equal(read_soon(port, data, sizeof data, NULL), 2);
        assert_int_equal(port_write(port, "yes", 3, NULL), 3);
        assert_false(port->lost);
        assert_int_equal(receive(fa, data, sizeof data, &from), 3);
        assert_true(addr_equal(&from, &want));
        port_free(port);
        close(fa);
    }
    end(r);
}

static void many_sockets_in_one(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.follow = true};
    struct addr server[3], a, from;
    int fds[3], fa = bound("127.0.0.1", 0, &a);
    struct sink sink;
    struct port *port;
    struct link *k;
    struct meta meta;
    char data[10];

    (void)state;
    for (int i = 0; i < 3; i++)
        fds[i] = bound("127.0.0.1", 0, &server[i]);
    port = dgram_new(r->loop, fds, 3, &opts);
    for (int i = 2; i >= 0; i--) {
        must_send(fa, "x", 1, &server[i]);
        assert_int_equal(read_soon(port, data, sizeof data, &meta), 1);
        assert_int_equal(meta.socket, i);
        assert_int_equal(port_write(port, "answer", 6, &meta), 6);
        assert_int_equal(receive(fa, data, sizeof data, &from), 6);
        assert_true(addr_equal(&from, &server[i]));
    }
    sink_open(&sink, r);
    k = link_new(port, sink.port, &r->pool, NULL);
    for (int i = 0; i < 30; i++)
        must_send(fa, "y", 1, &server[i % 3]);
    rig_settle(r);
    assert_int_equal(sink.len, 30);
    assert_int_equal(k->messages, 30);
    rig_rest(r, 40);
    link_free(k);
    port_free(port);
    sink_clear(&sink);
    close(fa);
    end(r);
}

static struct addr nobody(void)
{
    struct addr a;
    int fd = bound("127.0.0.1", 0, &a);

    close(fd);
    return a;
}

static void refused_unconnected(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {0};
    struct addr server, a, gone = nobody();
    int fd = bound("127.0.0.1", 0, &server), fa = bound("127.0.0.1", 0, &a);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    struct sink sink;
    struct link *k;
    char data[10];

    (void)state;
    sink_open(&sink, r);
    k = link_new(port, sink.port, &r->pool, NULL);
    dgram_set_to(port, &gone);
    assert_int_equal(port_write(port, "lost", 4, NULL), 4);
    rig_settle(r);
    assert_true(was_said("Connection refused"));
    assert_true(port->lost);
    assert_int_equal(k->state, LINK_RUNNING);
    rig_rest(r, 40);
    /* A second one is on its way when the next is sent: that one must not be the victim. */
    assert_int_equal(port_write(port, "lost", 4, NULL), 4);
    dgram_set_to(port, &a);
    assert_int_equal(port_write(port, "heard", 5, NULL), 5);
    assert_int_equal(receive(fa, data, sizeof data, NULL), 5);
    must_send(fa, "back", 4, &server);
    rig_settle(r);
    assert_int_equal(sink.len, 4);
    link_free(k);
    port_free(port);
    sink_clear(&sink);
    close(fa);
    end(r);
}

static void refused_connected(void **state)
{
    (void)state;
    for (int writing = 0; writing < 2; writing++) {
        struct rig *r = begin();
        struct dgram_opts opts = {.connected = true};
        struct addr server, gone = nobody();
        int fd = bound("127.0.0.1", 0, &server);
        struct sink sink;
        struct port *port;
        struct link *k;

        assert_int_equal(connect(fd, &gone.sa, gone.len), 0);
        port = dgram_new(r->loop, &fd, 1, &opts);
        sink_open(&sink, r);
        assert_int_equal(port_write(port, "lost", 4, NULL), 4);
        if (writing) {
            assert_int_equal(port_write(port, "more", 4, NULL), IO_ERROR);
        } else {
            k = rig_link(r, port, sink.port, NULL);
            rig_run(r);
            assert_int_equal(k->state, LINK_SRC_FAILED);
            link_free(k);
        }
        assert_int_equal(port->error, ECONNREFUSED);
        port_free(port);
        sink_clear(&sink);
        end(r);
    }
}

/* Many at once from several, of all lengths: each gets its own back, whole and in order, also where the kernel does not
 * cut for us (it does not without checksums). */
static void unix_datagrams(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.follow = true};
    struct addr server, a;
    int fd = unix_bound(&server), fa = unix_bound(&a);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    char data[100];

    (void)state;
    must_send(fa, "hi", 2, &server);
    assert_int_equal(read_soon(port, data, sizeof data, NULL), 2);
    assert_int_equal(port_write(port, "ho", 2, NULL), 2);
    assert_int_equal(receive(fa, data, sizeof data, NULL), 2);
    close(fa);
    assert_int_equal(port_write(port, "gone", 4, NULL), 4);
    assert_true(port->lost);
    assert_true(was_said("Connection refused"));
    port_free(port);
    end(r);
}

/* Poll does not tell when the receiver has room again. */
static void full_unix_receiver(void **state)
{
    struct rig *r = begin();
    enum { N = 2000 };
    struct dgram_opts opts = {0};
    struct queue_opts queue = {.limit = 1, .whole = true};
    struct addr server, a;
    int fd = unix_bound(&server), fa = unix_bound(&a);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts), *from = queue_new(r->loop, &queue);
    struct link *k;
    char data[100];

    (void)state;
    dgram_set_to(port, &a);
    for (int i = 0; i < N; i++) {
        snprintf(data, sizeof data, "message %d", i);
        rig_put(from, data, strlen(data));
    }
    queue_end(from);
    k = rig_link(r, from, port, NULL);
    rig_settle(r);
    assert_int_equal(k->state, LINK_RUNNING);
    for (int i = 0; i < N; i++) {
        char want[100];
        ssize_t n;

        while ((n = recv(fa, data, sizeof data, 0)) < 0) {
            assert_int_equal(errno, EAGAIN);
            loop_timer_set(r->loop, &r->rest, 5);
            rig_run(r);
        }
        snprintf(want, sizeof want, "message %d", i);
        assert_int_equal(n, strlen(want));
        assert_memory_equal(data, want, strlen(want));
    }
    rig_settle(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_int_equal(k->messages, N);
    link_free(k);
    port_free(from);
    port_free(port);
    close(fa);
    end(r);
}

static void seqpacket_ends(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.connected = true, .seqpacket = true};
    struct sink sink;
    struct port *port;
    struct link *k;
    int s[2];
    char data[10];

    (void)state;
    rig_pair(s, SOCK_SEQPACKET);
    port = dgram_new(r->loop, &s[0], 1, &opts);
    sink_open(&sink, r);
    k = rig_link(r, port, sink.port, NULL);
    must_send(s[1], "one", 3, NULL);
    must_send(s[1], "three", 5, NULL);
    assert_int_equal(shutdown(s[1], SHUT_WR), 0);
    rig_run(r);
    assert_int_equal(k->state, LINK_DONE);
    assert_int_equal(sink.writes, 2);
    assert_int_equal(sink.sizes[1], 5);
    assert_true(sink.ended);
    assert_int_equal(port_write(port, "late", 4, NULL), 4);
    assert_int_equal(recv(s[1], data, sizeof data, 0), 4);
    assert_int_equal(port_shut(port), 0);
    assert_int_equal(recv(s[1], data, sizeof data, 0), 0);
    link_free(k);
    port_free(port);
    sink_clear(&sink);
    close(s[1]);
    end(r);
}

/* Nothing can be sent before anyone was heard; it waits without spinning, and then goes. */
static void waits_for_the_first_sender(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.follow = true};
    struct queue_opts queue = {.limit = 1};
    struct addr server, a;
    int fd = bound("127.0.0.1", 0, &server), fa = bound("127.0.0.1", 0, &a);
    struct port *port = dgram_new(r->loop, &fd, 1, &opts), *from = queue_new(r->loop, &queue);
    struct sink sink;
    struct link *in, *out;
    char data[20];

    (void)state;
    sink_open(&sink, r);
    in = link_new(port, sink.port, &r->pool, NULL);
    out = link_new(from, port, &r->pool, NULL);
    rig_put(from, "waiting", 7);
    rig_settle(r);
    rig_rest(r, 60);
    assert_int_equal(out->bytes, 0);
    must_send(fa, "hi", 2, &server);
    rig_settle(r);
    assert_int_equal(receive(fa, data, sizeof data, NULL), 7);
    assert_int_equal(out->bytes, 7);
    link_free(in);
    link_free(out);
    port_free(from);
    port_free(port);
    sink_clear(&sink);
    close(fa);
    end(r);
}

static void drops_are_counted(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {0};
    static char data[4000];
    struct addr server, a;
    int fd = bound("127.0.0.1", 0, &server), fa = bound("127.0.0.1", 0, &a), small = 1;
    struct port *port = dgram_new(r->loop, &fd, 1, &opts);
    uint64_t got = 0;

    (void)state;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    for (int i = 0; i < 50; i++)
        must_send(fa, data, 500, &server);
    while (port_read(port, data, sizeof data, NULL) >= 0)
        got++;
    assert_true(got < 50);
    must_send(fa, data, 500, &server); /* the count comes with the next datagram */
    assert_int_equal(read_soon(port, data, sizeof data, NULL), 500);
    assert_int_equal(port_dropped(port), 50 - got);
    port_free(port);
    close(fa);
    end(r);
}

/* A path of 108 bytes, which is all there is room for, is answered like any other. */
static void the_longest_unix_path(void **state)
{
    struct rig *r = begin();
    struct dgram_opts opts = {.echo = true};
    struct addr at = {.len = sizeof at.un, .un = {.sun_family = AF_UNIX}},
                to = {.un = {.sun_family = AF_UNIX}};
    char dir[] = "/tmp/pollcat-XXXXXX", path[sizeof at.un.sun_path + 1], data[10];
    int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct port *p;
    struct link *k;

    (void)state;
    assert_non_null(mkdtemp(dir));
    memset(path, 'x', sizeof path);
    memcpy(path, dir, strlen(dir));
    path[strlen(dir)] = '/';
    path[sizeof path - 1] = '\0';
    memcpy(at.un.sun_path, path, sizeof at.un.sun_path);
    assert_int_equal(bind(client, &at.sa, at.len), 0);
    assert_int_equal(bind(server, &to.sa, sizeof to.un.sun_family), 0); /* a name that nobody has */
    to.len = sizeof to.un;
    assert_int_equal(getsockname(server, &to.sa, &to.len), 0);
    p = dgram_new(r->loop, &server, 1, &opts);
    k = link_new(p, p, &r->pool, NULL);
    assert_int_equal(sendto(client, "hello", 5, 0, &to.sa, to.len), 5);
    rig_settle(r);
    assert_int_equal(recv(client, data, sizeof data, MSG_DONTWAIT), 5);
    assert_false(p->lost);
    link_free(k);
    port_free(p);
    close(client);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
    end(r);
}

/* What was written in one turn has left when it ends, or when the port goes before that. */
static void gathered(void **state)
{
    for (int gone = 0; gone < 2; gone++) {
        struct rig *r = begin();
        const struct dgram_opts opts = {.connected = true, .gather = true};
        struct addr a, b;
        int peer = bound("127.0.0.1", 0, &a), fd = bound("127.0.0.1", 0, &b);
        struct port *p;
        char text[16];

        (void)state;
        assert_int_equal(connect(fd, &a.sa, a.len), 0);
        p = dgram_new(r->loop, &fd, 1, &opts);
        assert_int_equal(port_write(p, "one", 3, NULL), 3);
        assert_int_equal(port_write(p, "two", 3, NULL), 3);
        assert_int_equal(port_write(p, "four", 4, NULL), 4);
        assert_int_equal(port_write(p, "", 0, NULL), 0);
        if (gone)
            port_free(p);
        rig_settle(r);
        assert_int_equal(receive(peer, text, sizeof text, NULL), 3);
        assert_int_equal(receive(peer, text, sizeof text, NULL), 3);
        assert_int_equal(receive(peer, text, sizeof text, NULL), 4);
        assert_int_equal(receive(peer, text, sizeof text, NULL), 0);
        if (!gone)
            port_free(p);
        close(peer);
        end(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_unix_path),
        cmocka_unit_test(anyone_may_speak),
        cmocka_unit_test(empty_and_largest),
        cmocka_unit_test(cut_to_segments),
        cmocka_unit_test(answers_from_where_it_was_spoken_to),
        cmocka_unit_test(many_sockets_in_one),
        cmocka_unit_test(refused_unconnected),
        cmocka_unit_test(refused_connected),
        cmocka_unit_test(unix_datagrams),
        cmocka_unit_test(full_unix_receiver),
        cmocka_unit_test(seqpacket_ends),
        cmocka_unit_test(waits_for_the_first_sender),
        cmocka_unit_test(drops_are_counted),
        cmocka_unit_test(gathered),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
