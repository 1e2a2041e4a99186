/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/socks.h: what stands ahead of a datagram is a part of it, and an address comes back as it was written.
 */
#include "proto/socks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct socks5_place place, again;
    unsigned char out[SOCKS5_AHEAD];
    const size_t n = socks5_take_ahead(data, size, &place);

    require(n <= size);
    if (n == 0)
        return 0;
    require((place.name != NULL) == (place.addr.len == 0));
    if (place.name != NULL) {
        unsigned char named[SOCKS5_NAME_AHEAD];
        char name[256] = "";

        require(place.name > data && place.name + place.nname + 2 == data + n);
        memcpy(name, place.name, place.nname);
        if (strlen(name) == place.nname)
            require(socks5_put_name_ahead(named, name, place.port) == n && memcmp(named, data, n) == 0);
        return 0;
    }
    require(socks5_take_ahead(out, socks5_put_ahead(out, &place.addr), &again) > 0);
    require(addr_equal(&place.addr, &again.addr) && place.port == again.port);
    return 0;
}
