/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp_relayed: datagrams that a SOCKS5 proxy passes on: a connection to it asks for that, and then there is a socket, on which
 * layers (DTLS) stand as on any.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "layer/proxy.h"
#include "layer/relayed.h"
#include "net/dress.h"
#include "net/net.h"
#include "net/resolve.h"
#include "net/rows.h"
#include "net/socket.h"

struct relayed_net {
    struct net *net;
    struct net_conf conf;   /* of the way to the proxy */
    struct net *way;        /* NULL: it is there, or has failed */
    struct peer_table ways; /* whoever is at its end is no peer */
    struct net_layer layer;
    struct proxy_association association;
    struct addr relay; /* where datagrams are to go */
    struct dresser dresser;
    int64_t since; /* loop time in ms when it was begun */
    struct job bury;
};

static const struct proxy_conf *proxy_of(const struct relayed_net *r)
{
    return r->net->conf->via->datagrams;
}

static void fail_relayed(struct relayed_net *r, const struct err *e)
{
    net_close(r->way);
    r->way = NULL;
    r->net->events.failed(r->net->events.ctx, e);
}

/* A relay of no address is where the proxy is. Returns 0, or -1 with `e`. */
static int find_relay(struct relayed_net *r, const struct addr *proxy, struct err *e)
{
    const uint16_t port = (uint16_t)addr_port(&r->relay);

    if (port == 0)
        return err_set(e, STATUS_NETWORK, "%s: it names no port for datagrams", proxy_of(r)->title);
    if (!addr_is_any(&r->relay))
        return 0;
    r->relay = *proxy;
    addr_set_port(&r->relay, port);
    return 0;
}

/* A socket that nobody but the relay is heard on. Returns its descriptor, or -1 with `e`. */
static int open_socket(const struct relayed_net *r, struct err *e)
{
    const struct net_conf *conf = r->net->conf;
    struct message m = socket_message(conf, NULL, &r->relay);
    struct unix_path none = {0};
    struct addr *source;
    int nsource = socket_source(conf, SOCK_DGRAM, &source, e);
    int fd = nsource < 0 ? -1 : socket_new(addr_family(&r->relay), SOCK_DGRAM, e);
    int result = -1;

    if (fd >= 0 && socket_options(fd, conf, SOCKOPT_CREATED, e) == 0 &&
        socket_bind_source(fd, SOCK_DGRAM, source, nsource, &r->relay, &none, e) == 0) {
        result = connect(fd, &r->relay.sa, r->relay.len);
        m.why = strerror(errno);
        if (result < 0)
            message_err(e, socket_status(errno), errno, MESSAGE_CONNECT_FAILED, &m);
        else
            result = socket_options(fd, conf, SOCKOPT_CONNECTED, e);
    }
    free(source);
    if (result == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Whom datagrams are for, as the proxy is told. */
static struct relayed_conf whom(const struct net_conf *conf, char text[static ADDR_TEXT])
{
    struct relayed_conf c = {.title = conf->via->datagrams->title,
                             .host = conf->host,
                             .only = conf->from_target || conf->nlayers > 0,
                             .segment = conf->nlayers > 0 ? 0 : conf->segment};
    struct err e;

    if (conf->beyond.n > 0)
        c.host = addr_host(&conf->beyond.list[0], text);
    resolve_port(conf->port, SOCK_DGRAM, &c.port, &e); /* it was checked when this was opened */
    return c;
}

/* A port on `fd`, with the layer that speaks to the relay; takes both. NULL with `e`. */
static struct port *make_port(struct relayed_net *r, int fd, struct port *control, struct err *e)
{
    const struct dgram_opts opts = {.connected = true, .gather = r->net->conf->gather};
    struct port *port = dgram_new(r->net->loop, &fd, 1, &opts);
    char text[ADDR_TEXT];
    const struct relayed_conf c = whom(r->net->conf, text);
    struct layer *l = relayed_layer(&c, control);

    if (port_push(port, l, e) == 0)
        return port;
    l->ops->free(l);
    port_free(port);
    return NULL;
}

static void relayed_dressed(struct dresser *d, struct peer *p)
{
    const struct net *n = d->net;
    struct message m = socket_message(n->conf, p->local, p->remote);

    p->datagram = true;
    m.peer = p->name;
    if (n->conf->nlayers == 0) /* else it was told with what was agreed upon */
        log_info("%s: through %s", p->name, p->via);
    message(MESSAGE_SENDING, &m);
    n->events.up(n->events.ctx, p);
}

static void relayed_not_dressed(struct dresser *d, const struct err *e)
{
    d->net->events.failed(d->net->events.ctx, e);
}

/* What is left of the time that connecting may take; 0: no time was given. */
static int64_t time_left(const struct relayed_net *r)
{
    const int64_t given = r->net->conf->connect_timeout, gone = loop_now(r->net->loop) - r->since;

    return given == 0 ? 0 : gone < given ? given - gone : 1;
}

static void way_up(void *ctx, struct peer *p)
{
    struct relayed_net *r = ctx;
    struct port *control, *port = NULL;
    struct addr proxy, local;
    struct err e;
    int fd;

    addr_copy(&proxy, p->remote);
    control = peer_remove(p);
    fd = find_relay(r, &proxy, &e) == 0 ? open_socket(r, &e) : -1;
    net_close(r->way);
    r->way = NULL;
    if (fd < 0)
        port_free(control);
    else
        port = make_port(r, fd, control, &e);
    if (port == NULL) {
        fail_relayed(r, &e);
        return;
    }
    socket_local(fd, &local);
    dress_port(&r->dresser, port, &local, &r->relay, time_left(r));
}

static void way_failed(void *ctx, const struct err *e)
{
    fail_relayed(ctx, e);
}

/* Returns 0, or -1 with `e`: what is asked for cannot be had in this way. */
static int check_way(const struct net_conf *conf, struct err *e)
{
    uint16_t port;

    if (conf->via->datagrams == NULL)
        return err_set(e, STATUS_LOCAL, "%s: datagrams go through one SOCKS5 proxy, and no other",
                       conf->via->title);
    if (strlen(conf->host) > ASK_HOST)
        return err_set(e, STATUS_LOCAL, "a name of %zu bytes is too long for a proxy", strlen(conf->host));
    return resolve_port(conf->port, SOCK_DGRAM, &port, e);
}

static int open_relayed(struct net *n, struct err *e)
{
    const struct net_conf *conf = n->conf;
    const struct net_events events = {.up = way_up, .failed = way_failed};
    struct net_events told = events;
    struct relayed_net *r;

    if (check_way(conf, e) < 0)
        return -1;
    r = mem_alloc(sizeof *r);
    told.ctx = r;
    r->net = n;
    r->association = (struct proxy_association){.proxy = conf->via->datagrams, .relay = &r->relay};
    r->layer = (struct net_layer){.make = proxy_associate, .conf = &r->association};
    r->conf = (struct net_conf){.host = conf->via->host,
                                .port = conf->via->port,
                                .name = conf->name,
                                .family = conf->family,
                                .source_host = conf->source_host,
                                .numeric = conf->numeric,
                                .connect_timeout = conf->connect_timeout,
                                .target = conf->target,
                                .layers = &r->layer,
                                .nlayers = 1};
    r->dresser = (struct dresser){.net = n,
                                  .type = SOCK_DGRAM,
                                  .client = true,
                                  .what = "connect to",
                                  .up = relayed_dressed,
                                  .failed = relayed_not_dressed};
    dresser_init(&r->dresser);
    r->since = loop_now(n->loop);
    peer_table_init(&r->ways, n->loop);
    r->way = net_open(&net_connect, n->loop, &r->conf, &r->ways, &told, e);
    if (r->way == NULL) {
        free(r);
        return -1;
    }
    r->conf.target = (struct net_found){0}; /* it is the dial's, which forgets it */
    n->state = r;
    return 0;
}

static void bury_relayed(struct job *j)
{
    free(container_of(j, struct relayed_net, bury));
}

static void close_relayed(struct net *n)
{
    struct relayed_net *r = n->state;

    net_close(r->way);
    dresser_clear(&r->dresser);
    r->bury.run = bury_relayed;
    loop_finally(n->loop, &r->bury);
}

const struct transport net_udp_relayed = {
    .name = "udp-relayed",
    .help = "send datagrams through a SOCKS5 proxy",
    .caps = NET_DGRAM | NET_CLIENT,
    .open = open_relayed,
    .close = close_relayed,
};
