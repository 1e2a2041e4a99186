/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * multicast: groups that a socket receives the datagrams of. Private to net/.
 */
#ifndef NET_MULTICAST_H
#define NET_MULTICAST_H

#include <stdbool.h>

#include "base/err.h"

/* Joins GROUP[%INTERFACE] with a socket of `family`. A group of IPv6 is none for a socket of IPv4: it is passed over, or,
 * where no other socket is to come (`only`), a fault. Returns 0, or -1 with `e` (STATUS_LOCAL). */
int multicast_join(int fd, int family, bool only, const char *group, struct err *e);

#endif
