/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/io.h"

#include <stdint.h>

#include "base/container.h"
#include "io/link.h"

static struct io *top_of(struct io *io)
{
    while (io->upper != NULL)
        io = io->upper;
    return io;
}

static void run_event(struct job *j)
{
    struct io *io = container_of(j, struct io, job);
    unsigned events = io->events;

    io->events = 0;
    io_event(io, events);
}

static void run_bury(struct job *j)
{
    struct io *io = container_of(j, struct io, job);

    while (io != NULL) {
        struct io *lower = io->lower;

        io->ops->free(io);
        io = lower;
    }
}

void io_init(struct io *io, const struct io_ops *ops, struct loop *loop, struct io *lower)
{
    *io = (struct io){.ops = ops, .loop = loop, .lower = lower};
    io->job.run = run_event;
    if (lower != NULL)
        lower->upper = io;
}

void io_free(struct io *top)
{
    if (top == NULL || top->freed)
        return;
    for (struct io *io = top; io != NULL; io = io->lower) {
        io->freed = true;
        loop_job_del(&io->job);
    }
    io_touch(top);
    top->job.run = run_bury;
    loop_finally(top->loop, &top->job);
}

ssize_t io_read(struct io *io, void *data, size_t size, struct meta *meta)
{
    return io->ops->read(io, data, size, meta);
}

ssize_t io_write(struct io *io, const void *data, size_t size, const struct meta *meta)
{
    return io->ops->write(io, data, size, meta);
}

size_t io_pending(const struct io *io)
{
    size_t n = 0;

    for (; io != NULL; io = io->lower) {
        if (io->ops->pending != NULL)
            n += io->ops->pending(io);
    }
    return n;
}

int io_shut(struct io *io)
{
    return io->ops->shut != NULL ? io->ops->shut(io) : 0;
}

void io_touch(struct io *io)
{
    for (; io != NULL; io = io->lower) {
        if (io->ops->touch != NULL)
            io->ops->touch(io);
    }
}

size_t io_max(const struct io *io)
{
    return io->ops->max != NULL ? io->ops->max(io) : LINK_BUFFER;
}

size_t io_longest(const struct io *io)
{
    return io->ops->longest != NULL ? io->ops->longest(io) : SIZE_MAX;
}

int io_fd(const struct io *io)
{
    return io->ops->fd != NULL ? io->ops->fd(io) : -1;
}

unsigned io_want(struct io *bottom)
{
    struct io *io = top_of(bottom);
    unsigned wanted = 0;

    if (io->freed)
        return 0;
    if (io->reader != NULL && link_wants_read(io->reader))
        wanted |= LOOP_IN;
    if (io->writers != NULL)
        wanted |= LOOP_OUT;
    if (io->hung_up != NULL)
        wanted |= LOOP_HUP;
    for (; io != NULL; io = io->lower) {
        if (io->ops->want != NULL)
            wanted = io->ops->want(io, wanted);
    }
    return wanted;
}

void io_event(struct io *bottom, unsigned events)
{
    struct io *io = top_of(bottom);

    /* A layer may have to read before it can write, and the other way round. */
    if (io != bottom && events & (LOOP_IN | LOOP_OUT))
        events |= LOOP_IN | LOOP_OUT;
    if (!io->freed && io->writers != NULL && events & (LOOP_OUT | LOOP_HUP)) {
        struct link *k = io->writers;

        io_unwait_room(io, k);
        link_pump(k);
        /* Had it nothing to write, the next one is still to be woken. */
        if (!io->freed && io->owner == NULL && io->writers != NULL && !k->waiting)
            io_event_soon(io, LOOP_OUT);
    } else if (!io->freed && io->hung_up != NULL && events & LOOP_HUP) {
        io->hung_up(io, io->hung_up_ctx);
    }
    if (!io->freed && io->reader != NULL && events & (LOOP_IN | LOOP_HUP))
        link_pump(io->reader);
}

void io_event_soon(struct io *bottom, unsigned events)
{
    if (bottom->freed)
        return;
    bottom->events |= (unsigned char)events;
    loop_soon(bottom->loop, &bottom->job);
}

int io_fail(struct io *io, int error)
{
    if (io->error == 0)
        io->error = error;
    return IO_ERROR;
}

void io_wait_room(struct io *io, struct link *k)
{
    if (k->waiting)
        return;
    k->waiting = true;
    k->next = NULL;
    /* Whoever is in the middle of a write goes first. */
    if (io->writers != NULL && io->owner == k) {
        k->next = io->writers;
        io->writers = k;
    } else if (io->writers != NULL) {
        io->last_writer->next = k;
        io->last_writer = k;
    } else {
        io->writers = io->last_writer = k;
    }
    io_touch(io);
}

void io_unwait_room(struct io *io, struct link *k)
{
    struct link *before = NULL;

    if (!k->waiting)
        return;
    for (struct link *w = io->writers; w != k; w = w->next)
        before = w;
    if (before == NULL)
        io->writers = k->next;
    else
        before->next = k->next;
    if (io->last_writer == k)
        io->last_writer = before;
    k->waiting = false;
    io_touch(io);
}
