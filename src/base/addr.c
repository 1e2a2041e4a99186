/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"

enum { UNIX_HEAD = offsetof(struct sockaddr_un, sun_path) };

/* What tells one end point from another, mapped addresses turned into IPv4. */
struct key {
    int family;
    const void *bytes;
    size_t n;
    uint32_t port;
    uint32_t scope;
};

/* The bytes of a UNIX name: with the leading NUL when abstract, without the closing one when a path. */
static size_t unix_length(const struct addr *a)
{
    size_t n = a->len > UNIX_HEAD ? a->len - UNIX_HEAD : 0;

    return n > 0 && a->un.sun_path[0] != '\0' ? strnlen(a->un.sun_path, n) : n;
}

static struct key key_of(const struct addr *a)
{
    const struct in6_addr *in6 = &a->in6.sin6_addr;

    switch (addr_family(a)) {
    case AF_INET:
        return (struct key){AF_INET, &a->in.sin_addr, 4, addr_port(a), 0};
    case AF_INET6:
        if (IN6_IS_ADDR_V4MAPPED(in6))
            return (struct key){AF_INET, &in6->s6_addr[12], 4, addr_port(a), 0};
        if (IN6_IS_ADDR_LINKLOCAL(in6) || IN6_IS_ADDR_MC_LINKLOCAL(in6))
            return (struct key){AF_INET6, in6, 16, addr_port(a), a->in6.sin6_scope_id};
        return (struct key){AF_INET6, in6, 16, addr_port(a), 0};
    case AF_UNIX:
        return (struct key){AF_UNIX, a->un.sun_path, unix_length(a), 0, 0};
    case AF_VSOCK:
        return (struct key){AF_VSOCK, &a->vm.svm_cid, sizeof a->vm.svm_cid, addr_port(a), 0};
    default:
        return (struct key){AF_UNSPEC, NULL, 0, 0, 0};
    }
}

struct addr *addr_dup(const struct addr *a)
{
    /* Every family has room for its number, so that it can be asked for. */
    size_t size = a->len > sizeof a->sa.sa_family ? a->len : sizeof a->sa.sa_family;
    struct addr *own = mem_alloc(offsetof(struct addr, sa) + size);

    memcpy(own, a, offsetof(struct addr, sa) + size);
    return own;
}

void addr_copy(struct addr *to, const struct addr *from)
{
    *to = (struct addr){.len = from->len};
    memcpy(&to->sa, &from->sa, from->len);
}

int addr_family(const struct addr *a)
{
    if (a->len < UNIX_HEAD)
        return AF_UNSPEC;
    /* Too short for what it says it is: no address. */
    if ((a->sa.sa_family == AF_INET && a->len < sizeof a->in) ||
        (a->sa.sa_family == AF_INET6 && a->len < sizeof a->in6) ||
        (a->sa.sa_family == AF_VSOCK && a->len < sizeof a->vm))
        return AF_UNSPEC;
    return a->sa.sa_family;
}

void addr_set(struct addr *a, const struct sockaddr *sa, socklen_t len)
{
    /* The kernel counts the NUL behind a path that fills sun_path, beyond the structure. */
    if (len > sizeof a->un)
        len = sizeof a->un;
    memset(a, 0, sizeof *a);
    if (len > 0)
        memcpy(&a->un, sa, len);
    a->len = len;
}

int addr_set_unix(struct addr *a, const char *name)
{
    const size_t n = strlen(name);
    const bool abstract = name[0] == '@'; /* which has no NUL behind it */

    if (n + (abstract ? 0 : 1) > sizeof a->un.sun_path)
        return -1;
    memset(a, 0, sizeof *a);
    a->un.sun_family = AF_UNIX;
    memcpy(a->un.sun_path, name, n);
    if (abstract)
        a->un.sun_path[0] = '\0';
    a->len = (socklen_t)(UNIX_HEAD + n + (n > 0 && !abstract ? 1 : 0));
    return 0;
}

uint32_t addr_port(const struct addr *a)
{
    switch (addr_family(a)) {
    case AF_INET:
        return ntohs(a->in.sin_port);
    case AF_INET6:
        return ntohs(a->in6.sin6_port);
    case AF_VSOCK:
        return a->vm.svm_port;
    default:
        return 0;
    }
}

void addr_set_port(struct addr *a, uint32_t port)
{
    int family = addr_family(a);

    if (family == AF_INET)
        a->in.sin_port = htons((uint16_t)port);
    else if (family == AF_INET6)
        a->in6.sin6_port = htons((uint16_t)port);
    else if (family == AF_VSOCK)
        a->vm.svm_port = port;
}

bool addr_is_any(const struct addr *a)
{
    static const unsigned char zero[16];
    struct key k = key_of(a);

    return (k.family == AF_INET || k.family == AF_INET6) && memcmp(k.bytes, zero, k.n) == 0;
}

bool addr_is_multicast(const struct addr *a)
{
    struct key k = key_of(a);
    unsigned char first = k.n > 0 ? *(const unsigned char *)k.bytes : 0;

    return (k.family == AF_INET && (first & 0xf0) == 0xe0) || (k.family == AF_INET6 && first == 0xff);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    struct key x = key_of(a), y = key_of(b);

    if (x.family != y.family || x.n != y.n || x.port != y.port || x.scope != y.scope)
        return false;
    return x.n == 0 || memcmp(x.bytes, y.bytes, x.n) == 0;
}

bool addr_same_host(const struct addr *a, const struct addr *b)
{
    enum { HOST6 = 8 }; /* bytes */
    const struct key x = key_of(a), y = key_of(b);

    if (x.family != y.family || x.n != y.n)
        return false;
    return x.n == 0 || memcmp(x.bytes, y.bytes, x.family == AF_INET6 ? HOST6 : x.n) == 0;
}

uint64_t addr_hash(const struct addr *a, const struct siphash_key *key)
{
    const struct key k = key_of(a);
    const uint16_t family = (uint16_t)k.family;
    unsigned char bytes[sizeof a->un.sun_path + sizeof k.port + sizeof k.scope + sizeof family];
    size_t n = 0;

    memcpy(bytes, &family, sizeof family);
    n += sizeof family;
    memcpy(bytes + n, &k.port, sizeof k.port);
    n += sizeof k.port;
    memcpy(bytes + n, &k.scope, sizeof k.scope);
    n += sizeof k.scope;
    if (k.n > 0)
        memcpy(bytes + n, k.bytes, k.n);
    return siphash(key, bytes, n + k.n);
}

static void host_in6(const struct in6_addr *in6, uint32_t scope, char text[static ADDR_TEXT])
{
    char name[IF_NAMESIZE];
    size_t n;

    inet_ntop(AF_INET6, in6, text, ADDR_TEXT);
    if (scope == 0)
        return;
    n = strlen(text);
    if (if_indextoname(scope, name) != NULL)
        snprintf(text + n, ADDR_TEXT - n, "%%%s", name);
    else
        snprintf(text + n, ADDR_TEXT - n, "%%%lu", (unsigned long)scope);
}

const char *addr_host(const struct addr *a, char text[static ADDR_TEXT])
{
    struct key k = key_of(a);

    if (k.family == AF_INET) {
        inet_ntop(AF_INET, k.bytes, text, ADDR_TEXT);
    } else if (k.family == AF_INET6) {
        host_in6(&a->in6.sin6_addr, a->in6.sin6_scope_id, text);
    } else if (k.family == AF_UNIX && k.n > 0) {
        bool abstract = a->un.sun_path[0] == '\0';

        text[0] = '@';
        text_safe_bytes(a->un.sun_path + abstract, k.n - abstract, text + abstract, ADDR_TEXT - abstract);
    } else if (k.family == AF_VSOCK && a->vm.svm_cid == VMADDR_CID_ANY) {
        snprintf(text, ADDR_TEXT, "any");
    } else if (k.family == AF_VSOCK) {
        snprintf(text, ADDR_TEXT, "%u", a->vm.svm_cid);
    } else if (k.family == AF_UNIX || addr_family(a) == AF_UNSPEC) {
        snprintf(text, ADDR_TEXT, "(unnamed)");
    } else {
        snprintf(text, ADDR_TEXT, "(family %d)", addr_family(a));
    }
    return text;
}

const char *addr_format(const struct addr *a, char text[static ADDR_TEXT])
{
    int family = addr_family(a);
    char cid[ADDR_TEXT];
    size_t n;

    addr_host(a, text);
    if (family == AF_INET || family == AF_INET6) {
        n = strlen(text);
        snprintf(text + n, ADDR_TEXT - n, " port %u", addr_port(a));
    } else if (family == AF_VSOCK) {
        snprintf(text, ADDR_TEXT, "CID %s port %u", addr_host(a, cid), addr_port(a));
    }
    return text;
}

/* The index of interface `scope`, by name or number; 0 when there is none. */
static uint32_t parse_scope(const char *scope)
{
    unsigned index = if_nametoindex(scope);
    int64_t number;

    if (index != 0)
        return index;
    return num_parse(scope, 1, UINT32_MAX, &number) == 0 ? (uint32_t)number : 0;
}

static int parse_in6(struct addr *a, const char *host, uint16_t port)
{
    const char *percent = strchr(host, '%');
    size_t n = percent != NULL ? (size_t)(percent - host) : strlen(host);
    char literal[INET6_ADDRSTRLEN];
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    if (n >= sizeof literal)
        return -1;
    memcpy(literal, host, n);
    literal[n] = '\0';
    if (inet_pton(AF_INET6, literal, &in6.sin6_addr) != 1)
        return -1;
    if (percent != NULL && (in6.sin6_scope_id = parse_scope(percent + 1)) == 0)
        return -1;
    addr_set(a, (const struct sockaddr *)&in6, sizeof in6);
    return 0;
}

int addr_parse(struct addr *a, const char *host, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

    if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return parse_in6(a, host, port);
    addr_set(a, (const struct sockaddr *)&in, sizeof in);
    return 0;
}
