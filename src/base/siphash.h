/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * siphash: SipHash-2-4 (Aumasson and Bernstein, 2012): a hash of which nobody who does not know the key can find
 * collisions. For tables that strangers fill.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t k[2];
};

/* A key that nobody knows. Without randomness strangers may find collisions, and nothing else is lost. */
void siphash_make_key(struct siphash_key *key);

uint64_t siphash(const struct siphash_key *key, const void *data, size_t n);

#endif
