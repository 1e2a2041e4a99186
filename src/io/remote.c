/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/remote.h"

#include "io/port.h"

void remote_watch(struct remote *t, void (*changed)(struct remote *t, void *ctx), void *ctx)
{
    t->changed = changed;
    t->ctx = ctx;
}

void remote_resize(struct remote *t, unsigned columns, unsigned rows)
{
    if (t->ops->resize != NULL)
        t->ops->resize(t, columns, rows);
}

void remote_host(struct remote *t, bool on)
{
    if (t->ops->host != NULL)
        t->ops->host(t, on);
}

struct remote *port_remote(const struct port *p)
{
    for (struct layer *l = p->top; l != NULL; l = l->lower) {
        if (l->ops->remote != NULL)
            return l->ops->remote(l);
    }
    return NULL;
}
