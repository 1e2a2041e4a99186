/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/terminal.h"

#include "io/port.h"

void terminal_watch(struct terminal *t, void (*changed)(struct terminal *t, void *ctx), void *ctx)
{
    t->changed = changed;
    t->ctx = ctx;
}

void terminal_resize(struct terminal *t, unsigned columns, unsigned rows)
{
    if (t->ops->resize != NULL)
        t->ops->resize(t, columns, rows);
}

void terminal_host(struct terminal *t, bool on)
{
    if (t->ops->host != NULL)
        t->ops->host(t, on);
}

struct terminal *port_terminal(const struct port *p)
{
    for (struct layer *l = p->top; l != NULL; l = l->lower) {
        if (l->ops->terminal != NULL)
            return l->ops->terminal(l);
    }
    return NULL;
}
