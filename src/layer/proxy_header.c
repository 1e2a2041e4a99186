/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/proxy_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/layer.h"
#include "loop/loop.h"

/* Accepting */

struct accepting {
    struct layer layer;
    struct proxy_header *told;
    size_t n;
    unsigned char in[PROXY_HEADER_IN];
};

static int accept_handshake(struct layer *l)
{
    struct accepting *x = container_of(l, struct accepting, layer);
    size_t used;
    int r = 0;

    while (r == 0) {
        ssize_t n = layer_read(l->lower, x->in + x->n, sizeof x->in - x->n, NULL);

        if (n == IO_EOF)
            return layer_fail_words(l, "it ended before its PROXY header was whole");
        if (n < 0)
            return (int)n;
        x->n += (size_t)n;
        r = proxy_header_read(x->in, x->n, x->told, &used);
    }
    if (r == PROXY_HEADER_LONG)
        return layer_fail_words(l, "its PROXY header is too long");
    if (r == PROXY_HEADER_NONE)
        return layer_fail_words(l, "it does not begin with a PROXY header");
    layer_hand_on(l, x->in + used, x->n - used);
    return LAYER_LEAVES;
}

static void accept_free(struct layer *l)
{
    free(container_of(l, struct accepting, layer));
}

static const struct layer_ops accept_ops = {
    .name = "PROXY",
    .handshake = accept_handshake,
    .free = accept_free,
};

struct layer *proxy_header_accept(struct proxy_header *told)
{
    struct accepting *x = mem_alloc(sizeof *x);

    layer_init(&x->layer, &accept_ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
    x->told = told;
    return &x->layer;
}

/* Sending */

struct sending {
    struct layer layer;
    size_t sent, n;
    unsigned char out[PROXY_HEADER_OUT];
};

static int send_handshake(struct layer *l)
{
    struct sending *x = container_of(l, struct sending, layer);

    int r = layer_write_rest(l->lower, x->out, x->n, &x->sent);

    return r == 0 ? LAYER_LEAVES : r;
}

static unsigned send_want(struct layer *l, unsigned wanted)
{
    (void)l;
    (void)wanted;
    return LOOP_OUT;
}

static void send_free(struct layer *l)
{
    free(container_of(l, struct sending, layer));
}

static const struct layer_ops send_ops = {
    .name = "PROXY",
    .handshake = send_handshake,
    .want = send_want,
    .free = send_free,
};

struct layer *proxy_header_send(int version, const struct proxy_header *h)
{
    struct sending *x = mem_alloc(sizeof *x);

    layer_init(&x->layer, &send_ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
    x->n = proxy_header_write(version, h, x->out);
    return &x->layer;
}
