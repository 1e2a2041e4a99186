/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fds: closes what a program that is started must not inherit. Nothing is allocated: all may be called between vfork(2)
 * and exec.
 */
#ifndef LOOP_FDS_H
#define LOOP_FDS_H

/* Closes descriptor `first` and all above it, in the first of the ways below that there is. */
void fds_close_from(int first);

/* One system call, close_range(2). Returns 0, or -1 where there is none. */
int fds_close_range(int first);

/* Those that /proc/self/fd names. Returns 0, or -1 where there is no /proc, or no descriptor to read it. */
int fds_close_listed(int first);

/* All numbers up to the limit of descriptors: slow where that is high. */
void fds_close_each(int first);

#endif
