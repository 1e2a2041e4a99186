/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/websocket_frame.h"

#include <stdint.h>
#include <string.h>

enum { LAST = 0x80, MASKED = 0x80, SIZE_16 = 126, SIZE_64 = 127 };

/* Big endian. */
static unsigned char *put_number(unsigned char *to, uint64_t number, unsigned bytes)
{
    while (bytes-- > 0)
        *to++ = (unsigned char)(number >> 8 * bytes);
    return to;
}

static unsigned char *put_size(unsigned char *to, size_t n, unsigned char masked)
{
    if (n < SIZE_16) {
        *to++ = (unsigned char)n | masked;
        return to;
    }
    *to++ = (n <= UINT16_MAX ? SIZE_16 : SIZE_64) | masked;
    return put_number(to, n, n <= UINT16_MAX ? 2 : 8);
}

/* Eight bytes at once. */
static void put_masked(unsigned char *to, const unsigned char *data, size_t n, const unsigned char *mask)
{
    unsigned char twice[2 * WEBSOCKET_MASK];
    uint64_t key, word;
    size_t i = 0;

    memcpy(twice, mask, WEBSOCKET_MASK);
    memcpy(twice + WEBSOCKET_MASK, mask, WEBSOCKET_MASK);
    memcpy(&key, twice, sizeof key);
    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        word ^= key;
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < n; i++)
        to[i] = data[i] ^ mask[i % WEBSOCKET_MASK];
}

size_t websocket_frame(unsigned char *to, enum websocket_opcode opcode, bool last, const unsigned char *mask,
                       const void *data, size_t n)
{
    unsigned char *at = to;

    *at++ = (unsigned char)opcode | (last ? LAST : 0);
    at = put_size(at, n, mask != NULL ? MASKED : 0);
    if (mask != NULL) {
        memcpy(at, mask, WEBSOCKET_MASK);
        at += WEBSOCKET_MASK;
        put_masked(at, data, n, mask);
    } else if (n > 0) {
        memcpy(at, data, n);
    }
    return (size_t)(at - to) + n;
}
