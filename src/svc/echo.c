/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One link from a port to itself.
 */
#include "svc/echo.h"

#include "peer/observe.h"

static void echo_finished(struct link *k)
{
    struct peer *p = k->ctx;
    struct svc *s = p->svc;
    struct err e;
    char name[ADDR_TEXT];

    if (k->state == LINK_DONE) {
        observe_end(k);
        s->host.finished(s->host.ctx, p, NULL);
        return;
    }
    port_error(p->port, &e, STATUS_NETWORK, "%s", peer_name(p, name));
    observe_error(p, &e);
    s->host.finished(s->host.ctx, p, &e);
}

static void echo_moved(struct link *k)
{
    struct peer *p = k->ctx;
    uint64_t n = k->bytes - p->received; /* something else may have been sent before */

    peer_count(p, n, n);
}

static int echo_start(struct svc *s, struct err *e)
{
    (void)s, (void)e;
    return 0;
}

static void echo_attach(struct svc *s, struct peer *p)
{
    struct link *k = link_new(p->port, p->port, s->pool, NULL);

    k->done = echo_finished;
    k->moved = echo_moved;
    k->ctx = p;
    p->svc = s;
    observe_open(p);
    observe_begin(p, k, true); /* who comes last sees first: it arrives before it is sent back */
    observe_begin(p, k, false);
}

static void echo_detach(struct svc *s, struct peer *p)
{
    (void)s;
    observe_leave(p->port->reader);
    observe_close(p);
    link_free(p->port->reader);
}

static void echo_stop(struct svc *s)
{
    (void)s;
}

const struct service service_echo = {
    .name = "echo",
    .help = "send back what a peer sends",
    .start = echo_start,
    .attach = echo_attach,
    .detach = echo_detach,
    .stop = echo_stop,
};
