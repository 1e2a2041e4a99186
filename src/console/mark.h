/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mark: what stands before a line of a view: time, direction, talker, size.
 */
#ifndef CONSOLE_MARK_H
#define CONSOLE_MARK_H

#include "console/view.h"

enum { MARK_MOST = 200 };     /* bytes that hold all marks of a line */
#define MARK_NO_SIZE SIZE_MAX /* the size is not to be told */

struct mark_line {
    const struct talker *talker; /* NULL: all */
    bool sent;
    size_t size; /* or MARK_NO_SIZE */
};

/* Writes the marks that `v` wants, whose clock goes on. Returns the length; `*width` becomes the columns. */
size_t mark_put(struct view *v, const struct mark_line *line, char out[static MARK_MOST], unsigned *width);

#endif
