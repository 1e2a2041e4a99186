/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/connection.h"

#include <string.h>

#include "base/hostport.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/dial.h"
#include "net/resolve.h"
#include "peer/leave.h"

/* The connection is there, and its dial no longer needed. */
static void connection_up(void *ctx, struct peer *p)
{
    struct end *e = ctx;

    dial_free(e->state);
    e->state = NULL;
    e->peer = p;
    e->in = e->out = p->port;
    end_ready_now(e);
}

static void connection_failed(void *ctx, const struct err *why)
{
    struct end *e = ctx;

    end_failed(e, why);
    dial_free(e->state);
    e->state = NULL;
}

/* What is put on connections was made for this. */
static bool is_dressed(const struct ends *ends, const struct end_spec *spec)
{
    const struct end_spec *made = ends->conf.dressed;

    return made != NULL && made->kind == spec->kind &&
           (spec->path == NULL || strcmp(made->path, spec->path) == 0);
}

static const char *transport_of(const struct net_conf *conf)
{
    if (!conf->datagram)
        return "connect";
    return conf->via != NULL ? "udp-relayed" : "udp-connected";
}

int connection_open(struct end *e, struct peer *peer, struct err *why)
{
    static const char *nodelay[] = {"nodelay"};
    const struct end_spec *spec = e->spec;
    const struct net_events events = {.ctx = e, .up = connection_up, .failed = connection_failed};
    struct net_conf conf = {.host = spec->host,
                            .port = spec->port,
                            .family = spec->kind->family != 0 ? spec->kind->family : spec->family,
                            .datagram = spec->kind->type == SOCK_DGRAM,
                            .gather = spec->kind->type == SOCK_DGRAM,
                            .seqpacket = spec->kind->type == SOCK_SEQPACKET,
                            .from_target = true,
                            .numeric = e->ends->conf.numeric,
                            .connect_timeout = e->ends->conf.connect_timeout};
    struct dial *d;

    if (spec->kind->tls || spec->kind->websocket) {
        if (!is_dressed(e->ends, spec))
            return err_set(why, STATUS_LOCAL, "%.128s can only be the end that --to names", spec->text);
        conf.layers = e->ends->conf.layers;
        conf.nlayers = e->ends->conf.nlayers;
    }
    conf.header = conf.datagram ? 0 : e->ends->conf.header;
    if (peer != NULL) {
        conf.header_from = peer->remote;
        conf.header_to = peer->local;
    }
    if (spec->kind->family == 0)
        conf.via = e->ends->conf.via;
    if (spec->kind->family == 0 && !conf.datagram) {
        conf.sockopts = nodelay;
        conf.nsockopts = 1;
    }
    e->state = d = dial_new(net_find(transport_of(&conf)), e->ends->loop, &conf, e->ends->peers, &events);
    return dial_start(d, why);
}

void connection_close(struct end *e, bool reset)
{
    dial_free(e->state);
    connection_part(e, reset);
}

void connection_part(struct end *e, bool reset)
{
    if (e->peer == NULL)
        return;
    leave_unwatch(e->peer);
    if (reset)
        leave_reset(e->peer);
    leave_close(e->peer, LEAVE_LIMIT);
}

int connection_parse_path(struct end_spec *spec, const char *path, struct err *e)
{
    struct addr a;

    if (path[0] == '\0')
        return err_set(e, STATUS_LOCAL, "%s: a path is missing", spec->kind->name);
    if (addr_set_unix(&a, path) < 0)
        return err_set(e, STATUS_LOCAL, "%s: the path '%.128s' is too long", spec->kind->name, path);
    spec->host = mem_strdup(path);
    return 0;
}

bool connection_is_port(const char *text, int type)
{
    uint16_t port;

    if (num_parse_port(text, &port) == 0)
        return port > 0;
    return resolve_service(text, type) > 0;
}

int connection_parse_port(struct end_spec *spec, const char *rest, struct err *e)
{
    const char *name = spec->kind->name;

    if (hostport_split(rest, &spec->host, &spec->port) < 0 || spec->host == NULL || spec->port == NULL)
        return err_set(e, STATUS_LOCAL, "%s:%.128s: HOST:PORT is needed", name, rest);
    if (!connection_is_port(spec->port, spec->kind->type))
        return err_set(e, STATUS_LOCAL, "%s:%.128s: '%.64s' is no port", name, rest, spec->port);
    return 0;
}
