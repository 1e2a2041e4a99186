/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEST_VALGRIND_H
#define TEST_VALGRIND_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Under valgrind, which plays the kernel's part in RLIMIT_NOFILE: what a child inherits is another limit, and a connection
 * that is over it is dropped. */
static inline bool rig_in_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");

    return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

#endif
