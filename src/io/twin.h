/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * twin: a port made of two: what comes from the one, and what goes to the other.
 */
#ifndef IO_TWIN_H
#define IO_TWIN_H

#include "io/port.h"

/* Both stay the caller's, may be the same, and have no links of their own. */
struct twin {
    struct port *in;          /* NULL: nothing comes, and our end is that of all */
    struct port *out;         /* NULL: nothing can be written */
    bool one;                 /* the end of what comes is that of all, too */
    void (*freed)(void *ctx); /* the port is gone, the two may go */
    void *ctx;
};

struct port *twin_new(struct loop *loop, const struct twin *t);

/* There is nobody any more who would take anything: what comes is the last. Who waits for a hang-up of the port is told. */
void twin_end(struct port *p);

#endif
