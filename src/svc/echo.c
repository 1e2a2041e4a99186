/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * echo: what a peer sends goes back to it (RFC 862): one link from a port to itself.
 */
#include "svc/rows.h"

static void finished(struct link *k)
{
    struct peer *p = k->ctx;
    struct svc *s = p->svc;
    struct err e;
    char name[ADDR_TEXT];

    if (k->state == LINK_DONE) {
        s->events.finished(s->events.ctx, p, NULL);
        return;
    }
    err_sys(&e, STATUS_NETWORK, p->port->error, "%s", peer_name(p, name));
    s->events.finished(s->events.ctx, p, &e);
}

static void moved(struct link *k)
{
    struct peer *p = k->ctx;
    uint64_t n = k->bytes - p->sent;

    peer_count(p, n, n);
}

static int start(struct svc *s, struct err *e)
{
    (void)s, (void)e;
    return 0;
}

static void attach(struct svc *s, struct peer *p)
{
    struct link *k = link_new(p->port, p->port, s->pool, NULL);

    k->done = finished;
    k->moved = moved;
    k->ctx = p;
    p->svc = s;
}

static void detach(struct svc *s, struct peer *p)
{
    (void)s;
    link_free(p->port->reader);
}

static void stop(struct svc *s)
{
    (void)s;
}

const struct service service_echo = {
    .name = "echo",
    .help = "send back what a peer sends",
    .start = start,
    .attach = attach,
    .detach = detach,
    .stop = stop,
};
