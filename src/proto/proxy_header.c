/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/proxy_header.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

enum {
    LINE1 = 107, /* bytes of version 1, with its CR LF */
    WORDS = 6,
    HEAD2 = 16, /* bytes of version 2 before the addresses */
    IPV4_SIZE = 2 * (4 + 2),
    IPV6_SIZE = 2 * (16 + 2),
    OWN = 0x20,       /* version 2, LOCAL: it speaks for itself */
    ON_BEHALF = 0x21, /* version 2, PROXY */
    UNKNOWN = 0x00,
    TCP4 = 0x11,
    TCP6 = 0x21,
};

static const char start1[] = "PROXY ";
static const unsigned char start2[] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* True when `in` begins as `start` does, as far as it goes. */
static bool begins(const unsigned char *in, size_t n, const void *start, size_t size)
{
    return memcmp(in, start, n < size ? n : size) == 0;
}

/* Version 1 */

static int parse_end(struct addr *a, int family, const char *host, const char *port)
{
    uint16_t number;

    if (strpbrk(host, "%[") != NULL || num_parse_port(port, &number) < 0 || addr_parse(a, host, number) < 0)
        return -1;
    return addr_family(a) == family ? 0 : -1;
}

/* Cuts the text at its blanks. Returns how many words there are, above WORDS when there are more than that. */
static size_t cut_words(char *text, char *words[static WORDS])
{
    size_t n = 0;

    for (char *blank; n < WORDS; text = blank + 1) {
        words[n++] = text;
        blank = strchr(text, ' ');
        if (blank == NULL)
            return n;
        *blank = '\0';
    }
    return WORDS + 1;
}

static int parse_line(char *text, struct proxy_header *h)
{
    char *words[WORDS];
    const size_t n = cut_words(text, words);
    int family;

    if (n > 1 && strcmp(words[1], "UNKNOWN") == 0) /* whatever follows it */
        return PROXY_HEADER_DONE;
    if (n != WORDS)
        return PROXY_HEADER_NONE;
    family = strcmp(words[1], "TCP4") == 0 ? AF_INET : strcmp(words[1], "TCP6") == 0 ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC || parse_end(&h->from, family, words[2], words[4]) < 0 ||
        parse_end(&h->to, family, words[3], words[5]) < 0)
        return PROXY_HEADER_NONE;
    return PROXY_HEADER_DONE;
}

static int read_line(const unsigned char *in, size_t n, struct proxy_header *h, size_t *used)
{
    const size_t most = n < LINE1 ? n : LINE1;
    const unsigned char *end = memchr(in, '\n', most);
    char text[LINE1];
    size_t length;

    if (end == NULL)
        return most < LINE1 ? 0 : PROXY_HEADER_LONG;
    length = (size_t)(end - in);
    if (in[length - 1] != '\r' || memchr(in, '\0', length) != NULL)
        return PROXY_HEADER_NONE;
    memcpy(text, in, length - 1);
    text[length - 1] = '\0';
    *used = length + 1;
    return parse_line(text, h);
}

/* Version 2 */

static void take_ipv4(struct addr *a, const unsigned char *ip, const unsigned char *port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};

    memcpy(&sin.sin_addr, ip, 4);
    memcpy(&sin.sin_port, port, 2);
    addr_set(a, (const struct sockaddr *)&sin, sizeof sin);
}

static void take_ipv6(struct addr *a, const unsigned char *ip, const unsigned char *port)
{
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};

    memcpy(&sin6.sin6_addr, ip, 16);
    memcpy(&sin6.sin6_port, port, 2);
    addr_set(a, (const struct sockaddr *)&sin6, sizeof sin6);
}

/* `size` bytes of addresses, and then what is skipped. */
static int read_addresses(unsigned char kind, const unsigned char *in, size_t size, struct proxy_header *h)
{
    if ((kind == TCP4 && size < IPV4_SIZE) || (kind == TCP6 && size < IPV6_SIZE))
        return PROXY_HEADER_NONE;
    if (kind == TCP4) {
        take_ipv4(&h->from, in, in + 8);
        take_ipv4(&h->to, in + 4, in + 10);
    } else if (kind == TCP6) {
        take_ipv6(&h->from, in, in + 32);
        take_ipv6(&h->to, in + 16, in + 34);
    }
    return PROXY_HEADER_DONE;
}

static int read_binary(const unsigned char *in, size_t n, struct proxy_header *h, size_t *used)
{
    size_t size;

    if (n > sizeof start2 && in[12] != OWN && in[12] != ON_BEHALF)
        return PROXY_HEADER_NONE;
    if (n < HEAD2)
        return 0;
    size = (size_t)in[14] << 8 | in[15];
    if (HEAD2 + size > PROXY_HEADER_IN)
        return PROXY_HEADER_LONG;
    if (n < HEAD2 + size)
        return 0;
    *used = HEAD2 + size;
    return in[12] == OWN ? PROXY_HEADER_DONE : read_addresses(in[13], in + HEAD2, size, h);
}

int proxy_header_read(const unsigned char *in, size_t n, struct proxy_header *h, size_t *used)
{
    *h = (struct proxy_header){0};
    *used = 0;
    if (begins(in, n, start1, sizeof start1 - 1))
        return read_line(in, n, h, used);
    return begins(in, n, start2, sizeof start2) ? read_binary(in, n, h, used) : PROXY_HEADER_NONE;
}

/* Writing */

/* An IPv4 address that a socket of IPv6 has told. */
static struct addr unmapped(const struct addr *a)
{
    struct addr out;

    if (addr_family(a) != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr)) {
        addr_copy(&out, a);
        return out;
    }
    take_ipv4(&out, a->in6.sin6_addr.s6_addr + 12, (const unsigned char *)&a->in6.sin6_port);
    return out;
}

static unsigned char kind_of(const struct addr *from, const struct addr *to)
{
    if (addr_family(from) == AF_INET && addr_family(to) == AF_INET)
        return TCP4;
    return addr_family(from) == AF_INET6 && addr_family(to) == AF_INET6 ? TCP6 : UNKNOWN;
}

static size_t write_line(unsigned char kind, const struct addr *from, const struct addr *to, char *out)
{
    char one[ADDR_TEXT], other[ADDR_TEXT];

    if (kind == UNKNOWN)
        return (size_t)snprintf(out, PROXY_HEADER_OUT, "PROXY UNKNOWN\r\n");
    addr_host(from, one);
    addr_host(to, other);
    one[strcspn(one, "%")] = other[strcspn(other, "%")] = '\0'; /* an interface is our own */
    return (size_t)snprintf(out, PROXY_HEADER_OUT, "PROXY TCP%c %.45s %.45s %u %u\r\n",
                            kind == TCP4 ? '4' : '6', one, other, (unsigned)addr_port(from),
                            (unsigned)addr_port(to));
}

static size_t write_binary(unsigned char kind, const struct addr *from, const struct addr *to,
                           unsigned char *out)
{
    const unsigned char size = kind == TCP4 ? IPV4_SIZE : kind == TCP6 ? IPV6_SIZE : 0;

    memcpy(out, start2, sizeof start2);
    out[12] = ON_BEHALF;
    out[13] = kind;
    out[14] = 0;
    out[15] = size;
    out += HEAD2;
    if (kind == TCP4) {
        memcpy(out, &from->in.sin_addr, 4);
        memcpy(out + 4, &to->in.sin_addr, 4);
        memcpy(out + 8, &from->in.sin_port, 2);
        memcpy(out + 10, &to->in.sin_port, 2);
    } else if (kind == TCP6) {
        memcpy(out, &from->in6.sin6_addr, 16);
        memcpy(out + 16, &to->in6.sin6_addr, 16);
        memcpy(out + 32, &from->in6.sin6_port, 2);
        memcpy(out + 34, &to->in6.sin6_port, 2);
    }
    return HEAD2 + size;
}

size_t proxy_header_write(int version, const struct proxy_header *h,
                          unsigned char out[static PROXY_HEADER_OUT])
{
    const struct addr from = unmapped(&h->from), to = unmapped(&h->to);
    const unsigned char kind = kind_of(&from, &to);

    return version == 1 ? write_line(kind, &from, &to, (char *)out) : write_binary(kind, &from, &to, out);
}
