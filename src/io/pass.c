/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "io/port.h"

static bool is_socket(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

bool pass_can(int to)
{
    int domain = 0;
    socklen_t len = sizeof domain;

    return getsockopt(to, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

static ssize_t send_descriptor(int fd, int to)
{
    union {
        char bytes[CMSG_SPACE(sizeof fd)];
        struct cmsghdr align;
    } room = {0};
    char nul = '\0';
    struct iovec data = {.iov_base = &nul, .iov_len = 1};
    struct msghdr msg = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    ssize_t n;

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    do
        n = sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

static int make_wait(int fd)
{
    const int flags = fcntl(fd, F_GETFL);

    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

int pass_begin(struct port *p, struct err *e)
{
    if (p->top->lower != NULL)
        return err_set(e, STATUS_LOCAL, "the socket cannot be given away: %s stands between",
                       p->top->ops->name);
    if (!is_socket(port_fd(p, 0)))
        return err_set(e, STATUS_LOCAL, "there is no socket to be given away");
    if (make_wait(port_fd(p, 0)) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "give the socket away");
    p->given = true;
    return 0;
}

int pass_port(struct port *p, int to, struct err *e)
{
    const int fd = port_fd(p, 0);

    /* Programs expect a socket that waits, as a new one does. */
    if (make_wait(fd) < 0 || send_descriptor(fd, to) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "pass the socket on");
    p->given = true;
    return 0;
}
