/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dgram: a port on datagram sockets: UDP, UNIX datagram, UNIX seqpacket; unconnected or connected.
 *
 * Unconnected: anyone is heard, and what is written without a struct meta goes to the current destination: the
 * one given, or (with `follow`) the latest sender; before there is one, writes wait. Answers leave from the
 * address that was spoken to (IP_PKTINFO, ip(7); RFC 3542). ICMP errors are reported (IP_RECVERR) and the port
 * goes on. Connected: only the peer is heard, and its refusal ends the port with ECONNREFUSED.
 */
#ifndef IO_DGRAM_H
#define IO_DGRAM_H

#include "io/port.h"

enum { DGRAM_SOCKETS = 8 };

struct dgram_opts {
    bool connected; /* the socket is connected; seqpacket ends with an empty read */
    bool follow;    /* send to the latest sender */
    bool gather;    /* what is written in one turn of the loop may leave at its end, with one call */
    bool echo;      /* answers only: guard against loops with another echo service (see net) */
    bool relay; /* what is sent is others': what becomes of it is told with -v alone, and no loss of ours */
    size_t segment; /* a longer write becomes datagrams of this size; 0: a write is a datagram */
    /* Datagrams of whom it does not admit are dropped before anybody sees them. NULL: all are admitted. */
    bool (*admits)(const void *ctx, const struct addr *from);
    const void *admits_ctx;
    bool seqpacket; /* connection-oriented: reading 0 is the end, port_shut() works */
};

/* A port on `n` (1 to DGRAM_SOCKETS) bound sockets, non-blocking already. Takes the descriptors. port_dropped() counts
 * what the kernel dropped because our receive buffer was full (SO_RXQ_OVFL, SO_MEMINFO). */
struct port *dgram_new(struct loop *loop, const int *fds, unsigned n, const struct dgram_opts *opts);

/* Sets where plain writes go. For unconnected sockets. */
void dgram_set_to(struct port *port, const struct addr *to);

#endif
