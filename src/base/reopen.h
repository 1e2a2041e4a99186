/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reopen: a description of our own of a file that we share with others, whose flags are not ours to change.
 */
#ifndef BASE_REOPEN_H
#define BASE_REOPEN_H

/* Opens what `fd` stands for anew, through /proc/self/fd (proc(5)): non-blocking, with this access (O_RDONLY...). Returns
 * the descriptor, which the caller closes, or -1 with errno: a socket cannot be, nor a file that we may not open. */
int reopen_own(int fd, int access);

#endif
