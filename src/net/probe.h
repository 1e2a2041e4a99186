/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * probe: which ports answer (-z): connects, tells, and sends no data on TCP; empty datagrams on UDP
 * (conf->datagram). Where layers are put on connections (conf->layers), a port is open when their handshakes are done.
 *
 * Each port is tried on the addresses of the host in turn until it is open on one; otherwise the most telling
 * result stands. conf->connect_timeout is the time for each (0: the kernel's for TCP, a minute more for handshakes, a
 * second for UDP, five for handshakes there).
 */
#ifndef NET_PROBE_H
#define NET_PROBE_H

#include "base/hostport.h"
#include "net/transport.h"

/* From what tells most to what tells least. PROBE_WRONG: somebody is there, and a layer's handshake failed. */
enum probe_result { PROBE_OPEN, PROBE_WRONG, PROBE_CLOSED, PROBE_NO_ANSWER, PROBE_FAILED };

struct probe_events {
    void *ctx;
    bool words; /* `e` says why a port is not open; else only what is wrong does */
    /* One port of one host is known.`e` is NULL when the result is open. Comes in the order of the
     * ports. */
    void (*result)(void *ctx, const struct addr *remote, enum probe_result result, const struct err *e);
    void (*finished)(void *ctx);
};

struct probe;

/* Starts probing `conf->host` at `ports` (all of `n` ranges; in random order with `randomize`), as many at a
 * time as descriptors allow. NULL with `e` when the host is not found. conf->port is not used. For a UNIX name `ports` are not
 * used, and there is one result. Events come from the loop, and result() may call probe_stop(). */
struct probe *probe_start(struct loop *loop, const struct net_conf *conf, const struct portrange *ports,
                          size_t n, bool randomize, const struct probe_events *events, struct err *e);
void probe_stop(struct probe *p);

#endif
