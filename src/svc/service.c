/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/service.h"

#include <stdlib.h>

#include "base/mem.h"
#include "peer/leave.h"
#include "peer/observe.h"

struct svc *svc_start(const struct svc *given, struct err *e)
{
    struct svc *s = mem_alloc(sizeof *s);

    *s = *given;
    if (s->service->start(s, e) == 0)
        return s;
    free(s);
    return NULL;
}

static void greeting_done(void *ctx, struct peer *p, const struct err *e)
{
    struct svc *s = ctx;

    if (e == NULL) {
        greeting_free(p, false);
        s->service->attach(s, p);
        return;
    }
    observe_error(p, e);
    if (e->status == STATUS_LOCAL)
        leave_reset(p);
    s->host.finished(s->host.ctx, p, e);
}

void svc_attach(struct svc *s, struct peer *p)
{
    if (s->greeting != NULL)
        greeting_start(s->greeting, p, s->pool, greeting_done, s);
    else
        s->service->attach(s, p);
}

void svc_detach(struct svc *s, struct peer *p)
{
    if (p->greeting == NULL) {
        s->service->detach(s, p);
        return;
    }
    greeting_free(p, !s->killed);
    observe_close(p);
}

bool svc_holds_up(const struct svc *s, const struct peer *p)
{
    return p->greeting == NULL && s->service->holds_up != NULL && s->service->holds_up(p);
}

bool svc_sends(const struct svc *s, const struct peer *p)
{
    return p->greeting != NULL || s->service->sends == NULL || s->service->sends(s, p);
}

void svc_stop(struct svc *s)
{
    if (s == NULL)
        return;
    s->service->stop(s);
    free(s);
}
