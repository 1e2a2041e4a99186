/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * retry: --retry: how long to wait before what failed is tried again, until its time is up.
 */
#ifndef BASE_RETRY_H
#define BASE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The pause before the next attempt in ms: 100, and twice as much each time, up to 2000. `*delay` is the last one, 0 at
 * first. */
int64_t retry_pause(int64_t *delay);

/* The failure may pass by itself: nobody is there, the name is not known, the address is not there or taken. */
bool retry_helps(const struct err *e);

#endif
