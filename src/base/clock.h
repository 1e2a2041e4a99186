/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clock: the time that stands before a line. Reads no clock: the caller gives the times, in milliseconds.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/names.h"

enum clock_kind {
    CLOCK_NONE,
    CLOCK_ABSOLUTE, /* 13:05:09.042, local time */
    CLOCK_START,    /* +12.345: seconds since the start */
    CLOCK_DELTA,    /* +0.012: seconds since the line before */
};

enum { CLOCK_TEXT = 32 }; /* bytes that hold any time, its NUL included */

struct clock {
    enum clock_kind kind; /* may change at any time */
    int64_t start, last;  /* monotonic */
};

/* none, absolute, start, delta. */
extern const struct name clock_names[];

/* Begins to count at `now` (of a clock that never steps back, as loop_now()). */
void clock_init(struct clock *c, enum clock_kind kind, int64_t now);

/* The time of a line that is shown at `now`, which is `wall` since 1970; the next delta counts from it, whatever
 * the kind. Writes to `out` (CLOCK_TEXT bytes; empty with CLOCK_NONE); returns its length. */
size_t clock_format(struct clock *c, int64_t now, int64_t wall, char *out);

#endif
