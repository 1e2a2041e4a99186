/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * addrset: a set of IP addresses, as lists of who may connect have it: addresses, prefixes, patterns.
 *
 * An IPv4 address and the IPv6 address that it is mapped to are one. Ranges are kept in order and found by halving, so that a
 * hundred thousand entries cost a look-up no more than a few dozen.
 */
#ifndef BASE_ADDRSET_H
#define BASE_ADDRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum { ADDRSET_SCATTERED = 1000 }; /* patterns that are no few ranges, in a set */

struct addrset_ip {
    uint64_t high, low;
};

struct addrset_range {
    struct addrset_ip first, last;
};

/* All zero: empty. */
struct addrset {
    struct addrset_range *ranges;
    size_t n, room;
    struct octets *scattered; /* patterns of too many ranges */
    size_t nscattered;
};

/* Takes one entry: ADDRESS, an IPv4 pattern (base/octets.h), each with /BITS behind it or not. Returns 0; 1 when it may be a
 * name, with `*bits` (-1: not given) and how long the name is; or -1 with `e`. */
int addrset_add_text(struct addrset *s, const char *text, int *bits, size_t *name, struct err *e);

/* Takes all addresses that begin with the same `bits` bits (-1: `a` alone). Returns 0, or -1 when the address has not so many
 * bits or is no IP address. */
int addrset_add(struct addrset *s, const struct addr *a, int bits);

/* Makes it ready for addrset_has(). More may be added, and it sealed again. */
void addrset_seal(struct addrset *s);

/* False for all that is no IP address. `s` is sealed. */
bool addrset_has(const struct addrset *s, const struct addr *a);

void addrset_clear(struct addrset *s);

#endif
