/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * self: one socket connected to itself: what is sent comes back.
 *
 * TCP does this by a simultaneous open (RFC 9293 section 3.5): a SYN sent to one's own port meets oneself.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/rows.h"
#include "net/socket.h"

struct self {
    struct watch watch; /* fd -1: given away */
    struct net *net;
    struct addr at;
    bool datagram;
    bool over;
    struct unix_path own;
    struct job begin, bury;
};

static void stop_self(struct self *s)
{
    s->over = true;
    loop_job_del(&s->begin);
    if (s->watch.fd < 0)
        return;
    loop_del(&s->watch);
    unix_remove(&s->own);
    close(s->watch.fd);
    s->watch.fd = -1;
}

static void fail_self(struct self *s, const struct err *e)
{
    struct net *n = s->net;

    stop_self(s);
    n->events.failed(n->events.ctx, e);
}

static void give_self(struct self *s)
{
    struct net *n = s->net;
    int fd = s->watch.fd;
    char text[ADDR_TEXT];
    struct addr local = {0};
    struct port *port;
    struct peer *p;
    struct err e;

    loop_del(&s->watch);
    s->watch.fd = -1;
    port = socket_port(n, fd, s->datagram ? SOCK_DGRAM : SOCK_STREAM, false, &local, &e);
    if (port == NULL) {
        fail_self(s, &e);
        return;
    }
    p = peer_new(n->peers, port, &local, &s->at);
    p->datagram = s->datagram;
    p->client = true;
    s->over = true;
    log_info("connected to itself at %s", addr_format(p->local, text));
    n->events.up(n->events.ctx, p);
}

static unsigned want_self(struct watch *w)
{
    (void)w;
    return LOOP_OUT;
}

static void settle_self(struct watch *w, unsigned events)
{
    struct self *s = container_of(w, struct self, watch);
    struct addr local;
    int sys = socket_connected(w->fd, &s->at, events, true, &local);
    char text[ADDR_TEXT];
    struct err e;

    if (sys == 0) {
        give_self(s);
        return;
    }
    err_sys(&e, socket_status(sys), sys, "connect to itself at %s", addr_format(&s->at, text));
    fail_self(s, &e);
}

static void begin_self(struct job *j)
{
    struct self *s = container_of(j, struct self, begin);
    char text[ADDR_TEXT];
    struct err e;

    if (connect(s->watch.fd, &s->at.sa, s->at.len) == 0) {
        give_self(s);
    } else if (errno == EINPROGRESS || errno == EINTR) {
        loop_add(s->net->loop, &s->watch);
    } else {
        err_sys(&e, socket_status(errno), errno, "connect to itself at %s", addr_format(&s->at, text));
        fail_self(s, &e);
    }
}

/* The address to bind to: the one given, or loopback, or a UNIX name of the kernel's choice. */
static int choose_self_address(const struct net_conf *conf, int type, struct addr *at, struct err *e)
{
    struct net_conf four = *conf;
    struct addr *list;

    if (conf->family == AF_UNIX && conf->host == NULL)
        return addr_set_unix(at, "");
    if (conf->family == AF_UNSPEC && conf->host == NULL)
        four.family = AF_INET;
    if (socket_target(&four, type, &list, e) < 0)
        return -1;
    *at = list[0];
    free(list);
    return 0;
}

static int open_self(struct net *n, struct err *e)
{
    const struct net_conf *conf = n->conf;
    bool datagram = conf->datagram || conf->family == AF_UNIX;
    int type = datagram ? SOCK_DGRAM : SOCK_STREAM;
    struct unix_path own = {0};
    struct addr at;
    struct self *s;
    int fd;

    if (choose_self_address(conf, type, &at, e) < 0)
        return -1;
    fd = socket_new(addr_family(&at), type, e);
    if (fd < 0)
        return -1;
    if (!datagram && addr_port(&at) != 0)
        socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (socket_options(fd, conf, SOCKOPT_CREATED, e) < 0 ||
        socket_bind(fd, &at, MESSAGE_SOURCE_FAILED, &own, e) < 0) {
        close(fd);
        return -1;
    }
    s = mem_alloc(sizeof *s);
    s->net = n;
    s->datagram = datagram;
    s->own = own;
    socket_local(fd, &s->at);
    s->watch.fd = fd;
    s->watch.want = want_self;
    s->watch.fire = settle_self;
    s->begin.run = begin_self;
    n->state = s;
    loop_soon(n->loop, &s->begin);
    return 0;
}

static void bury_self(struct job *j)
{
    free(container_of(j, struct self, bury));
}

static void close_self(struct net *n)
{
    struct self *s = n->state;

    stop_self(s);
    unix_remove(&s->own);
    s->bury.run = bury_self;
    loop_finally(n->loop, &s->bury);
}

const struct transport net_self = {
    .name = "self",
    .help = "connect one socket to itself",
    .caps = NET_STREAM | NET_DGRAM | NET_CLIENT,
    .open = open_self,
    .close = close_self,
};
