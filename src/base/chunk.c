/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct chunk *chunk_new(const void *data, size_t len)
{
    struct chunk *c = mem_resize(NULL, sizeof *c + len);

    c->refs = 1;
    c->len = len;
    c->secret = c->part = false;
    c->form = 0;
    if (len > 0)
        memcpy(c->data, data, len);
    return c;
}

struct chunk *chunk_ref(struct chunk *c)
{
    c->refs++;
    return c;
}

void chunk_unref(struct chunk *c)
{
    if (c != NULL && --c->refs == 0)
        free(c);
}
