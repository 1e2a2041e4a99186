/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sys/resource.h>

#include "net/probe.h"
#include "test_net_rig.h"

struct seen {
    struct rig *rig;
    unsigned n;
    unsigned stop_after; /* stops the probe itself after so many results */
    struct probe *probe;
    uint16_t ports[300];
    enum probe_result results[300];
    struct addr first;
    char text[sizeof((struct err *)NULL)->text]; /* of the last error */
};

static void result(void *ctx, const struct addr *remote, enum probe_result how, const struct err *e)
{
    struct seen *s = ctx;

    assert_true(s->n < 300);
    if (s->n == 0)
        s->first = *remote;
    s->ports[s->n] = (uint16_t)addr_port(remote);
    s->results[s->n++] = how;
    assert_true((how == PROBE_OPEN) == (e == NULL));
    if (e != NULL)
        snprintf(s->text, sizeof s->text, "%s", e->text);
    if (s->n == s->stop_after) {
        probe_stop(s->probe);
        s->probe = NULL;
        loop_stop(s->rig->loop);
    }
}

static void finished(void *ctx)
{
    loop_stop(((struct seen *)ctx)->rig->loop);
}

static void start(struct seen *s, struct rig *r, const struct portrange *ports, size_t n, bool randomize)
{
    struct probe_events events = {.ctx = s, .words = true, .result = result, .finished = finished};
    struct err e;

    s->rig = r;
    s->probe = probe_start(r->loop, &r->conf, ports, n, randomize, &events, &e);
    if (s->probe == NULL)
        fail_msg("%s", e.text);
}

static void probe(struct seen *s, struct net_conf conf, const struct portrange *ports, size_t n,
                  bool randomize)
{
    struct rig *r = rig_new();

    r->conf = conf;
    start(s, r, ports, n, randomize);
    rig_run(r);
    probe_stop(s->probe);
    rig_free(r);
}

static struct portrange only(const struct addr *a)
{
    return (struct portrange){(uint16_t)addr_port(a), (uint16_t)addr_port(a)};
}

static void streams(void **state)
{
    struct addr a, b;
    int open_one = rig_serve("127.0.0.1", SOCK_STREAM, &a);
    int closed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct portrange ports[2];
    static const char *const hosts[] = {"127.0.0.1", "localhost"};

    (void)state;
    addr_parse(&b, "127.0.0.1", 0); /* bound and not listening: refuses, and nobody else can take the port */
    assert_int_equal(bind(closed, &b.sa, b.len), 0);
    b.len = sizeof b - offsetof(struct addr, sa);
    assert_int_equal(getsockname(closed, &b.sa, &b.len), 0);
    ports[0] = only(&b);
    ports[1] = only(&a);
    for (int i = 0; i < 2; i++) {
        struct seen s = {0};

        probe(&s, (struct net_conf){.host = hosts[i]}, ports, 2, false);
        assert_int_equal(s.n, 2);
        assert_int_equal(s.ports[0], addr_port(&b));
        assert_int_equal(s.results[0], PROBE_CLOSED);
        assert_int_equal(s.ports[1], addr_port(&a));
        assert_int_equal(s.results[1], PROBE_OPEN);
        assert_non_null(strstr(s.text, ": Connection refused"));
    }
    close(open_one);
    close(closed);
}

/* More ports than are under way at once, reported in their order; shuffled, each of them once. */
static void order(void **state)
{
    const struct portrange range = {1, 200};
    struct seen s = {0}, shuffled = {0};
    bool moved = false, had[201] = {false};

    (void)state;
    probe(&s, (struct net_conf){.host = "127.0.0.1"}, &range, 1, false);
    assert_int_equal(s.n, 200);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(s.ports[i], i + 1);
    probe(&shuffled, (struct net_conf){.host = "127.0.0.1"}, &range, 1, true);
    assert_int_equal(shuffled.n, 200);
    for (unsigned i = 0; i < 200; i++) {
        moved = moved || shuffled.ports[i] != i + 1;
        assert_false(had[shuffled.ports[i]]);
        had[shuffled.ports[i]] = true;
    }
    assert_true(moved);
}

static void answer(struct watch *w, unsigned events)
{
    struct addr from = {.len = sizeof from - offsetof(struct addr, sa)};
    char byte;

    (void)events;
    assert_int_equal(recvfrom(w->fd, &byte, 1, 0, &from.sa, &from.len), 0);
    assert_int_equal(sendto(w->fd, "!", 1, 0, &from.sa, from.len), 1);
}

static unsigned always(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static void datagrams(void **state)
{
    struct rig *r = rig_new();
    struct addr a, b, c;
    struct watch w = {.fd = rig_serve("127.0.0.1", SOCK_DGRAM, &a), .want = always, .fire = answer};
    int silent = rig_serve("127.0.0.1", SOCK_DGRAM, &b);
    int gone = rig_serve("127.0.0.1", SOCK_DGRAM, &c);
    struct portrange ports[] = {only(&a), only(&b), only(&c)};
    struct seen s = {0};

    (void)state;
    close(gone);
    r->conf = (struct net_conf){.host = "127.0.0.1", .datagram = true, .connect_timeout = 40};
    loop_add(r->loop, &w);
    start(&s, r, ports, 3, false);
    rig_run(r);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.results[0], PROBE_OPEN);
    assert_int_equal(s.results[1], PROBE_NO_ANSWER);
    assert_int_equal(s.results[2], PROBE_CLOSED);
    probe_stop(s.probe);
    loop_del(&w);
    close(w.fd);
    close(silent);
    rig_free(r);
}

enum { MANY = 150 };

struct last {
    struct watch watch;
    struct loop *loop;
};

static void reached(struct watch *w, unsigned events)
{
    (void)events;
    loop_stop(container_of(w, struct last, watch)->loop);
}

/* Ports that do not answer do not keep the others waiting. */
static void many_at_once(void **state)
{
    struct rig *r = rig_new();
    struct portrange ports[MANY];
    struct seen s = {0};
    struct last last = {.loop = r->loop, .watch = {.want = always, .fire = reached}};
    struct addr a;
    int fds[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        fds[i] = rig_serve("127.0.0.1", SOCK_DGRAM, &a);
        ports[i] = only(&a);
    }
    last.watch.fd = fds[MANY - 1];
    loop_add(r->loop, &last.watch);
    r->conf = (struct net_conf){.host = "127.0.0.1", .datagram = true, .connect_timeout = 1000000};
    start(&s, r, ports, MANY, false);
    rig_run(r); /* until the last was asked */
    assert_int_equal(s.n, 0);
    probe_stop(s.probe);
    loop_del(&last.watch);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    rig_free(r);
}

/* Some descriptors are left for others. */
static void few_descriptors(void **state)
{
    const struct portrange range = {1, 200};
    struct rlimit low, limit;
    struct seen s = {0};
    int next = dup(0);

    (void)state;
    if (rig_in_valgrind())
        skip();
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)next + 8;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    probe(&s, (struct net_conf){.host = "127.0.0.1"}, &range, 1, false);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(s.n, 200);
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(s.ports[i], i + 1);
}

static void times_out(void **state)
{
    struct addr a;
    int fd = rig_serve("127.0.0.1", SOCK_STREAM, &a);
    int first, more[8];
    struct portrange port = only(&a);
    struct seen s = {0};

    (void)state;
    assert_int_equal(listen(fd, 0), 0);
    first = rig_dial(&a, SOCK_STREAM);
    for (int i = 0; i < 8; i++) {
        more[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(connect(more[i], &a.sa, a.len) < 0 && errno == EINPROGRESS);
    }
    probe(&s, (struct net_conf){.host = "127.0.0.1", .connect_timeout = 50}, &port, 1, false);
    assert_int_equal(s.results[0], PROBE_NO_ANSWER);
    assert_non_null(strstr(s.text, "Connection timed out"));
    close(fd);
    close(first);
    for (int i = 0; i < 8; i++)
        close(more[i]);
}

static void unix_path(void **state)
{
    struct addr a;
    int fd = rig_serve("@pollcat-net-test-probe", SOCK_STREAM, &a);
    struct seen s = {0}, t = {0};

    (void)state;
    probe(&s, (struct net_conf){.host = "@pollcat-net-test-probe", .family = AF_UNIX}, NULL, 0, false);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.results[0], PROBE_OPEN);
    close(fd);
    probe(&t, (struct net_conf){.host = "@pollcat-net-test-probe", .family = AF_UNIX}, NULL, 0, false);
    assert_int_equal(t.results[0], PROBE_CLOSED);
}

static void failures(void **state)
{
    const struct portrange port = {1, 3};
    const char *opts[] = {"congestion=nonsense"};
    struct probe_events events = {0};
    struct net_conf conf = {.host = "127.0.0.1", .sockopts = opts, .nsockopts = 1};
    struct seen s = {0}, t = {0};
    struct err e;

    (void)state;
    probe(&s, conf, &port, 1, false);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.results[2], PROBE_FAILED);
    assert_string_equal(s.text, "sockopt congestion=nonsense: No such file or directory");
    conf = (struct net_conf){.host = "127.0.0.1", .source_host = "192.0.2.1"};
    probe(&t, conf, &port, 1, false);
    assert_string_equal(t.text, "bind to 192.0.2.1: Cannot assign requested address");
    conf = (struct net_conf){.host = "x", .numeric = true};
    assert_null(probe_start(NULL, &conf, &port, 1, false, &events, &e));
    assert_non_null(strstr(e.text, "not a numeric address"));
}

/* The receiver of results may stop the probe. */
static void stopped_by_its_result(void **state)
{
    const struct portrange range = {1, 100};
    struct seen s = {.stop_after = 3};

    (void)state;
    probe(&s, (struct net_conf){.host = "127.0.0.1"}, &range, 1, false);
    assert_int_equal(s.n, 3);
}

/* Layers, of which each does one thing with its handshake. */

enum how { DONE, FAILS, ENDS, WAITS, NOT_TO_BE_HAD };

struct shaker {
    struct layer layer;
    enum how how;
};

static int shake_somehow(struct layer *l)
{
    static const int results[] = {[DONE] = 0, [ENDS] = IO_EOF, [WAITS] = IO_AGAIN};
    const struct shaker *x = container_of(l, struct shaker, layer);

    return x->how == FAILS ? layer_fail_words(l, "that is nobody") : results[x->how];
}

static void free_shaker(struct layer *l)
{
    free(container_of(l, struct shaker, layer));
}

static ssize_t read_below(struct layer *l, void *data, size_t size, struct meta *meta)
{
    return layer_read(l->lower, data, size, meta);
}

static struct layer *make_shaker(const void *conf, bool client, const char *host, uint16_t port,
                                 struct err *e)
{
    static const struct layer_ops ops = {
        .name = "shaker", .read = read_below, .handshake = shake_somehow, .free = free_shaker};
    struct shaker *x = calloc(1, sizeof *x);

    assert_true(client && port != 0 && strcmp(host, "127.0.0.1") == 0);
    assert_non_null(x);
    x->how = *(const enum how *)conf;
    if (x->how == NOT_TO_BE_HAD) {
        free(x);
        err_set(e, STATUS_LOCAL, "no such layer");
        return NULL;
    }
    layer_init(&x->layer, &ops, IO_STREAM | IO_HALFCLOSE);
    return &x->layer;
}

static void handshakes(void **state)
{
    static const char *const told[] = {"", "that is nobody", "in the middle of the handshake (shaker)",
                                       "timed out", "no such layer"};

    (void)state;
    for (enum how how = DONE; how <= NOT_TO_BE_HAD; how++) {
        struct addr at;
        int server = rig_serve("127.0.0.1", SOCK_STREAM, &at);
        const struct portrange ports[2] = {only(&at), only(&at)};
        const struct net_layer layer = {.make = make_shaker, .conf = &how};
        struct net_conf conf = {.host = "127.0.0.1", .layers = &layer, .nlayers = 1};
        struct seen s = {0};

        conf.connect_timeout = how == WAITS ? 20 : 0;
        probe(&s, conf, ports, 2, false);
        assert_int_equal(s.n, 2);
        assert_int_equal(s.results[1], how == DONE ? PROBE_OPEN : PROBE_WRONG);
        assert_non_null(strstr(s.text, told[how]));
        close(server);
    }
}

/* While another is still being spoken to. */
static void stopped_in_a_handshake(void **state)
{
    static const enum how how = WAITS;
    const struct net_layer layer = {.make = make_shaker, .conf = &how};
    struct addr at;
    int server = rig_serve("127.0.0.1", SOCK_STREAM, &at);
    const struct portrange ports[2] = {{1, 1}, only(&at)};
    struct seen s = {.stop_after = 1};

    (void)state;
    probe(&s, (struct net_conf){.host = "127.0.0.1", .layers = &layer, .nlayers = 1}, ports, 2, false);
    assert_int_equal(s.results[0], PROBE_CLOSED);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(order),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(few_descriptors),
        cmocka_unit_test(times_out),
        cmocka_unit_test(unix_path),
        cmocka_unit_test(failures),
        cmocka_unit_test(stopped_by_its_result),
        cmocka_unit_test(handshakes),
        cmocka_unit_test(stopped_in_a_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
