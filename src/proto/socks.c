/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/socks.h"

size_t socks5_length(const unsigned char *in, size_t n)
{
    enum { HEAD = 4, PORT = 2 };

    if (n <= HEAD)
        return HEAD + 1;
    switch (in[3]) {
    case SOCKS5_IPV4:
        return HEAD + 4 + PORT;
    case SOCKS5_IPV6:
        return HEAD + 16 + PORT;
    case SOCKS5_NAME:
        return HEAD + 1 + (size_t)in[4] + PORT;
    default:
        return 0;
    }
}
