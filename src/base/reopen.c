/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reopen.h"

#include <fcntl.h>
#include <stdio.h>

int reopen_own(int fd, int access)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}
