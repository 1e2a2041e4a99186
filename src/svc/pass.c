/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No links: nothing is read of what is to be somebody else's. Only room on standard output is waited for.
 */
#include "svc/pass.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/pass.h"

struct pass {
    struct svc *svc;
    struct peer *peer;
    struct watch watch; /* standard output */
};

static unsigned want_room(struct watch *w)
{
    (void)w;
    return LOOP_OUT;
}

static void pass_peer(struct watch *w, unsigned events)
{
    struct pass *pass = container_of(w, struct pass, watch);
    struct svc_host *host = &pass->svc->host;
    struct err e;

    (void)events;
    if (pass_port(pass->peer->port, STDOUT_FILENO, &e) == 0)
        host->finished(host->ctx, pass->peer, NULL);
    else if (e.sys != EAGAIN)
        host->finished(host->ctx, pass->peer, &e);
}

static int pass_start(struct svc *s, struct err *e)
{
    (void)s, (void)e;
    return 0;
}

static void pass_attach(struct svc *s, struct peer *p)
{
    struct pass *pass = mem_alloc(sizeof *pass);

    pass->svc = s;
    pass->peer = p;
    pass->watch.fd = STDOUT_FILENO;
    pass->watch.want = want_room;
    pass->watch.fire = pass_peer;
    p->svc = pass;
    loop_add(s->loop, &pass->watch);
}

static void pass_detach(struct svc *s, struct peer *p)
{
    struct pass *pass = p->svc;

    (void)s;
    loop_del(&pass->watch);
    p->svc = NULL;
    free(pass);
}

static void pass_stop(struct svc *s)
{
    (void)s;
}

static bool pass_holds_up(const struct peer *p)
{
    (void)p;
    return true;
}

const struct service service_pass = {
    .name = "pass",
    .help = "give the socket of a peer to another program",
    .start = pass_start,
    .attach = pass_attach,
    .detach = pass_detach,
    .stop = pass_stop,
    .holds_up = pass_holds_up,
};
