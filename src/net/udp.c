/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp: datagram sockets, over UDP or UNIX names: a client, a receiver, and a connected client.
 *
 * Each brings exactly one peer, which stands for the socket and all who speak to it. A connected client may have layers
 * (DTLS): then it is known whether somebody answers, and the next address has its turn when nobody does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/bind.h"
#include "net/dress.h"
#include "net/route.h"
#include "net/rows.h"
#include "net/socket.h"

struct udp {
    struct net *net;
    struct port *port; /* until the peer takes it */
    struct addr local, remote;
    struct bound *bound; /* a receiver's */
    int nbound;
    struct unix_path own; /* a client's */
    bool client;
    bool connected;
    struct addr *to; /* a client's addresses, and the next to try */
    int nto, next;
    struct dresser dresser;
    struct job begin, bury;
};

static void tell_client(const struct udp *u)
{
    struct message m = socket_message(u->net->conf, &u->local, &u->remote);

    message(MESSAGE_SENDING, &m);
}

static void begin_udp(struct job *j)
{
    struct udp *u = container_of(j, struct udp, begin);
    struct net *n = u->net;
    struct message m;
    struct peer *p;

    if (u->client)
        tell_client(u);
    for (int i = 0; i < u->nbound && u->net != NULL; i++) {
        m = socket_message(n->conf, &u->bound[i].addr, NULL);
        message(MESSAGE_RECEIVING, &m);
        if (n->events.bound != NULL)
            n->events.bound(n->events.ctx, &u->bound[i].addr);
    }
    if (u->net == NULL)
        return;
    if (u->connected && n->conf->nlayers > 0) {
        struct port *port = u->port;

        u->port = NULL;
        dress_port(&u->dresser, port, &u->local, &u->remote, n->conf->connect_timeout);
        return;
    }
    p = peer_new(n->peers, u->port, &u->local, &u->remote);
    p->datagram = true;
    p->client = u->client;
    u->port = NULL;
    n->events.up(n->events.ctx, p);
}

static struct udp *udp_new(struct net *n)
{
    struct udp *u = mem_alloc(sizeof *u);

    u->net = n;
    u->begin.run = begin_udp;
    return u;
}

static void bury_udp(struct job *j)
{
    free(container_of(j, struct udp, bury));
}

static void close_udp(struct net *n)
{
    struct udp *u = n->state;

    u->net = NULL;
    loop_job_del(&u->begin);
    if (u->port != NULL)
        port_free(u->port);
    if (u->client)
        dresser_clear(&u->dresser);
    free(u->to);
    u->to = NULL;
    bind_close(u->bound, u->nbound);
    unix_remove(&u->own);
    u->bound = NULL;
    u->nbound = 0;
    u->bury.run = bury_udp;
    loop_finally(n->loop, &u->bury);
}

/* The socket of a client for `to`: bound, options set. Returns the descriptor or -1. */
static int client_socket(struct udp *u, const struct addr *source, int nsource, const struct addr *to,
                         struct err *e)
{
    int fd = socket_new(addr_family(to), SOCK_DGRAM, e);

    if (fd < 0)
        return -1;
    if (socket_options(fd, u->net->conf, SOCKOPT_CREATED, e) < 0 ||
        socket_bind_source(fd, SOCK_DGRAM, source, nsource, to, &u->own, e) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_udp(const struct udp *u, int fd, const struct addr *to, struct err *e)
{
    struct message m = socket_message(u->net->conf, NULL, to);

    if (connect(fd, &to->sa, to->len) == 0)
        return 0;
    m.why = strerror(errno);
    return message_err(e, socket_status(errno), errno, MESSAGE_CONNECT_FAILED, &m);
}

/* Fails when there is no way to `to`, or nobody has bound the UNIX name. */
static int look_for_route(struct udp *u, const struct addr *to, struct err *e)
{
    struct message m = socket_message(u->net->conf, NULL, to);
    struct addr seen;

    if (route_find(to, &seen, e) < 0) {
        m.why = strerror(e->sys);
        return message_err(e, socket_status(e->sys), e->sys, MESSAGE_CONNECT_FAILED, &m);
    }
    if (addr_is_any(&u->local)) {
        addr_set_port(&seen, addr_port(&u->local));
        u->local = seen;
    }
    return 0;
}

/* An unbound UDP socket hears nothing and has no port to show until it sends. */
static void give_port(int fd, const struct addr *to)
{
    struct addr any;

    if (addr_parse(&any, addr_family(to) == AF_INET ? "0.0.0.0" : "::", 0) < 0)
        return;
    if (bind(fd, &any.sa, any.len) < 0)
        log_debug("bind: errno %d", errno);
}

/* `last`: there is no other address to try, so that an unreachable one is kept: routes may come. */
static int make_client(struct udp *u, const struct addr *source, int nsource, const struct addr *to,
                       bool last, struct err *e)
{
    int fd = client_socket(u, source, nsource, to, e);
    struct dgram_opts opts = {.connected = u->connected,
                              .gather = u->net->conf->gather,
                              .segment = u->net->conf->nlayers > 0 ? 0 : u->net->conf->segment};

    if (fd < 0)
        return -1;
    if (u->connected) {
        if (connect_udp(u, fd, to, e) < 0)
            goto out;
    } else if (nsource == 0) {
        give_port(fd, to);
    }
    if (socket_options(fd, u->net->conf, SOCKOPT_CONNECTED, e) < 0)
        goto out;
    socket_local(fd, &u->local);
    if (!u->connected && look_for_route(u, to, e) < 0 && (!last || addr_family(to) == AF_UNIX))
        goto out;
    u->remote = *to;
    u->port = dgram_new(u->net->loop, &fd, 1, &opts);
    if (!u->connected)
        dgram_set_to(u->port, to);
    return 0;
out:
    unix_remove(&u->own);
    close(fd);
    return -1;
}

/* A socket for the next address that one can be made for. */
static int make_next(struct udp *u, struct err *e)
{
    struct addr *source;
    int nsource = socket_source(u->net->conf, SOCK_DGRAM, &source, e);
    int r = -1;

    while (nsource >= 0 && r < 0 && u->next < u->nto) {
        const struct addr *to = &u->to[u->next++];

        r = make_client(u, source, nsource, to, u->next == u->nto, e);
    }
    free(source);
    if (r == 0)
        loop_soon(u->net->loop, &u->begin);
    return r;
}

static void client_dressed(struct dresser *d, struct peer *p)
{
    struct net *n = d->net;

    p->datagram = true;
    n->events.up(n->events.ctx, p);
}

/* Where nobody is, somebody may be at another address. */
static bool is_nobody(int sys)
{
    return sys == ECONNREFUSED || sys == EHOSTUNREACH || sys == ENETUNREACH;
}

static void client_not_dressed(struct dresser *d, const struct err *why)
{
    struct udp *u = container_of(d, struct udp, dresser);
    struct net *n = d->net;
    struct err e = *why;

    if (is_nobody(e.sys) && u->next < u->nto) {
        log_info("%s", e.text);
        unix_remove(&u->own);
        if (make_next(u, &e) == 0)
            return;
    }
    n->events.failed(n->events.ctx, &e);
}

static int open_client(struct net *n, bool connected, struct err *e)
{
    struct udp *u = udp_new(n);

    u->client = true;
    u->connected = connected;
    u->dresser = (struct dresser){.net = n,
                                  .type = SOCK_DGRAM,
                                  .client = true,
                                  .what = "connect to",
                                  .up = client_dressed,
                                  .failed = client_not_dressed};
    dresser_init(&u->dresser);
    u->nto = socket_target(n->conf, SOCK_DGRAM, &u->to, e);
    if (make_next(u, e) < 0) {
        free(u->to);
        free(u);
        return -1;
    }
    n->state = u;
    return 0;
}

static int open_udp(struct net *n, struct err *e)
{
    return open_client(n, false, e);
}

static int open_udp_connected(struct net *n, struct err *e)
{
    return open_client(n, true, e);
}

static int open_udp_listen(struct net *n, struct err *e)
{
    struct dgram_opts opts = {.follow = true,
                              .echo = n->conf->echo,
                              .segment = n->conf->segment,
                              .relay = n->conf->relay,
                              .admits = n->conf->access != NULL ? socket_admits : n->conf->admits,
                              .admits_ctx = n->conf->access != NULL ? n->conf : n->conf->admits_ctx};
    struct udp *u = udp_new(n);
    int fds[DGRAM_SOCKETS];

    u->nbound = bind_open(n->conf, SOCK_DGRAM, DGRAM_SOCKETS, &u->bound, e);
    if (u->nbound < 0) {
        free(u);
        return -1;
    }
    for (int i = 0; i < u->nbound; i++) {
        fds[i] = u->bound[i].fd;
        if (socket_options(fds[i], n->conf, SOCKOPT_CONNECTED, e) < 0) {
            bind_close(u->bound, u->nbound);
            free(u);
            return -1;
        }
    }
    for (int i = 0; i < u->nbound; i++)
        u->bound[i].fd = -1;
    u->local = u->bound[0].addr;
    u->port = dgram_new(n->loop, fds, (unsigned)u->nbound, &opts);
    n->state = u;
    loop_soon(n->loop, &u->begin);
    return 0;
}

const struct transport net_udp = {
    .name = "udp",
    .help = "send datagrams to an address, hear all who answer",
    .caps = NET_DGRAM | NET_CLIENT,
    .open = open_udp,
    .close = close_udp,
};

const struct transport net_udp_listen = {
    .name = "udp-listen",
    .help = "receive datagrams, answer the latest sender",
    .caps = NET_DGRAM | NET_MANY,
    .open = open_udp_listen,
    .close = close_udp,
};

const struct transport net_udp_connected = {
    .name = "udp-connected",
    .help = "exchange datagrams with one address alone",
    .caps = NET_DGRAM | NET_CLIENT,
    .open = open_udp_connected,
    .close = close_udp,
};
