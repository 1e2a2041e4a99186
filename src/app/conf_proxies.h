/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_proxies: from --proxy and what belongs to it to the way that connections take.
 */
#ifndef APP_CONF_PROXIES_H
#define APP_CONF_PROXIES_H

#include <stdbool.h>

#include "app/options.h"
#include "base/names.h"
#include "layer/proxy.h"
#include "layer/tls.h"
#include "net/transport.h"

enum { PROXIES_MAX = 8 };

/* --proxy-dns. */
enum proxy_dns { PROXY_DNS_LOCAL, PROXY_DNS_REMOTE, PROXY_DNS_BOTH, PROXY_DNS_NONE };

extern const struct name proxy_dns_names[];

/* As the options set them; and what is made of it. */
struct proxies_conf {
    struct option_texts texts; /* --proxy: in the order that they are gone through */
    const char *type;          /* of those that have no scheme; NULL: http */
    const char *auth;          /* USER:PASSWORD, USER, or NULL */
    bool asks_nothing;         /* a login without a password has none */
    int dns;                   /* 1 + enum proxy_dns; 0: not given */

    const char *pin; /* --proxy-ssl-pin; NULL: not given */

    const struct net_via *via; /* NULL: straight */
    struct net_via made;
    struct net_layer layers[2 * PROXIES_MAX];
    struct proxy_conf chain[PROXIES_MAX];
    struct ask_known known[PROXIES_MAX];
    struct tls_conf tls[PROXIES_MAX];
    size_t n;
    char *owned[5 * PROXIES_MAX + 2]; /* texts of their own */
    size_t nowned;
};

/* Makes p->via. `host` is whom a connection is for, NULL where that is not known; a password that is missing is asked for at
 * the terminal. Returns 0, or -1 with `e`. */
int proxies_conf_make(struct proxies_conf *p, const char *host, struct err *e);

/* Whether TLS to one of them is needed; and makes it ready. `given` is how TLS is to be for whom the connections are for, or,
 * where nobody but proxies has it (`alone`), for these. Returns 0, or -1 with `e`. */
bool proxies_have_tls(const struct proxies_conf *p);
int proxies_conf_make_tls(struct proxies_conf *p, const struct tls_conf *given, bool alone, struct err *e);

void proxies_conf_clear(struct proxies_conf *p);

#endif
