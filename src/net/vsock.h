/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vsock: the addresses between virtual machines and their host (vsock(7)): a CID and a port, numbers of 32 bits.
 */
#ifndef NET_VSOCK_H
#define NET_VSOCK_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/err.h"

/* `host` is a number or hypervisor, local, host or any; NULL is any, to listen alone (`passive`). `port` is a number; NULL and
 * 0 let the kernel choose, to listen alone. Returns 0, or -1 with `e`. */
int vsock_parse(const char *host, const char *port, bool passive, struct addr *out, struct err *e);

#endif
