/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * intake: what a handshake has read and not used yet.
 */
#ifndef LAYER_INTAKE_H
#define LAYER_INTAKE_H

#include <stddef.h>
#include <sys/types.h>

struct layer;

/* All zero: empty. */
struct intake {
    unsigned char *data;
    size_t n, room;
};

/* Reads once, making room; nothing bounds that but its user. Returns as layer_read(). */
ssize_t intake_read(struct intake *in, struct layer *from);

/* The first `used` bytes are done with. */
void intake_drop(struct intake *in, size_t used);

/* Frees it, and wipes what was in it: there may be passwords. */
void intake_clear(struct intake *in);

#endif
