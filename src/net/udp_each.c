/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp_each: sockets of datagrams, over UDP or UNIX names, each of whose senders is a peer of its own.
 *
 * Who is no peer yet may be forged, so they cost little and are limited in number. When there are so many, the most silent one
 * makes room if it has been silent for a while; else what newcomers send is dropped. Handshakes (DTLS) make room before that,
 * and of one host there are never many. Who wants one peer alone takes the first that comes to the end of its handshake.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/callers.h"
#include "net/bind.h"
#include "net/cookies.h"
#include "net/dress.h"
#include "net/rows.h"
#include "net/socket.h"
#include "peer/idle.h"

enum {
    SILENT = 10 * 1000, /* ms after which one may be ended to make room */
    ROOM = 4 << 20, /* bytes of the receive buffer, or as many as the system allows: it is for all of them */
    LOOKS = 4,      /* for one that may be, with each datagram */
    SHAKING = 256,  /* handshakes of one host at a time */
    SLOW = 2000,    /* ms after which one may be given up to make room */
    AT_ONCE = 1024, /* handshakes, where one peer is wanted */
};

struct each {
    struct net *net; /* NULL: closed */
    struct callers *callers;
    struct bound *bound;
    int nbound;
    bool full; /* and it was told */
    bool told; /* how a handshake failed */
    struct cookies cookies;
    struct dresser dresser;
    struct job begin, bury;
};

static unsigned count_peers(const struct each *x)
{
    return x->net->peers->count + x->dresser.count;
}

/* How many there may be; 0: any number. */
static unsigned most_peers(const struct net_conf *conf)
{
    if (!conf->keep_open)
        return conf->nlayers > 0 ? AT_ONCE : 1;
    if (conf->max_conns > 0 && (conf->room == 0 || conf->max_conns < conf->room))
        return conf->max_conns;
    return conf->room;
}

/* Ends the most silent one. Those who are silent because it is we who are slow stay. */
static bool make_place(struct each *x)
{
    const unsigned before = count_peers(x);

    if (dresser_give_way(&x->dresser, SLOW))
        return true;
    for (int i = 0; i < LOOKS; i++) {
        int64_t quiet;
        struct port *port = callers_quietest(x->callers, &quiet);

        if (port == NULL || quiet < SILENT)
            return false;
        caller_spare(port);
        if (caller_owner(port) != NULL)
            peer_idle_now(caller_owner(port));
        if (count_peers(x) < before)
            return true;
    }
    return false;
}

static void tell_full(struct each *x, const struct addr *who, unsigned most)
{
    const struct message m = {.remote = who, .limit = most, .datagram = true};

    if (!x->full) {
        message(MESSAGE_CAME, &m);
        message(MESSAGE_TURNED_AWAY, &m);
    }
    x->full = true;
}

static bool may_speak(const struct each *x, const struct addr *who)
{
    return x->net->conf->max_conns != NET_NOBODY && socket_admits(x->net->conf, who);
}

/* Nobody learns of us who may not. */
static enum callers_pass look_at_sender(void *ctx, struct callers_look *look)
{
    const struct each *x = ctx;

    if (!look->known && !may_speak(x, look->who))
        return CALLERS_DROP;
    return cookies_look(&x->cookies, look, loop_now(x->net->loop));
}

/* One peer was wanted, and is there. */
static bool is_served(const struct each *x)
{
    return !x->net->conf->keep_open && x->net->peers->count > 0;
}

static bool admit_sender(void *ctx, const struct addr *who)
{
    struct each *x = ctx;
    const unsigned most = most_peers(x->net->conf);

    if (!may_speak(x, who) || is_served(x))
        return false;
    dresser_limit(&x->dresser, who, SHAKING);
    if (most > 0 && count_peers(x) >= most && !make_place(x)) {
        tell_full(x, who, most);
        return false;
    }
    x->full = false;
    return true;
}

static void sender_came(void *ctx, struct port *port, const struct addr *local, const struct addr *who)
{
    struct each *x = ctx;

    dress_port(&x->dresser, port, local, who, x->net->conf->connect_timeout);
}

static void sender_dressed(struct dresser *d, struct peer *p)
{
    struct net *n = d->net;
    struct message m;

    if (!n->conf->keep_open)
        dresser_clear(d);
    p->datagram = true;
    p->listens = n->conf->among;
    caller_set_owner(p->port, p);
    if (message_shows(MESSAGE_ACCEPTED)) {
        m = socket_message(n->conf, p->local, p->remote);
        message(MESSAGE_ACCEPTED, &m);
    }
    n->events.up(n->events.ctx, p);
}

static void sender_not_dressed(struct dresser *d, const struct err *e)
{
    struct each *x = container_of(d, struct each, dresser);
    const bool many = d->net->conf->keep_open;

    if (!many && e->status != STATUS_NETWORK) {
        d->net->events.failed(d->net->events.ctx, e);
        return;
    }
    if (many || x->told)
        log_info("%s", e->text);
    else
        log_notice("%s", e->text); /* who waits for one may have sent it */
    x->told = true;
}

static void sockets_failed(void *ctx, int error)
{
    struct each *x = ctx;
    struct net *n = x->net;
    struct err e;

    err_sys(&e, STATUS_LOCAL, error, "receive");
    n->events.failed(n->events.ctx, &e);
}

static void begin_each(struct job *j)
{
    struct each *x = container_of(j, struct each, begin);
    struct net *n = x->net;

    for (int i = 0; i < x->nbound && x->net != NULL; i++) {
        const struct message m = socket_message(n->conf, &x->bound[i].addr, NULL);

        message(MESSAGE_RECEIVING, &m);
        if (n->events.bound != NULL)
            n->events.bound(n->events.ctx, &x->bound[i].addr);
    }
}

/* Unless the command line says how large it is to be. */
static void enlarge_buffer(const struct net_conf *conf, int fd)
{
    static const char name[] = "rcvbuf=";

    for (size_t i = 0; i < conf->nsockopts; i++) {
        if (strncmp(conf->sockopts[i], name, sizeof name - 1) == 0)
            return;
    }
    socket_set(fd, SOL_SOCKET, SO_RCVBUF, ROOM);
}

/* The descriptors are the callers' now; paths are still ours to remove. */
static void take_sockets(struct each *x)
{
    const struct net_conf *net = x->net->conf;
    const struct callers_conf conf = {.most = net->nlayers > 0 ? 0 : net->segment,
                                      .among = net->among,
                                      .ctx = x,
                                      .gate = net->cookies ? look_at_sender : NULL,
                                      .admit = admit_sender,
                                      .came = sender_came,
                                      .failed = sockets_failed};
    int fds[CALLERS_SOCKETS];

    for (int i = 0; i < x->nbound; i++) {
        fds[i] = x->bound[i].fd;
        enlarge_buffer(net, fds[i]);
        x->bound[i].fd = -1;
    }
    x->callers = callers_new(x->net->loop, fds, (unsigned)x->nbound, &conf);
}

static int open_udp_each(struct net *n, struct err *e)
{
    struct bound *bound;
    int count = bind_open(n->conf, SOCK_DGRAM, CALLERS_SOCKETS, &bound, e);
    struct each *x;

    for (int i = 0; i < count; i++) {
        if (socket_options(bound[i].fd, n->conf, SOCKOPT_CONNECTED, e) < 0) {
            bind_close(bound, count);
            return -1;
        }
    }
    if (count < 0)
        return -1;
    x = mem_alloc(sizeof *x);
    if (n->conf->cookies && cookies_init(&x->cookies, e) < 0) {
        bind_close(bound, count);
        free(x);
        return -1;
    }
    x->net = n;
    x->bound = bound;
    x->nbound = count;
    x->dresser = (struct dresser){.net = n,
                                  .type = SOCK_DGRAM,
                                  .what = "datagrams from",
                                  .up = sender_dressed,
                                  .failed = sender_not_dressed};
    dresser_init(&x->dresser);
    take_sockets(x);
    x->begin.run = begin_each;
    loop_soon(n->loop, &x->begin);
    n->state = x;
    return 0;
}

static void tell_dropped(const struct each *x)
{
    const uint64_t dropped = callers_dropped(x->callers);

    if (dropped > 0)
        log_notice("%llu datagrams were dropped: the receive buffer was full (try --recv-buffer)",
                   (unsigned long long)dropped);
}

static void bury_each(struct job *j)
{
    free(container_of(j, struct each, bury));
}

static void close_udp_each(struct net *n)
{
    struct each *x = n->state;

    tell_dropped(x);
    x->net = NULL;
    loop_job_del(&x->begin);
    dresser_clear(&x->dresser);
    callers_free(x->callers);
    bind_close(x->bound, x->nbound);
    x->nbound = 0;
    x->bury.run = bury_each;
    loop_finally(n->loop, &x->bury);
}

const struct transport net_udp_each = {
    .name = "udp-each",
    .help = "receive datagrams, each sender being a peer",
    .caps = NET_DGRAM | NET_MANY,
    .open = open_udp_each,
    .close = close_udp_each,
};
