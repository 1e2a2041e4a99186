/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/refusals.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
    MOST = 32,  /* remembered at once */
    WORKED = 2, /* datagrams in a row that none of came back */
};

static struct refusal *find(const struct refusals *r, const struct addr *who)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (addr_equal(&r->list[i].who, who))
            return &r->list[i];
    }
    return NULL;
}

static struct refusal *place_for_new(struct refusals *r)
{
    struct refusal *x;

    if (r->list == NULL)
        r->list = mem_alloc(MOST * sizeof *r->list);
    if (r->count < MOST)
        return &r->list[r->count++];
    x = &r->list[r->next];
    r->next = (r->next + 1) % MOST;
    return x;
}

bool refusals_add(struct refusals *r, const struct addr *who, int error)
{
    struct refusal *x = find(r, who);
    bool known = x != NULL && x->error == error && x->sent < WORKED;

    if (x == NULL)
        x = place_for_new(r);
    *x = (struct refusal){.who = *who, .error = error};
    return !known;
}

void refusals_sent(struct refusals *r, const struct addr *who)
{
    struct refusal *x = find(r, who);

    if (x != NULL)
        x->sent++;
}

void refusals_del(struct refusals *r, const struct addr *who)
{
    struct refusal *x = find(r, who);

    if (x != NULL)
        *x = r->list[--r->count];
}

void refusals_clear(struct refusals *r)
{
    free(r->list);
    *r = (struct refusals){0};
}
