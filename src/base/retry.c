/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/retry.h"

#include <errno.h>

enum { FIRST = 100, MOST = 2000 }; /* ms */

int64_t retry_pause(int64_t *delay)
{
    *delay = *delay == 0 ? FIRST : 2 * *delay < MOST ? 2 * *delay : MOST;
    return *delay;
}

bool retry_helps(const struct err *e)
{
    if (e->status == STATUS_NETWORK)
        return true;
    if (e->status != STATUS_LOCAL) /* of programs that cannot be executed */
        return false;
    switch (e->sys) {
    case 0: /* a name */
    case ENOENT:
    case EAGAIN:
    case EADDRNOTAVAIL:
    case EADDRINUSE:
        return true;
    default:
        return false;
    }
}
