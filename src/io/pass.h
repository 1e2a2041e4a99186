/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pass: a port's socket given to another program, over a UNIX socket (SCM_RIGHTS, unix(7)).
 */
#ifndef IO_PASS_H
#define IO_PASS_H

#include <stdbool.h>

#include "base/err.h"

struct port;

/* Whether `to` can carry a descriptor: it is a UNIX socket. */
bool pass_can(int to);

/* Before a program gets the socket of `p`: makes it one that waits, as a new one does. The connection is then the other's, as
 * below. Returns 0, or -1 with `e`: a layer stands between, or there is no socket. */
int pass_begin(struct port *p, struct err *e);

/* Sends the socket of `p` with one byte, a NUL, over `to`, without waiting. The connection is then the receiver's: releasing
 * `p` ends it no more, and nothing is to be read or written here. Returns 0, or -1 with `e`; e->sys is EAGAIN while there is
 * no room. */
int pass_port(struct port *p, int to, struct err *e);

#endif
