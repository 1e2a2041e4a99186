/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * route: which of our addresses is used towards somebody.
 */
#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "base/addr.h"
#include "base/err.h"

/* Asks the kernel, with a socket of datagrams that sends nothing. Returns 0 with our address, whose port means nothing, or -1
 * with `e` (e->sys): there is no way there, or nobody has bound the UNIX name. */
int route_find(const struct addr *to, struct addr *own, struct err *e);

#endif
