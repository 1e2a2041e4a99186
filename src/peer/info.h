/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * info: what the kernel knows of a peer's connection: bytes that wait on either side, and of TCP its state and
 * how well it goes.
 */
#ifndef PEER_INFO_H
#define PEER_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "peer/peer.h"

struct info {
    bool queues;          /* the two below are known */
    uint64_t inq, outq;   /* bytes that came and were not read; that were sent and not acknowledged */
    bool tcp;             /* the rest is known */
    const char *state;    /* "established", "close-wait"... */
    uint32_t rtt, rttvar; /* microseconds; 0: not measured yet */
    uint32_t cwnd;        /* segments */
    uint32_t mss_sent, mss_received;
    uint32_t
        last_sent; /* ms since data left for the first time; UINT32_MAX: what left last is not answered */
    uint32_t unacked, lost, retransmits; /* segments: on their way; thought lost; sent again, ever */
    bool rates;                          /* the kernel tells these: */
    uint64_t pacing_rate, delivery_rate; /* bytes per second; 0: without limit, not measured */
};

/* Fills `i` with what can be known of `p`. Of what is no connection (a datagram socket, one without a descriptor) that is
 * nothing. */
void info_get(const struct peer *p, struct info *i);

#endif
