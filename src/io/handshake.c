/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the layers of a port say to the other side before links are served: one after another, from the lowest up.
 */
#include <stdlib.h>

#include "io/port.h"
#include "io/port_more.h"

struct layer *port_shaking(const struct port *p)
{
    struct layer *lowest = NULL;

    for (struct layer *l = p->top; l != NULL; l = l->lower) {
        if (l->shaking)
            lowest = l;
    }
    return lowest;
}

/* One layer goes on. Returns true when it is done. */
static bool shake_layer(struct layer *l)
{
    int r = l->ops->handshake(l);

    if (l->port->freed || r == IO_AGAIN)
        return false;
    if (r == IO_EOF)
        layer_fail_words(l, "the other side ended the connection in the middle of the handshake (%s)",
                         l->ops->name);
    l->shaking = false;
    if (r == IO_EOF || r == IO_ERROR) {
        port_event_soon(l->port, LOOP_IN | LOOP_OUT); /* links that waited fail */
        return false;
    }
    if (r == LAYER_LEAVES)
        layer_leave(l);
    return true;
}

/* Says how it ended to who asked. */
static void tell(struct port *p)
{
    struct port_more *more = p->more;
    struct err e;

    if (p->told || more == NULL || more->shaken == NULL)
        return;
    p->told = true;
    if (p->error != 0)
        port_error(p, &e, STATUS_NETWORK, "handshake");
    more->shaken(p, more->shaken_ctx, p->error != 0 ? &e : NULL);
}

bool port_shake(struct port *p)
{
    struct layer *l = NULL;

    while (p->error == 0 && (l = port_shaking(p)) != NULL && shake_layer(l))
        continue;
    if (p->freed)
        return false;
    port_touch(p);
    if (p->error == 0 && l != NULL)
        return false;
    if (p->shaking && p->error == 0) {
        p->shaking = false;
        port_event_soon(p,
                        LOOP_IN | LOOP_OUT); /* for bytes that were read too far, and for links that waited */
    }
    tell(p);
    return !p->freed;
}

void port_handshake(struct port *p, void (*done)(struct port *p, void *ctx, const struct err *e), void *ctx)
{
    struct port_more *more = port_more(p);

    more->shaken = done;
    more->shaken_ctx = ctx;
    p->told = false;
    port_event_soon(p, 0);
}
