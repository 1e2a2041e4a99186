/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/path.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IPV4_HEADS = 20 + 8, /* bytes of the headers of IP and UDP */
    IPV6_HEADS = 40 + 8,
    LEAST = 1280 - IPV6_HEADS, /* what every path of IPv6 takes */
};

static size_t payload(int mtu, int heads)
{
    return mtu > heads ? (size_t)(mtu - heads) : LEAST;
}

size_t path_of_socket(int fd)
{
    int domain = 0, mtu = 0;
    socklen_t len = sizeof domain;

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
        return LEAST;
    len = sizeof mtu;
    if (domain == AF_INET6 && getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len) == 0)
        return payload(mtu, IPV6_HEADS);
    /* An IPv6 socket may be connected to an address of IPv4. */
    if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) == 0)
        return payload(mtu, domain == AF_INET6 ? IPV6_HEADS : IPV4_HEADS);
    return LEAST;
}

size_t path_to(const struct addr *to)
{
    int fd = socket(addr_family(to), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    size_t n = LEAST;

    if (fd < 0)
        return n;
    if (connect(fd, &to->sa, to->len) == 0)
        n = path_of_socket(fd);
    close(fd);
    return n;
}
