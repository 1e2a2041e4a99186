/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mark: what stands before a line that is shown: time, direction, talker, size.
 */
#ifndef CONSOLE_MARK_H
#define CONSOLE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/names.h"
#include "loop/loop.h"

struct talker;

enum {
    MARK_MOST = 200, /* bytes that hold all marks of a line */
    MARK_LABEL = 64, /* bytes that hold the label of a talker */
};
#define MARK_NO_SIZE SIZE_MAX /* the size is not to be told */

/* What may be asked for, besides the time. */
enum mark_kind {
    MARK_DIRECTION =
        1,         /* < or >; what is sent is shown too, unless it stands on the screen as it was typed */
    MARK_SIZE = 2, /* the size of each datagram, or of what was read at once */
    MARK_PEER = 4, /* [2], also where only one talker can be */
};

/* Which stand before each line. */
struct marks {
    struct loop *loop;
    unsigned set; /* of enum mark_kind */
    struct clock clock;
    bool labels; /* [2]: more than one talker may come */
    bool color;  /* of our own */
};

struct mark_line {
    const struct talker *talker; /* NULL: all */
    bool sent;
    size_t size; /* or MARK_NO_SIZE */
};

/* direction, size, peer. */
extern const struct name mark_names[];

/* A list of marks, parted by commas, or none. 0, or -1 with `*set` untouched. */
int mark_parse(const char *list, unsigned *set);

/* Any stands before a line. */
bool mark_any(const struct marks *m);

/* Writes those of a line; the clock goes on. Returns the length; `*width` becomes the columns. */
size_t mark_put(struct marks *m, const struct mark_line *line, char out[static MARK_MOST], unsigned *width);

/* The coloured "[2]" of a talker, or "" for none; `*width` becomes the columns. Returns `text`. */
const char *mark_label(const struct marks *m, const struct talker *t, char text[static MARK_LABEL],
                       unsigned *width);

#endif
