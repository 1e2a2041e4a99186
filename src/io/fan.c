/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fan.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/queue.h"

enum {
    MEMBER_LIMIT = 256 * 1024, /* bytes that wait for a member before the source must wait */
    GRACE = 200,               /* ms the others starve before a full member is left behind (FAN_SKIP) */
};

struct member {
    void *who;
    struct port *port; /* NULL until there is something to read */
    bool behind;       /* it misses what comes until it has read all that waits */
};

struct fan {
    struct loop *loop;
    struct fan_opts opts;
    struct port *port;
    struct member *members;
    size_t count, room;
    size_t full; /* members that the source waits for */
    struct timer grace;
    bool ended;
};

/* Nobody to send to: the source waits for the first. */
static bool blocked(const struct fan *f)
{
    return f->count == 0 || f->full > 0;
}

static void unblock(struct fan *f)
{
    if (blocked(f))
        return;
    loop_timer_clear(&f->grace);
    port_event_soon(f->port, LOOP_OUT);
}

static bool is_full(const struct member *m)
{
    return m->port != NULL && queue_full(m->port);
}

/* Full members have held up the others for long enough. When all are full there are no others. */
static void leave_behind(struct timer *t)
{
    struct fan *f = container_of(t, struct fan, grace);
    size_t ready = 0;

    for (size_t i = 0; i < f->count; i++)
        ready += !f->members[i].behind && !is_full(&f->members[i]);
    if (ready == 0) {
        loop_timer_set(f->loop, &f->grace, GRACE);
        return;
    }
    for (size_t i = 0; i < f->count; i++)
        f->members[i].behind = f->members[i].behind || is_full(&f->members[i]);
    f->full = 0;
    unblock(f);
}

static void member_has_room(struct port *port, void *ctx)
{
    struct fan *f = ctx;

    for (size_t i = 0; i < f->count; i++) {
        if (f->members[i].port == port && !f->members[i].behind)
            f->full--;
    }
    unblock(f);
}

static void open_member(struct fan *f, struct member *m)
{
    struct queue_opts opts = {.limit = MEMBER_LIMIT, .shared = true, .room = member_has_room, .ctx = f};

    if (m->port != NULL)
        return;
    m->port = queue_new(f->loop, &opts);
    f->opts.open(f->opts.ctx, m->who, m->port);
}

static void end_member(struct fan *f, struct member *m)
{
    open_member(f, m);
    queue_end(m->port);
}

static void give(struct fan *f, struct member *m, struct chunk *c)
{
    open_member(f, m);
    if (m->behind && queue_size(m->port) > 0) {
        f->opts.missed(f->opts.ctx, m->who, c->len);
        return;
    }
    m->behind = false;
    queue_put(m->port, c);
    if (queue_full(m->port))
        f->full++;
}

static ssize_t write_fan(struct port *port, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct fan *f = ctx;
    struct chunk *c;

    (void)port, (void)meta;
    if (blocked(f)) {
        if (f->opts.slow == FAN_SKIP && f->count > 0 && !loop_timer_pending(&f->grace))
            loop_timer_set(f->loop, &f->grace, GRACE);
        return IO_AGAIN;
    }
    c = chunk_new(data, size);
    /* Backwards: a member that is deleted leaves its place to one that has had its share. */
    for (size_t i = f->count; i-- > 0;)
        give(f, &f->members[i], c);
    chunk_unref(c);
    return (ssize_t)size;
}

static void shut_fan(struct port *port, void *ctx)
{
    struct fan *f = ctx;

    (void)port;
    f->ended = true;
    for (size_t i = 0; i < f->count; i++)
        end_member(f, &f->members[i]);
}

struct fan *fan_new(struct loop *loop, const struct fan_opts *opts)
{
    struct fan *f = mem_alloc(sizeof *f);
    struct queue_opts queue = {.limit = 1, .write = write_fan, .shut = shut_fan, .ctx = f};

    f->loop = loop;
    f->opts = *opts;
    f->grace.fire = leave_behind;
    f->port = queue_new(loop, &queue);
    return f;
}

void fan_free(struct fan *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->count; i++)
        port_free(f->members[i].port);
    port_free(f->port);
    loop_timer_clear(&f->grace);
    free(f->members);
    free(f);
}

struct port *fan_port(struct fan *f)
{
    return f->port;
}

void fan_add(struct fan *f, void *member)
{
    if (f->count == f->room) {
        f->room = f->room > 0 ? 2 * f->room : 8;
        f->members = mem_resize(f->members, f->room * sizeof *f->members);
    }
    f->members[f->count++] = (struct member){.who = member};
    if (f->ended)
        end_member(f, &f->members[f->count - 1]);
    unblock(f);
}

void fan_del(struct fan *f, void *member)
{
    for (size_t i = 0; i < f->count; i++) {
        struct member *m = &f->members[i];

        if (m->who != member)
            continue;
        if (!m->behind && is_full(m))
            f->full--;
        port_free(m->port);
        *m = f->members[--f->count];
        unblock(f);
        return;
    }
}
