/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/port.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/link.h"
#include "io/port_more.h"

static void run_deferred_event(struct job *j)
{
    struct port *p = container_of(j, struct port, job);
    unsigned events = p->events;

    p->events = 0;
    port_event(p, events);
}

/* The bottom comes last: the port is in its memory. */
static void bury_port(struct job *j)
{
    struct port *p = container_of(j, struct port, job);
    struct layer *l = p->top;

    free(p->more);
    while (l != NULL) {
        struct layer *lower = l->lower;

        l->ops->free(l);
        l = lower;
    }
}

void port_init(struct port *p, struct loop *loop, struct layer *bottom, const struct layer_ops *ops,
               unsigned caps)
{
    *p = (struct port){.loop = loop, .top = bottom, .told = true, .job.run = run_deferred_event};
    list_init(&p->writers);
    layer_init(bottom, ops, caps);
    bottom->port = p;
}

void port_free(struct port *p)
{
    if (p == NULL || p->freed)
        return;
    p->freed = true;
    loop_job_del(&p->job);
    if (p->more != NULL)
        loop_timer_clear(&p->more->closing.look);
    port_touch(p);
    p->job.run = bury_port;
    loop_finally(p->loop, &p->job);
}

struct port_more *port_more(struct port *p)
{
    if (p->more == NULL)
        p->more = mem_alloc(sizeof *p->more);
    return p->more;
}

ssize_t port_read(struct port *p, void *data, size_t size, struct meta *meta)
{
    if (p->shaking)
        return p->error != 0 ? IO_ERROR : IO_AGAIN;
    return layer_read(p->top, data, size, meta);
}

ssize_t port_write(struct port *p, const void *data, size_t size, const struct meta *meta)
{
    if (p->shaking)
        return p->error != 0 ? IO_ERROR : IO_AGAIN;
    return layer_write(p->top, data, size, meta);
}

size_t port_pending(const struct port *p)
{
    return p->shaking ? 0 : layer_pending(p->top);
}

int port_shut(struct port *p)
{
    if (p->shaking)
        return p->error != 0 ? IO_ERROR : IO_AGAIN;
    return layer_shut(p->top);
}

int port_send_break(struct port *p)
{
    return p->shaking ? -1 : layer_send_break(p->top);
}

size_t port_max(const struct port *p)
{
    return layer_max(p->top);
}

size_t port_longest(const struct port *p)
{
    return layer_longest(p->top);
}

static struct layer *bottom_of(const struct port *p)
{
    struct layer *l = p->top;

    while (l->lower != NULL)
        l = l->lower;
    return l;
}

int port_fd(const struct port *p, unsigned i)
{
    const struct layer *l = bottom_of(p);

    return l->ops->fd != NULL ? l->ops->fd(l, i) : -1;
}

int port_fd_written(const struct port *p)
{
    const struct layer *l = bottom_of(p);

    return l->ops->fd_written != NULL ? l->ops->fd_written(l) : port_fd(p, 0);
}

uint64_t port_dropped(const struct port *p)
{
    const struct layer *l = bottom_of(p);

    return l->ops->dropped != NULL ? l->ops->dropped(l) : 0;
}

void port_set_senders(struct port *p, const struct port_senders *s, void *ctx)
{
    struct port_more *more = port_more(p);

    more->senders = s;
    more->senders_ctx = ctx;
}

void port_set_user(struct port *p, const struct port_user *u, void *ctx)
{
    struct port_more *more = port_more(p);

    more->user = u;
    more->user_ctx = ctx;
    port_touch(p);
}

static bool has_user(const struct port *p)
{
    return p->more != NULL && p->more->user != NULL;
}

const char *port_why(const struct port *p)
{
    return p->more == NULL || p->more->words[0] == '\0' ? strerror(p->error) : p->more->words;
}

void port_error(const struct port *p, struct err *e, enum status status, const char *what, ...)
{
    char text[sizeof e->text];
    va_list args;

    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    if (p->more == NULL || p->more->words[0] == '\0') {
        err_sys(e, status, p->error, "%s", text);
        return;
    }
    err_set(e, status, "%.*s: %s", (int)(sizeof text - sizeof p->more->words), text, port_why(p));
    e->sys = p->error;
}

void port_touch(struct port *p)
{
    for (struct layer *l = p->top; l != NULL; l = l->lower) {
        if (l->ops->touch != NULL)
            l->ops->touch(l);
    }
}

unsigned port_wanted(struct port *p)
{
    unsigned wanted = 0;

    if (has_user(p))
        return p->more->user->want(p, p->more->user_ctx);
    if (p->reader != NULL && link_wants_read(p->reader))
        wanted |= LOOP_IN;
    if (!list_empty(&p->writers))
        wanted |= LOOP_OUT;
    if (p->hung_up != NULL)
        wanted |= LOOP_HUP;
    return wanted;
}

unsigned port_want(struct port *p)
{
    struct layer *l = p->shaking ? port_shaking(p) : p->top;
    unsigned wanted = 0;

    if (p->freed || (p->shaking && p->error != 0))
        return 0;
    if (p->closing)
        wanted = (p->more->closing.ended ? 0U : (unsigned)LOOP_IN) |
                 (p->more->closing.shut ? 0U : (unsigned)LOOP_OUT);
    else if (!p->shaking)
        wanted = port_wanted(p);
    else if (l != NULL && l->ops->want == NULL)
        wanted = LOOP_IN;
    for (; l != NULL; l = l->lower) {
        if (l->ops->want != NULL)
            wanted = l->ops->want(l, wanted);
    }
    return wanted;
}

static void serve_writer(struct port *p)
{
    struct link *k = list_first(&p->writers, struct link, place);

    port_unwait_room(p, k);
    link_pump(k);
    /* Had it nothing to write, the next one is still to be woken. */
    if (!p->freed && p->owner == NULL && !list_empty(&p->writers) && !list_in(&k->place))
        port_event_soon(p, LOOP_OUT);
}

static void serve(struct port *p, unsigned events)
{
    if (has_user(p)) {
        p->more->user->event(p, p->more->user_ctx, events);
        return;
    }
    if (!list_empty(&p->writers) && events & (LOOP_OUT | LOOP_HUP))
        serve_writer(p);
    else if (p->hung_up != NULL && events & LOOP_HUP)
        p->hung_up(p, p->hung_up_ctx);
    if (!p->freed && p->reader != NULL && events & (LOOP_IN | LOOP_HUP))
        link_pump(p->reader);
}

/* What `events` at layer `from` are at `l`, which stands above it. */
static unsigned rise(struct layer *l, const struct layer *from, unsigned events)
{
    if (l == from)
        return events;
    events = rise(l->lower, from, events);
    return l->ops->event != NULL ? l->ops->event(l, events) : events;
}

void layer_event(struct layer *l, unsigned events)
{
    struct port *p = l->port;

    if (p == NULL || p->freed)
        return;
    events = rise(p->top, l, events);
    if (p->closing)
        port_go_on_closing(p);
    else if (((p->told && !p->shaking) || port_shake(p)) && !p->freed)
        serve(p, events);
}

void port_event(struct port *p, unsigned events)
{
    layer_event(bottom_of(p), events);
}

void port_event_soon(struct port *p, unsigned events)
{
    if (p->freed)
        return;
    p->events |= (unsigned char)events;
    loop_soon(p->loop, &p->job);
}

int port_fail(struct port *p, int error)
{
    if (p->error == 0)
        p->error = error;
    return IO_ERROR;
}

void port_wait_room(struct port *p, struct link *k)
{
    if (list_in(&k->place))
        return;
    /* Whoever is in the middle of a write goes first. */
    if (p->owner == k)
        list_push(&p->writers, &k->place);
    else
        list_add(&p->writers, &k->place);
    port_touch(p);
}

void port_unwait_room(struct port *p, struct link *k)
{
    if (!list_in(&k->place))
        return;
    list_del(&k->place);
    port_touch(p);
}
