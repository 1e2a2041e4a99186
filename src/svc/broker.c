/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/broker.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "svc/circle.h"

/* Of a peer: a long message, of which not all has come. */
struct broker_seat {
    unsigned char *data;
    size_t n;
};

static struct relay *broker_open(const void *conf, const struct relay_host *host)
{
    struct relay *r = mem_alloc(sizeof *r);

    (void)conf;
    r->kind = &relay_broker;
    r->host = *host;
    return r;
}

static void broker_close(struct relay *r)
{
    free(r);
}

static void *broker_join(struct relay *r, struct peer *p)
{
    (void)r, (void)p;
    return mem_alloc(sizeof(struct broker_seat));
}

static void broker_leave(struct relay *r, void *seat)
{
    struct broker_seat *s = seat;

    (void)r;
    free(s->data);
    free(s);
}

/* Stored once, whoever gets it. */
static void broker_pass(struct relay *r, struct peer *from, const void *data, size_t n,
                        const struct meta *meta)
{
    struct chunk *c = chunk_new(data, n);

    c->form = meta != NULL ? meta->form : FORM_ANY;
    r->host.say(r->host.ctx, from, c);
    if (from != NULL)
        r->host.show(r->host.ctx, from, data, n, c);
    chunk_unref(c);
}

/* A message goes on when all of it is there: those of several peers must not be mixed, and none waits for another. How long it may
 * be is the layer's affair (struct websocket_conf). */
static void take_part(struct relay *r, struct peer *from, struct broker_seat *s, const void *data, size_t n,
                      const struct meta *meta)
{
    s->data = mem_resize(s->data, s->n + n + 1);
    memcpy(s->data + s->n, data, n);
    s->n += n;
    if (meta->part)
        return;
    broker_pass(r, from, s->data, s->n, meta);
    free(s->data);
    *s = (struct broker_seat){0};
}

static ssize_t broker_hear(struct relay *r, struct peer *from, void *seat, const void *data, size_t n,
                           const struct meta *meta)
{
    struct broker_seat *s = seat;

    if (r->host.full(r->host.ctx))
        return IO_AGAIN;
    if (s != NULL && meta != NULL && (meta->part || s->n > 0)) {
        take_part(r, from, s, data, n, meta);
        return (ssize_t)n;
    }
    if (from != NULL && r->host.most > 0 && n > r->host.most && (port_caps(from->port) & IO_MSG) == 0)
        n = r->host.most; /* so that we hear all of it, as the others do */
    broker_pass(r, from, data, n, meta);
    return (ssize_t)n;
}

const struct relay_kind relay_broker = {
    .name = "broker",
    .slow = SLOW_CLOSE,
    .open = broker_open,
    .close = broker_close,
    .hear = broker_hear,
    .join = broker_join,
    .leave = broker_leave,
};

static int broker_start(struct svc *s, struct err *e)
{
    (void)e;
    circle_start(s, &relay_broker, s->conf, NULL);
    return 0;
}

const struct service service_broker = {
    .name = "broker",
    .help = "what a peer sends goes to all others, and to standard output",
    .start = broker_start,
    .attach = circle_attach,
    .detach = circle_detach,
    .stop = circle_stop,
    .holds_up = bridge_holds_up,
    .sends = circle_sends,
};
