/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * path: how long a datagram may be that goes all the way in one piece (the path's MTU, as far as the kernel knows it).
 */
#ifndef IO_PATH_H
#define IO_PATH_H

#include <stddef.h>

#include "base/addr.h"

/* Bytes of a datagram that a connected UDP socket sends; where it is not known, as many as every path takes. */
size_t path_of_socket(int fd);

/* The same, of datagrams to `to`, which a socket that sends nothing asks. */
size_t path_to(const struct addr *to);

#endif
