/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/route.h"

#include <errno.h>
#include <unistd.h>

#include "net/socket.h"

int route_find(const struct addr *to, struct addr *own, struct err *e)
{
    char text[ADDR_TEXT];
    int fd = socket_new(addr_family(to), SOCK_DGRAM, e);
    int sys;

    if (fd < 0)
        return -1;
    sys = connect(fd, &to->sa, to->len) < 0 ? errno : 0;
    if (sys == 0)
        socket_local(fd, own);
    close(fd);
    return sys == 0 ? 0 : err_sys(e, socket_status(sys), sys, "connect to %s", addr_format(to, text));
}
