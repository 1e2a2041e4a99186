/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/connection.h"

#include "base/mem.h"
#include "net/dial.h"
#include "peer/leave.h"

/* The connection is there, and its dial no longer needed. */
static void connection_up(void *ctx, struct peer *p)
{
    struct end *e = ctx;

    dial_free(e->state);
    e->state = NULL;
    e->peer = p;
    e->in = e->out = p->port;
    end_ready(e);
}

static void connection_failed(void *ctx, const struct err *why)
{
    struct end *e = ctx;

    end_failed(e, why);
    dial_free(e->state);
    e->state = NULL;
}

int connection_open(struct end *e, bool seqpacket, struct err *why)
{
    static const char *nodelay[] = {"nodelay"};
    const struct end_spec *spec = e->spec;
    const struct net_events events = {.ctx = e, .up = connection_up, .failed = connection_failed};
    struct net_conf conf = {.host = spec->host,
                            .port = spec->port,
                            .seqpacket = seqpacket,
                            .numeric = e->ends->conf.numeric,
                            .connect_timeout = e->ends->conf.connect_timeout};
    struct dial *d;

    if (spec->port == NULL) {
        conf.family = AF_UNIX;
    } else {
        conf.sockopts = nodelay;
        conf.nsockopts = 1;
    }
    e->state = d = dial_new("connect", e->ends->loop, &conf, e->ends->peers, &events);
    return dial_start(d, why);
}

void connection_close(struct end *e, bool reset)
{
    dial_free(e->state);
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
