/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/socks.h"

#include <string.h>

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

static size_t put(unsigned char *out, unsigned char kind, const void *ip, size_t size, uint32_t port)
{
    out[0] = kind;
    memcpy(out + 1, ip, size);
    out[1 + size] = (unsigned char)(port >> 8);
    out[2 + size] = (unsigned char)port;
    return size + 3;
}

size_t socks5_put_place(unsigned char out[static SOCKS5_PLACE], const struct addr *a)
{
    const struct in6_addr *six = &a->in6.sin6_addr;

    if (addr_family(a) == AF_INET)
        return put(out, SOCKS5_IPV4, &a->in.sin_addr, 4, addr_port(a));
    if (addr_family(a) == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six))
        return put(out, SOCKS5_IPV4, six->s6_addr + 12, 4, addr_port(a));
    if (addr_family(a) == AF_INET6)
        return put(out, SOCKS5_IPV6, six, 16, addr_port(a));
    return put(out, SOCKS5_IPV4, "\0\0\0", 4, 0);
}

void socks5_take_place(const unsigned char *in, struct socks5_place *place)
{
    const unsigned char *port = in + 1 + (in[0] == SOCKS5_IPV4 ? 4 : 16);
    struct addr *a = &place->addr;

    *place = (struct socks5_place){.name = NULL};
    if (in[0] == SOCKS5_NAME) {
        place->name = in + 2;
        place->nname = in[1];
        port = place->name + place->nname;
    } else if (in[0] == SOCKS5_IPV4) {
        a->len = sizeof a->in;
        a->in.sin_family = AF_INET;
        memcpy(&a->in.sin_addr, in + 1, 4);
    } else {
        a->len = sizeof a->in6;
        a->in6.sin6_family = AF_INET6;
        memcpy(&a->in6.sin6_addr, in + 1, 16);
    }
    place->port = (uint16_t)(port[0] << 8 | port[1]);
    addr_set_port(a, place->port);
}

size_t socks5_put_ahead(unsigned char out[static SOCKS5_AHEAD], const struct addr *from)
{
    memset(out, 0, 3);
    return 3 + socks5_put_place(out + 3, from);
}

size_t socks5_put_name_ahead(unsigned char out[static SOCKS5_NAME_AHEAD], const char *name, uint16_t port)
{
    const size_t n = strnlen(name, 255);

    memset(out, 0, 3);
    out[3] = SOCKS5_NAME;
    out[4] = (unsigned char)n;
    memcpy(out + 5, name, n);
    out[5 + n] = (unsigned char)(port >> 8);
    out[6 + n] = (unsigned char)port;
    return 7 + n;
}

size_t socks5_take_ahead(const unsigned char *in, size_t n, struct socks5_place *place)
{
    const size_t length = socks5_length(in, n);

    if (length == 0 || n < length || in[0] != 0 || in[1] != 0 || in[2] != 0)
        return 0;
    socks5_take_place(in + 3, place);
    return length;
}
