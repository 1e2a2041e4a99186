/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/peer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void peer_table_init(struct peer_table *t, struct loop *loop)
{
    *t = (struct peer_table){.loop = loop, .next_number = 1};
    list_init(&t->all);
    list_init(&t->watches);
    list_init(&t->leaving);
    list_init(&t->observers);
}

void peer_table_watch(struct peer_table *t, struct peer_watch *w)
{
    list_add(&t->watches, &w->place);
}

void peer_table_unwatch(struct peer_watch *w)
{
    list_del(&w->place);
}

static void tell_gone(struct peer_table *t)
{
    struct peer_watch *w;
    struct list *ahead;

    list_each(w, ahead, &t->watches, struct peer_watch, place) w->gone(w);
}

void peer_table_bytes(const struct peer_table *t, uint64_t *sent, uint64_t *received)
{
    *sent = t->sent;
    *received = t->received;
    for (const struct peer *p = peer_first(t); p != NULL; p = peer_next(p)) {
        *sent += p->sent;
        *received += p->received;
    }
}

struct peer *peer_new(struct peer_table *t, struct port *port, const struct addr *local,
                      const struct addr *remote)
{
    struct peer *p = mem_alloc(sizeof *p);

    p->table = t;
    p->port = port;
    p->local = addr_dup(local);
    p->remote = addr_dup(remote);
    p->number = t->next_number++;
    p->active = loop_now(t->loop);
    list_add(&t->all, &p->place);
    t->count++;
    return p;
}

struct port *peer_remove(struct peer *p)
{
    struct peer_table *t = p->table;
    struct port *port = p->port;

    list_del(&p->place);
    t->count--;
    t->sent += p->sent;
    t->received += p->received;
    loop_timer_clear(&p->idle);
    loop_timer_clear(&p->probe);
    free(p->local);
    free(p->remote);
    free(p->name);
    free(p);
    tell_gone(t);
    return port;
}

void peer_free(struct peer *p)
{
    const bool says = p->datagram && p->port->error == 0;
    struct port *port = peer_remove(p);

    if (says) { /* what a layer has to say at the end, of which nothing else tells */
        port->closing = true;
        (void)port_shut(port);
    }
    port_free(port);
}

int peer_fd(const struct peer *p, unsigned i)
{
    return port_fd(p->port, i);
}

void peer_count(struct peer *p, uint64_t sent, uint64_t received)
{
    p->sent += sent;
    p->received += received;
    if (sent == 0 || !p->listens)
        p->active = loop_now(p->table->loop);
}

const char *peer_name(const struct peer *p, char text[static ADDR_TEXT])
{
    if (p->name != NULL)
        snprintf(text, ADDR_TEXT, "%s", p->name);
    else if (p->remote->len == 0)
        snprintf(text, ADDR_TEXT, "anyone");
    else
        addr_format(p->remote, text);
    return text;
}
