/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/last.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/below.h"

struct last {
    struct layer layer;
    uint64_t left; /* bytes */
    bool ended;    /* the end was given */
};

static ssize_t read_last(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct last *x = container_of(l, struct last, layer);
    ssize_t n = IO_AGAIN;

    if (x->left > 0)
        n = layer_read(l->lower, data, x->left < size ? (size_t)x->left : size, meta);
    if (n > 0)
        x->left -= (uint64_t)n;
    if (n != IO_AGAIN)
        return n;
    x->ended = true;
    return IO_EOF;
}

static ssize_t write_last(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    return layer_write(l->lower, data, size, meta);
}

/* The end is there to be read, though nothing tells of it. */
static size_t pending_last(const struct layer *l)
{
    const struct last *x = container_of(l, const struct last, layer);

    return x->ended ? 0 : 1 + (size_t)x->left;
}

static void free_last(struct layer *l)
{
    free(container_of(l, struct last, layer));
}

static const struct layer_ops last_ops = {
    .name = "last",
    .read = read_last,
    .write = write_last,
    .pending = pending_last,
    .free = free_last,
};

void last_set(struct port *p)
{
    struct last *x = mem_alloc(sizeof *x);
    struct err e;

    layer_init(&x->layer, &last_ops, port_caps(p) & ~(unsigned)IO_RAWFD);
    x->left = below_unread(p);
    if (port_push(p, &x->layer, &e) < 0)
        free(x); /* it has failed: that is an end as well */
    port_event_soon(p, LOOP_IN);
}
