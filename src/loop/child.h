/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * child: a process of ours, and who is told that it ended.
 *
 * A child is waited for through a descriptor of its own (pidfd_open(2)), so that idle ones cost a turn nothing; where there is
 * none, and for who wants to hear of stops, at SIGCHLD. Its number stays taken until child_free(), also when it has ended:
 * a signal never reaches a stranger.
 */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include <sys/types.h>

#include "base/err.h"

struct child;
struct loop;

/* Called from the loop, and may free the child. */
struct child_ops {
    void (*ended)(void *ctx, int status); /* once; the status as of waitpid(2) */
    void (*stopped)(void *ctx);           /* it was stopped by a signal. Optional */
};

/* A child to be: made before the process is, since it can fail. NULL with `e` filled when descriptors are out. */
struct child *child_new(struct loop *l, const struct child_ops *ops, void *ctx, struct err *e);

/* It is process `pid`, which may have ended already. */
void child_begin(struct child *c, pid_t pid);

/* Its process, while it is not freed; 0 before child_begin(). */
pid_t child_pid(const struct child *c);

/* Sends a signal to the process, or to the process group that it leads. Returns 0, or -1 with errno. */
int child_kill(const struct child *c, int signo);
int child_kill_group(const struct child *c, int signo);

/* Forgets the child; NULL does nothing. One that has not ended goes on, and the loop reaps it in time, as long as it runs:
 * loop_free() lets go of those that it still has. */
void child_free(struct child *c);

#endif
