/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp_first: a datagram socket that keeps to whoever sends to it first: it is connected to that one, and hears nobody else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/bind.h"
#include "net/rows.h"
#include "net/socket.h"

struct receiver {
    struct watch watch;
    struct first *first;
};

struct first {
    struct net *net;
    struct bound *bound;
    struct receiver *receivers;
    int count;
    bool over; /* the first one came, or the net is closed */
    struct job begin, bury;
};

/* Ends waiting. UNIX paths stay until the net is closed. */
static void stop_waiting(struct first *f)
{
    f->over = true;
    loop_job_del(&f->begin);
    for (int i = 0; i < f->count; i++) {
        if (f->bound[i].fd < 0)
            continue;
        loop_del(&f->receivers[i].watch);
        close(f->bound[i].fd);
        f->bound[i].fd = -1;
    }
}

static void fail_first(struct first *f, const struct err *e)
{
    struct net *n = f->net;

    stop_waiting(f);
    n->events.failed(n->events.ctx, e);
}

/* Takes the socket of `r` for a peer. An unnamed sender (of a UNIX socket) cannot be connected to, nor answered. */
static void take_first(struct first *f, struct receiver *r, const struct addr *from, bool named)
{
    /* Others may have sent, too, before it was connected. */
    const struct dgram_opts opts = {.connected = named,
                                    .follow = !named,
                                    .segment = f->net->conf->segment,
                                    .admits = f->net->conf->access != NULL ? socket_admits : NULL,
                                    .admits_ctx = f->net->conf};
    struct net *n = f->net;
    int fd = r->watch.fd;
    struct addr local;
    struct message m;
    struct peer *p;

    loop_del(&r->watch);
    f->bound[r - f->receivers].fd = -1;
    stop_waiting(f);
    socket_local(fd, &local);
    p = peer_new(n->peers, dgram_new(n->loop, &fd, 1, &opts), &local, from);
    p->datagram = true;
    m = socket_message(n->conf, p->local, p->remote);
    message(MESSAGE_ACCEPTED, &m);
    n->events.up(n->events.ctx, p);
}

static unsigned want_first(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

/* Errors that concern a datagram, not the socket. */
static bool is_passing(int sys)
{
    return sys == EAGAIN || sys == EWOULDBLOCK || sys == EINTR || sys == ECONNREFUSED ||
           sys == EHOSTUNREACH || sys == ENETUNREACH;
}

static void drop_datagram(int fd)
{
    if (recv(fd, NULL, 0, MSG_DONTWAIT) < 0)
        log_debug("receive: errno %d", errno);
}

static void hear_first(struct watch *w, unsigned events)
{
    struct receiver *r = container_of(w, struct receiver, watch);
    struct first *f = r->first;
    struct sockaddr_storage ss;
    struct msghdr look = {.msg_name = &ss, .msg_namelen = sizeof ss};
    struct addr from;
    struct err e;
    bool named;

    (void)events;
    if (recvmsg(w->fd, &look, MSG_PEEK | MSG_DONTWAIT) < 0) {
        if (is_passing(errno))
            return;
        err_sys(&e, STATUS_LOCAL, errno, "receive");
        fail_first(f, &e);
        return;
    }
    addr_set(&from, (struct sockaddr *)&ss, look.msg_namelen);
    if (!socket_admits(f->net->conf, &from)) {
        drop_datagram(w->fd);
        return;
    }
    named = look.msg_namelen > sizeof ss.ss_family;
    if (named && connect(w->fd, &from.sa, from.len) < 0) {
        named = errno != ECONNREFUSED && errno != ENOENT; /* of a UNIX socket: it has left already */
        if (named) {
            err_sys(&e, STATUS_LOCAL, errno, "connect");
            fail_first(f, &e);
            return;
        }
    }
    if (socket_options(w->fd, f->net->conf, SOCKOPT_CONNECTED, &e) < 0)
        fail_first(f, &e);
    else
        take_first(f, r, &from, named);
}

static void begin_first(struct job *j)
{
    struct first *f = container_of(j, struct first, begin);
    struct net *n = f->net;
    struct message m;

    for (int i = 0; i < f->count && !f->over; i++) {
        m = socket_message(n->conf, &f->bound[i].addr, NULL);
        message(MESSAGE_RECEIVING, &m);
        if (n->events.bound != NULL)
            n->events.bound(n->events.ctx, &f->bound[i].addr);
    }
    for (int i = 0; i < f->count && !f->over && n->conf->max_conns != NET_NOBODY; i++)
        loop_add(n->loop, &f->receivers[i].watch);
}

static int open_udp_first(struct net *n, struct err *e)
{
    struct bound *bound;
    int count = bind_open(n->conf, SOCK_DGRAM, DGRAM_SOCKETS, &bound, e);
    struct first *f;

    if (count < 0)
        return -1;
    f = mem_alloc(sizeof *f);
    f->net = n;
    f->bound = bound;
    f->count = count;
    f->receivers = mem_alloc((size_t)count * sizeof *f->receivers);
    for (int i = 0; i < count; i++) {
        f->receivers[i].first = f;
        f->receivers[i].watch.fd = bound[i].fd;
        f->receivers[i].watch.want = want_first;
        f->receivers[i].watch.fire = hear_first;
    }
    f->begin.run = begin_first;
    loop_soon(n->loop, &f->begin);
    n->state = f;
    return 0;
}

static void bury_first(struct job *j)
{
    struct first *f = container_of(j, struct first, bury);

    free(f->receivers);
    free(f);
}

static void close_udp_first(struct net *n)
{
    struct first *f = n->state;

    stop_waiting(f);
    bind_close(f->bound, f->count);
    f->bury.run = bury_first;
    loop_finally(n->loop, &f->bury);
}

const struct transport net_udp_first = {
    .name = "udp-first",
    .help = "receive datagrams, of the first sender alone",
    .caps = NET_DGRAM,
    .open = open_udp_first,
    .close = close_udp_first,
};
