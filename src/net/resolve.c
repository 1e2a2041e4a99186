/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/message.h"
#include "base/num.h"

static const char *family_name(int family)
{
    return family == AF_INET ? "IPv4" : "IPv6";
}

int resolve_service(const char *name, int socktype)
{
    struct servent *s = getservbyname(name, socktype == SOCK_DGRAM ? "udp" : "tcp");

    return s == NULL ? -1 : ntohs((uint16_t)s->s_port);
}

int resolve_port(const char *text, int socktype, uint16_t *out, struct err *e)
{
    int port;

    *out = 0;
    if (text == NULL || num_parse_port(text, out) == 0)
        return 0;
    if (text[0] == '\0')
        return err_set(e, STATUS_LOCAL, "the port is empty");
    if (strspn(text, "+-0123456789") == strlen(text))
        return err_set(e, STATUS_LOCAL, "port %s: not a number from 0 to 65535", text);
    port = resolve_service(text, socktype);
    if (port < 0)
        return err_set(e, STATUS_LOCAL, "port %s: neither a number nor a known %s service", text,
                       socktype == SOCK_DGRAM ? "UDP" : "TCP");
    *out = (uint16_t)port;
    return 0;
}

/* Appends the addresses that stand for no host: any, or loopback. */
static int no_host(const struct resolve_opts *opts, struct addr *out)
{
    static const struct {
        int family;
        const char *any, *loopback;
    } rows[] = {{AF_INET6, "::", "::1"}, {AF_INET, "0.0.0.0", "127.0.0.1"}};
    int n = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (opts->family == AF_UNSPEC || opts->family == rows[i].family)
            (void)addr_parse(&out[n++], opts->passive ? rows[i].any : rows[i].loopback, 0);
    }
    return n;
}

/* Says in `e` why `host` gave no address: what getaddrinfo(3) returned, in the words of the case. */
static int explain(const char *host, const struct resolve_opts *opts, int code, int sys, struct err *e)
{
    const char *scope = strchr(host, '%');

    if (scope != NULL && if_nametoindex(scope + 1) == 0)
        return err_set(e, STATUS_LOCAL, "%s: there is no interface %s", host, scope + 1);
    if (code == EAI_SYSTEM)
        return err_sys(e, STATUS_LOCAL, sys, "%s", host);
    if (code == EAI_NONAME && opts->numeric)
        return err_set(e, STATUS_LOCAL, "%s: not a numeric address, and looking up names is turned off",
                       host);
#ifdef EAI_ADDRFAMILY
    if (code == EAI_ADDRFAMILY)
        return err_set(e, STATUS_LOCAL, "%s: not an %s address", host, family_name(opts->family));
#endif
#ifdef EAI_NODATA
    if (code == EAI_NODATA)
        return err_set(e, STATUS_LOCAL, "%s: the name has no %s address", host,
                       opts->family == AF_UNSPEC ? "IP" : family_name(opts->family));
#endif
    if (code == EAI_AGAIN)
        return err_set(e, STATUS_LOCAL, "%s: %s (no name server answered)", host, gai_strerror(code));
    return err_set(e, STATUS_LOCAL, "%s: %s", host, gai_strerror(code));
}

static bool is_known(const struct addr *list, int n, const struct addr *a)
{
    for (int i = 0; i < n; i++)
        if (addr_equal(&list[i], a))
            return true;
    return false;
}

/* Copies `found` to `out`, each address once, families taking turns (RFC 8305 section 4). */
static int interleave(const struct addrinfo *found, struct addr *out)
{
    const struct addrinfo *next[2] = {found, found};
    int family[2];
    int n = 0;

    family[0] = found->ai_family;
    family[1] = found->ai_family == AF_INET ? AF_INET6 : AF_INET;
    for (int turn = 0; next[0] != NULL || next[1] != NULL; turn ^= 1) {
        bool added = false;

        for (; next[turn] != NULL && !added; next[turn] = next[turn]->ai_next) {
            if (next[turn]->ai_family != family[turn])
                continue;
            addr_set(&out[n], next[turn]->ai_addr, next[turn]->ai_addrlen);
            added = !is_known(out, n, &out[n]);
            n += added;
        }
    }
    return n;
}

/* The same, as the dialect in force words it. */
static int fail_look_up(const char *host, const char *port, const struct resolve_opts *opts, int code,
                        int sys, struct err *e)
{
    struct message m = {.host = host, .port = port, .why = gai_strerror(code)};
    struct err own;

    (void)explain(host, opts, code, sys, &own);
    m.text = own.text;
    return message_err(e, own.status, own.sys,
                       opts->passive ? MESSAGE_LOCAL_NAME_FAILED : MESSAGE_NAME_FAILED, &m);
}

bool resolve_is_literal(const char *host, int family, struct addr *a)
{
    return addr_parse(a, host, 0) == 0 && (family == AF_UNSPEC || family == addr_family(a));
}

static int look_up(const char *host, const char *port, const struct resolve_opts *opts, struct addr **out,
                   struct err *e)
{
    struct addrinfo hints = {.ai_family = opts->family, .ai_socktype = opts->socktype};
    struct addrinfo *found = NULL;
    struct addr literal;
    size_t count = 0;
    int code, n;

    if (resolve_is_literal(host, opts->family, &literal)) {
        *out = mem_alloc(sizeof **out);
        **out = literal;
        return 1;
    }
    /* Not AI_ADDRCONFIG: on a machine that has only its loopback it would hide ::1. */
    hints.ai_flags = (opts->passive ? AI_PASSIVE : 0) | (opts->numeric ? AI_NUMERICHOST : 0);
    code = getaddrinfo(host, NULL, &hints, &found);
    if (code != 0) {
        if (!opts->numeric && strcasecmp(host, "localhost") == 0) { /* RFC 6761 section 6.3 */
            *out = mem_alloc(2 * sizeof **out);
            return no_host(&(struct resolve_opts){.family = opts->family}, *out);
        }
        return fail_look_up(host, port, opts, code, errno, e);
    }
    for (const struct addrinfo *i = found; i != NULL; i = i->ai_next)
        count++;
    *out = mem_alloc(count * sizeof **out);
    n = interleave(found, *out);
    freeaddrinfo(found);
    return n;
}

/* A link-local address means nothing without its interface; the kernel would only say EINVAL. */
static int check_scope(const char *host, const struct addr *a, struct err *e)
{
    if (addr_family(a) == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr) && a->in6.sin6_scope_id == 0)
        return err_set(e, STATUS_LOCAL, "%s: a link-local address needs its interface: %s%%INTERFACE", host,
                       host);
    return 0;
}

int resolve(const char *host, const char *port, const struct resolve_opts *opts, struct addr **out,
            struct err *e)
{
    uint16_t number;
    int n;

    *out = NULL;
    if (resolve_port(port, opts->socktype, &number, e) < 0)
        return -1;
    if (opts->passive && host != NULL && (host[0] == '\0' || strcmp(host, "*") == 0))
        host = NULL;
    if (host == NULL) {
        *out = mem_alloc(2 * sizeof **out);
        n = no_host(opts, *out);
    } else if (host[0] == '\0') {
        return err_set(e, STATUS_LOCAL, "the host is empty");
    } else {
        n = look_up(host, port, opts, out, e);
        if (n < 0)
            return -1;
        if (n == 1 && check_scope(host, &(*out)[0], e) < 0) {
            free(*out);
            *out = NULL;
            return -1;
        }
    }
    for (int i = 0; i < n; i++)
        addr_set_port(&(*out)[i], number);
    return n;
}
