/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/recent.h"

#include <string.h>

#include "base/mem.h"

enum { LEAST = 64 }; /* bytes of the first room */

/* Has room for `n` bytes, without those of a talker that says little. */
static struct recent *with_room(struct recent *r, size_t n)
{
    size_t room = r != NULL ? r->room : LEAST;

    if (r != NULL && n <= room)
        return r;
    while (room < n)
        room *= 2;
    if (r == NULL)
        r = mem_alloc(sizeof *r + room);
    else
        r = mem_resize(r, sizeof *r + room);
    r->room = room;
    return r;
}

void recent_put(struct recent **place, const void *data, size_t n)
{
    size_t fresh = n < RECENT_MOST ? n : RECENT_MOST, len = *place != NULL ? (*place)->len : 0;
    size_t kept = len < RECENT_MOST - fresh ? len : RECENT_MOST - fresh;
    struct recent *r;

    if (n == 0)
        return;
    r = *place = with_room(*place, kept + fresh);
    memmove(r->data, r->data + len - kept, kept);
    memcpy(r->data + kept, (const unsigned char *)data + n - fresh, fresh);
    r->before += len - kept + n - fresh;
    r->len = kept + fresh;
}
