/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "io/layer.h"
#include "test_net_rig.h"

/* A layer of three messages: the client speaks, is answered, and speaks again. */
static const char *const messages[] = {"hello", "who?", "me"};

struct greeting {
    struct layer layer;
    bool client;
    unsigned message, at;
};

static bool is_mine(const struct greeting *g)
{
    return (g->message % 2 == 0) == g->client;
}

/* One byte of the greeting. Returns 1, or IO_*. */
static ssize_t greet_byte(struct greeting *g)
{
    const char *byte = &messages[g->message][g->at];
    ssize_t n;
    char other;

    if (is_mine(g))
        return layer_write(g->layer.lower, byte, 1, NULL);
    n = layer_read(g->layer.lower, &other, 1, NULL);
    return n == 1 && other != *byte ? layer_fail_words(&g->layer, "that is no greeting") : n;
}

static int greet(struct layer *l)
{
    struct greeting *g = container_of(l, struct greeting, layer);

    while (g->message < 3) {
        ssize_t n = greet_byte(g);

        if (n < 0)
            return (int)n;
        if (messages[g->message][++g->at] == '\0') {
            g->message++;
            g->at = 0;
        }
    }
    return 0;
}

static unsigned want_greeting(struct layer *l, unsigned wanted)
{
    const struct greeting *g = container_of(l, struct greeting, layer);

    return g->message == 3 ? wanted : is_mine(g) ? LOOP_OUT : LOOP_IN;
}

static ssize_t read_through(struct layer *l, void *data, size_t size, struct meta *meta)
{
    return layer_read(l->lower, data, size, meta);
}

static ssize_t write_through(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    return layer_write(l->lower, data, size, meta);
}

static void free_greeting(struct layer *l)
{
    free(container_of(l, struct greeting, layer));
}

static const struct layer_ops greeting_ops = {
    .name = "greeting",
    .read = read_through,
    .write = write_through,
    .handshake = greet,
    .want = want_greeting,
    .free = free_greeting,
};

static struct layer *make_greeting(const void *conf, bool client, const char *host, uint16_t port,
                                   struct err *e)
{
    struct greeting *g;

    (void)host, (void)port;
    if (conf != NULL) {
        err_set(e, STATUS_LOCAL, "no greeting to be had");
        return NULL;
    }
    g = calloc(1, sizeof *g);
    assert_non_null(g);
    layer_init(&g->layer, &greeting_ops, IO_STREAM | IO_HALFCLOSE);
    g->client = client;
    return &g->layer;
}

/* Two of them: the second begins when the first is done. */
static const struct net_layer twice[] = {{.make = make_greeting}, {.make = make_greeting}};

/* A server that takes one connection, says `size` bytes, and ends, or waits. */
struct server {
    struct watch watch;
    struct addr at;
    char port[8];
    const char *says;
    size_t size;
    bool ends;
    int fd;
};

static unsigned want_one(struct watch *w)
{
    return container_of(w, struct server, watch)->fd < 0 ? LOOP_IN : 0u;
}

static void serve_one(struct watch *w, unsigned events)
{
    struct server *s = container_of(w, struct server, watch);

    (void)events;
    s->fd = accept(w->fd, NULL, NULL);
    assert_true(s->fd >= 0);
    assert_int_equal(send(s->fd, s->says, s->size, 0), s->size);
    if (s->ends)
        assert_int_equal(shutdown(s->fd, SHUT_WR), 0);
}

/* Connects to `s`, with a layer, until something is known. */
static struct rig *connect_to(struct server *s, int64_t limit)
{
    struct rig *r = rig_new();

    s->fd = -1;
    s->watch = (struct watch){
        .fd = rig_serve("127.0.0.1", SOCK_STREAM, &s->at), .want = want_one, .fire = serve_one};
    loop_add(r->loop, &s->watch);
    r->conf = (struct net_conf){.host = "127.0.0.1",
                                .port = rig_port(&s->at, s->port),
                                .connect_timeout = limit,
                                .layers = twice,
                                .nlayers = 1};
    r->stop_up = 1;
    rig_must_open(r, "connect");
    rig_run(r);
    return r;
}

static void end(struct rig *r, struct server *s)
{
    loop_del(&s->watch);
    close(s->watch.fd);
    if (s->fd >= 0)
        close(s->fd);
    rig_free(r);
}

static void client_is_answered(void **state)
{
    struct server s = {.says = "who?first", .size = 9};
    struct rig *r = connect_to(&s, 5000);
    char text[16] = "";

    (void)state;
    assert_int_equal(r->nup, 1);
    assert_true(rig_said(r, "connected to 127.0.0.1 port "));
    assert_int_equal(port_read(r->up[0]->port, text, sizeof text, NULL), 5);
    assert_string_equal(text, "first");
    assert_int_equal(recv(s.fd, text, 7, MSG_WAITALL), 7);
    assert_memory_equal(text, "hellome", 7);
    end(r, &s);
}

static void expect_failure(const struct rig *r, const struct addr *at, const char *what, const char *why)
{
    char text[ADDR_TEXT], want[256];

    assert_int_equal(r->nup, 0);
    assert_int_equal(r->peers.count, 0);
    assert_int_equal(r->nfailed, 1);
    assert_int_equal(r->failure.status, STATUS_NETWORK);
    snprintf(want, sizeof want, "%s %s: %s", what, addr_format(at, text), why);
    assert_string_equal(r->failure.text, want);
}

static void client_is_refused(void **state)
{
    struct server s = {.says = "whom", .size = 4};
    struct rig *r = connect_to(&s, 0);

    (void)state;
    expect_failure(r, &s.at, "connect to", "that is no greeting");
    end(r, &s);
}

/* The time for connecting is for all of it. */
static void client_is_not_answered(void **state)
{
    struct server s = {.says = "who", .size = 3};
    struct rig *r = connect_to(&s, 50);

    (void)state;
    expect_failure(r, &s.at, "connect to", "Connection timed out");
    end(r, &s);
}

#define ENDED "the other side ended the connection in the middle of the handshake (greeting)"

static void client_is_left_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct server s = {.says = "who?", .size = i, .ends = true};
        struct rig *r = connect_to(&s, 0);

        expect_failure(r, &s.at, "connect to", ENDED);
        end(r, &s);
    }
}

static struct rig *listening(struct net_conf more)
{
    more.host = "127.0.0.1";
    more.port = "0";
    more.layers = twice;
    more.nlayers = more.nlayers == 0 ? 1 : more.nlayers;
    return rig_listening(more, "listen");
}

/* Somebody who connects and says this. */
static int say(const struct rig *r, const char *text, size_t size, struct addr *from)
{
    int fd = rig_dial(&r->bound[0], SOCK_STREAM);

    assert_int_equal(send(fd, text, size, 0), size);
    from->len = sizeof *from - offsetof(struct addr, sa);
    assert_int_equal(getsockname(fd, &from->sa, &from->len), 0);
    return fd;
}

static void listener_is_greeted(void **state)
{
    struct rig *r = listening((struct net_conf){.keep_open = false});
    struct addr from;
    int fd = say(r, "hellomefirst", 12, &from);
    char text[16] = "";

    (void)state;
    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(r->nup, 1);
    assert_int_equal(port_read(r->up[0]->port, text, sizeof text, NULL), 5);
    assert_string_equal(text, "first");
    assert_int_equal(recv(fd, text, 4, MSG_WAITALL), 4);
    assert_memory_equal(text, "who?", 4);
    close(fd);
    rig_free(r);
}

static void listener_is_left_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct rig *r = listening((struct net_conf){.keep_open = false});
        struct addr from;
        int fd = say(r, "hellome", i, &from);

        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        rig_run(r);
        expect_failure(r, &from, "connection from", ENDED);
        close(fd);
        rig_free(r);
    }
}

static void listener_is_not_greeted(void **state)
{
    struct rig *r = listening((struct net_conf){.connect_timeout = 50});
    struct addr from;
    int fd = say(r, "hell", 4, &from);

    (void)state;
    rig_run(r);
    expect_failure(r, &from, "connection from", "Connection timed out");
    close(fd);
    rig_free(r);
}

/* A reset may show when it is read or when it is written to. */
static void listener_is_reset_at_every_byte(void **state)
{
    const struct linger now = {.l_onoff = 1};

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct rig *r = listening((struct net_conf){.keep_open = false});
        struct addr from;
        int fd = say(r, "hellome", i, &from);

        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
        close(fd);
        rig_run(r);
        assert_int_equal(r->nup + r->peers.count, 0);
        assert_int_equal(r->failure.status, STATUS_NETWORK);
        assert_true(r->failure.sys == ECONNRESET || r->failure.sys == EPIPE);
        rig_free(r);
    }
}

/* With many, who fails is that one's affair; who is being dressed counts. */
static void listener_goes_on(void **state)
{
    struct rig *r = listening((struct net_conf){.keep_open = true, .max_conns = 1});
    struct addr from;
    int bad = say(r, "hell", 4, &from), late = say(r, "hellome", 7, &from), good;
    char byte;

    (void)state;
    r->stop_lines = r->nlines + 1;
    rig_run(r);
    assert_true(rig_said(r, "limit of 1 peers reached"));
    assert_int_equal(recv(late, &byte, 1, 0) <= 0, 1);
    r->stop_lines = r->nlines + 1;
    assert_int_equal(send(bad, "!", 1, 0), 1);
    rig_run(r);
    assert_true(rig_said(r, ": that is no greeting"));
    r->stop_lines = 0;
    good = say(r, "hellome", 7, &from);
    r->stop_up = 1;
    rig_run(r);
    assert_int_equal(r->nfailed, 0);
    assert_true(addr_equal(r->up[0]->remote, &from));
    close(bad);
    close(late);
    close(good);
    rig_free(r);
}

static void both_sides_and_two_layers(void **state)
{
    struct rig *r = listening((struct net_conf){.nlayers = 2});
    struct net_events events = {.ctx = r, .up = rig_up, .failed = rig_failed};
    struct net_conf conf = r->conf;
    struct net *client;
    char port[8], text[8] = "";
    struct err e;

    (void)state;
    conf.port = rig_port(&r->bound[0], port);
    client = net_open(net_find("connect"), r->loop, &conf, &r->peers, &events, &e);
    assert_non_null(client);
    r->stop_up = 2;
    rig_run(r);
    assert_int_equal(port_write(r->up[0]->port, "hi", 2, NULL), 2);
    assert_int_equal(port_read(r->up[1]->port, text, sizeof text, NULL), 2);
    net_close(client);
    rig_free(r);
}

/* What is being dressed goes with its net; a layer that cannot be made is an error. */
static void gives_up(void **state)
{
    static const struct net_layer none[] = {{.make = make_greeting}, {.make = make_greeting, .conf = ""}};
    struct server s = {.says = "who", .size = 3};
    struct rig *r = listening((struct net_conf){.keep_open = true, .max_conns = 1});
    struct addr from;
    int fd = say(r, "hell", 4, &from), other = say(r, "", 0, &from);

    (void)state;
    r->stop_lines = r->nlines + 1; /* the second is refused: the first is being dressed */
    rig_run(r);
    close(fd);
    close(other);
    rig_free(r);

    r = connect_to(&s, 1);
    net_close(r->net);
    r->conf.layers = none;
    r->conf.nlayers = 2;
    r->nfailed = 0;
    rig_must_open(r, "connect");
    rig_run(r);
    assert_string_equal(r->failure.text, "no greeting to be had");
    end(r, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_is_answered),
        cmocka_unit_test(client_is_refused),
        cmocka_unit_test(client_is_not_answered),
        cmocka_unit_test(client_is_left_at_every_byte),
        cmocka_unit_test(listener_is_greeted),
        cmocka_unit_test(listener_is_left_at_every_byte),
        cmocka_unit_test(listener_is_not_greeted),
        cmocka_unit_test(listener_is_reset_at_every_byte),
        cmocka_unit_test(listener_goes_on),
        cmocka_unit_test(both_sides_and_two_layers),
        cmocka_unit_test(gives_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
