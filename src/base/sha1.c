/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sha1.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 64, ROUNDS = 80, LENGTH = 8 /* bytes, at the end of the last block */ };

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* The function of a round, with its constant. */
static uint32_t mix(unsigned round, const uint32_t v[5])
{
    const uint32_t b = v[1], c = v[2], d = v[3];

    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5a827999u;
    if (round < 40)
        return (b ^ c ^ d) + 0x6ed9eba1u;
    return round < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu : (b ^ c ^ d) + 0xca62c1d6u;
}

static void add_block(uint32_t state[5], const unsigned char *p)
{
    uint32_t w[ROUNDS], v[5];

    for (unsigned i = 0; i < 16; i++, p += 4)
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    for (unsigned i = 16; i < ROUNDS; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t next = rotate(v[0], 5) + mix(i, v) + v[4] + w[i];

        memmove(v + 1, v, 4 * sizeof v[0]);
        v[2] = rotate(v[2], 30);
        v[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        state[i] += v[i];
}

void sha1(const void *data, size_t n, unsigned char out[SHA1_SIZE])
{
    uint32_t state[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    unsigned char last[2 * BLOCK] = {0};
    const unsigned char *p = data;
    size_t left = n, size;

    for (; left >= BLOCK; left -= BLOCK, p += BLOCK)
        add_block(state, p);
    if (left > 0)
        memcpy(last, p, left);
    last[left] = 0x80;
    size = left + 1 + LENGTH <= BLOCK ? BLOCK : 2 * BLOCK;
    for (unsigned i = 0; i < LENGTH; i++)
        last[size - 1 - i] = (unsigned char)((uint64_t)n << 3 >> 8 * i);
    for (size_t at = 0; at < size; at += BLOCK)
        add_block(state, last + at);
    for (unsigned i = 0; i < SHA1_SIZE; i++)
        out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}
