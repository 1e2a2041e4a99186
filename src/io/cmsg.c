/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/cmsg.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { ERROR_ROOM = 512 };

static void enable(int fd, int level, int name)
{
    int on = 1;

    /* Refused where the family does not have it; then the message is not there to read. */
    (void)setsockopt(fd, level, name, &on, sizeof on);
}

void cmsg_prepare(int fd, const struct addr *local, bool connected, bool echo)
{
    if (connected)
        return;
    enable(fd, SOL_SOCKET, SO_RXQ_OVFL);
    if (addr_is_any(local)) { /* bound to one address, it answers from that anyway */
        enable(fd, IPPROTO_IP, IP_PKTINFO);
        enable(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
    }
    enable(fd, IPPROTO_IP, IP_RECVERR);
    enable(fd, IPPROTO_IPV6, IPV6_RECVERR);
    if (echo) {
        enable(fd, IPPROTO_IP, IP_RECVTTL);
        enable(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
    }
}

/* Copies what `c` carries; false when it is cut (MSG_CTRUNC). */
static bool take(const struct msghdr *msg, const struct cmsghdr *c, void *data, size_t size)
{
    const char *end = (const char *)msg->msg_control + msg->msg_controllen;

    if (c->cmsg_len < CMSG_LEN(size) || (size_t)(end - (const char *)c) < CMSG_LEN(size))
        return false;
    memcpy(data, CMSG_DATA(c), size);
    return true;
}

static bool is_kind(const struct cmsghdr *c, int level, int type)
{
    return c->cmsg_level == level && c->cmsg_type == type;
}

static void read_control(struct cmsg_in *in, const struct msghdr *msg, const struct cmsghdr *c)
{
    struct meta *m = in->meta;
    struct in_pktinfo info;
    struct in6_pktinfo info6;
    uint32_t n;
    int hops;

    if (is_kind(c, IPPROTO_IP, IP_PKTINFO) && take(msg, c, &info, sizeof info)) {
        struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr = info.ipi_spec_dst};

        addr_set(&m->local, (struct sockaddr *)&sin, sizeof sin);
        m->ifindex = (unsigned)info.ipi_ifindex;
    } else if (is_kind(c, IPPROTO_IPV6, IPV6_PKTINFO) && m->local.len == 0 &&
               take(msg, c, &info6, sizeof info6)) {
        struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_addr = info6.ipi6_addr};

        addr_set(&m->local, (struct sockaddr *)&sin6, sizeof sin6);
        m->ifindex = info6.ipi6_ifindex;
    } else if ((is_kind(c, IPPROTO_IP, IP_TTL) || is_kind(c, IPPROTO_IPV6, IPV6_HOPLIMIT)) &&
               take(msg, c, &hops, sizeof hops)) {
        m->hops = (unsigned char)hops;
    } else if (is_kind(c, SOL_SOCKET, SO_RXQ_OVFL) && take(msg, c, &n, sizeof n)) {
        *in->dropped = n;
    }
}

/* A path that fills all of its room has no zero at its end, which the kernel counts nevertheless (unix(7)). */
static socklen_t length_of(const struct addr *a, socklen_t len)
{
    return len > sizeof a->un && a->sa.sa_family == AF_UNIX ? (socklen_t)sizeof a->un : len;
}

void cmsg_read(struct msghdr *msg, struct cmsg_in *in)
{
    in->meta->peer.len = length_of(&in->meta->peer, msg->msg_namelen);
    in->meta->local.len = 0;
    in->meta->ifindex = 0;
    in->meta->hops = 0;
    in->cut = (msg->msg_flags & MSG_TRUNC) != 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c))
        read_control(in, msg, c);
}

ssize_t cmsg_receive(int fd, struct cmsg_in *in)
{
    struct cmsg_room control;
    struct iovec iov = {.iov_base = in->data, .iov_len = in->size};
    struct msghdr msg = {
        .msg_name = &in->meta->peer.sa,
        .msg_namelen = sizeof in->meta->peer - offsetof(struct addr, sa),
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t n;

    do
        n = recvmsg(fd, &msg, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        cmsg_read(&msg, in);
    return n;
}

ssize_t cmsg_receive_connected(int fd, struct cmsg_in *in)
{
    ssize_t n;

    do
        n = recv(fd, in->data, in->size, MSG_DONTWAIT | MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    in->meta->peer.len = in->meta->local.len = 0;
    in->meta->ifindex = 0;
    in->meta->hops = 0;
    in->cut = n > 0 && (size_t)n > in->size;
    return in->cut ? (ssize_t)in->size : n;
}

static void add_control(struct msghdr *msg, struct cmsghdr **c, int level, int type, const void *data,
                        size_t size)
{
    (*c)->cmsg_level = level;
    (*c)->cmsg_type = type;
    (*c)->cmsg_len = CMSG_LEN(size);
    memset(CMSG_DATA(*c), 0, CMSG_SPACE(size) - CMSG_LEN(0));
    memcpy(CMSG_DATA(*c), data, size);
    msg->msg_controllen += CMSG_SPACE(size);
    *c = (struct cmsghdr *)((char *)*c + CMSG_SPACE(size));
}

/* The source address of the answer. Of IPv4 it is the one of IP_PKTINFO on IPv6 sockets too: where the datagram went
 * to a broadcast address, only that names one of ours. */
static void add_source(struct msghdr *msg, struct cmsghdr **c, const struct meta *to)
{
    if (addr_family(&to->local) == AF_INET) {
        struct in_pktinfo info = {.ipi_spec_dst = to->local.in.sin_addr};

        add_control(msg, c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else if (addr_family(&to->local) == AF_INET6 && !IN6_IS_ADDR_MULTICAST(&to->local.in6.sin6_addr)) {
        struct in6_pktinfo info = {.ipi6_addr = to->local.in6.sin6_addr};

        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            info.ipi6_ifindex = to->ifindex;
        add_control(msg, c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

static void add_hops(struct msghdr *msg, struct cmsghdr **c, const struct meta *to)
{
    int hops = to->hops - 1;

    if (addr_family(&to->peer) == AF_INET || IN6_IS_ADDR_V4MAPPED(&to->peer.in6.sin6_addr))
        add_control(msg, c, IPPROTO_IP, IP_TTL, &hops, sizeof hops);
    else
        add_control(msg, c, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof hops);
}

static void write_control(struct msghdr *msg, const struct cmsg_out *out)
{
    struct cmsghdr *c = msg->msg_control;
    uint16_t segment = (uint16_t)out->segment;

    if (out->to != NULL)
        add_source(msg, &c, out->to);
    if (out->to != NULL && out->answer && out->to->hops > 1)
        add_hops(msg, &c, out->to);
    if (segment > 0)
        add_control(msg, &c, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    if (msg->msg_controllen == 0)
        msg->msg_control = NULL;
}

static void prepare_send(struct msghdr *msg, struct iovec *iov, struct cmsg_room *control,
                         const struct cmsg_out *out)
{
    *iov = (struct iovec){.iov_base = (void *)(uintptr_t)out->data, .iov_len = out->size};
    *msg = (struct msghdr){.msg_iov = iov, .msg_iovlen = 1, .msg_control = control};
    if (out->to != NULL) {
        msg->msg_name = (void *)(uintptr_t)&out->to->peer.sa;
        msg->msg_namelen = out->to->peer.len;
    }
    write_control(msg, out);
}

ssize_t cmsg_send(int fd, const struct cmsg_out *out)
{
    struct cmsg_room control;
    struct iovec iov;
    struct msghdr msg;
    ssize_t n;

    prepare_send(&msg, &iov, &control, out);
    do
        n = msg.msg_name == NULL && msg.msg_control == NULL
                ? send(fd, out->data, out->size,
                       MSG_DONTWAIT | MSG_NOSIGNAL) /* the kernel has less to look at */
                : sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

int cmsg_send_several(int fd, const struct cmsg_out *out, unsigned n)
{
    struct cmsg_room control[CMSG_SEVERAL];
    struct iovec iov[CMSG_SEVERAL];
    struct mmsghdr messages[CMSG_SEVERAL];
    int sent;

    if (n == 1)
        return cmsg_send(fd, out) < 0 ? -1 : 1;
    for (unsigned i = 0; i < n; i++)
        prepare_send(&messages[i].msg_hdr, &iov[i], &control[i], &out[i]);
    do
        sent = sendmmsg(fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

int cmsg_next_error(int fd, struct addr *who)
{
    union {
        char bytes[ERROR_ROOM];
        struct cmsghdr align;
    } control;
    char data[1];
    struct iovec iov = {.iov_base = data, .iov_len = sizeof data};
    struct msghdr msg = {
        .msg_name = &who->sa,
        .msg_namelen = sizeof *who - offsetof(struct addr, sa),
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };

    if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return 0;
    who->len = msg.msg_namelen;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
        struct sock_extended_err ee;

        if ((is_kind(c, IPPROTO_IP, IP_RECVERR) || is_kind(c, IPPROTO_IPV6, IPV6_RECVERR)) &&
            take(&msg, c, &ee, sizeof ee))
            return (int)ee.ee_errno;
    }
    return EIO;
}

uint64_t cmsg_dropped(int fd, uint64_t told)
{
    uint32_t info[SK_MEMINFO_VARS];
    socklen_t len = sizeof info;

    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 || len <= SK_MEMINFO_DROPS * sizeof info[0] ||
        info[SK_MEMINFO_DROPS] < told)
        return told;
    return info[SK_MEMINFO_DROPS];
}

bool cmsg_is_refusal(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EPROTO ||
           error == ENOPROTOOPT || error == EHOSTDOWN;
}
