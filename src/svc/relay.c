/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/relay.h"

void *relay_join(struct relay *r, struct peer *p)
{
    return r->kind->join != NULL ? r->kind->join(r, p) : NULL;
}

void relay_leave(struct relay *r, void *seat)
{
    if (r->kind->leave != NULL)
        r->kind->leave(r, seat);
}

void relay_ended(struct relay *r, void *seat)
{
    if (r->kind->ended != NULL)
        r->kind->ended(r, seat);
}

void relay_missed(struct relay *r, void *seat)
{
    if (r->kind->missed != NULL)
        r->kind->missed(r, seat);
}

void relay_again(struct relay *r, void *seat)
{
    if (r->kind->again != NULL)
        r->kind->again(r, seat);
}
