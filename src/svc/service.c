/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "svc/rows.h"

static const struct service *const rows[] = {
    &service_stdio,
    &service_prompt,
    &service_echo,
};

const struct service *service_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i]->name, name) == 0)
            return rows[i];
    }
    return NULL;
}

struct svc *svc_start(const char *service, struct loop *loop, const struct svc_conf *conf,
                      struct peer_table *peers, struct link_pool *pool, const struct svc_events *events,
                      struct err *e)
{
    struct svc *s = mem_alloc(sizeof *s);

    s->service = service_find(service);
    s->loop = loop;
    s->conf = conf;
    s->peers = peers;
    s->pool = pool;
    s->events = *events;
    if (s->service == NULL || s->service->start(s, e) < 0) {
        free(s);
        return NULL;
    }
    return s;
}

void svc_attach(struct svc *s, struct peer *p)
{
    s->service->attach(s, p);
}

void svc_detach(struct svc *s, struct peer *p)
{
    s->service->detach(s, p);
}

bool svc_holds_up(const struct svc *s, const struct peer *p)
{
    return s->service->holds_up != NULL && s->service->holds_up(p);
}

void svc_stop(struct svc *s)
{
    if (s == NULL)
        return;
    s->service->stop(s);
    free(s);
}
