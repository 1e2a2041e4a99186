/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * octets: many IPv4 addresses at once, by what each of the four octets may be: "192.168.0-3.*", "10.0.0.1,5,20-".
 *
 * An octet is `*`, or numbers and ranges set apart by commas. A range without its first number begins with 0, one without its
 * last ends with 255.
 */
#ifndef BASE_OCTETS_H
#define BASE_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct octets {
    uint32_t may_be[4][8]; /* a bit for each value */
};

/* Reads `text`. Returns 0, or -1 when it is none; single addresses are patterns, too. */
int octets_parse(struct octets *o, const char *text);

/* Adds all that differs from what is there only behind the first `bits` bits, 0 to 32. */
void octets_widen(struct octets *o, unsigned bits);

/* `ip` in host order. */
bool octets_have(const struct octets *o, uint32_t ip);

/* Calls `each` for every run of addresses, in order, from `first` to `last`, in host order. Returns how many there are; of more
 * than `most` it calls for none. */
size_t octets_runs(const struct octets *o, size_t most,
                   void (*each)(void *ctx, uint32_t first, uint32_t last), void *ctx);

#endif
