/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * link_path: the three ways of a link's bytes: copied through a buffer, in the kernel, or straight from the memory of a
 * queue. What io/link.c and they need of each other. Private to io/.
 */
#ifndef IO_LINK_PATH_H
#define IO_LINK_PATH_H

#include "io/link.h"

/* The pause between lines or before blocks: only links with an interval pay for a timer. */
struct rest {
    struct timer timer; /* first: the timer is the rest */
    struct link *link;
};

static inline bool link_keeps_messages(const struct port *port)
{
    return (port_caps(port) & IO_MSG) != 0;
}

/* There was no room at the destination, or it was another link's turn. */
static inline bool link_waits(const struct link *k)
{
    return list_in(&k->place);
}

/* Nothing is held. */
bool link_empty(const struct link *k);

/* Shows the taps what was read, before any of it is written. */
void link_show(struct link *k, const void *data, size_t n, const struct meta *meta);

/* Records that the source said IO_EOF or IO_ERROR. */
void link_source_ended(struct link *k, bool failed);

/* Ends the link. */
void link_finish(struct link *k, enum link_state state);

/* Begins a write of one's own to the destination: false when it is another link's turn, which is waited for then. Ends
 * it, and wakes who is next; true when there was somebody. */
bool link_own_dst(struct link *k);
bool link_disown_dst(struct link *k);

/* Through a buffer (io/link_copy.c). */
void link_copy_move(struct link *k);
bool link_copy_wants_read(const struct link *k);
void link_copy_take_block(struct link *k);
void link_copy_release(struct link *k);
void link_copy_shrink(struct link *k);
void link_copy_init(struct link *k);

/* Nobody wants to see the bytes, and no layer must. */
bool link_fits_kernel(const struct link *k);

/* Bulk shows, it fits, and nothing is held that would be overtaken. */
bool link_wants_kernel(const struct link *k);

/* In the kernel (io/link_kernel.c): after bulk shows; left when it fits no more. */
void link_kernel_enter(struct link *k);
void link_kernel_leave(struct link *k);
void link_kernel_move(struct link *k);
void link_kernel_release(struct link *k);

/* From the memory of the source (io/link_share.c). */
bool link_share_fits(const struct link *k);
void link_share_move(struct link *k);

#endif
