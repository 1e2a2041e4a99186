/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * addr: a socket address as a small value, and its text.
 *
 * Holds IPv4, IPv6, UNIX (path, abstract, unnamed) and vsock addresses. An IPv4-mapped IPv6 address is shown as the
 * IPv4 address it stands for. Names are not resolved here (net/resolve.h does that).
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/vm_sockets.h>

#include "base/siphash.h"

struct addr {
    socklen_t len; /* 0: no address */
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
        struct sockaddr_vm vm;
    };
};

/* Room for any formatted address, its port and the final NUL: a UNIX path is at most 108 bytes, each shown as
 * at most four characters. */
enum { ADDR_TEXT = 108 * 4 + 16 };

/* A copy of its own, as small as the address; released with free(3). Only `len` and as many bytes behind it may be
 * read: copy it with addr_copy(). */
struct addr *addr_dup(const struct addr *a);

/* Copies an address, also one from addr_dup(). */
void addr_copy(struct addr *to, const struct addr *from);

/* The address family; AF_UNSPEC when there is no address. */
int addr_family(const struct addr *a);

/* Copies `len` bytes of `sa`, as accept(2), recvfrom(2) and getaddrinfo(3) give them. A longer one is cut. */
void addr_set(struct addr *a, const struct sockaddr *sa, socklen_t len);

/* A UNIX address from `name`: `@name` is in the abstract name space (unix(7)), anything else a path, ""
 * unnamed. Returns 0, or -1 when it is too long: a path may have 107 bytes, a name 107 behind the @. */
int addr_set_unix(struct addr *a, const char *name);

/* The port in host order; 0 for UNIX addresses. Above 65535 of vsock alone. */
uint32_t addr_port(const struct addr *a);

/* Sets the port, in host order; nothing happens to UNIX addresses. */
void addr_set_port(struct addr *a, uint32_t port);

/* True for 0.0.0.0 and ::. */
bool addr_is_any(const struct addr *a);

/* A group of IPv4 (RFC 5771) or IPv6 (RFC 4291). */
bool addr_is_multicast(const struct addr *a);

/* True when both name the same end point; a mapped IPv4 address equals its IPv4 form. The scope
 * counts for link-local addresses alone. Unnamed UNIX addresses are all equal. */
bool addr_equal(const struct addr *a, const struct addr *b);

/* True when both may be of one host, as far as a stranger can tell: of IPv6 all that it may take for itself (a /64) counts as
 * one, of IPv4 an address, whatever the ports. */
bool addr_same_host(const struct addr *a, const struct addr *b);

/* A hash that agrees with addr_equal(); strangers fill the tables that need it. */
uint64_t addr_hash(const struct addr *a, const struct siphash_key *key);

/* The host part: "127.0.0.1", "fe80::1%eth0", "/run/x", "@name", "(unnamed)",
 * the CID of vsock or "any". What is not safe in
 * UNIX names is escaped (base/text.h). Returns `text`. */
const char *addr_host(const struct addr *a, char text[static ADDR_TEXT]);

/* For people: "127.0.0.1 port 80", "CID 3 port 80", or a UNIX name alone. Returns `text`. */
const char *addr_format(const struct addr *a, char text[static ADDR_TEXT]);

/* An IPv4 or IPv6 literal (with %scope) and a port into `a`. Returns 0, or -1 when `host` is no literal
 * or its scope is no interface, leaving `a` alone. */
int addr_parse(struct addr *a, const char *host, uint16_t port);

#endif
