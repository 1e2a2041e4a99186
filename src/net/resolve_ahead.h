/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resolve_ahead: the same as net/resolve.h, without waiting: a thread asks, the loop goes on.
 *
 * The thread touches nothing but its own question, and takes no signals. One that is not waited for any more runs to its
 * end, or to that of the program. There are at most 64 of a loop, those not waited for among them, and at most 16 at the wish
 * of one client (opts->whom: an IPv4 address, or a network of 64 bits of IPv6). Who asks for more waits for one of them to
 * end; then it is the turn of whoever has the fewest under way, and of what each asks for in order.
 */
#ifndef NET_RESOLVE_AHEAD_H
#define NET_RESOLVE_AHEAD_H

#include "loop/loop.h"
#include "net/resolve.h"

struct resolve_ahead;

/* True when somebody has to be asked for the addresses of `host`: it is a name. */
bool resolve_asks(const char *host, const struct resolve_opts *opts);

/* Begins what resolve() does. `done` is called from the loop, with `n` addresses in `list`, which it takes, or with -1 and
 * `e`. NULL with `e` when the port is none or there can be no thread. Both strings are copied. */
struct resolve_ahead *resolve_ahead(struct loop *loop, const char *host, const char *port,
                                    const struct resolve_opts *opts,
                                    void (*done)(void *ctx, struct addr *list, int n, const struct err *e),
                                    void *ctx, struct err *e);

/* Waits for it no more; not to be called once it is done. NULL is fine. */
void resolve_abandon(struct resolve_ahead *a);

#endif
