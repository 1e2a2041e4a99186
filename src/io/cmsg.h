/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmsg: datagrams with what travels beside them: the address spoken to, the hop limit, drops, ICMP errors
 * (cmsg(3), ip(7), ipv6(7), RFC 3542). Private to io/.
 */
#ifndef IO_CMSG_H
#define IO_CMSG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "io/port.h"

enum {
    CMSG_ROOM = 192,   /* bytes: all that cmsg_prepare() asks for */
    CMSG_SEVERAL = 32, /* datagrams of one call */

    /* The longest datagrams. */
    CMSG_MAX_IPV4 = 65507, /* 65535 less the IPv4 and UDP headers (RFC 768) */
    CMSG_MAX_IPV6 = 65527, /* the IPv6 header does not count (RFC 8200) */
    CMSG_MAX_UNIX = 65536, /* of ours */
};

struct cmsg_room {
    union {
        char bytes[CMSG_ROOM];
        struct cmsghdr align;
    };
};

/* Asks the kernel for what cmsg_receive() reads, of a socket bound to `local`. What it does not know is left out. */
void cmsg_prepare(int fd, const struct addr *local, bool connected, bool echo);

struct cmsg_in {
    void *data;
    size_t size;
    struct meta *meta; /* filled, but for `socket` */
    bool cut;          /* out: the datagram was longer than `size` */
    uint64_t *dropped; /* out: the kernel's count of drops on this socket */
};

/* recvmsg(2), without blocking. Returns the bytes received, or -1 with errno. */
ssize_t cmsg_receive(int fd, struct cmsg_in *in);

/* The same of a connected UDP socket: who sent it, and to which address, is known and not filled in, nor are drops. */
ssize_t cmsg_receive_connected(int fd, struct cmsg_in *in);

/* What recvmsg(2) or recvmmsg(2) left in `msg`: fills all but the data and its size. */
void cmsg_read(struct msghdr *msg, struct cmsg_in *in);

struct cmsg_out {
    const void *data;
    size_t size;
    const struct meta *to; /* where it goes, and from which address; NULL on a connected socket */
    bool answer;           /* the hop limit is one below the one `to` came with */
    size_t segment; /* above 0: the kernel cuts the data into datagrams of this size (UDP_SEGMENT, udp(7)) */
};

/* sendmsg(2), without blocking. Returns the bytes sent, or -1 with errno. */
ssize_t cmsg_send(int fd, const struct cmsg_out *out);

/* The same for `n` (1 to CMSG_SEVERAL) with one call, sendmmsg(2). Returns how many were sent, the first of them at least,
 * or -1 with the errno of the first. */
int cmsg_send_several(int fd, const struct cmsg_out *out, unsigned n);

/* The next error that an ICMP message caused: its errno value and whom our datagram was for. 0: no more. */
int cmsg_next_error(int fd, struct addr *who);

/* What the kernel dropped on this socket by now, of which `told` came with datagrams (SO_MEMINFO). */
uint64_t cmsg_dropped(int fd, uint64_t told);

/* True for errno values that tell of an earlier datagram, not of the call's own. */
bool cmsg_is_refusal(int error);

#endif
