/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pool: blocks of one size that come and go often, such as buffers of peers that wake up and fall idle again.
 *
 * A few blocks given back are kept for the next taker; the rest goes back to malloc(3). Whoever made the pool
 * owns it; blocks in use belong to their takers and outlive pool_clear() only to be freed with free(3).
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool {
    void *free;   /* the blocks kept; each begins with a pointer to the next */
    size_t nfree; /* how many they are */
    size_t block; /* the size of each, in bytes */
    size_t keep;  /* how many are kept at most */
};

/* An empty pool of blocks of `block` bytes that keeps at most `keep` free ones. Blocks of 64 KiB or more are a multiple of 4096
 * bytes, and begin where a page does (mem_pages()). */
void pool_init(struct pool *p, size_t block, size_t keep);

/* Frees the blocks kept. The pool stays usable. */
void pool_clear(struct pool *p);

/* A block, its content undefined. Never fails (base/mem.h). */
void *pool_get(struct pool *p);

/* Gives a block of this pool back. `block` may be NULL. */
void pool_put(struct pool *p, void *block);

#endif
