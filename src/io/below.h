/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * below: what the kernel knows of a port's descriptor, whatever layers are on it, and what only the kernel can do. Of a
 * port without a descriptor it knows nothing: 0, false.
 */
#ifndef IO_BELOW_H
#define IO_BELOW_H

#include <stdbool.h>
#include <stdint.h>

struct port;

/* Bytes that came and were not read. */
uint64_t below_unread(const struct port *p);

/* Bytes of ours that are still here: not acknowledged (TCP, where an end that is on its way counts as one), or not read
 * yet by the other side (UNIX sockets). It outlives a reset. */
uint64_t below_unsent(const struct port *p);

/* The errno of a connection that failed while nobody asked, and forgets it; 0: none. */
int below_error(const struct port *p);

bool below_is_unix(const struct port *p);

/* It is a socket of datagrams. */
bool below_is_dgram(const struct port *p);

/* A terminal, or another character device. */
bool below_is_device(const struct port *p);

/* Has TCP ask every few seconds whether the other side is there; UNIX sockets tell without. */
void below_keep_alive(const struct port *p);

/* Resets the connection, where there is such, and gives the port up: what was sent may be lost. */
void below_reset(struct port *p);

#endif
