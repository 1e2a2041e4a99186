/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * signal: signals as bytes in a pipe that the loop watches (the self-pipe trick).
 */
#ifndef LOOP_SIGNAL_H
#define LOOP_SIGNAL_H

#include "base/err.h"

/* The reading end of the signal pipe, opened at the first call. Returns -1 with `e` filled. */
int signal_open(struct err *e);

/* Closes the pipe, and ignores all that were caught from now on: who ends is not to be ended otherwise by a signal that
 * comes late. (Of SIGCHLD the default is to ignore it and to keep the status.) */
void signal_close(void);

/* Catches `signo`: its number arrives as a byte. Returns 0, or -1 with `e` filled. */
int signal_catch(int signo, struct err *e);

/* The lowest signal number above `after` that arrived, or 0. From 0 it empties the pipe: what arrives later fills
 * it again, so that one round looks at each signal once however many come. Arrivals that did not fit in the pipe are
 * not lost. */
int signal_next(int after);

#endif
