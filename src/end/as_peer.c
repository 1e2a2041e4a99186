/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/as_peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/twin.h"

/* An end, of the net that opens it, and then of the port of the peer that it is. */
struct guest {
    struct end end;
    struct net *net;   /* NULL: the peer is there */
    struct port *port; /* of the peer */
};

static void free_guest(void *ctx)
{
    struct guest *g = ctx;

    end_close(&g->end, false);
    free(g);
}

/* As it was written; where nothing follows the colon, without it. */
static char *name_of(const struct end_spec *spec)
{
    char name[ADDR_TEXT];
    size_t n;

    text_safe_string(spec->text, name, sizeof name);
    n = strlen(name);
    return mem_strndup(name, n > 0 && name[n - 1] == ':' ? n - 1 : n);
}

/* A line: its hang-up is the end of both directions. */
static bool is_one(const struct end *e)
{
    return e->over && e->in == e->out;
}

/* A file that is read. */
static bool takes_nothing(const struct end *e)
{
    return e->over && e->in != e->out;
}

static struct peer *make_peer(struct guest *g)
{
    const struct addr nowhere = {0};
    struct peer *p;

    g->port = twin_new(
        g->net->loop,
        &(struct twin){
            .in = g->end.in, .out = g->end.out, .one = is_one(&g->end), .freed = free_guest, .ctx = g});
    p = peer_new(g->net->peers, g->port, &nowhere, &nowhere);
    p->name = name_of(g->end.spec);
    p->client = true;
    p->choosy = g->end.spec->kind->choosy || takes_nothing(&g->end);
    return p;
}

static void guest_is_ready(struct end *e)
{
    struct guest *g = container_of(e, struct guest, end);
    struct net *n = g->net;
    struct peer *p = make_peer(g);

    if (takes_nothing(e))
        twin_end(g->port);
    g->net = NULL;
    n->state = NULL;
    log_info("opened %s", p->name);
    n->events.up(n->events.ctx, p);
}

static void guest_has_failed(struct end *e, const struct err *why)
{
    struct guest *g = container_of(e, struct guest, end);
    struct net *n = g->net;
    const struct err told = *why;

    n->state = NULL;
    free_guest(g);
    n->events.failed(n->events.ctx, &told);
}

static void guest_is_over(struct end *e)
{
    const struct guest *g = container_of(e, struct guest, end);

    if (g->port != NULL)
        twin_end(g->port);
}

static const struct end_events guest_hooks = {
    .ready = guest_is_ready,
    .failed = guest_has_failed,
    .over = guest_is_over,
};

static int open_guest(struct net *n, struct err *why)
{
    const struct as_peer *a = container_of(n->transport, const struct as_peer, transport);
    struct guest *g = mem_alloc(sizeof *g);

    (void)why;
    g->net = n;
    n->state = g;
    end_open(&g->end, a->spec, a->ends, &guest_hooks, NULL);
    return 0;
}

static void close_guest(struct net *n)
{
    if (n->state != NULL)
        free_guest(n->state);
}

const struct transport *as_peer_init(struct as_peer *a, const struct end_spec *spec, struct ends *ends)
{
    *a = (struct as_peer){.transport = {.name = "end",
                                        .help = "an end that is itself the peer",
                                        .caps = NET_STREAM | NET_CLIENT,
                                        .open = open_guest,
                                        .close = close_guest},
                          .spec = spec,
                          .ends = ends};
    return &a->transport;
}
