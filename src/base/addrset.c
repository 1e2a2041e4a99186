/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/addrset.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/octets.h"

#define MAPPED (UINT64_C(0xffff) << 32) /* ::ffff:0:0 (RFC 4291 section 2.5.5.2) */

enum {
    FEW_RUNS = 16, /* ranges that a pattern may become */
    LONGEST_NAME = 255,
};

static int compare_ips(struct addrset_ip a, struct addrset_ip b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static uint64_t read_big(const unsigned char *bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool ip_of(const struct addr *a, struct addrset_ip *ip)
{
    const int family = addr_family(a);

    if (family == AF_INET)
        *ip = (struct addrset_ip){.low = MAPPED | ntohl(a->in.sin_addr.s_addr)};
    else if (family == AF_INET6)
        *ip = (struct addrset_ip){read_big(a->in6.sin6_addr.s6_addr), read_big(a->in6.sin6_addr.s6_addr + 8)};
    return family == AF_INET || family == AF_INET6;
}

static void add_range(struct addrset *s, struct addrset_ip first, struct addrset_ip last)
{
    if (s->n == s->room) {
        s->room = s->room > 0 ? s->room * 2 : 8;
        s->ranges = mem_resize(s->ranges, s->room * sizeof *s->ranges);
    }
    s->ranges[s->n++] = (struct addrset_range){first, last};
}

/* What may differ behind the first `bits` of 64. */
static uint64_t behind(int bits)
{
    return bits <= 0 ? UINT64_MAX : bits >= 64 ? 0 : UINT64_MAX >> bits;
}

int addrset_add(struct addrset *s, const struct addr *a, int bits)
{
    const int most = addr_family(a) == AF_INET ? 32 : 128;
    struct addrset_ip ip;
    uint64_t high, low;

    if (!ip_of(a, &ip) || bits > most)
        return -1;
    bits = bits < 0 ? 128 : bits + 128 - most;
    high = behind(bits);
    low = behind(bits - 64);
    add_range(s, (struct addrset_ip){ip.high & ~high, ip.low & ~low},
              (struct addrset_ip){ip.high | high, ip.low | low});
    return 0;
}

static void add_run(void *ctx, uint32_t first, uint32_t last)
{
    const struct addrset_ip from = {.low = MAPPED | first}, to = {.low = MAPPED | last};

    add_range(ctx, from, to);
}

static int add_pattern(struct addrset *s, const struct octets *o, struct err *e)
{
    if (octets_runs(o, FEW_RUNS, add_run, s) <= FEW_RUNS)
        return 0;
    if (s->nscattered == ADDRSET_SCATTERED)
        return err_set(e, STATUS_LOCAL, "there are more than %d patterns of many ranges", ADDRSET_SCATTERED);
    s->scattered = mem_resize(s->scattered, (s->nscattered + 1) * sizeof *s->scattered);
    s->scattered[s->nscattered++] = *o;
    return 0;
}

/* What follows the slash. Returns 0, or -1. */
static int read_bits(const char *text, int *bits)
{
    int64_t value;

    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0' || num_parse(text, 0, 128, &value) < 0)
        return -1;
    *bits = (int)value;
    return 0;
}

int addrset_add_text(struct addrset *s, const char *text, int *bits, size_t *name, struct err *e)
{
    const size_t n = strcspn(text, "/");
    char host[LONGEST_NAME + 1];
    struct octets octets;
    struct addr a;

    *bits = -1;
    *name = n;
    if (n == 0 || n > LONGEST_NAME)
        return err_set(e, STATUS_LOCAL, n == 0 ? "'%.64s' has no address" : "'%.64s...' is too long", text);
    if (text[n] == '/' && read_bits(text + n + 1, bits) < 0)
        return err_set(e, STATUS_LOCAL, "'%.64s': what follows the slash is no number of bits", text);
    memcpy(host, text, n);
    host[n] = '\0';
    if (strchr(host, '%') != NULL)
        return err_set(e, STATUS_LOCAL, "'%.64s': interfaces are not compared", text);
    if (addr_parse(&a, host, 0) == 0)
        return addrset_add(s, &a, *bits) == 0
                   ? 0
                   : err_set(e, STATUS_LOCAL, "'%.64s': the address has not so many bits", text);
    if (octets_parse(&octets, host) == 0) {
        if (*bits > 32)
            return err_set(e, STATUS_LOCAL, "'%.64s': the address has not so many bits", text);
        octets_widen(&octets, *bits < 0 ? 32 : (unsigned)*bits);
        return add_pattern(s, &octets, e);
    }
    if (host[strspn(host, "0123456789.-*,")] == '\0' || strpbrk(host, ":,*") != NULL)
        return err_set(e, STATUS_LOCAL, "'%.64s' is neither an address nor a pattern of addresses", text);
    return 1;
}

static int compare_ranges(const void *a, const void *b)
{
    return compare_ips(((const struct addrset_range *)a)->first, ((const struct addrset_range *)b)->first);
}

void addrset_seal(struct addrset *s)
{
    size_t used = 0;

    if (s->n > 1)
        qsort(s->ranges, s->n, sizeof *s->ranges, compare_ranges);
    for (size_t i = 0; i < s->n; i++) {
        struct addrset_range *last = used > 0 ? &s->ranges[used - 1] : NULL;

        if (last == NULL || compare_ips(s->ranges[i].first, last->last) > 0)
            s->ranges[used++] = s->ranges[i];
        else if (compare_ips(s->ranges[i].last, last->last) > 0)
            last->last = s->ranges[i].last;
    }
    s->n = used;
}

static bool is_in_ranges(const struct addrset *s, struct addrset_ip ip)
{
    size_t low = 0, high = s->n;

    while (low < high) { /* the first range that begins behind it */
        const size_t middle = low + (high - low) / 2;

        if (compare_ips(s->ranges[middle].first, ip) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && compare_ips(ip, s->ranges[low - 1].last) <= 0;
}

bool addrset_has(const struct addrset *s, const struct addr *a)
{
    struct addrset_ip ip;

    if (!ip_of(a, &ip))
        return false;
    if (is_in_ranges(s, ip))
        return true;
    if (ip.high != 0 || ip.low >> 32 != 0xffff)
        return false;
    for (size_t i = 0; i < s->nscattered; i++) {
        if (octets_have(&s->scattered[i], (uint32_t)ip.low))
            return true;
    }
    return false;
}

void addrset_clear(struct addrset *s)
{
    free(s->ranges);
    free(s->scattered);
    *s = (struct addrset){0};
}
