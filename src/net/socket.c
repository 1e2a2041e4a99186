/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/dgram.h"
#include "io/fd.h"
#include "net/resolve.h"
#include "net/vsock.h"

int socket_new(int family, int type, struct err *e)
{
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return err_sys(e, STATUS_LOCAL, errno, "socket");
    return fd;
}

int socket_options(int fd, const struct net_conf *conf, enum sockopt_phase phase, struct err *e)
{
    return sockopt_apply(fd, phase, conf->sockopts, conf->nsockopts, e);
}

struct message socket_message(const struct net_conf *conf, const struct addr *local,
                              const struct addr *remote)
{
    return (struct message){.local = local,
                            .remote = remote,
                            .peer = conf->name,
                            .host = conf->via != NULL ? conf->via->host : conf->host,
                            .port = conf->via != NULL ? conf->via->port : conf->port,
                            .datagram = conf->datagram,
                            .numeric = conf->numeric};
}

bool socket_tells_later(const struct net_conf *conf, const struct addr *from)
{
    return conf->takes_header && addr_family(from) != AF_UNIX;
}

void socket_set(int fd, int level, int number, int value)
{
    setsockopt(fd, level, number, &value, sizeof value);
}

static int too_long(const char *path, bool passive, struct err *e)
{
    char text[128];

    snprintf(text, sizeof text, "%.40s...: too long for a UNIX socket, a path has at most %zu bytes", path,
             sizeof((struct addr *)NULL)->un.sun_path - 1);
    return message_err(e, STATUS_LOCAL, ENAMETOOLONG,
                       passive ? MESSAGE_LOCAL_PATH_FAILED : MESSAGE_PATH_FAILED,
                       &(struct message){.host = path, .why = strerror(ENAMETOOLONG), .text = text});
}

int socket_resolve(const struct net_conf *conf, const char *host, const char *port, int type, bool passive,
                   struct addr **out, struct err *e)
{
    struct resolve_opts opts = {
        .family = conf->family, .socktype = type, .passive = passive, .numeric = conf->numeric};

    if (conf->family != AF_UNIX && conf->family != AF_VSOCK)
        return resolve(host, port, &opts, out, e);
    *out = mem_alloc(sizeof **out);
    if (conf->family == AF_VSOCK && vsock_parse(host, port, passive, *out, e) == 0)
        return 1;
    if (conf->family != AF_VSOCK && host != NULL && host[0] != '\0' && addr_set_unix(*out, host) == 0)
        return 1;
    free(*out);
    *out = NULL;
    if (conf->family == AF_VSOCK)
        return -1;
    if (host == NULL || host[0] == '\0')
        return err_set(e, STATUS_LOCAL, "a UNIX socket needs a path or @NAME");
    return too_long(host, passive, e);
}

static int copy_found(const struct net_found *found, struct addr **out)
{
    size_t size = (size_t)found->n * sizeof **out;

    *out = mem_alloc(size);
    memcpy(*out, found->list, size);
    return found->n;
}

int socket_target(const struct net_conf *conf, int type, struct addr **out, struct err *e)
{
    if (conf->target.list != NULL)
        return copy_found(&conf->target, out);
    if (conf->via != NULL)
        return socket_resolve(conf, conf->via->host, conf->via->port, type, false, out, e);
    return socket_resolve(conf, conf->host, conf->port, type, false, out, e);
}

int socket_source(const struct net_conf *conf, int type, struct addr **out, struct err *e)
{
    *out = NULL;
    if (conf->source.list != NULL)
        return copy_found(&conf->source, out);
    if (conf->source_host == NULL && (conf->source_port == NULL || conf->family == AF_UNIX))
        return 0;
    return socket_resolve(conf, conf->source_host, conf->source_port, type, true, out, e);
}

int socket_bind(int fd, const struct addr *a, enum message_id failed, struct unix_path *own, struct err *e)
{
    if (addr_family(a) == AF_UNIX)
        return unix_bind(fd, a, failed, own, e);
    if (bind(fd, &a->sa, a->len) == 0)
        return 0;
    return message_err(e, STATUS_LOCAL, errno, failed, &(struct message){.local = a, .why = strerror(errno)});
}

int socket_bind_source(int fd, int type, const struct addr *source, int nsource, const struct addr *to,
                       struct unix_path *own, struct err *e)
{
    char text[ADDR_TEXT];
    int family = addr_family(to);

    if (nsource == 0) {
        struct addr none;

        if (family != AF_UNIX || type != SOCK_DGRAM || addr_set_unix(&none, "") < 0)
            return 0;
        return unix_bind(fd, &none, MESSAGE_SOURCE_FAILED, own, e);
    }
    for (int i = 0; i < nsource; i++) {
        if (addr_family(&source[i]) != family)
            continue;
        if (family != AF_UNIX && type == SOCK_STREAM) {
            if (addr_port(&source[i]) != 0)
                socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef IP_BIND_ADDRESS_NO_PORT
            else /* the port is chosen when the other end is known: many more are free then, see ip(7) */
                socket_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
#endif
        }
        return socket_bind(fd, &source[i], MESSAGE_SOURCE_FAILED, own, e);
    }
    err_set(e, STATUS_LOCAL, "the source address %s is of another family than the destination",
            addr_host(&source[0], text));
    e->sys = EAFNOSUPPORT;
    return -1;
}

void socket_local(int fd, struct addr *a)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;

    *a = (struct addr){0};
    if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
        addr_set(a, (struct sockaddr *)&ss, len);
}

void socket_remote(int fd, struct addr *a)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;

    *a = (struct addr){0};
    if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
        addr_set(a, (struct sockaddr *)&ss, len);
}

/* A look at what was sent comes before the error: when the other end has reset the connection since, the reader learns
 * that after the bytes. Some sockets have no more to say of a failure than that they are not connected. */
static int connect_error(int fd)
{
    socklen_t len = sizeof(int);
    char byte;
    int sys = 0, seen;
    ssize_t n;

    do
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        return 0;
    seen = errno;
    if (seen != EAGAIN && seen != EWOULDBLOCK && seen != ENOTCONN)
        return seen;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
        return errno;
    return sys == 0 && seen == ENOTCONN ? seen : sys;
}

/* A TCP socket that tries a free port of its own range on its own machine may meet itself. There is no listener then. */
static bool met_itself(int fd, const struct addr *to, struct addr *local)
{
    struct addr remote = *to;

    socket_local(fd, local);
    if (addr_is_any(to)) /* it stands for another */
        socket_remote(fd, &remote);
    return addr_family(local) != AF_UNIX && remote.len > 0 && addr_equal(local, &remote);
}

int socket_connected(int fd, const struct addr *to, unsigned events, bool itself, struct addr *local)
{
    const bool inet = addr_family(to) == AF_INET || addr_family(to) == AF_INET6;
    const int sys = inet && !(events & LOOP_HUP) ? 0 : connect_error(fd);

    local->len = 0;
    return sys == 0 && !itself && met_itself(fd, to, local) ? ECONNREFUSED : sys;
}

enum status socket_status(int sys)
{
    switch (sys) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENETRESET:
    case EPIPE:
    case EPROTO:
    case EPERM:  /* a firewall's rule */
    case ENOENT: /* a UNIX socket: nobody is there */
        return STATUS_NETWORK;
    default:
        return STATUS_LOCAL;
    }
}

bool socket_admits(const void *conf, const struct addr *from)
{
    const struct net_conf *net = conf;

    if (access_admits(net->access, from))
        return true;
    message(MESSAGE_REFUSED, &(struct message){.remote = from});
    return false;
}

/* A reset leaves nothing of it in our kernel. */
void socket_refuse(int fd, const struct addr *from)
{
    const struct linger at_once = {.l_onoff = 1};
    const struct message m = {.remote = from};

    message(MESSAGE_CAME, &m);
    message(MESSAGE_REFUSED, &m);
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) < 0)
        log_debug("linger: errno %d", errno);
    close(fd);
}

struct port *socket_port(struct net *n, int fd, int type, bool shared, struct addr *local, struct err *e)
{
    struct dgram_opts opts = {
        .connected = true, .seqpacket = type == SOCK_SEQPACKET, .segment = n->conf->segment};

    if (socket_options(fd, n->conf, SOCKOPT_CONNECTED, e) < 0) {
        close(fd);
        return NULL;
    }
    if (local->len == 0)
        socket_local(fd, local);
    if (type == SOCK_STREAM)
        return shared ? fd_shared_socket(n->loop, fd) : fd_socket(n->loop, fd);
    return dgram_new(n->loop, &fd, 1, &opts);
}
