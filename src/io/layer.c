/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/layer.h"

void layer_init(struct layer *l, const struct layer_ops *ops, unsigned caps)
{
    *l = (struct layer){.ops = ops, .caps = (unsigned short)caps};
}

ssize_t layer_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    return l->ops->read(l, data, size, meta);
}

ssize_t layer_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    return l->ops->write(l, data, size, meta);
}

int layer_write_rest(struct layer *l, const void *data, size_t size, size_t *done)
{
    while (*done < size) {
        ssize_t n = layer_write(l, (const char *)data + *done, size - *done, NULL);

        if (n < 0)
            return (int)n;
        *done += (size_t)n;
    }
    return 0;
}

size_t layer_pending(const struct layer *l)
{
    while (l->ops->pending == NULL && l->lower != NULL)
        l = l->lower;
    return l->ops->pending != NULL ? l->ops->pending(l) : 0;
}

int layer_shut(struct layer *l)
{
    while (l->ops->shut == NULL && l->lower != NULL)
        l = l->lower;
    return l->ops->shut != NULL ? l->ops->shut(l) : 0;
}

size_t layer_max(const struct layer *l)
{
    while (l->ops->max == NULL && l->lower != NULL)
        l = l->lower;
    return l->ops->max != NULL ? l->ops->max(l) : LAYER_MAX;
}

size_t layer_path(const struct layer *l)
{
    while (l->ops->path == NULL && l->lower != NULL)
        l = l->lower;
    return l->ops->path != NULL ? l->ops->path(l) : SIZE_MAX;
}

size_t layer_longest(const struct layer *l)
{
    while (l->ops->longest == NULL && l->lower != NULL)
        l = l->lower;
    return l->ops->longest != NULL ? l->ops->longest(l) : SIZE_MAX;
}

int layer_send_break(struct layer *l)
{
    while (l->ops->send_break == NULL && l->lower != NULL)
        l = l->lower;
    return l->ops->send_break != NULL ? l->ops->send_break(l) : -1;
}
