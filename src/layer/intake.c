/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/layer.h"

enum { FIRST = 512 /* bytes of room, at first */ };

static void make_room(struct intake *in)
{
    const size_t room = in->room == 0 ? FIRST : 2 * in->room;
    unsigned char *data;

    if (in->n < in->room)
        return;
    data = mem_alloc(room);
    if (in->n > 0)
        memcpy(data, in->data, in->n);
    if (in->data != NULL)
        explicit_bzero(in->data, in->n);
    free(in->data);
    in->data = data;
    in->room = room;
}

ssize_t intake_read(struct intake *in, struct layer *from)
{
    ssize_t n;

    make_room(in);
    n = layer_read(from, in->data + in->n, in->room - in->n, NULL);
    if (n > 0)
        in->n += (size_t)n;
    return n;
}

void intake_drop(struct intake *in, size_t used)
{
    in->n -= used;
    if (used > 0)
        memmove(in->data, in->data + used, in->n);
}

void intake_clear(struct intake *in)
{
    if (in->data != NULL)
        explicit_bzero(in->data, in->room);
    free(in->data);
    *in = (struct intake){0};
}
