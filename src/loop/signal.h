/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * signal: signals as bytes in a pipe that the loop watches (the self-pipe trick).
 */
#ifndef LOOP_SIGNAL_H
#define LOOP_SIGNAL_H

#include "base/err.h"

/* The reading end of the signal pipe, opened at the first call. Returns -1 with `e` filled. */
int signal_open(struct err *e);

/* Puts SIG_DFL back for all that were caught and closes the pipe. */
void signal_close(void);

/* Catches `signo`: its number arrives as a byte. Returns 0, or -1 with `e` filled. */
int signal_catch(int signo, struct err *e);

/* The next signal number that arrived, or 0. Arrivals that did not fit in the pipe are not lost. */
int signal_next(void);

#endif
