/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fan.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/queue.h"

enum { MEMBER_LIMIT = 256 * 1024 }; /* bytes that wait for a member before the source must wait */

struct fan {
    struct loop *loop;
    struct fan_opts opts;
    struct port *port;
    struct fan_member **members; /* pace.members of them */
    size_t room;
    struct pace pace;
    bool ended;
};

/* Nobody to send to: the source waits for the first. */
static bool blocked(const struct fan *f)
{
    return f->pace.members == 0 || f->pace.full > 0;
}

static void unblock(struct pace *pace)
{
    struct fan *f = container_of(pace, struct fan, pace);

    if (blocked(f))
        return;
    port_event_soon(f->port, LOOP_OUT);
    if (f->opts.room != NULL)
        f->opts.room(f->opts.ctx);
}

static void member_is_back(struct pace *pace, struct pace_member *m)
{
    struct fan *f = container_of(pace, struct fan, pace);

    if (f->opts.again != NULL)
        f->opts.again(f->opts.ctx, container_of(m, struct fan_member, pace));
}

static void member_has_room(struct port *port, void *ctx)
{
    struct fan_member *m = ctx;

    (void)port;
    pace_has_room(&m->pace);
}

static void open_member(struct fan *f, struct fan_member *m)
{
    struct queue_opts opts = {
        .limit = MEMBER_LIMIT, .shared = true, .whole = true, .room = member_has_room, .ctx = m};

    if (m->pace.queue != NULL)
        return;
    m->pace.queue = queue_new(f->loop, &opts);
    f->opts.open(f->opts.ctx, m);
}

void fan_finish(struct fan *f, struct fan_member *m)
{
    open_member(f, m);
    queue_end(m->pace.queue);
}

static void give(struct fan *f, struct fan_member *m, struct chunk *c)
{
    open_member(f, m);
    if (!pace_put(&m->pace, c, NULL))
        f->opts.missed(f->opts.ctx, m, c->len);
}

/* Backwards: a member that is deleted leaves its place to one that has had its share. */
void fan_put(struct fan *f, struct chunk *c, const struct fan_member *except)
{
    for (size_t i = f->pace.members; i-- > 0;) {
        if (f->members[i] != except)
            give(f, f->members[i], c);
    }
}

bool fan_tell(struct fan *f, struct fan_member *m, struct chunk *c)
{
    open_member(f, m);
    return queue_size(m->pace.queue) < 2 * (size_t)MEMBER_LIMIT && pace_put(&m->pace, c, NULL);
}

size_t fan_waiting(const struct fan_member *m)
{
    return m->pace.queue != NULL ? queue_size(m->pace.queue) : 0;
}

bool fan_full(struct fan *f)
{
    pace_held_up(&f->pace);
    return f->pace.full > 0;
}

size_t fan_members(const struct fan *f)
{
    return f->pace.members;
}

static ssize_t write_fan(struct port *port, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct fan *f = ctx;
    struct chunk *c;

    (void)port, (void)meta;
    if (blocked(f)) {
        pace_held_up(&f->pace);
        return IO_AGAIN;
    }
    c = chunk_new(data, size);
    fan_put(f, c, NULL);
    chunk_unref(c);
    return (ssize_t)size;
}

static void shut_fan(struct port *port, void *ctx)
{
    struct fan *f = ctx;

    (void)port;
    f->ended = true;
    for (size_t i = 0; i < f->pace.members; i++)
        fan_finish(f, f->members[i]);
}

struct fan *fan_new(struct loop *loop, const struct fan_opts *opts)
{
    struct fan *f = mem_alloc(sizeof *f);
    struct queue_opts queue = {.limit = 1, .write = write_fan, .shut = shut_fan, .ctx = f};

    f->loop = loop;
    f->opts = *opts;
    pace_init(&f->pace, loop, opts->slow, unblock);
    f->pace.again = member_is_back;
    f->pace.others = opts->others;
    if (opts->patience > 0)
        f->pace.patience = opts->patience;
    f->port = queue_new(loop, &queue);
    return f;
}

void fan_free(struct fan *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->pace.members; i++)
        port_free(f->members[i]->pace.queue);
    port_free(f->port);
    pace_clear(&f->pace);
    free(f->members);
    free(f);
}

struct port *fan_port(struct fan *f)
{
    return f->port;
}

void fan_add(struct fan *f, struct fan_member *m)
{
    if (f->pace.members == f->room) {
        f->room = f->room > 0 ? 2 * f->room : 8;
        f->members = mem_resize(f->members, f->room * sizeof *f->members);
    }
    m->pace.place = f->pace.members;
    f->members[m->pace.place] = m;
    pace_join(&f->pace, &m->pace);
    if (f->ended)
        fan_finish(f, m);
    unblock(&f->pace);
}

void fan_end(struct fan *f, struct fan_member *m)
{
    struct port *queue = m->pace.queue;

    m->pace.queue = NULL;
    fan_del(f, m);
    m->pace.queue = queue;
    if (queue != NULL)
        queue_end(queue);
}

void fan_del(struct fan *f, struct fan_member *m)
{
    if (m->pace.pace == NULL)
        return;
    port_free(m->pace.queue);
    m->pace.queue = NULL;
    pace_leave(&m->pace);
    f->members[m->pace.place] = f->members[f->pace.members];
    f->members[m->pace.place]->pace.place = m->pace.place;
    unblock(&f->pace);
}
