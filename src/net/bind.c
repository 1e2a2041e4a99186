/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/bind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/given.h"
#include "net/multicast.h"
#include "net/socket.h"

enum { PORT_TRIES = 16 }; /* how often a free port of one address is tried on the others */

static void close_bound(struct bound *b)
{
    unix_remove(&b->own);
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}

static int listen_on(const struct net_conf *conf, int fd, const struct addr *a, struct err *e)
{
    if (listen(fd, conf->backlog > 0 ? conf->backlog : SOMAXCONN) == 0)
        return 0;
    return message_err(e, STATUS_LOCAL, errno, MESSAGE_LISTEN_FAILED,
                       &(struct message){.local = a, .why = strerror(errno)});
}

/* One socket bound to `a`. `v6only`: 0 or 1, or -1 for the system's choice. */
static int open_one(const struct net_conf *conf, int type, const struct addr *a, int v6only, struct bound *b,
                    struct err *e)
{
    int family = addr_family(a);

    b->fd = socket_new(family, type, e);
    if (b->fd < 0)
        return -1;
    if (family != AF_UNIX && type != SOCK_DGRAM)
        socket_set(b->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family == AF_INET6 && v6only >= 0)
        socket_set(b->fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only);
    if (socket_options(b->fd, conf, SOCKOPT_CREATED, e) < 0 ||
        socket_bind(b->fd, a, MESSAGE_LISTEN_FAILED, &b->own, e) < 0 ||
        (conf->join != NULL &&
         multicast_join(b->fd, family, conf->host != NULL || conf->family == AF_INET, conf->join, e) < 0) ||
        (type != SOCK_DGRAM && listen_on(conf, b->fd, a, e) < 0)) {
        close_bound(b);
        return -1;
    }
    if (conf->leave_path)
        unix_leave(&b->own);
    socket_local(b->fd, &b->addr);
    return 0;
}

/* True when the address cannot be had on this machine, whatever the port. */
static bool is_missing(const struct err *e)
{
    return e->sys == EAFNOSUPPORT || e->sys == EADDRNOTAVAIL;
}

/* Opens a socket for each address; those that are missing here are passed over while there is another.
 * Returns how many, or -1. */
static int open_all(const struct net_conf *conf, int type, const struct addr *addrs, int n,
                    struct bound *list, struct err *e)
{
    uint32_t port = addr_port(&addrs[0]);
    int count = 0;

    for (int i = 0; i < n; i++) {
        struct addr a = addrs[i];

        addr_set_port(&a, port);
        if (open_one(conf, type, &a, n > 1 || conf->family == AF_INET6 ? 1 : -1, &list[count], e) == 0) {
            port = addr_port(&list[count++].addr);
            continue;
        }
        if (is_missing(e) && (count > 0 || i + 1 < n)) {
            log_info("%s", e->text);
            continue;
        }
        while (count > 0)
            close_bound(&list[--count]);
        return -1;
    }
    return count;
}

/* No host: one socket for both families, or what there is. */
static int open_any(const struct net_conf *conf, int type, const struct addr *addrs, int n,
                    struct bound *list, struct err *e)
{
    if (n == 1)
        return open_all(conf, type, addrs, 1, list, e);
    for (int i = 0; i < n; i++) { /* [::] is the first */
        if (open_one(conf, type, &addrs[i], 0, &list[0], e) == 0)
            return 1;
        if (!is_missing(e))
            return -1;
    }
    return -1;
}

/* Those that are there already are not bound anew, and their paths not ours to remove. */
static int open_given(const struct net_conf *conf, int max, struct bound **out, struct err *e)
{
    struct bound *list;

    if (conf->ngiven > (size_t)max)
        return err_set(e, STATUS_LOCAL, "there are more than %d sockets", max);
    list = mem_alloc(conf->ngiven * sizeof *list);
    for (size_t i = 0; i < conf->ngiven; i++) {
        list[i].fd = given_take(conf->given[i], e);
        if (list[i].fd < 0 || socket_options(list[i].fd, conf, SOCKOPT_CREATED, e) < 0) {
            bind_close(list, (int)i + 1);
            return -1;
        }
        socket_local(list[i].fd, &list[i].addr);
    }
    *out = list;
    return (int)conf->ngiven;
}

int bind_open(const struct net_conf *conf, int type, int max, struct bound **out, struct err *e)
{
    bool unix_name = conf->family == AF_UNIX;
    const char *host = conf->host == NULL && !unix_name ? conf->source_host : conf->host;
    const char *port = conf->port == NULL ? conf->source_port : conf->port;
    struct addr *addrs;
    int n, count = -1;

    *out = NULL;
    if (conf->ngiven > 0)
        return open_given(conf, max, out, e);
    n = socket_resolve(conf, host, port, type, true, &addrs, e);
    if (n < 0)
        return -1;
    if (n > max)
        n = max;
    *out = mem_alloc((size_t)n * sizeof **out);
    for (int i = 0; i < n; i++)
        (*out)[i].fd = -1;
    for (int i = 0; i < PORT_TRIES; i++) {
        bool any = !unix_name && !conf->each_family && addr_is_any(&addrs[0]) &&
                   (n == 1 || addr_is_any(&addrs[1]));

        count = (any && n > 1 ? open_any : open_all)(conf, type, addrs, n, *out, e);
        if (count >= 0 || e->sys != EADDRINUSE || unix_name || n == 1 || addr_port(&addrs[0]) != 0)
            break;
    }
    free(addrs);
    if (count < 0) {
        free(*out);
        *out = NULL;
    }
    return count;
}

void bind_close(struct bound *list, int n)
{
    for (int i = 0; i < n; i++)
        close_bound(&list[i]);
    free(list);
}
