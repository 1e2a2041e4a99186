/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/broker.h"

#include <stdlib.h>

#include "base/mem.h"
#include "svc/circle.h"

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

/* Stored once, whoever gets it. */
static ssize_t broker_hear(struct relay *r, struct peer *from, void *seat, const void *data, size_t n,
                           const struct meta *meta)
{
    struct chunk *c;

    (void)seat;
    if (r->host.full(r->host.ctx))
        return IO_AGAIN;
    if (from != NULL && r->host.most > 0 && n > r->host.most && (port_caps(from->port) & IO_MSG) == 0)
        n = r->host.most; /* so that we hear all of it, as the others do */
    c = chunk_new(data, n);
    c->form = meta != NULL ? meta->form : FORM_ANY;
    r->host.say(r->host.ctx, from, c);
    if (from != NULL)
        r->host.show(r->host.ctx, from, data, n, c);
    chunk_unref(c);
    return (ssize_t)n;
}

const struct relay_kind relay_broker = {
    .name = "broker",
    .slow = SLOW_CLOSE,
    .open = broker_open,
    .close = broker_close,
    .hear = broker_hear,
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
