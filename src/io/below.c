/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the kernel knows of a port's descriptor, and what only it can do.
 */
#include "io/below.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "io/port.h"

uint64_t below_unread(const struct port *p)
{
    int n = 0;

    return ioctl(port_fd(p, 0), FIONREAD, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

uint64_t below_unsent(const struct port *p)
{
    int n = 0;

    return ioctl(port_fd(p, 0), TIOCOUTQ, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

int below_error(const struct port *p)
{
    int sys = 0;
    socklen_t len = sizeof sys;

    return getsockopt(port_fd(p, 0), SOL_SOCKET, SO_ERROR, &sys, &len) == 0 ? sys : 0;
}

bool below_is_unix(const struct port *p)
{
    int domain = 0;
    socklen_t len = sizeof domain;

    return getsockopt(port_fd(p, 0), SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

bool below_is_dgram(const struct port *p)
{
    int type = 0;
    socklen_t len = sizeof type;

    return getsockopt(port_fd(p, 0), SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM;
}

bool below_is_device(const struct port *p)
{
    struct stat st;

    return fstat(port_fd(p, 0), &st) == 0 && S_ISCHR(st.st_mode);
}

void below_keep_alive(const struct port *p)
{
    int fd = port_fd(p, 0), on = 1, idle = 5, interval = 5, count = 3;

    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0)
        return;
    /* Refused on UNIX sockets, which need none of them. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

void below_reset(struct port *p)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    /* Of a TCP connection nothing but a reset remains; elsewhere it is refused. */
    (void)connect(port_fd(p, 0), &nobody, sizeof nobody);
    port_fail(p, ECONNRESET);
}
