/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * multicast: groups that a socket receives the datagrams of. Private to net/.
 */
#ifndef NET_MULTICAST_H
#define NET_MULTICAST_H

#include "base/err.h"

/* Joins GROUP[%INTERFACE] with a socket of `family`; a group of IPv6 is none for a socket of IPv4, and passed over. Returns
 * 0, or -1 with `e` (STATUS_LOCAL). */
int multicast_join(int fd, int family, const char *group, struct err *e);

#endif
