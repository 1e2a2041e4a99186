/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { LARGE = 64 * 1024 }; /* of smaller ones there may be many: nothing is to be lost between them */

void pool_init(struct pool *p, size_t block, size_t keep)
{
    *p = (struct pool){.block = block < sizeof(void *) ? sizeof(void *) : block, .keep = keep};
}

static void *take_last(struct pool *p)
{
    void *block = p->free;

    memcpy(&p->free, block, sizeof p->free);
    p->nfree--;
    return block;
}

void pool_clear(struct pool *p)
{
    while (p->nfree > 0)
        free(take_last(p));
}

static void *fresh(const struct pool *p)
{
    return p->block >= LARGE ? mem_pages(p->block) : mem_resize(NULL, p->block);
}

void *pool_get(struct pool *p)
{
    return p->nfree > 0 ? take_last(p) : fresh(p);
}

void pool_put(struct pool *p, void *block)
{
    if (block == NULL || p->nfree >= p->keep) {
        free(block);
        return;
    }
    memcpy(block, &p->free, sizeof p->free);
    p->free = block;
    p->nfree++;
}
