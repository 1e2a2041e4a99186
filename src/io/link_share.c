/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way of bytes that are in memory already, where many links read them: they are written from where they are.
 */
#include "io/link_path.h"

enum { BUDGET = 64 }; /* writes before the others have their turn */

bool link_share_fits(const struct link *k)
{
    return k->src->top->ops->peek != NULL && k->opts.cut == LINK_CUT_READ && !k->opts.crlf &&
           !link_keeps_messages(k->src) && !link_keeps_messages(k->dst);
}

/* What the taps have not seen yet of the `n` bytes that are next; k->scanned says how many they have. */
static void show(struct link *k, const char *data, uint32_t n)
{
    uint32_t seen = k->scanned;

    if (seen >= n)
        return;
    k->scanned = n;
    link_show(k, data + seen, n - seen, NULL);
}

/* One write. Returns false when nothing more can be done. */
static bool share_once(struct link *k)
{
    const void *data;
    ssize_t n = k->src->top->ops->peek(k->src->top, &data);
    ssize_t wrote;

    if (n == IO_EOF)
        link_source_ended(k, false);
    if (n < 0 || !link_own_dst(k))
        return false;
    show(k, data, (uint32_t)n);
    wrote = port_write(k->dst, data, (size_t)n, NULL);
    if (k->freed)
        return false;
    if (wrote == IO_ERROR) {
        link_finish(k, LINK_DST_FAILED);
        k->lost = (uint64_t)n;
    }
    if (wrote == IO_AGAIN)
        port_wait_room(k->dst, k);
    if (wrote < 0)
        return false;
    k->scanned -= (uint32_t)wrote;
    k->bytes += (uint64_t)wrote;
    k->src->top->ops->skip(k->src->top, (size_t)wrote);
    if (wrote == n && link_disown_dst(k))
        port_wait_room(k->dst, k);
    return !k->freed;
}

void link_share_move(struct link *k)
{
    for (int i = 0; i < BUDGET && !k->paused && !link_waits(k) && !k->src_eof; i++) {
        if (!share_once(k))
            return;
    }
}
