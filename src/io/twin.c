/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/twin.h"

#include <errno.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port_more.h"

struct pair {
    struct port port;
    struct layer layer;
    struct twin of;
    bool shut;
    bool over; /* twin_end() */
};

static struct pair *pair_of(const struct layer *l)
{
    return container_of(l, struct pair, layer);
}

/* For the reason that one of the two had. */
static int fail_as(struct layer *l, const struct port *one)
{
    if (one->more != NULL && one->more->words[0] != '\0')
        return layer_fail_words(l, "%s", one->more->words);
    return layer_fail(l, one->error);
}

static ssize_t read_pair(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct pair *x = pair_of(l);
    ssize_t n;

    if (x->of.in == NULL)
        return x->shut || x->port.error != 0 ? IO_EOF : IO_AGAIN;
    n = port_read(x->of.in, data, size, meta);
    x->over = x->over || (n == IO_EOF && x->of.one); /* who reads an end asks what is wanted then */
    return n == IO_ERROR ? fail_as(l, x->of.in) : n;
}

/* Where nothing comes our end is that of all, however it came about. */
static void end_if_mute(struct pair *x)
{
    if (x->of.in == NULL)
        port_event_soon(&x->port, LOOP_IN);
}

static ssize_t write_pair(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct pair *x = pair_of(l);
    ssize_t n;

    if (x->over || x->of.out == NULL)
        return layer_fail(l, EPIPE);
    n = port_write(x->of.out, data, size, meta);
    if (n != IO_ERROR)
        return n;
    end_if_mute(x);
    return fail_as(l, x->of.out);
}

static size_t pending_in_pair(const struct layer *l)
{
    const struct pair *x = pair_of(l);

    return x->of.in != NULL ? port_pending(x->of.in) : 0;
}

static int shut_pair(struct layer *l)
{
    struct pair *x = pair_of(l);
    const int r = x->of.out != NULL ? port_shut(x->of.out) : 0;

    x->shut = true;
    end_if_mute(x);
    return r == IO_ERROR ? fail_as(l, x->of.out) : r;
}

static int break_pair(struct layer *l)
{
    const struct pair *x = pair_of(l);

    return x->of.out != NULL && !x->over ? port_send_break(x->of.out) : -1;
}

static void touch_pair(struct layer *l)
{
    struct pair *x = pair_of(l);

    if (x->of.in != NULL)
        port_touch(x->of.in);
    if (x->of.out != NULL)
        port_touch(x->of.out);
    if (x->over && (port_want(&x->port) & (LOOP_HUP | LOOP_OUT)) != 0)
        port_event_soon(&x->port, LOOP_HUP);
}

static int fd_of_pair(const struct layer *l, unsigned i)
{
    const struct pair *x = pair_of(l);

    return port_fd(x->of.in != NULL ? x->of.in : x->of.out, i);
}

static int fd_written_of_pair(const struct layer *l)
{
    return port_fd_written(pair_of(l)->of.out);
}

static void free_pair(struct layer *l)
{
    struct pair *x = pair_of(l);

    x->of.freed(x->of.ctx);
    free(x);
}

static const struct layer_ops pair_ops = {
    .name = "pair",
    .read = read_pair,
    .write = write_pair,
    .pending = pending_in_pair,
    .shut = shut_pair,
    .send_break = break_pair,
    .touch = touch_pair,
    .fd = fd_of_pair,
    .fd_written = fd_written_of_pair,
    .free = free_pair,
};

/* What is wanted of the port is wanted of the two. */
static unsigned wanted_of_one(struct port *one, void *ctx)
{
    struct pair *x = ctx;
    const unsigned wanted = port_want(&x->port);

    if (x->of.in == x->of.out)
        return wanted;
    return wanted & (one == x->of.in ? (unsigned)LOOP_IN : (unsigned)(LOOP_OUT | LOOP_HUP));
}

static void happened_to_one(struct port *one, void *ctx, unsigned events)
{
    struct pair *x = ctx;

    layer_event(&x->layer, one == x->of.out ? events : (unsigned)LOOP_IN);
}

static const struct port_user user = {.want = wanted_of_one, .event = happened_to_one};

/* The bytes themselves are moved by the kernel where both let it. */
static unsigned caps_of(const struct pair *x)
{
    const unsigned in = x->of.in != NULL ? port_caps(x->of.in) : 0;
    const unsigned out = x->of.out != NULL ? port_caps(x->of.out) : 0;

    return IO_STREAM | (in & out & IO_RAWFD) | (out & IO_HALFCLOSE);
}

struct port *twin_new(struct loop *loop, const struct twin *t)
{
    struct pair *x = mem_alloc(sizeof *x);

    x->of = *t;
    port_init(&x->port, loop, &x->layer, &pair_ops, caps_of(x));
    if (t->in != NULL)
        port_set_user(t->in, &user, x);
    if (t->out != NULL && t->out != t->in)
        port_set_user(t->out, &user, x);
    return &x->port;
}

void twin_end(struct port *p)
{
    struct pair *x = container_of(p, struct pair, port);

    if (p->freed)
        return;
    x->over = true;
    x->layer.caps = (unsigned short)caps_of(x); /* those of the two may have changed */
    port_event_soon(p, LOOP_IN);
    port_touch(p);
}
