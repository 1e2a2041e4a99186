/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * amount: sizes and times as people read them.
 */
#ifndef BASE_AMOUNT_H
#define BASE_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

enum { AMOUNT_TEXT = 32 }; /* bytes that hold any of them, the NUL included */

/* "17 B", "1.25 MiB", in powers of 1024. Returns `text`. */
const char *amount_size(char text[static AMOUNT_TEXT], double bytes);

/* Milliseconds as "0:07", "1:02:03". Returns `text`. */
const char *amount_time(char text[static AMOUNT_TEXT], int64_t ms);

#endif
