/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/websocket.h"

#include "test_io_rig.h"

static struct port *dressed(struct rig *r, int fd, struct websocket *side, bool client)
{
    struct port *p = rig_socket(r, fd);

    assert_int_equal(port_push(p, websocket_make(side, client, "localhost", 80, NULL), NULL), 0);
    return p;
}

/* What goes in at one end comes out at the other and back, whatever is split below, and so do the ends. */
static void both_ends(void **state)
{
    enum { BYTES = 300000 };
    static const struct websocket_conf binary = {.kind = WEBSOCKET_BINARY, .hasty = true};
    struct rig *r = rig_new();
    unsigned char *data = malloc(BYTES);
    struct websocket *side;
    struct link *out, *there, *back;
    struct port *client, *server, *local;
    int near[2], between[2];
    struct feed feed;
    struct drain drain;
    struct err e;

    (void)state;
    side = websocket_new(&binary, &e);
    if (side == NULL)
        skip(); /* it was built without */
    assert_non_null(data);
    rig_pattern(data, BYTES, 3);
    rig_pair(near, SOCK_STREAM);
    rig_narrow_pair(between);
    local = fd_socket(r->loop, near[0]);
    client = dressed(r, between[0], side, true);
    server = dressed(r, between[1], side, false);
    out = link_new(local, client, &r->pool, NULL);
    there = link_new(server, server, &r->pool, &(struct link_opts){.keep_open = true});
    back = link_new(client, local, &r->pool, NULL);
    feed_start(&feed, r, near[1], data, BYTES, 1000);
    feed.end = false;
    drain_start(&drain, r, near[1], 5000);
    drain.stop = BYTES;
    rig_run(r);
    assert_int_equal(drain.len, BYTES);
    assert_memory_equal(drain.data, data, BYTES);
    link_free(out);
    link_free(there);
    link_free(back);
    port_free(local);
    port_free(client);
    port_free(server);
    drain_clear(&drain);
    rig_free(r);
    websocket_free(side);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_ends)};
    int failed = cmocka_run_group_tests_name("poll set", tests, rig_poll, NULL);

    failed += cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
    failed += cmocka_run_group_tests_name("over a layer that splits and delays", tests, rig_shaky, NULL);
    return failed;
}
