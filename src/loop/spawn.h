/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spawn: starts a program.
 *
 * It inherits three descriptors and no other, no signal that is blocked, caught or ignored, and the limits that we were
 * started with.
 */
#ifndef LOOP_SPAWN_H
#define LOOP_SPAWN_H

#include "base/err.h"
#include "loop/child.h"

struct loop;

enum spawn_place {
    SPAWN_GROUP,      /* it leads a process group of its own, in our session */
    SPAWN_FOREGROUND, /* and that group has the terminal that is its descriptor 0 */
    SPAWN_SESSION,    /* it leads a session of its own, without a terminal */
    SPAWN_TERMINAL,   /* and that session's terminal is its descriptor 0 */
};

struct spawn {
    char *const *argv; /* ends with NULL; the program is looked for in PATH if its name has no slash */
    const char *const
        *env;   /* added to our environment: "NAME=VALUE", or "NAME" to leave it out; ends with NULL.
                               NULL: nothing */
    int fds[3]; /* what its 0, 1 and 2 are: any of ours, in any order, as they are; -1: /dev/null */
    enum spawn_place place;
};

/* Starts a program; `ops` (with `ctx`) hears how it ended, never from in here. NULL with `e` filled when it could not be
 * executed: spawn_status() of its errno is what a shell would say. Our own descriptors 0 to 2 must be open. */
struct child *spawn_start(struct loop *l, const struct spawn *s, const struct child_ops *ops, void *ctx,
                          struct err *e);

/* The exit status of a shell for a program that could not be executed: 127 not found, 126 anything else. */
int spawn_status(int sys);

/* Raises our limit of descriptors to what we may have. Programs started later get the one from before. */
void spawn_raise_limit(struct loop *l);

#endif
