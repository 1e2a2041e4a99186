/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * busy rig: a network device or a socket without room for what is sent, and how a port was closed.
 */
#ifndef TEST_BUSY_RIG_H
#define TEST_BUSY_RIG_H

#include <sys/syscall.h>

#include "test_dgram_rig.h"

static struct {
    bool on;       /* a device takes nothing (ENOBUFS), of which poll(2) does not tell */
    unsigned full; /* calls that find the socket's own queue full */
    unsigned refused;
} busy;

static bool refuses(void)
{
    const bool full = busy.full > 0;

    busy.full -= full;
    busy.refused += busy.on;
    errno = full ? EAGAIN : ENOBUFS;
    return busy.on || full;
}

/* In the place of the C library's. */
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    return refuses() ? -1 : syscall(SYS_sendmsg, fd, msg, flags);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return refuses() ? -1 : syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
    return refuses() ? -1 : (int)syscall(SYS_sendmmsg, fd, messages, n, flags);
}

/* How a port was closed. */
static struct {
    unsigned times;
    uint64_t lost;
} closing;

static inline void has_left(void *ctx, uint64_t lost, int error)
{
    (void)ctx;
    assert_int_equal(error, 0);
    closing.times++;
    closing.lost = lost;
}

#endif
