/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/rows.h"
#include "net/sockopt.h"

static const struct transport *const transports[] = {
    &net_connect,  &net_listen,        &net_udp,         &net_udp_listen, &net_udp_first,
    &net_udp_each, &net_udp_connected, &net_udp_relayed, &net_self,       &net_given,
};

const struct transport *net_find(const char *name)
{
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
        if (strcmp(transports[i]->name, name) == 0)
            return transports[i];
    return NULL;
}

struct net *net_open(const struct transport *t, struct loop *loop, const struct net_conf *conf,
                     struct peer_table *peers, const struct net_events *events, struct err *e)
{
    struct net *n;

    if (sockopt_check(conf->sockopts, conf->nsockopts, e) < 0)
        return NULL;
    n = mem_alloc(sizeof *n);
    n->transport = t;
    n->loop = loop;
    n->conf = conf;
    n->peers = peers;
    n->events = *events;
    if (t->open(n, e) < 0) {
        free(n);
        return NULL;
    }
    return n;
}

void net_close(struct net *n)
{
    if (n == NULL)
        return;
    n->transport->close(n);
    free(n);
}
