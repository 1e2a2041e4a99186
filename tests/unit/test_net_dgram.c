/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sys/stat.h>

#include "test_net_rig.h"

static char dir[] = "/tmp/pollcat-net-XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL ? -1 : 0;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir); /* fails when a test or the code left something in it */
}

static const char *in_dir(const char *name)
{
    static char path[64];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static struct rig *opened(struct net_conf conf, const char *name)
{
    struct rig *r = rig_new();

    r->conf = conf;
    r->stop_up = 1;
    rig_must_open(r, name);
    assert_int_equal(r->nup, 0);
    rig_run(r);
    assert_int_equal(r->nup, 1);
    assert_true(r->up[0]->datagram);
    return r;
}

static void got(struct peer *p, const char *want)
{
    struct meta m = {0};
    char text[16] = "";
    ssize_t n = port_read(p->port, text, sizeof text, &m);

    /* One that gave all it had before says so once without asking: the loop would tell of more. */
    if (n == IO_AGAIN)
        n = port_read(p->port, text, sizeof text, &m);
    assert_int_equal(n, (ssize_t)strlen(want));
    assert_string_equal(text, want);
}

/* A client of either kind speaks to a socket on `host`, which answers. */
static void client(const char *transport, const char *host, int family)
{
    struct addr at, from = {0};
    char port[8], text[16], shown[ADDR_TEXT], line[600];
    int s = rig_serve(host, SOCK_DGRAM, &at);
    struct rig *r = opened((struct net_conf){.host = host, .port = rig_port(&at, port), .family = family},
                           transport);
    struct peer *p = r->up[0];

    assert_true(p->client);
    assert_true(addr_equal(p->remote, &at));
    snprintf(line, sizeof line, "sending to %s from %s", addr_format(&at, shown), "");
    assert_true(rig_said(r, line));
    assert_int_equal(port_write(p->port, "ping", 4, NULL), 4);
    from.len = sizeof from - offsetof(struct addr, sa);
    assert_int_equal(recvfrom(s, text, sizeof text, 0, &from.sa, &from.len), 4);
    assert_true(addr_equal(&from, p->local)); /* what was shown is what the other side sees */
    assert_int_equal(sendto(s, "pong", 4, 0, &from.sa, from.len), 4);
    got(p, "pong");
    close(s);
    rig_free(r);
}

static void clients(void **state)
{
    static const char *const transports[] = {"udp", "udp-connected"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        client(transports[i], "127.0.0.1", AF_UNSPEC);
        if (rig_has_ipv6())
            client(transports[i], "::1", AF_INET6);
        client(transports[i], "@pollcat-net-test-dgram", AF_UNIX);
        client(transports[i], in_dir("dgram"), AF_UNIX);
        assert_int_equal(unlink(in_dir("dgram")), 0);
    }
}

static void client_from_a_source(void **state)
{
    struct addr at;
    char port[8], text[ADDR_TEXT], own[64], path[64];
    int s = rig_serve("127.0.0.1", SOCK_DGRAM, &at);
    struct net_conf conf = {.host = "127.0.0.1", .port = rig_port(&at, port), .source_host = "127.0.0.2"};
    struct rig *r = opened(conf, "udp");

    (void)state;
    assert_string_equal(addr_host(r->up[0]->local, text), "127.0.0.2");
    rig_free(r);
    close(s);
    snprintf(path, sizeof path, "%s", in_dir("server"));
    snprintf(own, sizeof own, "%s", in_dir("client"));
    s = rig_serve(path, SOCK_DGRAM, &at);
    r = opened((struct net_conf){.host = path, .source_host = own, .family = AF_UNIX}, "udp");
    assert_int_equal(access(own, F_OK), 0);
    assert_string_equal(addr_host(r->up[0]->local, text), own);
    rig_free(r);
    assert_int_equal(access(own, F_OK), -1);
    close(s);
    unlink(path);
}

static void client_of_nobody(void **state)
{
    struct rig *r = rig_new();
    char want[128];
    struct err e;

    (void)state;
    r->conf = (struct net_conf){.host = in_dir("nobody"), .family = AF_UNIX};
    for (int i = 0; i < 2; i++) {
        assert_null(rig_open(r, i == 0 ? "udp" : "udp-connected", &e));
        snprintf(want, sizeof want, "connect to %s: No such file or directory", r->conf.host);
        assert_string_equal(e.text, want);
    }
    r->conf = (struct net_conf){.host = "127.0.0.1", .port = "9", .source_host = "192.0.2.1"};
    assert_null(rig_open(r, "udp", &e));
    assert_string_equal(e.text, "bind to 192.0.2.1: Cannot assign requested address");
    rig_free(r);
}

/* A receiver on `host`, which two clients speak to; it answers the latest. */
static void receiver(const char *host, int family, const char *to)
{
    struct rig *r = opened((struct net_conf){.host = host, .port = "0", .family = family}, "udp-listen");
    struct peer *p = r->up[0];
    struct addr at = r->bound[0];
    char text[16];
    int a, b;

    assert_int_equal(r->nbound, 1);
    assert_int_equal(p->remote->len, 0);
    assert_false(p->client);
    if (to != NULL)
        assert_int_equal(addr_parse(&at, to, (uint16_t)addr_port(&r->bound[0])), 0);
    a = rig_dial(&at, SOCK_DGRAM);
    b = rig_dial(&at, SOCK_DGRAM);
    if (family == AF_UNIX) {
        assert_int_equal(bind(b, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)), 0);
        assert_int_equal(bind(a, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)), 0);
    }
    assert_int_equal(send(a, "one", 3, 0), 3);
    got(p, "one");
    assert_int_equal(send(b, "two", 3, 0), 3);
    got(p, "two");
    assert_int_equal(port_write(p->port, "three", 5, NULL), 5);
    assert_int_equal(recv(b, text, sizeof text, 0), 5);
    assert_int_equal(recv(a, text, sizeof text, MSG_DONTWAIT), -1);
    close(a);
    close(b);
    rig_free(r);
    if (host != NULL && host[0] == '/')
        assert_int_equal(access(host, F_OK), -1);
}

static void receivers(void **state)
{
    (void)state;
    receiver("127.0.0.1", AF_UNSPEC, NULL);
    receiver(NULL, AF_UNSPEC, "127.0.0.1");
    receiver(NULL, AF_INET, "127.0.0.1");
    if (rig_has_ipv6()) {
        receiver(NULL, AF_UNSPEC, "::1");
        receiver(NULL, AF_INET6, "::1");
    }
    receiver("@pollcat-net-test-receiver", AF_UNIX, NULL);
    receiver(in_dir("receiver"), AF_UNIX, NULL);
}

/* A host with several addresses is one peer on several sockets, all on one port. */
static void receiver_on_all_addresses(void **state)
{
    struct rig *r = opened((struct net_conf){.host = "localhost", .port = "0"}, "udp-listen");

    (void)state;
    assert_in_range(r->nbound, 1, 2);
    for (unsigned i = 0; i < r->nbound; i++) {
        int fd = rig_dial(&r->bound[i], SOCK_DGRAM);

        assert_int_equal(addr_port(&r->bound[i]), addr_port(&r->bound[0]));
        assert_int_equal(send(fd, "x", 1, 0), 1);
        got(r->up[0], "x");
        close(fd);
    }
    rig_free(r);
}

static void receiver_where_somebody_is(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    char port[8], want[128];
    int s = rig_serve("127.0.0.1", SOCK_DGRAM, &at);
    struct err e;

    (void)state;
    r->conf = (struct net_conf){.host = "127.0.0.1", .port = rig_port(&at, port)};
    assert_null(rig_open(r, "udp-listen", &e));
    snprintf(want, sizeof want, "listen on 127.0.0.1 port %s: Address already in use", port);
    assert_string_equal(e.text, want);
    assert_int_equal(e.status, STATUS_LOCAL);
    close(s);
    rig_free(r);
}

static void self(struct net_conf conf)
{
    struct rig *r = opened(conf, "self");

    assert_true(r->up[0]->client);
    assert_true(addr_equal(r->up[0]->local, r->up[0]->remote));
    assert_true(rig_said(r, "connected to itself at "));
    assert_int_equal(port_write(r->up[0]->port, "echo", 4, NULL), 4);
    got(r->up[0], "echo");
    rig_free(r);
}

static void self_connects(void **state)
{
    (void)state;
    self((struct net_conf){.datagram = true});
    self((struct net_conf){.datagram = true, .host = "127.0.0.2", .port = "0"});
    if (rig_has_ipv6())
        self((struct net_conf){.datagram = true, .family = AF_INET6});
    self((struct net_conf){.family = AF_UNIX});
    self((struct net_conf){.family = AF_UNIX, .host = in_dir("self")});
}

static void options(void **state)
{
    const char *opts[] = {"ttl=7", "broadcast", "ttl?"};
    const char *bad[] = {"nodelay"};
    struct net_conf conf = {.host = "127.0.0.1", .port = "9", .sockopts = opts, .nsockopts = 3};
    struct rig *r = opened(conf, "udp");
    struct err e;

    (void)state;
    assert_true(rig_said(r, "sockopt ttl=7"));
    net_close(r->net);
    r->conf.sockopts = bad;
    r->conf.nsockopts = 1;
    assert_null(rig_open(r, "udp-listen", &e));
    assert_string_equal(e.text, "sockopt nodelay: not an option of UDP sockets");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients),
        cmocka_unit_test(client_from_a_source),
        cmocka_unit_test(client_of_nobody),
        cmocka_unit_test(receivers),
        cmocka_unit_test(receiver_on_all_addresses),
        cmocka_unit_test(receiver_where_somebody_is),
        cmocka_unit_test(self_connects),
        cmocka_unit_test(options),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
