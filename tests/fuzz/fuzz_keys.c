/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * term/keys.h: whatever is typed, and however it comes in pieces, only whole characters come out, nothing is invented, and
 * patience ends every wait. The first byte of the input chooses the encoding, the second the pieces.
 */
#include "term/keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PASTE_END = 6 }; /* bytes of the sequence that ends a paste */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Takes what is ready. Returns how many bytes that was. */
static size_t take(struct keys *k, bool utf8)
{
    size_t taken = 0;

    while (keys_state(k, utf8) == KEYS_READY) {
        int byte = keys_next(k, utf8);

        require(byte >= 0 && byte <= 255);
        taken++;
    }
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keys k = {0};
    bool utf8;
    size_t piece, taken = 0, most = 0; /* what came, and the ends that pastes were given */

    if (size < 2)
        return 0;
    utf8 = (data[0] & 1) != 0;
    piece = 1 + data[1] % 16;
    for (size_t i = 2; i < size; i += piece) {
        keys_add(&k, data + i, size - i < piece ? size - i : piece);
        most += piece;
        taken += take(&k, utf8);
        if (data[i] % 8 == 0) {
            keys_force(&k);
            most += PASTE_END;
            taken += take(&k, utf8);
            require(keys_peek(&k) < 0);
        }
        require(taken <= most);
    }
    keys_force(&k);
    taken += take(&k, utf8);
    require(keys_state(&k, utf8) == KEYS_NONE && keys_next(&k, utf8) < 0 && taken <= most + PASTE_END);
    keys_clear(&k);
    return 0;
}
