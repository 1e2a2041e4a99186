/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mark: what stands before a line of a view: time, direction, talker, size.
 */
#ifndef SVC_MARK_H
#define SVC_MARK_H

#include "svc/view.h"

enum { MARK_MOST = 200 }; /* bytes that hold all marks of a line */

struct mark_line {
    const struct talker *talker; /* NULL: all */
    bool sent;
    size_t size; /* 0: not to be told */
};

/* Writes the marks that `v` wants, whose clock goes on. Returns the length; `*width` becomes the columns. */
size_t mark_put(struct view *v, const struct mark_line *line, char out[static MARK_MOST], unsigned *width);

#endif
