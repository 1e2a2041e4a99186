/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/proxy_type.h"

const struct name proxy_type_names[] = {
    {"http", PROXY_HTTP},
    {"connect", PROXY_HTTP},
    {"socks4", PROXY_SOCKS4},
    {"4", PROXY_SOCKS4},
    {"socks4a", PROXY_SOCKS4A},
    {"socks5", PROXY_SOCKS5},
    {"socks5h", PROXY_SOCKS5},
    {"socks", PROXY_SOCKS5},
    {"5", PROXY_SOCKS5},
    {"https", PROXY_HTTPS},
    {NULL, 0},
};
