/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch: a descriptor that the loop watches.
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include "base/list.h"

struct loop;

enum loop_event {
    LOOP_IN = 1,
    LOOP_OUT = 2,
    LOOP_HUP = 4, /* wanted: be told of a hang-up or error even when neither reading nor writing is wanted;
                     fired: one of them happened */
};

/* A descriptor and who cares for it. */
struct watch {
    int fd;
    unsigned (*want)(struct watch *); /* the events wanted now; called only after a touch or a fire */
    void (*fire)(struct watch *, unsigned events); /* some of them happened; may delete any watch */

    struct loop *loop; /* the rest is the loop's */
    struct list touched;
    unsigned char interest;
    int slot; /* index in the poll set, or one of those of loop/wait.c */
};

#endif
