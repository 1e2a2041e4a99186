/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * given: sockets that were there before the program: made by a service manager or by inetd, and left to us as descriptors.
 */
#ifndef NET_GIVEN_H
#define NET_GIVEN_H

#include <stdbool.h>

#include "base/err.h"

struct given {
    int type;     /* SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM */
    int family;   /* AF_UNIX... */
    bool listens; /* or has been bound, for datagrams of anyone; else it is connected */
};

/* Looks at a descriptor. Returns 0, or -1 with `e` when it is no socket, or one that neither listens nor is connected. */
int given_look(int fd, struct given *g, struct err *e);

/* Makes it ours: not inherited, not blocking. Those who share it will find it not to block. Returns the descriptor, which is
 * above 2, or -1 with `e`. */
int given_take(int fd, struct err *e);

#endif
