/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dial.h"

#include <errno.h>

#include "test_net_rig.h"

static struct dial *new_dial(struct rig *r, const struct net_conf *conf)
{
    const struct net_events events = {.ctx = r, .up = rig_up, .failed = rig_failed};

    return dial_new(net_find("connect"), r->loop, conf, &r->peers, &events);
}

/* Each dial is a net of its own. */
static void many_at_once(void **state)
{
    enum { MANY = 20 };
    struct rig *r = rig_new();
    struct dial *dials[MANY];
    struct addr at;
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);
    char port[8];
    struct err e;

    (void)state;
    assert_int_equal(listen(s, MANY), 0);
    rig_port(&at, port);
    for (int i = 0; i < MANY; i++) {
        dials[i] = new_dial(r,
                            &(struct net_conf){.host = i % 2 == 0 ? "localhost" : "127.0.0.1", .port = port});
        assert_int_equal(dial_start(dials[i], &e), 0);
        assert_int_equal(dial_looks_up(dials[i]), i % 2 == 0);
    }
    memset(port, 0, sizeof port); /* it was copied */
    r->stop_up = MANY;
    rig_run(r);
    assert_int_equal(r->nup, MANY);
    for (int i = 0; i < MANY; i++)
        dial_free(dials[i]);
    close(s);
    rig_free(r);
}

/* Of both ends the name may be one that somebody has to be asked for. */
static void both_names(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    char port[8], text[ADDR_TEXT];
    struct addr at;
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig *r = rig_new();
        struct dial *d = new_dial(r, &(struct net_conf){.host = hosts[i & 1],
                                                        .port = rig_port(&at, port),
                                                        .family = AF_INET,
                                                        .source_host = hosts[i >> 1]});
        struct err e;

        assert_int_equal(dial_start(d, &e), 0);
        assert_int_equal(dial_looks_up(d), i > 0);
        assert_int_equal(dial_is_open(d), i == 0);
        r->stop_up = 1;
        rig_run(r);
        assert_string_equal(addr_host(r->up[0]->local, text), "127.0.0.1");
        dial_free(d);
        rig_free(r);
    }
    close(s);
}

/* Whoever is dialled, the peer may be another. */
static void peer_by_name(void **state)
{
    struct rig *r = rig_new();
    struct addr at;
    int s = rig_serve("127.0.0.1", SOCK_STREAM, &at);
    char port[8], text[ADDR_TEXT];
    struct dial *d = new_dial(
        r, &(struct net_conf){.host = "127.0.0.1", .port = rig_port(&at, port), .name = "behind port 80"});
    struct err e;

    (void)state;
    assert_int_equal(dial_start(d, &e), 0);
    r->stop_up = 1;
    rig_run(r);
    assert_string_equal(peer_name(r->up[0], text), "behind port 80");
    assert_true(addr_equal(r->up[0]->remote, &at));
    assert_true(rig_said(r, "connected to behind port 80 from "));
    dial_free(d);
    close(s);
    rig_free(r);
}

/* What is wrong is said at once where nobody has to be asked, and by an event where somebody has. */
static void failures(void **state)
{
    static const struct net_conf confs[] = {
        {.host = "127.0.0.1", .port = "nonsense"},
        {.host = "localhost", .port = "nonsense"},
        {.host = "localhost", .port = "1", .source_port = "nonsense"},
        {.host = "localhost", .port = "1", .source_host = "127.0.0.1", .source_port = "x y"},
    };
    struct rig *r = rig_new();
    struct dial *d;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof confs / sizeof *confs; i++) {
        d = new_dial(r, &confs[i]);
        assert_int_equal(dial_start(d, &e), -1);
        assert_non_null(strstr(e.text, "neither a number nor a known"));
        assert_false(dial_looks_up(d));
        dial_free(d);
    }
    d = new_dial(r, &(struct net_conf){.host = "localhost", .port = "1", .source_host = "x y.invalid"});
    assert_int_equal(dial_start(d, &e), 0);
    rig_run(r);
    assert_int_equal(r->nfailed, 1);
    assert_non_null(strstr(r->failure.text, "x y.invalid: "));
    assert_false(dial_is_open(d) || dial_looks_up(d));
    dial_free(d);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(both_names),
        cmocka_unit_test(peer_by_name),
        cmocka_unit_test(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
