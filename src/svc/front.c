/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/front.h"

static const struct front *front_of(const struct svc *s)
{
    static const struct front none;

    return s != NULL && s->service->front != NULL ? s->service->front : &none;
}

bool front_is_person(const struct svc *s)
{
    return front_of(s)->person;
}

bool front_show(struct svc *s, const char *line)
{
    const struct front *f = front_of(s);

    return f->show != NULL && f->show(s, line);
}

size_t front_waiting(const struct svc *s)
{
    const struct front *f = front_of(s);

    return f->waiting != NULL ? f->waiting(s) : 0;
}

void front_settled(struct svc *s)
{
    const struct front *f = front_of(s);

    if (f->settled != NULL)
        f->settled(s);
}

bool front_interrupt(struct svc *s)
{
    const struct front *f = front_of(s);

    return f->interrupt != NULL && f->interrupt(s);
}

void front_suspend(struct svc *s)
{
    const struct front *f = front_of(s);

    if (f->suspend != NULL)
        f->suspend(s);
}

void front_resume(struct svc *s)
{
    const struct front *f = front_of(s);

    if (f->resume != NULL)
        f->resume(s);
}

bool front_lent(struct svc *s)
{
    const struct front *f = front_of(s);

    return f->lent != NULL && f->lent(s);
}

bool front_shows(struct svc *s)
{
    const struct front *f = front_of(s);

    return f->shows != NULL && f->shows(s);
}
