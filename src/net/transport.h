/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * transport: what a transport is, and what it works with.
 *
 * A transport is a file and a row (net/rows.h). It resolves, binds, connects or listens, makes peers and hands them to
 * whoever opened it through struct net_events; from then on it knows them no more.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "io/dgram.h"
#include "loop/loop.h"
#include "net/access.h"
#include "peer/peer.h"

struct proxy_conf;

/* The addresses of a name, where it was looked up before; NULL: it was not. */
struct net_found {
    struct addr *list;
    int n;
};

/* A layer that is put on each new connection before it is a peer. */
struct net_layer {
    /* A new one, or NULL with `e`. `client`: we speak first; then `host` (NULL: a UNIX socket) and `port` are whom the
     * connection is for. */
    struct layer *(*make)(const void *conf, bool client, const char *host, uint16_t port, struct err *e);
    const void *conf;
};

/* A way to where one cannot connect: some other host and port, and layers that bring the connection further. */
struct net_via {
    const char *host, *port;
    const char *title;              /* for people: "SOCKS5 proxy HOST port PORT" */
    const struct net_layer *layers; /* from the socket up */
    size_t nlayers;
    const struct proxy_conf *datagrams; /* who passes on datagrams; NULL: nobody does */
    bool looks_up;                      /* the layers are given addresses, not names */
};

/* max_conns of who serves nobody. */
enum { NET_NOBODY = INT_MAX };

/* What the command line says of the network. Strings are the command line's and outlive the net. */
struct net_conf {
    const char *host; /* NULL: any when listening */
    const char *port; /* number or service name; NULL only for UNIX sockets and self-connect */
    const char *name; /* who the peer is, for people, where that is not whom we connect to; else NULL */
    int family;       /* AF_UNSPEC, AF_INET, AF_INET6; AF_UNIX: `host` is the path or @name */
    const char *source_host; /* bind to it before connecting; for UNIX datagram our own path */
    const char *source_port;
    const char *join; /* the multicast GROUP[%INTERFACE] that receivers of datagrams join; NULL: none */
    int *given;       /* listen: sockets that are there already, in place of an address (net/given.h) */
    size_t ngiven;
    bool datagram; /* -u: for self-connect and UNIX sockets */
    bool seqpacket;
    bool numeric; /* no DNS, in either direction */
    const struct addr
        *whom;          /* the client at whose wish names are looked up (net/resolve.h); NULL: it is ours */
    bool tells_early;   /* connections are told before the handshakes of layers, but for those of `via` */
    bool keep_open;     /* listen: go on after a peer left, many at once */
    bool in_turn;       /* listen: one peer after the other; the next waits to be accepted */
    bool each_family;   /* listen: without an address, a socket for IPv6 and one for IPv4 */
    bool leave_path;    /* listen: a UNIX path is left behind, as others leave it */
    bool probe_byte;    /* a port of datagrams is asked with one NUL byte, once */
    bool from_target;   /* through a proxy: datagrams of nobody but whom we send to */
    bool gather;        /* datagrams written in one turn of the loop may leave together */
    bool echo;          /* the service only answers: datagrams are guarded against loops */
    bool relay;         /* datagrams are others': what becomes of them is no loss of ours */
    bool cookies;       /* listen: who sends datagrams says hello first, as DTLS has it (net/cookies.h) */
    bool among;         /* peers are sent what others say, there or not */
    size_t segment;     /* cut what is sent into datagrams of this size; 0: a read is a datagram */
    unsigned max_conns; /* 0: as many as descriptors allow */
    unsigned room; /* listen: while there are so many peers the next wait to be accepted; 0: no such number */
    int backlog;   /* 0: SOMAXCONN */
    int64_t connect_timeout;   /* ms, 0: the kernel's; the handshakes of layers are a part of connecting */
    const struct net_via *via; /* of clients: how to get there; NULL: straight */
    struct net_found target, source; /* of whom to connect to; of source_host and source_port */
    struct net_found beyond;         /* via->looks_up: of host and port */
    const char **sockopts;           /* "NAME", "NAME=VALUE" or "NAME?", in the order given */
    size_t nsockopts;
    bool
        takes_header; /* listen: each connection begins with a PROXY header, and its peer is who that tells of */
    int header;       /* of clients with streams: the version of such a header, which we send; 0: none */
    const struct addr *header_from, *header_to; /* what it tells; NULL: our address, and whom we connect to */
    const struct net_layer *layers;             /* of connections, made or accepted; from the socket up */
    size_t nlayers;
    struct access *access; /* listen: who may come; NULL: everybody */
    /* connect: whether to try this address; listen, udp-listen: whether to hear it. NULL: all */
    bool (*admits)(const void *ctx, const struct addr *who);
    const void *admits_ctx;
};

/* How a transport tells the session. Called from the loop, never from within net_open(). */
struct net_events {
    void *ctx;
    void (*bound)(void *ctx, const struct addr *local); /* a socket listens, or is bound to receive */
    void (*up)(void *ctx, struct peer *peer);           /* a peer is there; taken by the session */
    void (*failed)(void *ctx, const struct err *e);     /* there will be no (more) peer */
    bool (*make_room)(
        void *ctx); /* the limit is reached: ends the oldest peer that only waits for us to speak
                                     and has all that we said; false when there is none. Its descriptor is free
                                     in the next turn */
};

struct net;

/* What caps may say of a transport. */
enum net_cap {
    NET_STREAM = 1,
    NET_DGRAM = 2,
    NET_MANY = 4,   /* may bring many peers */
    NET_CLIENT = 8, /* speaks first */
};

struct transport {
    const char *name, *help;
    unsigned caps;
    int (*open)(struct net *, struct err *);
    void (*close)(struct net *);
};

/* What a transport works with. */
struct net {
    const struct transport *transport;
    struct loop *loop;
    const struct net_conf *conf;
    struct peer_table *peers;
    struct net_events events;
    void *state; /* the transport's own */
};

#endif
