/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way of bytes that stay in the kernel.
 */
#include "io/link_path.h"

enum {
    BUDGET = 4 * SPLICE_ROOM, /* bytes before the others have their turn */
    MORE = 256 * 1024,        /* a step that moved less has emptied the source */
    SMALL = 16 * 1024,        /* a turn that moves less is better served by the buffer */
    SMALL_TURNS = 8,
};

void link_kernel_release(struct link *k)
{
    splice_close(k->splice);
    k->splice = NULL;
    k->small = 0;
}

/* Bulk shows: from now on the kernel moves the bytes, where it can and nobody wants to see them. */
void link_kernel_enter(struct link *k)
{
    bool again = false;

    k->bulk = false;
    k->splice = splice_open(&k->pool->pipes, k->src, k->dst, &again);
    k->copies = k->splice == NULL && !again;
    if (k->splice != NULL)
        link_copy_release(k);
}

/* Back to the buffer, with what a destination refused to be given this way. */
void link_kernel_leave(struct link *k)
{
    if (k->splice->held > 0) {
        link_copy_take_block(k);
        k->end = (uint32_t)splice_recover(k->splice, k->block);
    }
    link_disown_dst(k);
    link_kernel_release(k);
}

/* It is another's turn. A destination that is full wakes nobody: it would go round for ever. */
static void let_go(struct link *k, bool full)
{
    if (full && k->dst->owner == k)
        k->dst->owner = NULL;
    else
        link_disown_dst(k);
}

/* One step in the kernel. Returns false when neither end can go on, or the path was left. */
static bool step_kernel(struct link *k)
{
    struct splice_step step;

    if (!link_own_dst(k))
        return false;
    step = splice_step(k->splice, link_fits_kernel(k) && link_wants_read(k));
    if (step.short_of_pipes) {
        link_kernel_leave(k);
        return false;
    }
    if (step.put > 0)
        k->bytes += (uint64_t)step.put;
    if (k->splice->held == 0)
        let_go(k, step.put == IO_AGAIN);
    if ((step.got == IO_ERROR || step.put == IO_ERROR) && splice_refused(step.error) && !k->splice->proven) {
        k->copies = true;
        link_kernel_leave(k);
        return false;
    }
    if (step.got == IO_ERROR || step.got == IO_EOF) {
        if (step.got == IO_ERROR)
            port_fail(k->src, step.error);
        link_source_ended(k, step.got == IO_ERROR);
    }
    if (step.put == IO_ERROR) {
        port_fail(k->dst, step.error);
        link_finish(k, LINK_DST_FAILED);
        return false;
    }
    if (step.put == IO_AGAIN)
        port_wait_room(k->dst, k);
    return step.put >= MORE || step.got >= MORE;
}

/* Lets the kernel move bytes within a budget; little traffic goes back to the buffer, which wakes and calls less. */
void link_kernel_move(struct link *k)
{
    uint64_t before = k->bytes;

    while (!link_waits(k) && k->bytes - before < BUDGET && step_kernel(k))
        continue;
    if (k->splice == NULL)
        return;
    if (k->bytes - before >= SMALL || link_waits(k))
        k->small = 0;
    else if (k->small < SMALL_TURNS)
        k->small++;
    if (k->small == SMALL_TURNS && k->splice->held == 0 && !k->pool->pipes.eager)
        link_kernel_release(k);
}
