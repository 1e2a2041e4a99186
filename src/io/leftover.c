/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a layer read too far before it left: a layer of its own, which gives it to the next reader and leaves as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/layer.h"
#include "io/port_more.h"

struct leftover {
    struct layer layer;
    size_t start, end;
    unsigned char data[];
};

static ssize_t read_leftover(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct leftover *r = container_of(l, struct leftover, layer);
    size_t n = r->end - r->start < size ? r->end - r->start : size;

    if (n == 0)
        return layer_read(l->lower, data, size, meta);
    memcpy(data, r->data + r->start, n);
    r->start += n;
    if (r->start == r->end)
        layer_leave(l);
    return (ssize_t)n;
}

static ssize_t write_leftover(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    return layer_write(l->lower, data, size, meta);
}

static size_t leftover_pending(const struct layer *l)
{
    const struct leftover *r = container_of(l, const struct leftover, layer);

    return r->end - r->start + layer_pending(l->lower);
}

static size_t leftover_held(const struct layer *l)
{
    const struct leftover *r = container_of(l, const struct leftover, layer);

    return r->end - r->start;
}

static void free_leftover(struct layer *l)
{
    free(container_of(l, struct leftover, layer));
}

static const struct layer_ops ops = {
    .name = "leftover",
    .read = read_leftover,
    .write = write_leftover,
    .pending = leftover_pending,
    .held = leftover_held,
    .free = free_leftover,
};

void layer_hand_on(struct layer *l, const void *data, size_t size)
{
    struct leftover *r;

    if (size == 0)
        return;
    r = mem_alloc(sizeof *r + size);
    layer_init(&r->layer, &ops, l->lower->caps & ~(unsigned)IO_RAWFD);
    memcpy(r->data, data, size);
    r->end = size;
    layer_insert(l, &r->layer);
}
