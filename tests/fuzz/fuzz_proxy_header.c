/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/proxy_header.h: the more of a header is there the same comes of it; what was read is read again from what is written.
 */
#include "proto/proxy_header.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void write_again(const struct proxy_header *h)
{
    unsigned char out[PROXY_HEADER_OUT];
    struct proxy_header back;
    size_t used;

    for (int version = 1; version <= 2; version++) {
        const size_t n = proxy_header_write(version, h, out);

        require(n < sizeof out);
        require(proxy_header_read(out, n, &back, &used) == PROXY_HEADER_DONE && used == n);
        if (h->from.len > 0 && addr_family(&h->from) == addr_family(&back.from))
            require(addr_equal(&h->from, &back.from) && addr_equal(&h->to, &back.to));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header h;
    size_t used = 0;
    int r = 0;

    for (size_t n = 0; n <= size && r == 0; n++) {
        unsigned char *exact = malloc(n + 1); /* so that a step beyond is seen */

        require(exact != NULL);
        if (n > 0)
            memcpy(exact, data, n);
        r = n > 0 ? proxy_header_read(exact, n, &h, &used) : 0;
        free(exact);
        require(r == 0 || used <= n);
    }
    if (size == 0)
        return 0;
    require(proxy_header_read(data, size, &h, &used) == r);
    require(r != 0 || size < PROXY_HEADER_IN);
    if (r == PROXY_HEADER_DONE)
        write_again(&h);
    return 0;
}
