/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reconnect: the dial of a client, and dialling anew: to another place, or to the same after a while.
 *
 * The first attempt comes at once, the next ones after 1, 2, 4 and so on up to 30 seconds. A connection that lasted
 * begins anew with that; one that ended at once does not, so that nobody is run down. Names are looked up while the loop
 * goes on.
 *
 * With --retry the first connection is tried for in shorter steps (base/retry.h), until there is one or its time is up.
 */
#ifndef APP_RECONNECT_H
#define APP_RECONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf.h"
#include "loop/loop.h"
#include "net/dial.h"

struct reconnect {
    const struct conf *conf;
    const struct transport *transport;
    struct loop *loop;
    struct peer_table *peers;
    struct net_events events;
    struct dial *here;
    struct dial *next; /* where a name is looked up for, to go there; NULL: nowhere */
    struct timer timer;
    int64_t delay; /* ms before the next attempt */
    int64_t since; /* loop time when the connection was made */
    int tries;     /* in a row */
    bool ever;     /* there was a connection */
    bool late;     /* the time of --retry is up */
    struct timer limit;
    struct err last; /* why the last attempt failed, while --retry goes on */
    bool asked;      /* this one was asked for by hand: its failure ends nothing */

    void (*leave)(void *ctx);   /* the peer of the place that is left is to be closed. Optional. */
    void (*settled)(void *ctx); /* it is settled whether the place can be left. Optional. */
};

/* Nothing is open yet. `conf` must outlive it. The caller may set `leave` and `settled`, which get the context of `events`. */
void reconnect_init(struct reconnect *r, const struct conf *conf, const struct transport *transport,
                    struct loop *loop, struct peer_table *peers, const struct net_events *events);
void reconnect_clear(struct reconnect *r);

/* Closes the dial; reconnect_to() may open it again. */
void reconnect_close(struct reconnect *r);

/* Opens the dial; names are looked up in place. Returns 0, or -1 with `e`. */
int reconnect_open(struct reconnect *r, struct err *e);

/* Opens it in another place, or (`host` is NULL) in the same once more; the one that was open is closed, and left. `host`
 * may hold the port when `port` is NULL. Returns 0, or -1 with `e`: what was open still is, but for datagram sockets when
 * the next one could not be opened. While a name is looked up reconnect_moves() is true, until settled() is called; a
 * failure is then told by a line of the log. */
int reconnect_to(struct reconnect *r, const char *host, const char *port, struct err *e);

bool reconnect_moves(const struct reconnect *r);

/* Closes the dial and will open it again after a while, if that was asked for (--reconnect). `e` is why, or NULL:
 * where it is told here its text is empty after. False: it is not to be. */
bool reconnect_later(struct reconnect *r, struct err *e);

/* It does so now. */
bool reconnect_waits(const struct reconnect *r);

/* There is a connection, or one under way. */
bool reconnect_is_open(const struct reconnect *r);

/* The connection is made. */
void reconnect_up(struct reconnect *r, const struct peer *p);

#endif
