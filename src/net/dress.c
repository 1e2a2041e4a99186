/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "layer/proxy_header.h"
#include "net/resolve.h"
#include "net/socket.h"

enum { PATIENCE = 60 * 1000 }; /* ms */

/* A connection whose handshakes are under way. */
struct dressing {
    struct list place;
    struct dresser *dresser;
    struct port *port;
    struct addr *local, *remote; /* from addr_dup() */
    struct proxy_header told;    /* by the other side */
    struct timer limit;
    int64_t since; /* loop time in ms */
};

void dresser_init(struct dresser *d)
{
    list_init(&d->dressing);
}

static void end_dressing(struct dressing *x)
{
    list_del(&x->place);
    x->dresser->count--;
    loop_timer_clear(&x->limit);
    free(x->local);
    free(x->remote);
    free(x);
}

static void give_up_dressing(struct dressing *x)
{
    port_free(x->port);
    end_dressing(x);
}

void dresser_clear(struct dresser *d)
{
    struct dressing *x;
    struct list *ahead;

    list_each(x, ahead, &d->dressing, struct dressing, place) give_up_dressing(x);
}

/* Who the peer is, where the address that we are connected to does not say it. */
static char *name_of_peer(const struct net_conf *conf)
{
    char text[ADDR_TEXT];

    if (conf->name != NULL)
        return mem_strdup(conf->name);
    if (conf->via == NULL)
        return NULL;
    snprintf(text, sizeof text, "%s port %s", conf->host, conf->port);
    return mem_strdup(text);
}

/* Whom a connection is with, for people. */
static const char *subject(const struct dresser *d, const struct addr *remote, char text[static ADDR_TEXT])
{
    char *name = d->client ? name_of_peer(d->net->conf) : NULL;

    if (name == NULL)
        return addr_format(remote, text);
    snprintf(text, ADDR_TEXT, "%s", name);
    free(name);
    return text;
}

static const char *title_of_via(const struct dresser *d)
{
    return d->client && d->net->conf->via != NULL ? d->net->conf->via->title : NULL;
}

static void make_peer(struct dresser *d, struct port *port, const struct addr *local,
                      const struct addr *remote)
{
    struct peer *p = peer_new(d->net->peers, port, local, remote);

    p->client = d->client;
    p->name = d->client ? name_of_peer(d->net->conf) : NULL;
    p->via = title_of_via(d);
    d->up(d, p);
}

/* What was agreed upon. */
static void tell_state(const struct dresser *d, const struct port *port, const struct addr *remote)
{
    char name[ADDR_TEXT], text[256];

    if (!log_shows(LOG_INFO))
        return;
    subject(d, remote, name);
    if (title_of_via(d) != NULL)
        log_info("%s: through %s", name, title_of_via(d));
    for (unsigned i = 0; port_tell(port, LAYER_STATE, i, text, sizeof text); i++)
        log_info("%s: %s", name, text);
}

/* Who it is by its certificate, be it welcome or not. */
static void tell_certificate(const struct port *port)
{
    char text[256];

    for (unsigned i = 0;
         message_shows(MESSAGE_CERTIFICATE) && port_tell(port, LAYER_BRIEF, i, text, sizeof text); i++)
        message(MESSAGE_CERTIFICATE, &(struct message){.text = text});
}

bool dress_told(const struct dresser *d)
{
    const struct net_conf *conf = d->net->conf;

    return conf->tells_early && conf->nlayers > 0 && conf->via == NULL;
}

static void tell_connection(const struct dresser *d, const struct addr *local, const struct addr *remote)
{
    const struct message m = socket_message(d->net->conf, local, remote);

    if (dress_told(d))
        message(d->client ? MESSAGE_CONNECTED : MESSAGE_ACCEPTED, &m);
}

/* Whom the other side speaks for, or itself. */
static const struct addr *who_comes(const struct dressing *x)
{
    return x->told.from.len > 0 ? &x->told.from : x->remote;
}

/* Who comes by a PROXY header may come, or not, when it is known who that is. */
static bool may_come(const struct dressing *x, struct err *e)
{
    const struct net_conf *conf = x->dresser->net->conf;

    if (!socket_tells_later(conf, x->remote) || access_admits(conf->access, who_comes(x)))
        return true;
    message_err(e, STATUS_NETWORK, 0, MESSAGE_REFUSED, &(struct message){.remote = who_comes(x)});
    return false;
}

static void tell_speaker(const struct dressing *x)
{
    char name[ADDR_TEXT], speaker[ADDR_TEXT];

    if (x->told.from.len > 0)
        log_info("%s: %s speaks for it", addr_format(&x->told.from, name), addr_format(x->remote, speaker));
}

static void dressing_done(struct port *port, void *ctx, const struct err *why)
{
    struct dressing *x = ctx;
    struct dresser *d = x->dresser;
    struct addr local, remote;
    bool taken = false;
    char text[ADDR_TEXT];
    struct err e;

    addr_copy(&local, x->told.from.len > 0 ? &x->told.to : x->local);
    addr_copy(&remote, who_comes(x));
    tell_speaker(x);
    tell_certificate(port);
    if (why != NULL)
        port_error(port, &e, STATUS_NETWORK, "%s %s", d->what, subject(d, &remote, text));
    else
        taken = may_come(x, &e);
    end_dressing(x);
    if (taken) {
        tell_state(d, port, &remote);
        make_peer(d, port, &local, &remote);
        return;
    }
    port_free(port);
    d->failed(d, &e);
}

static void dressing_late(struct timer *t)
{
    struct dressing *x = container_of(t, struct dressing, limit);
    struct dresser *d = x->dresser;
    const char *via = title_of_via(d);
    char text[ADDR_TEXT];
    struct err e;

    err_sys(&e, STATUS_NETWORK, ETIMEDOUT, "%s %s%s%s", d->what, subject(d, who_comes(x), text),
            via != NULL ? " through " : "", via != NULL ? via : "");
    give_up_dressing(x);
    d->failed(d, &e);
}

/* Another one needs its place. */
static void end_for_another(struct dressing *x)
{
    char text[ADDR_TEXT];

    log_info("%s %s: its handshake was given up for another's", x->dresser->what,
             subject(x->dresser, who_comes(x), text));
    give_up_dressing(x);
}

void dresser_limit(struct dresser *d, const struct addr *who, unsigned most)
{
    struct dressing *x;
    struct list *ahead;
    unsigned n = 0;

    list_each(x, ahead, &d->dressing, struct dressing, place) n += addr_same_host(x->remote, who);
    list_each(x, ahead, &d->dressing, struct dressing, place)
    {
        if (n < most)
            break;
        if (!addr_same_host(x->remote, who))
            continue;
        end_for_another(x);
        n--;
    }
}

bool dresser_give_way(struct dresser *d, int64_t age)
{
    struct dressing *oldest = list_first(&d->dressing, struct dressing, place);

    if (oldest == NULL || loop_now(d->net->loop) - oldest->since < age)
        return false;
    end_for_another(oldest);
    return true;
}

/* Whom a connection is for; host NULL: nobody is named. */
struct whom {
    const char *host;
    uint16_t port;
};

/* Puts layers on, from the socket up. Returns 0, or -1 with `e`. */
static int put_on(const struct dressing *x, const struct net_layer *layers, size_t n, const struct whom *whom,
                  struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct layer *l = layers[i].make(layers[i].conf, x->dresser->client, whom->host, whom->port, e);

        if (l == NULL)
            return -1;
        if (port_push(x->port, l, e) < 0) {
            l->ops->free(l);
            return -1;
        }
    }
    return 0;
}

/* Of datagrams the way is made before there is anything to dress (net/udp_relayed.c). */
static bool asks_the_way(const struct dresser *d)
{
    return d->net->conf->via != NULL && d->type != SOCK_DGRAM;
}

/* What our header tells. Whom a proxy connects to is known where it is an address. */
static void fill_header(const struct dressing *x, struct proxy_header *h)
{
    const struct net_conf *conf = x->dresser->net->conf;
    uint16_t port;

    addr_copy(&h->from, conf->header_from != NULL ? conf->header_from : x->local);
    addr_copy(&h->to, conf->header_to != NULL ? conf->header_to : x->remote);
    if (conf->via != NULL && conf->header_to == NULL &&
        (num_parse_port(conf->port, &port) < 0 || addr_parse(&h->to, conf->host, port) < 0))
        h->to.len = 0;
}

/* What a connection begins with. */
static int put_header_on(struct dressing *x, struct err *e)
{
    const struct net_conf *conf = x->dresser->net->conf;
    struct layer *l = NULL;
    struct proxy_header h;

    if (x->dresser->client && conf->header > 0) {
        fill_header(x, &h);
        l = proxy_header_send(conf->header, &h);
    } else if (!x->dresser->client && conf->takes_header) {
        l = proxy_header_accept(&x->told);
    }
    if (l == NULL || port_push(x->port, l, e) == 0)
        return 0;
    l->ops->free(l);
    return -1;
}

static int put_all_on(struct dressing *x, struct err *e)
{
    const struct net_conf *conf = x->dresser->net->conf;
    struct whom whom = {.host = x->dresser->client && conf->family != AF_UNIX ? conf->host : NULL};
    struct whom asked; /* for by who brings us there: names may be looked up here */
    char text[ADDR_TEXT];

    if (conf->via == NULL)
        whom.port = (uint16_t)addr_port(x->remote);
    else if (whom.host != NULL && resolve_port(conf->port, x->dresser->type, &whom.port, e) < 0)
        return -1;
    asked = whom;
    if (conf->beyond.n > 0)
        asked.host = addr_host(&conf->beyond.list[0], text);
    if (asks_the_way(x->dresser) && put_on(x, conf->via->layers, conf->via->nlayers, &asked, e) < 0)
        return -1;
    if (put_header_on(x, e) < 0)
        return -1;
    return put_on(x, conf->layers, conf->nlayers, &whom, e);
}

static struct dressing *new_dressing(struct dresser *d, struct port *port, const struct addr *local,
                                     const struct addr *remote)
{
    struct dressing *x = mem_alloc(sizeof *x);

    x->dresser = d;
    x->port = port;
    x->local = addr_dup(local);
    x->remote = addr_dup(remote);
    x->limit.fire = dressing_late;
    x->since = loop_now(d->net->loop);
    list_add(&d->dressing, &x->place);
    d->count++;
    return x;
}

/* Nothing is to be put on. */
static bool is_plain(const struct dresser *d)
{
    const struct net_conf *conf = d->net->conf;

    return conf->nlayers == 0 && !asks_the_way(d) && (d->client ? conf->header == 0 : !conf->takes_header);
}

void dress_port(struct dresser *d, struct port *port, const struct addr *local, const struct addr *remote,
                int64_t limit)
{
    struct dressing *x;
    struct err e;

    if (is_plain(d)) {
        make_peer(d, port, local, remote);
        return;
    }
    tell_connection(d, local, remote);
    x = new_dressing(d, port, local, remote);
    if (put_all_on(x, &e) < 0) {
        give_up_dressing(x);
        d->failed(d, &e);
        return;
    }
    loop_timer_set(d->net->loop, &x->limit, limit > 0 ? limit : PATIENCE);
    port_handshake(port, dressing_done, x);
}

void dress(struct dresser *d, int fd, const struct addr *local, const struct addr *remote, int64_t limit)
{
    struct addr own = {0};
    struct port *port;
    struct err e;

    if (local != NULL)
        addr_copy(&own, local);
    port = socket_port(d->net, fd, d->type, d->shared, &own, &e);

    if (port == NULL)
        d->failed(d, &e);
    else
        dress_port(d, port, &own, remote, limit);
}
