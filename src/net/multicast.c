/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/multicast.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"

static int parse(const char *text, struct addr *group, unsigned *ifindex, struct err *e)
{
    const char *percent = strchr(text, '%');
    char host[INET6_ADDRSTRLEN + 1];
    size_t n = percent != NULL ? (size_t)(percent - text) : strlen(text);

    snprintf(host, sizeof host, "%.*s", (int)(n < sizeof host ? n : sizeof host), text);
    *ifindex = percent != NULL ? if_nametoindex(percent + 1) : 0;
    if (percent != NULL && *ifindex == 0)
        return err_sys(e, STATUS_LOCAL, errno, "--join %.64s", text);
    if (addr_parse(group, host, 0) < 0 || !addr_is_multicast(group))
        return err_set(e, STATUS_LOCAL, "--join %.64s: a multicast address is needed", text);
    return 0;
}

static int join_ipv4(int fd, const struct addr *group, unsigned ifindex)
{
    struct ip_mreqn r = {.imr_multiaddr = group->in.sin_addr, .imr_ifindex = (int)ifindex};

    return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r);
}

static int join_ipv6(int fd, const struct addr *group, unsigned ifindex)
{
    struct ipv6_mreq r = {.ipv6mr_multiaddr = group->in6.sin6_addr, .ipv6mr_interface = ifindex};

    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &r, sizeof r);
}

int multicast_join(int fd, int family, bool only, const char *text, struct err *e)
{
    struct addr group;
    unsigned ifindex;
    int r;

    if (parse(text, &group, &ifindex, e) < 0)
        return -1;
    if (addr_family(&group) == AF_INET6 && family == AF_INET)
        return !only ? 0
                     : err_set(e, STATUS_LOCAL, "--join %.64s: a group of IPv6, and a socket of IPv4", text);
    r = addr_family(&group) == AF_INET ? join_ipv4(fd, &group, ifindex) : join_ipv6(fd, &group, ifindex);
    return r == 0 ? 0 : err_sys(e, STATUS_LOCAL, errno, "--join %.64s", text);
}
