/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tap: somebody who watches what passes a link, and changes nothing.
 *
 * Embedded in its user's struct. While a link has a tap, every byte goes through its buffer: a link in its kernel
 * path leaves it at the next point where nothing is held, so a tap sees all that is read from then on.
 */
#ifndef IO_TAP_H
#define IO_TAP_H

#include <stddef.h>

#include "io/port.h"

struct tap {
    /* `n` bytes were read, and none of them is written to the destination yet; `meta` is of a source that has such (IO_ADDRESSED),
     * else NULL; its peer.len is 0 where no address is known. Must neither free nor pump the link. */
    void (*see)(struct tap *t, const void *data, size_t n, const struct meta *meta);
    struct tap *next; /* the link's */
};

#endif
