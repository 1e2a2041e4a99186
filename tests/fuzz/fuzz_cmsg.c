/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * io/cmsg.h: control messages of any kind and any length, whole or cut, are read within their bounds, and what is made
 * of them is an address or none; an answer's own messages are well-formed. The first byte of the input is the length of
 * the address, the second the flags.
 */
#include "io/cmsg.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct {
    const uint8_t *data;
    size_t size;
    void *control; /* a block of just its size */
} input;

/* The kernel is the fuzzer's own: recvmsg(2) leaves what the input says. */
ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
    size_t namelen = input.data[0], n = input.size - 2;

    (void)fd;
    (void)flags;
    if (n > msg->msg_controllen)
        n = msg->msg_controllen;
    if (namelen < msg->msg_namelen)
        msg->msg_namelen = (socklen_t)namelen;
    memset(msg->msg_name, input.data[1], msg->msg_namelen);
    ((struct sockaddr *)msg->msg_name)->sa_family = input.data[1] % 16;
    msg->msg_flags = (input.data[1] & 64) != 0 ? MSG_TRUNC : 0;
    free(input.control);
    input.control = malloc(n > 0 ? n : 1);
    require(input.control != NULL);
    memcpy(input.control, input.data + 2, n);
    msg->msg_control = input.control;
    msg->msg_controllen = n;
    return 1;
}

/* ... and sendmsg(2) looks at what it is given. */
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    size_t n = 0;

    (void)fd;
    (void)flags;
    require(msg->msg_controllen <= CMSG_ROOM && (msg->msg_controllen > 0) == (msg->msg_control != NULL));
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)msg, c)) {
        require(c->cmsg_len > CMSG_LEN(0));
        n += CMSG_SPACE(c->cmsg_len - CMSG_LEN(0));
    }
    require(n == msg->msg_controllen);
    return 1;
}

static void check_meta(const struct meta *m)
{
    int family = addr_family(&m->local);

    require(m->peer.len <= sizeof m->peer - offsetof(struct addr, sa));
    require(m->local.len == 0 || (family == AF_INET && m->local.len == sizeof m->local.in) ||
            (family == AF_INET6 && m->local.len == sizeof m->local.in6));
    require(m->local.len > 0 || m->ifindex == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char byte;
    uint64_t dropped = 7;
    struct meta meta = {.hops = 9, .ifindex = 9};
    struct cmsg_in in = {.data = &byte, .size = 1, .meta = &meta, .dropped = &dropped};
    struct addr who = {0};

    if (size < 2)
        return 0;
    input.data = data;
    input.size = size;
    require(cmsg_receive(-1, &in) == 1);
    require(in.cut == ((data[1] & 64) != 0) && dropped <= UINT32_MAX);
    check_meta(&meta);
    require(cmsg_send(-1, &(struct cmsg_out){&byte, 1, &meta, (data[1] & 32) != 0, data[1] & 128}) == 1);
    (void)cmsg_next_error(-1, &who);
    require(who.len <= sizeof who - offsetof(struct addr, sa));
    free(input.control);
    input.control = NULL;
    return 0;
}
