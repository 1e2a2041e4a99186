/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control.h"

#include <string.h>

#include "net/sockopt.h"

int control_sockopt(void *ctx, struct peer *p, const char *text, char *value, size_t size, struct err *e)
{
    int fd = peer_fd(p, 0);

    (void)ctx;
    if (fd < 0)
        return err_set(e, STATUS_LOCAL, "there is no socket to have options");
    if (strchr(text, '=') == NULL)
        return sockopt_get(fd, text, value, size, e);
    for (unsigned i = 0; (fd = peer_fd(p, i)) >= 0; i++) {
        if (sockopt_set(fd, text, e) < 0)
            return -1;
    }
    return 0;
}
