/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * batch: datagrams by the dozen: those that have arrived come out of the kernel with one call (recvmmsg(2)), and
 * answers of one length to one peer go with one call (UDP_SEGMENT, udp(7)). Boundaries are kept both ways. For UDP
 * sockets. Private to io/dgram and io/callers.
 */
#ifndef IO_BATCH_H
#define IO_BATCH_H

#include "io/cmsg.h"

enum { BATCH_MOST = 32 }; /* datagrams of one call; fewer than the UDP_MAX_SEGMENTS of any kernel */

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

/* Datagrams to be sent together, answers mostly: all of one length, the last may be shorter. */
struct answers {
    struct meta to;
    size_t size;         /* of each */
    size_t start, end;   /* of the bytes not yet sent */
    unsigned count;      /* gathered since it was empty */
    unsigned char *data; /* released with free(3) */
};

/* Adds one, when it goes with those that wait already. Without out->to it is for a connected socket, as all are then. */
bool answers_add(struct answers *a, const struct cmsg_out *out);

/* What the next call is to send: all that wait or, when they must not be `joined`, one. */
struct cmsg_out answers_next(const struct answers *a, bool joined);

/* Takes out the first `size` bytes, which were sent. */
void answers_sent(struct answers *a, size_t size);

static inline bool answers_wait(const struct answers *a)
{
    return a->start < a->end;
}

#endif
