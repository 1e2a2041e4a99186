/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/observe.h"

#include "test_io_rig.h"

/* An observer that writes down what it hears. */
struct ears {
    struct observer observer;
    char text[256];
};

static void write_down(struct observer *o, const char *what, const void *data, size_t n)
{
    struct ears *x = container_of(o, struct ears, observer);
    size_t at = strlen(x->text);

    snprintf(x->text + at, sizeof x->text - at, "%s%.*s ", what, (int)n, (const char *)data);
}

static void came(struct observer *o, struct peer *p)
{
    (void)p;
    write_down(o, "open", "", 0);
}

static void went(struct observer *o, struct peer *p)
{
    (void)p;
    write_down(o, "close", "", 0);
}

static void failed(struct observer *o, struct peer *p, const struct err *e)
{
    (void)p;
    write_down(o, "error:", e->text, strlen(e->text));
}

static void begun(struct observed *o)
{
    o->own = o->sent ? ">" : "<";
    write_down(o->by, o->own, "begin", 5);
}

static void data(struct observed *o, const void *bytes, size_t n, const struct meta *m)
{
    assert_null(m);
    write_down(o->by, o->own, bytes, n);
}

static void ended(struct observed *o)
{
    write_down(o->by, o->own, "end", 3);
}

static void left(struct observed *o)
{
    write_down(o->by, o->own, "leave", 5);
}

static const struct observer all = {.sent = true,
                                    .open = came,
                                    .begin = begun,
                                    .data = data,
                                    .end = ended,
                                    .leave = left,
                                    .error = failed,
                                    .close = went};

static void an_observer_hears_all_once(void **state)
{
    struct queue_opts opts = {.limit = 1024};
    struct rig *r = rig_new();
    struct addr none = {0};
    struct peer_table peers;
    struct port *src = queue_new(r->loop, &opts), *dst = queue_new(r->loop, &opts);
    struct ears both = {.observer = all}, one = {.observer = all};
    struct peer *p;
    struct link *in, *out;
    struct err e;

    (void)state;
    one.observer.sent = false;
    peer_table_init(&peers, r->loop);
    observe_add(&peers, &both.observer);
    p = peer_new(&peers, queue_new(r->loop, &opts), &none, &none);
    observe_open(p);
    in = link_new(p->port, dst, &r->pool, NULL);
    out = link_new(src, p->port, &r->pool, NULL);
    observe_begin(p, in, false);
    observe_begin(p, out, true);
    observe_link(&both.observer, p, in, false);
    observe_add(&peers, &one.observer);
    observe_link(&one.observer, p, in, false);
    observe_link(&one.observer, p, out, true);
    rig_put(src, "you", 3);
    rig_settle(r);
    rig_put(p->port, "me", 2);
    rig_settle(r);
    observe_end(in);
    err_set(&e, STATUS_NETWORK, "gone");
    observe_error(p, &e);
    observe_del(&peers, &one.observer);
    observe_leave(in);
    observe_leave(out);
    observe_leave(NULL);
    observe_close(p);
    assert_null(in->taps);
    assert_string_equal(both.text, "open <begin >begin >you <me <end error:gone <leave >leave close ");
    assert_string_equal(one.text, "<begin <me <end error:gone <leave ");
    observe_del(&peers, &both.observer);
    link_free(in);
    link_free(out);
    peer_free(p);
    port_free(src);
    port_free(dst);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_observer_hears_all_once),
    };

    return cmocka_run_group_tests_name("observe", tests, rig_poll, NULL);
}
