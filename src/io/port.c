/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/port.h"

#include <stdint.h>

#include "base/container.h"
#include "io/link.h"

static struct port *top_of(struct port *port)
{
    while (port->upper != NULL)
        port = port->upper;
    return port;
}

static void run_event(struct job *j)
{
    struct port *port = container_of(j, struct port, job);
    unsigned events = port->events;

    port->events = 0;
    port_event(port, events);
}

static void run_bury(struct job *j)
{
    struct port *port = container_of(j, struct port, job);

    while (port != NULL) {
        struct port *lower = port->lower;

        port->ops->free(port);
        port = lower;
    }
}

void port_init(struct port *port, const struct layer_ops *ops, struct loop *loop, struct port *lower)
{
    *port = (struct port){.ops = ops, .loop = loop, .lower = lower};
    port->job.run = run_event;
    if (lower != NULL)
        lower->upper = port;
}

void port_free(struct port *top)
{
    if (top == NULL || top->freed)
        return;
    for (struct port *port = top; port != NULL; port = port->lower) {
        port->freed = true;
        loop_job_del(&port->job);
    }
    port_touch(top);
    top->job.run = run_bury;
    loop_finally(top->loop, &top->job);
}

ssize_t port_read(struct port *port, void *data, size_t size, struct meta *meta)
{
    return port->ops->read(port, data, size, meta);
}

ssize_t port_write(struct port *port, const void *data, size_t size, const struct meta *meta)
{
    return port->ops->write(port, data, size, meta);
}

size_t port_pending(const struct port *port)
{
    size_t n = 0;

    for (; port != NULL; port = port->lower) {
        if (port->ops->pending != NULL)
            n += port->ops->pending(port);
    }
    return n;
}

int port_shut(struct port *port)
{
    return port->ops->shut != NULL ? port->ops->shut(port) : 0;
}

void port_touch(struct port *port)
{
    for (; port != NULL; port = port->lower) {
        if (port->ops->touch != NULL)
            port->ops->touch(port);
    }
}

size_t port_max(const struct port *port)
{
    return port->ops->max != NULL ? port->ops->max(port) : LINK_BUFFER;
}

size_t port_longest(const struct port *port)
{
    return port->ops->longest != NULL ? port->ops->longest(port) : SIZE_MAX;
}

int port_fd(const struct port *port)
{
    return port->ops->fd != NULL ? port->ops->fd(port) : -1;
}

unsigned port_want(struct port *bottom)
{
    struct port *port = top_of(bottom);
    unsigned wanted = 0;

    if (port->freed)
        return 0;
    if (port->reader != NULL && link_wants_read(port->reader))
        wanted |= LOOP_IN;
    if (port->writers != NULL)
        wanted |= LOOP_OUT;
    if (port->hung_up != NULL)
        wanted |= LOOP_HUP;
    for (; port != NULL; port = port->lower) {
        if (port->ops->want != NULL)
            wanted = port->ops->want(port, wanted);
    }
    return wanted;
}

void port_event(struct port *bottom, unsigned events)
{
    struct port *port = top_of(bottom);

    /* A layer may have to read before it can write, and the other way round. */
    if (port != bottom && events & (LOOP_IN | LOOP_OUT))
        events |= LOOP_IN | LOOP_OUT;
    if (!port->freed && port->writers != NULL && events & (LOOP_OUT | LOOP_HUP)) {
        struct link *k = port->writers;

        port_unwait_room(port, k);
        link_pump(k);
        /* Had it nothing to write, the next one is still to be woken. */
        if (!port->freed && port->owner == NULL && port->writers != NULL && !k->waiting)
            port_event_soon(port, LOOP_OUT);
    } else if (!port->freed && port->hung_up != NULL && events & LOOP_HUP) {
        port->hung_up(port, port->hung_up_ctx);
    }
    if (!port->freed && port->reader != NULL && events & (LOOP_IN | LOOP_HUP))
        link_pump(port->reader);
}

void port_event_soon(struct port *bottom, unsigned events)
{
    if (bottom->freed)
        return;
    bottom->events |= (unsigned char)events;
    loop_soon(bottom->loop, &bottom->job);
}

int port_fail(struct port *port, int error)
{
    if (port->error == 0)
        port->error = error;
    return IO_ERROR;
}

void port_wait_room(struct port *port, struct link *k)
{
    if (k->waiting)
        return;
    k->waiting = true;
    k->next = NULL;
    /* Whoever is in the middle of a write goes first. */
    if (port->writers != NULL && port->owner == k) {
        k->next = port->writers;
        port->writers = k;
    } else if (port->writers != NULL) {
        port->last_writer->next = k;
        port->last_writer = k;
    } else {
        port->writers = port->last_writer = k;
    }
    port_touch(port);
}

void port_unwait_room(struct port *port, struct link *k)
{
    struct link *before = NULL;

    if (!k->waiting)
        return;
    for (struct link *w = port->writers; w != k; w = w->next)
        before = w;
    if (before == NULL)
        port->writers = k->next;
    else
        before->next = k->next;
    if (port->last_writer == k)
        port->last_writer = before;
    k->waiting = false;
    port_touch(port);
}
