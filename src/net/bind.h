/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bind: the sockets that receive: one for each address of the command line's host, all on one port. Private
 * to net/.
 */
#ifndef NET_BIND_H
#define NET_BIND_H

#include "net/transport.h"
#include "net/unix.h"

struct bound {
    int fd;           /* -1: given away or closed */
    struct addr addr; /* as bound, with the real port */
    struct unix_path own;
};

/* Binds (and, unless `type` is SOCK_DGRAM, listens) on every address of the host. Without a host it is one
 * socket for IPv4 and IPv6 where there is IPv6. Port 0 is the same free port on each. `*out` is newly
 * allocated. Returns how many, 1 to `max`, or -1 with `e` (STATUS_LOCAL). */
int bind_open(const struct net_conf *conf, int type, int max, struct bound **out, struct err *e);

/* Closes those not given away, removes UNIX paths and frees the list. */
void bind_close(struct bound *list, int n);

#endif
