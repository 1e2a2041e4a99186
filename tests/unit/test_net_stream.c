/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "net/sockopt.h"
#include "test_net_rig.h"

static void rows(void **state)
{
    static const char *const names[] = {"connect", "listen", "udp", "udp-listen", "udp-connected", "self"};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        assert_non_null(net_find(names[i]));
        assert_string_equal(net_find(names[i])->name, names[i]);
    }
    assert_null(net_find("tcp"));
}

/* Connects to a socket of `type` on `host`. */
static void connects(const char *host, int family, bool seqpacket)
{
    struct rig *r = rig_new();
    struct addr at;
    char port[8], text[ADDR_TEXT], line[512];
    int s = rig_serve(host, seqpacket ? SOCK_SEQPACKET : SOCK_STREAM, &at);
    int fd;

    r->conf = (struct net_conf){
        .host = host, .port = rig_port(&at, port), .family = family, .seqpacket = seqpacket};
    r->stop_up = 1;
    rig_must_open(r, "connect");
    assert_int_equal(r->nup, 0); /* never from within net_open() */
    rig_run(r);
    assert_int_equal(r->nup, 1);
    assert_true(r->up[0]->client);
    assert_false(r->up[0]->datagram);
    assert_true(addr_equal(r->up[0]->remote, &at));
    snprintf(line, sizeof line, "connected to %s from ", addr_format(&at, text));
    assert_true(rig_said(r, line));
    fd = accept(s, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(port_write(r->up[0]->port, "hello", 5, NULL), 5);
    assert_int_equal(recv(fd, text, sizeof text, 0), 5);
    close(fd);
    close(s);
    rig_free(r);
}

static void connect_everywhere(void **state)
{
    (void)state;
    connects("127.0.0.1", AF_UNSPEC, false);
    if (rig_has_ipv6())
        connects("::1", AF_INET6, false);
    connects("@pollcat-net-test-stream", AF_UNIX, false);
    connects("@pollcat-net-test-seqpacket", AF_UNIX, true);
    connects(rig_in_dir("sock"), AF_UNIX, false);
    unlink(rig_in_dir("sock"));
}

/* A name with several addresses: whichever works is taken. */
static void connect_falls_back(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    char port[8];
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);

    (void)state;
    r->conf = (struct net_conf){.host = "localhost", .port = rig_port(&at, port)};
    r->stop_up = 1;
    rig_must_open(r, "connect");
    rig_run(r);
    assert_int_equal(r->nup, 1);
    assert_true(addr_equal(r->up[0]->remote, &at));
    close(s);
    rig_free(r);
}

static void connect_refused(void **state)
{
    struct addr at;
    char port[8], want[128];
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);
    static const char *const hosts[] = {"127.0.0.1", "localhost"};

    (void)state;
    close(s);
    for (int i = 0; i < 2; i++) {
        struct rig *r = rig_new();

        r->conf = (struct net_conf){.host = hosts[i], .port = rig_port(&at, port), .connect_timeout = 5000};
        rig_must_open(r, "connect");
        rig_run(r);
        assert_int_equal(r->nfailed, 1);
        assert_int_equal(r->failure.status, STATUS_NETWORK);
        assert_int_equal(r->failure.sys, ECONNREFUSED);
        snprintf(want, sizeof want, "connect to 127.0.0.1 port %s: Connection refused", port);
        if (i == 0)
            assert_string_equal(r->failure.text, want);
        else
            assert_non_null(strstr(r->failure.text, ": Connection refused"));
        rig_free(r);
    }
}

/* A listener whose queue is full drops each SYN: nothing comes back. */
static void connect_times_out(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    char port[8], want[128];
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);
    int first, more[8];

    (void)state;
    assert_int_equal(listen(s, 0), 0);
    first = rig_dial(&at, SOCK_STREAM);
    for (int i = 0; i < 8; i++) {
        more[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(connect(more[i], &at.sa, at.len) < 0 && errno == EINPROGRESS);
    }
    r->conf = (struct net_conf){.host = "127.0.0.1", .port = rig_port(&at, port), .connect_timeout = 50};
    rig_must_open(r, "connect");
    rig_run(r);
    assert_int_equal(r->nfailed, 1);
    snprintf(want, sizeof want, "connect to 127.0.0.1 port %s: Connection timed out", port);
    assert_string_equal(r->failure.text, want);
    assert_int_equal(r->failure.status, STATUS_NETWORK);
    close(first);
    close(s);
    for (int i = 0; i < 8; i++)
        close(more[i]);
    rig_free(r);
}

/* A UNIX listener with a full queue says EAGAIN: it is asked again until there is room. */
static void connect_waits_for_a_busy_unix_listener(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    int s = rig_serve("@pollcat-net-test-busy", SOCK_STREAM, &at);
    int first;

    (void)state;
    assert_int_equal(listen(s, 0), 0);
    first = rig_dial(&at, SOCK_STREAM);
    r->conf = (struct net_conf){.host = "@pollcat-net-test-busy", .family = AF_UNIX, .connect_timeout = 120};
    rig_must_open(r, "connect");
    rig_run(r);
    assert_int_equal(r->failure.sys, ETIMEDOUT);
    net_close(r->net);
    close(accept(s, NULL, NULL));
    r->conf.connect_timeout = 0;
    r->stop_up = 1;
    rig_must_open(r, "connect");
    rig_run(r);
    assert_int_equal(r->nup, 1);
    close(first);
    close(s);
    rig_free(r);
}

static void connect_from_a_source(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    char port[8], text[ADDR_TEXT];
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);

    (void)state;
    r->conf = (struct net_conf){.host = "127.0.0.1", .port = rig_port(&at, port), .source_host = "127.0.0.2"};
    r->stop_up = 1;
    rig_must_open(r, "connect");
    rig_run(r);
    assert_string_equal(addr_host(r->up[0]->local, text), "127.0.0.2");
    net_close(r->net);
    r->conf.source_host = "192.0.2.1";
    rig_must_open(r, "connect");
    rig_run(r);
    assert_string_equal(r->failure.text, "bind to 192.0.2.1: Cannot assign requested address");
    assert_int_equal(r->failure.status, STATUS_LOCAL);
    net_close(r->net);
    r->conf.source_host = "::1";
    rig_must_open(r, "connect");
    rig_run(r);
    assert_non_null(strstr(r->failure.text, "source address ::1 is of another family"));
    close(s);
    rig_free(r);
}

/* A source port that equals the destination's may meet itself: by accident that is no connection, but it is what was
 * wanted when the address was given as well. */
static void connect_to_itself(void **state)
{
    static const char *const sources[] = {NULL, "127.0.0.1"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rig *r = rig_new();
        struct addr at;
        char port[8];
        int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);

        close(s);
        r->conf = (struct net_conf){
            .host = "127.0.0.1", .port = rig_port(&at, port), .source_port = port, .source_host = sources[i]};
        r->stop_up = 1;
        rig_must_open(r, "connect");
        rig_run(r);
        assert_int_equal(r->nup, i);
        if (i == 0)
            assert_int_equal(r->failure.sys, ECONNREFUSED);
        else
            assert_true(addr_equal(r->up[0]->local, &at) && addr_equal(r->up[0]->remote, &at));
        rig_free(r);
    }
}

static void connect_stops_on_a_refused_option(void **state)
{
    struct rig *r = rig_new();
    const char *opts[] = {"congestion=nonsense"};
    const char *unknown[] = {"nodely"};
    struct err e;

    (void)state;
    r->conf = (struct net_conf){.host = "localhost", .port = "1", .sockopts = opts, .nsockopts = 1};
    rig_must_open(r, "connect");
    rig_run(r);
    assert_string_equal(r->failure.text, "sockopt congestion=nonsense: No such file or directory");
    net_close(r->net);
    r->conf.sockopts = unknown;
    assert_null(rig_open(r, "connect", &e));
    assert_non_null(strstr(e.text, "did you mean nodelay?"));
    rig_free(r);
}

/* Closing a net before its first turn, or with an attempt under way, leaves nothing. */
static void close_early(void **state)
{
    static const char *const names[] = {"connect", "listen", "udp", "udp-listen", "udp-connected", "self"};

    (void)state;
    for (int i = 0; i < 6; i++) {
        struct rig *r = rig_new();

        r->conf = (struct net_conf){.host = "127.0.0.1", .port = i % 2 == 0 ? "9" : "0"};
        if (i == 5)
            r->conf.port = NULL;
        else if (i == 4)
            r->conf.port = "9";
        rig_must_open(r, names[i]);
        rig_free(r);
    }
}

static void listen_takes_one(void **state)
{
    struct rig *r = rig_listening((struct net_conf){.host = "127.0.0.1", .port = "0"}, "listen");
    char text[ADDR_TEXT], line[128];
    int fd, late;

    (void)state;
    assert_int_not_equal(addr_port(&r->bound[0]), 0);
    snprintf(line, sizeof line, "listening on %s", addr_format(&r->bound[0], text));
    assert_true(rig_said(r, line));
    fd = rig_dial(&r->bound[0], SOCK_STREAM);
    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(r->nup, 1);
    assert_false(r->up[0]->client);
    assert_true(rig_said(r, "connection from 127.0.0.1 port "));
    late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(late, &r->bound[0].sa, r->bound[0].len), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(late);
    close(fd);
    rig_free(r);
}

/* What is set before listen(2) and connect(2) holds for the connections. */
static void options_reach_connections(void **state)
{
    const char *opts[] = {"nodelay", "maxseg=1000"};
    struct net_conf conf = {.host = "127.0.0.1", .port = "0", .sockopts = opts, .nsockopts = 2};
    struct rig *near = rig_listening(conf, "listen"), *far;
    char port[8], value[64];
    int fd;

    (void)state;
    fd = rig_dial(&near->bound[0], SOCK_STREAM);
    near->stop_up = 1;
    rig_run(near);
    assert_int_equal(sockopt_get(peer_fd(near->up[0], 0), "nodelay", value, sizeof value, NULL), 0);
    assert_string_equal(value, "on");
    close(fd);
    rig_free(near);
    near = rig_listening((struct net_conf){.host = "127.0.0.1", .port = "0", .keep_open = true}, "listen");
    conf.port = rig_port(&near->bound[0], port);
    far = rig_new();
    far->conf = conf;
    far->stop_up = 1;
    rig_must_open(far, "connect");
    rig_run(far);
    assert_int_equal(sockopt_get(peer_fd(far->up[0], 0), "nodelay", value, sizeof value, NULL), 0);
    assert_string_equal(value, "on");
    rig_free(far);
    rig_free(near);
}

/* Without a host IPv4 and IPv6 arrive at one socket. */
static void listen_serves_both_families(void **state)
{
    struct rig *r = rig_listening((struct net_conf){.port = "0", .keep_open = true}, "listen");
    char text[ADDR_TEXT];
    struct addr to;
    int a, b = -1;

    (void)state;
    assert_int_equal(r->nbound, 1);
    addr_parse(&to, "127.0.0.1", (uint16_t)addr_port(&r->bound[0]));
    a = rig_dial(&to, SOCK_STREAM);
    r->stop_up = 1;
    rig_run(r);
    assert_string_equal(addr_host(r->up[0]->local, text), "127.0.0.1");
    if (rig_has_ipv6()) {
        addr_parse(&to, "::1", (uint16_t)addr_port(&r->bound[0]));
        b = rig_dial(&to, SOCK_STREAM);
        r->stop_up = 2;
        rig_run(r);
        assert_string_equal(addr_host(r->up[1]->local, text), "::1");
        close(b);
    }
    close(a);
    rig_free(r);
}

static void listen_in_one_family(void **state)
{
    struct rig *r = rig_listening((struct net_conf){.port = "0", .family = AF_INET}, "listen");

    (void)state;
    assert_int_equal(addr_family(&r->bound[0]), AF_INET);
    rig_free(r);
    if (rig_has_ipv6()) {
        struct addr to;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        r = rig_listening((struct net_conf){.port = "0", .family = AF_INET6}, "listen");
        addr_parse(&to, "127.0.0.1", (uint16_t)addr_port(&r->bound[0]));
        assert_int_equal(connect(fd, &to.sa, to.len), -1);
        close(fd);
        rig_free(r);
    }
}

/* A host with several addresses: a socket each, all on one port. */
static void listen_on_all_addresses_of_a_host(void **state)
{
    struct rig *r = rig_listening((struct net_conf){.host = "localhost", .port = "0", .keep_open = true},
                                  "listen");

    (void)state;
    assert_in_range(r->nbound, 1, 2);
    for (unsigned i = 0; i < r->nbound; i++) {
        int fd = rig_dial(&r->bound[i], SOCK_STREAM);

        assert_int_equal(addr_port(&r->bound[i]), addr_port(&r->bound[0]));
        r->stop_up = i + 1;
        rig_run(r);
        close(fd);
    }
    rig_free(r);
}

static void listen_where_somebody_listens(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    char port[8], want[128];
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);
    struct err e;

    (void)state;
    r->conf = (struct net_conf){.host = "127.0.0.1", .port = rig_port(&at, port)};
    assert_null(rig_open(r, "listen", &e));
    snprintf(want, sizeof want, "listen on 127.0.0.1 port %s: Address already in use", port);
    assert_string_equal(e.text, want);
    assert_int_equal(e.status, STATUS_LOCAL);
    close(s);
    rig_free(r);
}

/* Many at once, and no more than the limit. */
static void listen_to_many(void **state)
{
    struct net_conf conf = {.host = "127.0.0.1", .port = "0", .keep_open = true, .max_conns = 3};
    struct rig *r = rig_listening(conf, "listen");
    int fds[5];
    char byte;

    (void)state;
    for (int i = 0; i < 5; i++)
        fds[i] = rig_dial(&r->bound[0], SOCK_STREAM);
    r->stop_lines = 6; /* listening, 3 connections, 2 refusals */
    rig_run(r);
    assert_int_equal(r->nup, 3);
    assert_true(rig_said(r, "limit of 3 peers reached"));
    assert_int_equal(recv(fds[4], &byte, 1, 0), 0);
    peer_free(r->up[0]);
    close(fds[4]);
    fds[4] = rig_dial(&r->bound[0], SOCK_STREAM);
    r->stop_lines = 0;
    r->stop_up = 4;
    rig_run(r);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    rig_free(r);
}

static struct rlimit descriptors;

static int keep_limit(void **state)
{
    (void)state;
    return getrlimit(RLIMIT_NOFILE, &descriptors);
}

static int restore_limit(void **state)
{
    (void)state;
    return setrlimit(RLIMIT_NOFILE, &descriptors);
}

/* Leaves one descriptor free. */
static void lower_limit(void)
{
    struct rlimit low = descriptors;
    int next = dup(0);

    assert_true(next >= 0);
    close(next);
    low.rlim_cur = (rlim_t)next + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
}

/* Out of descriptors: rests, says so once, and goes on when a peer leaves. */
static void listen_at_the_limit_of_descriptors(void **state)
{
    struct net_conf conf = {.host = "127.0.0.1", .port = "0", .keep_open = true};
    struct rig *r;
    unsigned said = 0;
    int a, b;

    (void)state;
    if (rig_in_valgrind())
        skip();
    r = rig_listening(conf, "listen");
    a = rig_dial(&r->bound[0], SOCK_STREAM);
    b = rig_dial(&r->bound[0], SOCK_STREAM);
    lower_limit();
    r->stop_lines = r->nlines + 2; /* one connection, one notice */
    rig_run(r);
    assert_int_equal(r->nup, 1);
    assert_true(rig_said(r, "rests: Too many open files"));
    r->stop_lines = 0;
    peer_free(r->up[0]);
    r->stop_up = 2;
    rig_run(r);
    for (unsigned i = 0; i < r->nlines; i++)
        said += strstr(r->lines[i], "rests") != NULL;
    assert_int_equal(said, 1);
    close(a);
    close(b);
    rig_free(r);
}

/* At either limit the session may end a peer that has nothing more to say. */
static void listen_makes_room(void **state)
{
    struct net_conf conf = {.host = "127.0.0.1", .port = "0", .keep_open = true};

    (void)state;
    for (int i = 0; i < (rig_in_valgrind() ? 1 : 2); i++) {
        struct rig *r;
        int a, b;

        conf.max_conns = i == 0 ? 1 : 0;
        r = rig_listening(conf, "listen");
        a = rig_dial(&r->bound[0], SOCK_STREAM);
        b = rig_dial(&r->bound[0], SOCK_STREAM);
        if (i == 1)
            lower_limit();
        r->yielding = true;
        r->stop_up = 2;
        rig_run(r);
        assert_int_equal(r->nup, 2);
        assert_int_equal(r->peers.count, 1);
        assert_false(rig_said(r, "rests") || rig_said(r, "refused"));
        close(a);
        close(b);
        rig_free(r);
    }
}

static void self(const char *host, const char *port, int family)
{
    struct rig *r = rig_new();
    struct addr out;
    char text[ADDR_TEXT];

    r->conf = (struct net_conf){.host = host, .port = port, .family = family};
    r->stop_up = 1;
    rig_must_open(r, "self");
    rig_run(r);
    if (r->nfailed > 0)
        fail_msg("%s", r->failure.text);
    addr_copy(&out, r->up[0]->remote);
    assert_true(addr_equal(r->up[0]->local, &out));
    assert_string_equal(addr_host(&out, text), host != NULL         ? host
                                               : family == AF_INET6 ? "::1"
                                                                    : "127.0.0.1");
    assert_true(rig_said(r, "connected to itself at "));
    assert_int_equal(port_write(r->up[0]->port, "hi", 2, NULL), 2);
    assert_int_equal(port_read(r->up[0]->port, text, sizeof text, NULL), 2);
    rig_free(r);
}

static void self_connects(void **state)
{
    (void)state;
    self(NULL, NULL, AF_UNSPEC);
    self(NULL, "0", AF_INET);
    self("127.0.0.3", "0", AF_UNSPEC);
    if (rig_has_ipv6()) {
        self(NULL, NULL, AF_INET6);
        self("::1", "0", AF_UNSPEC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(connect_everywhere),
        cmocka_unit_test(connect_falls_back),
        cmocka_unit_test(connect_refused),
        cmocka_unit_test(connect_times_out),
        cmocka_unit_test(connect_waits_for_a_busy_unix_listener),
        cmocka_unit_test(connect_from_a_source),
        cmocka_unit_test(connect_to_itself),
        cmocka_unit_test(connect_stops_on_a_refused_option),
        cmocka_unit_test(close_early),
        cmocka_unit_test(listen_takes_one),
        cmocka_unit_test(options_reach_connections),
        cmocka_unit_test(listen_serves_both_families),
        cmocka_unit_test(listen_in_one_family),
        cmocka_unit_test(listen_on_all_addresses_of_a_host),
        cmocka_unit_test(listen_where_somebody_listens),
        cmocka_unit_test(listen_to_many),
        cmocka_unit_test_setup_teardown(listen_at_the_limit_of_descriptors, keep_limit, restore_limit),
        cmocka_unit_test_setup_teardown(listen_makes_room, keep_limit, restore_limit),
        cmocka_unit_test(self_connects),
    };

    return cmocka_run_group_tests(tests, rig_make_dir, rig_remove_dir);
}
