/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/relayed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port.h"
#include "loop/loop.h"
#include "proto/socks.h"

enum {
    DATAGRAM = 64 * 1024, /* bytes of the longest */
    DROPS = 32,           /* in a row, before the others have their turn */
};

struct relayed {
    struct layer layer;
    struct port *control; /* NULL: it has ended, and the port has failed for that */
    const char *title;
    bool only;
    struct addr from; /* only: who is heard; len 0: that is not known yet */
    uint16_t port;
    size_t segment;
    size_t nahead; /* what stands ahead of each that is written */
    unsigned char ahead[SOCKS5_NAME_AHEAD];
};

static struct relayed *relayed_of(const struct layer *l)
{
    return container_of((struct layer *)(uintptr_t)l, struct relayed, layer);
}

/* The connection that asked for it */

static int fail_ended(struct relayed *x)
{
    return layer_fail_words(&x->layer, "%s: it ended the association", x->title);
}

static unsigned want_control(struct port *p, void *ctx)
{
    (void)ctx;
    return p->error == 0 ? LOOP_IN : 0;
}

/* Nothing is to be said there: it is not looked at. */
static void hear_control(struct port *p, void *ctx, unsigned events)
{
    struct relayed *x = ctx;
    char text[512];
    ssize_t n = port_read(p, text, sizeof text, NULL);

    (void)events;
    if (n >= 0 || n == IO_AGAIN)
        return;
    port_free(p);
    x->control = NULL;
    if (x->layer.port->freed)
        return;
    fail_ended(x);
    port_event_soon(x->layer.port, LOOP_IN | LOOP_OUT);
}

static const struct port_user control_user = {.want = want_control, .event = hear_control};

/* Datagrams */

static bool is_wanted(struct relayed *x, const struct socks5_place *from)
{
    if (!x->only)
        return true;
    if (from->name != NULL) /* it calls the target as we do */
        return from->port == x->port;
    if (x->from.len == 0 && from->port == x->port)
        x->from = from->addr;
    return x->from.len > 0 && addr_equal(&x->from, &from->addr);
}

static ssize_t read_relayed(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct relayed *x = relayed_of(l);
    struct socks5_place from;
    unsigned char in[DATAGRAM];

    for (int i = 0; i < DROPS && x->control != NULL; i++) {
        const ssize_t n = layer_read(l->lower, in, sizeof in, meta);
        size_t ahead, length;

        if (n < 0)
            return n;
        ahead = socks5_take_ahead(in, (size_t)n, &from);
        if (ahead == 0 || !is_wanted(x, &from))
            continue;
        length = (size_t)n - ahead < size ? (size_t)n - ahead : size;
        memcpy(data, in + ahead, length);
        return (ssize_t)length;
    }
    if (x->control == NULL)
        return IO_ERROR;
    port_event_soon(l->port, LOOP_IN);
    return IO_AGAIN;
}

static ssize_t write_relayed(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    const struct relayed *x = relayed_of(l);
    unsigned char out[DATAGRAM];
    ssize_t n;

    (void)meta;
    if (x->control == NULL)
        return IO_ERROR;
    if (size > sizeof out - x->nahead)
        return layer_fail(l, EMSGSIZE);
    memcpy(out, x->ahead, x->nahead);
    memcpy(out + x->nahead, data, size);
    n = layer_write(l->lower, out, x->nahead + size, NULL);
    return n < 0 ? n : (ssize_t)size;
}

static size_t relayed_max(const struct layer *l)
{
    const struct relayed *x = relayed_of(l);
    const size_t max = layer_max(l->lower) - x->nahead;

    return x->segment > 0 && x->segment < max ? x->segment : max;
}

static size_t relayed_path(const struct layer *l)
{
    const struct relayed *x = relayed_of(l);
    const size_t path = layer_path(l->lower);

    return path > x->nahead ? path - x->nahead : 0;
}

static void free_relayed(struct layer *l)
{
    struct relayed *x = relayed_of(l);

    port_free(x->control);
    free(x);
}

static const struct layer_ops ops = {
    .name = "SOCKS5",
    .read = read_relayed,
    .write = write_relayed,
    .max = relayed_max,
    .path = relayed_path,
    .free = free_relayed,
};

struct layer *relayed_layer(const struct relayed_conf *conf, struct port *control)
{
    struct relayed *x = mem_alloc(sizeof *x);

    layer_init(&x->layer, &ops, IO_MSG | IO_HALFCLOSE);
    x->title = conf->title;
    x->only = conf->only;
    x->segment = conf->segment;
    x->port = conf->port;
    if (addr_parse(&x->from, conf->host, conf->port) == 0) {
        x->nahead = socks5_put_ahead(x->ahead, &x->from);
    } else {
        x->from.len = 0;
        x->nahead = socks5_put_name_ahead(x->ahead, conf->host, conf->port);
    }
    x->control = control;
    port_set_user(control, &control_user, x);
    return &x->layer;
}
