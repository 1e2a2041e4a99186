/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * batch: datagrams by the dozen: those that have arrived come out of the kernel with one call (recvmmsg(2)), and
 * answers go with one call (sendmmsg(2)), those of one length to one peer as one (UDP_SEGMENT, udp(7)). Boundaries and
 * order are kept both ways. For UDP sockets. Private to io/dgram and io/callers.
 */
#ifndef IO_BATCH_H
#define IO_BATCH_H

#include "io/cmsg.h"

enum { BATCH_MOST = CMSG_SEVERAL }; /* datagrams of one call; fewer than the UDP_MAX_SEGMENTS of any kernel */

/* What arrived. Room for the longest datagrams is set aside; what is not used of it is never touched. */
struct arrivals;

/* Released with arrivals_free(); NULL is fine there. */
struct arrivals *arrivals_new(void);
void arrivals_free(struct arrivals *a);

/* Datagrams that were received and not yet taken. */
unsigned arrivals_left(const struct arrivals *a);

/* Receives, without blocking, when none is left. Returns how many, or -1 with errno. */
int arrivals_fill(struct arrivals *a, int fd);

/* The next one, as by cmsg_receive(). One must be left. */
ssize_t arrivals_take(struct arrivals *a, struct cmsg_in *in);

/* The same where it is: `*data` is valid until arrivals_fill(); in->data is not asked for. */
size_t arrivals_show(struct arrivals *a, struct cmsg_in *in, const void **data);

/* Those that go as one: to one address and of one length, the last may be shorter. */
struct answer_group {
    struct meta to;
    size_t size;       /* of each */
    size_t start, end; /* of the bytes not yet sent */
};

/* Datagrams to be sent together, answers mostly. Zeroed: none so far. */
struct answers {
    struct answer_group *groups;
    unsigned first, n, room; /* those not yet sent are from `first` to `n` */
    unsigned count;          /* datagrams gathered since it was empty */
    size_t end;              /* of their bytes */
    unsigned char *data;
};

void answers_clear(struct answers *a);

/* Adds one, when it goes with those that wait already. Without out->to it is for a connected socket, as all are then. */
bool answers_add(struct answers *a, const struct cmsg_out *out);

/* What the next call is to send, all of it on one socket: all that wait, those of a group one by one when they must not be
 * `joined`. Returns how many there are. */
unsigned answers_next(const struct answers *a, bool joined, struct cmsg_out out[static BATCH_MOST]);

/* Takes out the first `n` of `out`, which were sent. */
void answers_sent(struct answers *a, const struct cmsg_out *out, unsigned n);

/* Bytes that wait: all of them, and those that go where `to` says. */
size_t answers_size(const struct answers *a);
size_t answers_size_to(const struct answers *a, const struct meta *to);

static inline bool answers_wait(const struct answers *a)
{
    return a->first < a->n;
}

#endif
