/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fd: a port on a stream descriptor: a connected socket, a pipe, a terminal or a file.
 */
#ifndef IO_FD_H
#define IO_FD_H

#include "io/port.h"

/* A connected stream socket, non-blocking already. Takes `fd`. */
struct port *fd_socket(struct loop *loop, int fd);

/* The same of a socket that others share, which stays as it is: blocking or not. Takes `fd`. */
struct port *fd_shared_socket(struct loop *loop, int fd);

/* A pipe, terminal or file of our own, non-blocking already. Takes `fd`. */
struct port *fd_file(struct loop *loop, int fd);

/* Swallows everything: the destination of what nobody wants to see. */
struct port *fd_null(struct loop *loop);

#endif
