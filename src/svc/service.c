/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/service.h"

#include <stdlib.h>

#include "base/mem.h"

struct svc *svc_start(const struct svc *given, struct err *e)
{
    struct svc *s = mem_alloc(sizeof *s);

    *s = *given;
    if (s->service->start(s, e) == 0)
        return s;
    free(s);
    return NULL;
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
