/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/queue.h"

enum { MEMBER_LIMIT = 256 * 1024 }; /* bytes that wait for a member before the source must wait */

struct fan {
    struct loop *loop;
    struct io *io;
    struct io **members;
    size_t count, room;
    size_t full; /* members whose queue is full */
    bool ended;
};

/* Nobody to send to: the source waits for the first. */
static bool blocked(const struct fan *f)
{
    return f->count == 0 || f->full > 0;
}

static ssize_t write_fan(struct io *io, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct fan *f = ctx;
    struct chunk *c;

    (void)io, (void)meta;
    if (blocked(f))
        return IO_AGAIN;
    c = chunk_new(data, size);
    for (size_t i = 0; i < f->count; i++) {
        queue_put(f->members[i], c);
        if (queue_full(f->members[i]))
            f->full++;
    }
    chunk_unref(c);
    return (ssize_t)size;
}

static void shut_fan(struct io *io, void *ctx)
{
    struct fan *f = ctx;

    (void)io;
    f->ended = true;
    for (size_t i = 0; i < f->count; i++)
        queue_end(f->members[i]);
}

static void unblock(struct fan *f)
{
    if (!blocked(f))
        io_event_soon(f->io, LOOP_OUT);
}

static void member_has_room(struct io *io, void *ctx)
{
    struct fan *f = ctx;

    (void)io;
    f->full--;
    unblock(f);
}

struct fan *fan_new(struct loop *loop)
{
    struct fan *f = mem_alloc(sizeof *f);
    struct queue_opts opts = {.limit = 1, .write = write_fan, .shut = shut_fan, .ctx = f};

    f->loop = loop;
    f->io = queue_new(loop, &opts);
    return f;
}

void fan_free(struct fan *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->count; i++)
        io_free(f->members[i]);
    io_free(f->io);
    free(f->members);
    free(f);
}

struct io *fan_io(struct fan *f)
{
    return f->io;
}

struct io *fan_add(struct fan *f)
{
    struct queue_opts opts = {.limit = MEMBER_LIMIT, .room = member_has_room, .ctx = f};
    struct io *member = queue_new(f->loop, &opts);

    if (f->count == f->room) {
        f->room = f->room > 0 ? 2 * f->room : 8;
        f->members = mem_resize(f->members, f->room * sizeof(struct io *));
    }
    f->members[f->count++] = member;
    if (f->ended)
        queue_end(member);
    unblock(f);
    return member;
}

void fan_del(struct fan *f, struct io *member)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->members[i] != member)
            continue;
        f->members[i] = f->members[--f->count];
        if (queue_full(member))
            f->full--;
        unblock(f);
        break;
    }
    io_free(member);
}
