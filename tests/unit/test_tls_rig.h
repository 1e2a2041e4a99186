/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls rig: two sides of TLS that are connected, and what can be asked of OpenSSL besides.
 */
#ifndef TEST_TLS_RIG_H
#define TEST_TLS_RIG_H

#include "layer/tls.h"

#include "test_io_rig.h"

#ifdef USE_OPENSSL
#include <dlfcn.h>

#include "base/container.h"
#include "layer/tls_parts.h"
#endif

enum { CLIENT, SERVER, ENDS };

static const struct tls_conf server_conf;
static const struct tls_conf hasty = {.insecure = true, .hasty = true};
static const struct tls_conf patient = {.insecure = true};

struct side {
    struct tls *tls;
    struct port *port;
    struct shaken {
        struct rig *rig;
        int calls;
        bool failed;
        struct err err;
    } shaken;
};

static inline void side_shaken(struct port *p, void *ctx, const struct err *e)
{
    struct shaken *s = ctx;

    (void)p;
    s->calls++;
    s->failed = e != NULL;
    if (e != NULL)
        s->err = *e;
    loop_stop(s->rig->loop);
}

static inline struct tls *new_tls(const struct tls_conf *conf, bool server)
{
    struct err e;
    struct tls *t = tls_new(conf, server, &e);

    assert_non_null(t);
    return t;
}

/* `shakes`: what is below delays everything. */
static inline void open_side(struct rig *r, struct side *s, struct tls *tls, int fd, bool client, bool shakes)
{
    struct err e;
    struct layer *l = tls_make(tls, client, "localhost", 443, &e);

    assert_non_null(l);
    *s = (struct side){.tls = tls, .port = fd_socket(r->loop, fd), .shaken.rig = r};
    if (shakes)
        shaky_over(s->port, (uint32_t)fd);
    assert_int_equal(port_push(s->port, l, &e), 0);
    port_handshake(s->port, side_shaken, &s->shaken);
}

/* Two sides that are connected. */
struct both {
    struct rig *rig;
    struct tls *tls[ENDS];
    struct side side[ENDS];
};

static inline void shake_both(struct both *b)
{
    while (b->side[CLIENT].shaken.calls + b->side[SERVER].shaken.calls < 2)
        rig_run(b->rig);
    assert_false(b->side[CLIENT].shaken.failed || b->side[SERVER].shaken.failed);
}

static inline void join_both(struct both *b, const struct tls_conf *client, bool shakes)
{
    int fd[2];

    b->rig = rig_new();
    rig_pair(fd, SOCK_STREAM);
    b->tls[CLIENT] = new_tls(client, false);
    b->tls[SERVER] = new_tls(&server_conf, true);
    for (int i = 0; i < ENDS; i++)
        open_side(b->rig, &b->side[i], b->tls[i], fd[i], i == CLIENT, shakes);
}

static inline void open_both(struct both *b, const struct tls_conf *client, bool shakes)
{
    join_both(b, client, shakes);
    shake_both(b);
}

static inline void close_both(struct both *b)
{
    port_free(b->side[CLIENT].port);
    port_free(b->side[SERVER].port);
    rig_settle(b->rig); /* its layers are released at the end of the turn */
    tls_free(b->tls[CLIENT]);
    tls_free(b->tls[SERVER]);
    rig_free(b->rig);
}

/* A failure would leave the others waiting. */
static inline void must_not_fail(struct link *k)
{
    if (k->state == LINK_SRC_FAILED)
        fail_msg("read: %s", port_why(k->src));
    if (k->state == LINK_DST_FAILED)
        fail_msg("write: %s", port_why(k->dst));
}

/* `size` bytes each way at the same time, and both ends of direction. */
static inline void move_both_ways(struct both *b, struct drain drain[ENDS], size_t size, size_t step)
{
    struct link *k[2 * ENDS];
    struct port *local[ENDS];
    struct feed feed[ENDS];
    unsigned char *data[ENDS];
    int fd[ENDS][2], left = ENDS;

    for (int i = 0; i < ENDS; i++) {
        data[i] = malloc(size);
        assert_non_null(data[i]);
        rig_pattern(data[i], size, (unsigned)i);
        rig_pair(fd[i], SOCK_STREAM);
        local[i] = fd_socket(b->rig->loop, fd[i][0]);
        k[2 * i] = link_new(local[i], b->side[i].port, &b->rig->pool, NULL);
        k[2 * i + 1] = link_new(b->side[i].port, local[i], &b->rig->pool, NULL);
        k[2 * i]->done = k[2 * i + 1]->done = must_not_fail;
        drain_start(&drain[i], b->rig, fd[i][1], step);
        drain[i].left = &left;
        feed_start(&feed[i], b->rig, fd[i][1], data[i], size, step);
    }
    rig_run(b->rig);
    rig_settle(b->rig);
    for (int i = 0; i < ENDS; i++) {
        assert_int_equal(drain[i].len, size);
        assert_memory_equal(drain[i].data, data[!i], size);
    }
    for (int i = 0; i < 2 * ENDS; i++) {
        assert_int_equal(k[i]->state, LINK_DONE);
        link_free(k[i]);
    }
    for (int i = 0; i < ENDS; i++) {
        port_free(local[i]);
        drain_clear(&drain[i]);
        free(data[i]);
    }
}

#ifdef USE_OPENSSL

static inline struct tls_layer *layer_of(const struct both *b, int side)
{
    return container_of(b->side[side].port->top, struct tls_layer, layer);
}

static inline void open_old(struct both *b, bool shakes)
{
    struct tls_layer *x;

    join_both(b, &hasty, shakes);
    x = layer_of(b, CLIENT);
    assert_int_equal(x->tls->lib.SSL_ctrl(x->ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, TLS1_2_VERSION, NULL), 1);
    shake_both(b);
}

/* A function that the program has no need of. */
static inline void *from_library(const char *name)
{
    void *from = dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD), *found;

    assert_non_null(from);
    found = dlsym(from, name);
    assert_non_null(found);
    dlclose(from);
    return found;
}

/* New keys of `side`, which asks the other for the same. */
static inline void update_keys(struct both *b, int side)
{
    int (*update)(SSL * ssl, int type);

    *(void **)&update = from_library("SSL_key_update");
    assert_int_equal(update(layer_of(b, side)->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
}

#endif

#endif
