/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * std: standard input and output as ports.
 *
 * Descriptors 0, 1 and 2 are shared with the shell and with other programs: their flags are never changed, and
 * no read or write on them blocks. Pipes and terminals are opened anew through /proc/self/fd (proc(5)), which
 * gives a description of our own to make non-blocking; sockets take MSG_DONTWAIT; files never block. Where none of
 * these works, poll(2) is asked before each call and writes stay within PIPE_BUF.
 */
#ifndef IO_STD_H
#define IO_STD_H

#include "io/port.h"

/* Opens /dev/null, or where there is none a pipe that has ended, on each of the descriptors 0 to 2 that is closed.
 * Call first in main(). Returns 0 or -1. */
int std_sanitize(void);

/* A descriptor that we were started with, to read (O_RDONLY) or to write (O_WRONLY). port_shut() closes it for its reader;
 * port_free() leaves it open. */
struct port *std_open(struct loop *loop, int fd, int access);

/* Standard input and standard output. */
struct port *std_input(struct loop *loop);
struct port *std_output(struct loop *loop);

#endif
