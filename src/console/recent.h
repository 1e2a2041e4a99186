/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recent: the last bytes that came from a talker, to be shown again.
 */
#ifndef CONSOLE_RECENT_H
#define CONSOLE_RECENT_H

#include <stddef.h>
#include <stdint.h>

enum { RECENT_MOST = 4096 }; /* bytes kept */

struct recent {
    uint64_t before; /* bytes that came before those kept */
    size_t len, room;
    unsigned char data[];
};

/* Adds `n` bytes to `*r`, which is allocated as it is needed: NULL before the first. It is freed by free(3). */
void recent_put(struct recent **r, const void *data, size_t n);

#endif
