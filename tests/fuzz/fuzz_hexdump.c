/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/hexdump.h: lines that printf would write, the same however the input is cut. The first byte of the input
 * chooses the columns, the second the cuts.
 */
#include "base/hexdump.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A line, written anew here so that a fault is not shared. */
static size_t line(char *out, size_t room, uint64_t offset, const uint8_t *p, size_t n, size_t columns)
{
    int o = snprintf(out, room, "%08llx ", (unsigned long long)offset);

    for (size_t i = 0; i < columns; i++) {
        o += snprintf(out + o, room - (size_t)o, "%s", i % 8 == 0 ? " " : "");
        o += i < n ? snprintf(out + o, room - (size_t)o, "%02x ", (unsigned)p[i])
                   : snprintf(out + o, room - (size_t)o, "   ");
    }
    o += snprintf(out + o, room - (size_t)o, " |");
    for (size_t i = 0; i < n; i++)
        o += snprintf(out + o, room - (size_t)o, "%c", p[i] >= ' ' && p[i] <= '~' ? p[i] : '.');
    o += snprintf(out + o, room - (size_t)o, "|\n");
    require((size_t)o <= HEXDUMP_LINE);
    return (size_t)o;
}

/* Puts the input in pieces of 1 to `most` bytes and compares with what `h` should give. */
static void check(struct hexdump h, const uint8_t *data, size_t size, uint32_t seed, size_t most)
{
    size_t columns = h.columns == 0 ? HEXDUMP_COLUMNS : h.columns, n, shown = 0;
    char want[2 * HEXDUMP_LINE];

    for (size_t i = 0; i <= size; i += n) {
        char *out, *p;
        size_t got, room;

        seed = seed * 1664525u + 1013904223u;
        n = 1 + (seed >> 16) % most;
        if (n > size - i)
            n = size - i;
        room = n > 0 ? hexdump_max(&h, n) : HEXDUMP_LINE;
        p = out = malloc(room);
        require(out != NULL);
        got = n > 0 ? hexdump_put(&h, data + i, n, out) : hexdump_end(&h, out);
        require(got <= room);
        while (got > 0) {
            size_t bytes = size - shown < columns ? size - shown : columns;
            size_t len = line(want, sizeof want, shown, data + shown, bytes, columns);

            require(len <= got && memcmp(p, want, len) == 0);
            p += len;
            got -= len;
            shown += bytes;
        }
        free(out);
        if (n == 0)
            break;
    }
    require(shown == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hexdump h = {.columns = size > 0 ? data[0] % (HEXDUMP_COLUMNS + 1) : 0};
    uint32_t seed = size > 1 ? data[1] : 0;

    check(h, data, size, seed, 1);
    check(h, data, size, seed, 20);
    check(h, data, size, seed, 1000);
    return 0;
}
