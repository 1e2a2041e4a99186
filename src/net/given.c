/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The transport is for the one connection that is there already.
 */
#include "net/given.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "net/dress.h"
#include "net/rows.h"
#include "net/socket.h"

static int socket_number(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

static bool is_connected(int fd)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;

    return getpeername(fd, (struct sockaddr *)&ss, &len) == 0;
}

/* Somebody can send to it. */
static bool is_bound(int fd)
{
    struct addr a;

    socket_local(fd, &a);
    return addr_family(&a) == AF_UNIX ? a.len > offsetof(struct sockaddr_un, sun_path) : addr_port(&a) > 0;
}

int given_look(int fd, struct given *g, struct err *e)
{
    g->type = socket_number(fd, SO_TYPE);
    if (g->type < 0)
        return errno == ENOTSOCK ? err_set(e, STATUS_LOCAL, "descriptor %d is no socket", fd)
                                 : err_sys(e, STATUS_LOCAL, errno, "descriptor %d", fd);
    g->family = socket_number(fd, SO_DOMAIN);
    g->listens = g->type == SOCK_DGRAM ? is_bound(fd) && !is_connected(fd)
                                       : socket_number(fd, SO_ACCEPTCONN) == 1;
    if (g->type != SOCK_STREAM && g->type != SOCK_SEQPACKET && g->type != SOCK_DGRAM)
        return err_set(e, STATUS_LOCAL, "descriptor %d is a socket of a type that is not known here", fd);
    if (!g->listens && !is_connected(fd))
        return err_set(e, STATUS_LOCAL, "descriptor %d is a socket that neither listens nor is connected",
                       fd);
    return 0;
}

int given_take(int fd, struct err *e)
{
    const int own = fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int flags = own < 0 ? -1 : fcntl(own, F_GETFL);

    if (flags < 0 || fcntl(own, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(own, F_SETFD, FD_CLOEXEC) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "descriptor %d", fd);
    return own;
}

struct inherited {
    struct net *net;
    struct dresser dresser;
    int fd; /* -1: it is a peer's */
    struct job begin, bury;
};

static void inherited_dressed(struct dresser *d, struct peer *p)
{
    const struct message m = socket_message(d->net->conf, p->local, p->remote);

    message(MESSAGE_ACCEPTED, &m);
    d->net->events.up(d->net->events.ctx, p);
}

static void inherited_not_dressed(struct dresser *d, const struct err *e)
{
    d->net->events.failed(d->net->events.ctx, e);
}

static void bring_datagrams(struct inherited *x, int fd, const struct addr *remote)
{
    const struct dgram_opts opts = {
        .connected = true, .echo = x->net->conf->echo, .segment = x->net->conf->segment};
    struct addr local;
    struct peer *p;

    socket_local(fd, &local);
    p = peer_new(x->net->peers, dgram_new(x->net->loop, &fd, 1, &opts), &local, remote);
    p->datagram = true;
    inherited_dressed(&x->dresser, p);
}

static void refuse_inherited(struct inherited *x, int fd, const struct addr *remote)
{
    struct err e;

    socket_refuse(fd, remote);
    err_set(&e, STATUS_NETWORK, "%s", "");
    inherited_not_dressed(&x->dresser, &e);
}

static void begin_inherited(struct job *j)
{
    struct inherited *x = container_of(j, struct inherited, begin);
    const int fd = x->fd;
    struct addr remote;

    x->fd = -1;
    socket_remote(fd, &remote);
    if (!socket_tells_later(x->net->conf, &remote) &&
        !access_admits_socket(x->net->conf->access, fd, &remote))
        refuse_inherited(x, fd, &remote);
    else if (x->dresser.type == SOCK_DGRAM)
        bring_datagrams(x, fd, &remote);
    else
        dress(&x->dresser, fd, NULL, &remote, x->net->conf->connect_timeout);
}

static int open_given(struct net *n, struct err *e)
{
    const int fd = fcntl(n->conf->given[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    struct inherited *x;

    if (fd < 0)
        return err_sys(e, STATUS_LOCAL, errno, "descriptor %d", n->conf->given[0]);
    if (socket_options(fd, n->conf, SOCKOPT_CREATED, e) < 0) {
        close(fd);
        return -1;
    }
    x = mem_alloc(sizeof *x);
    x->net = n;
    x->fd = fd;
    x->dresser = (struct dresser){.net = n,
                                  .type = socket_number(fd, SO_TYPE),
                                  .shared = true,
                                  .what = "connection from",
                                  .up = inherited_dressed,
                                  .failed = inherited_not_dressed};
    dresser_init(&x->dresser);
    x->begin.run = begin_inherited;
    loop_soon(n->loop, &x->begin);
    n->state = x;
    return 0;
}

static void bury_given(struct job *j)
{
    free(container_of(j, struct inherited, bury));
}

static void close_given(struct net *n)
{
    struct inherited *x = n->state;

    loop_job_del(&x->begin);
    dresser_clear(&x->dresser);
    if (x->fd >= 0)
        close(x->fd);
    x->bury.run = bury_given;
    loop_finally(n->loop, &x->bury);
}

const struct transport net_given = {
    .name = "given",
    .help = "a connection that is there already",
    .caps = NET_STREAM | NET_DGRAM,
    .open = open_given,
    .close = close_given,
};
