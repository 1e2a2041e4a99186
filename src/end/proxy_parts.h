/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proxy_parts: what a peer asks us for as its proxy, and those who see to it, one for each wish. Private to end/proxy*.
 */
#ifndef END_PROXY_PARTS_H
#define END_PROXY_PARTS_H

#include "end/end.h"
#include "layer/serve.h"
#include "net/resolve.h"
#include "net/transport.h"

struct request_kind;

struct request {
    struct end *end;
    const struct request_kind *kind; /* NULL: nothing is asked for yet */
    void *state;                     /* the kind's own */
    struct layer *layer;             /* NULL: it has left */
    struct timer patience;           /* with the client, and then with whoever the kind waits for */
    struct err why;                  /* of what failed */
    bool failed;
    bool ended;   /* its side, the client */
    bool plain;   /* one of HTTP, which must not come back to us */
    size_t ahead; /* its head and body */
    struct http_body body;
};

struct request_kind {
    /* Begins. It is told by request_granted() or request_failed(). */
    void (*start)(struct request *x, const struct serve *s);
    /* The client was told: it is to be made an end. Returns 0, or -1 with `why`. */
    int (*ready)(struct request *x, struct err *why);
    /* The patience that it asked for is over. Optional. */
    void (*late)(struct request *x);
    void (*close)(struct request *x);
};

extern const struct request_kind request_connect, request_bind, request_associate;

/* Tells the client, the second with the address `at` (NULL: none). */
void request_failed(struct request *x, const struct err *why);
void request_granted(struct request *x, const struct addr *at);

/* Whether the peer may have to do with this address: for struct net_conf. */
bool request_may_reach(const void *request, const struct addr *to);

/* The address that the peer spoke to, as a host to be bound to. Returns `text`. */
const char *request_own_host(const struct request *x, char text[static ADDR_TEXT]);

/* What all that is made for it has in common. */
struct net_conf request_net(const struct request *x);

/* How its names are looked up, for sockets of `socktype`. */
struct resolve_opts request_look_up(const struct request *x, int socktype);

#endif
