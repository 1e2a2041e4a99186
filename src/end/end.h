/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * end: the far side of a peer: whatever the user names as END (another connection, a program, a file).
 *
 * A kind is a file and a row (end/rows.h). Each peer gets an end of its own: it is opened without waiting, gives a port
 * or two, and tells when it is over. What all ends of one user share is struct ends.
 */
#ifndef END_END_H
#define END_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"
#include "end/kind.h"
#include "io/port.h"
#include "loop/loop.h"
#include "peer/peer.h"

/* END as it was written. All zero: none. */
struct end_spec {
    const struct end_kind *kind;
    char *text;   /* the whole of it */
    int family;   /* AF_INET, AF_INET6: the word says so; else 0 */
    char *host;   /* or the path */
    char *port;   /* NULL: there is none */
    char *path;   /* of a URL, with its query; NULL: it is none */
    char **words; /* a command, ended with NULL; or NULL */
    int64_t
        retry; /* ms in which one that cannot be had is tried for again; 0: it is not. Not read, but set */
};

/* Reads KIND:REST, HOST:PORT or `-`. Returns 0, or -1 with `e` and `spec` empty. */
int end_parse(struct end_spec *spec, const char *text, struct err *e);
void end_spec_clear(struct end_spec *spec);

/* How many peers, each of which takes `own` descriptors, can have such an end at once, as far as those go; 0: any number.
 * `spec` may be empty. */
unsigned end_room(const struct end_spec *spec, unsigned own);

struct net_layer;
struct net_via;
struct end_proxy_conf;

struct ends_conf {
    const struct end_spec *dressed; /* the end that is more than a connection (TLS, WebSocket); NULL: none */
    const struct net_layer *layers; /* what is put on its connections, from the socket up */
    size_t nlayers;
    bool numeric;            /* no names are looked up */
    bool direct;             /* programs get the peer's socket itself */
    int64_t connect_timeout; /* ms; 0: the kernel's */
    int header; /* of connections: version of the PROXY header that tells whom they are for; 0: none */
    const struct net_via *via;          /* how connections get there (net/transport.h); NULL: straight */
    const struct end_proxy_conf *proxy; /* of ends that peers ask for (end/proxy.h); NULL: nothing is said */
    int family;                         /* of what peers ask for: AF_INET, AF_INET6, or AF_UNSPEC */
};

/* What all ends of one user share; `peers` are those of them that are connections. */
struct ends {
    struct loop *loop;
    struct peer_table *peers;
    struct ends_conf conf;
    void (*ended)(void *ctx, int status); /* a program ended, with the exit status of a shell. Optional */
    void *ctx;
    struct list programs; /* the rest is end/program.c's */
    bool awaited;
};

/* All but the last two fields are set. */
void ends_init(struct ends *ends);

struct end;

/* Called from the loop, never from within end_open(); may close the end. */
struct end_events {
    void (*ready)(struct end *); /* its ports are there */
    void (*failed)(struct end *, const struct err *why);
    void (*over)(struct end *); /* what is on its way from it is the last: e->over */
};

/* Embedded in its user's struct, zeroed before end_open(). */
struct end {
    const struct end_spec *spec;
    struct ends *ends;
    const struct end_events *events;
    struct port *in;   /* what comes from it; NULL: nothing does */
    struct port *out;  /* what goes to it; may be the same, or the peer's; NULL: it has the peer's socket */
    struct peer *peer; /* of a connection; else NULL */
    struct peer *whom; /* for whom it is; NULL: it is the peer itself */
    void *state;       /* the kind's own */
    struct err *why;   /* to be told; NULL: it is well */
    struct end_trial *trial; /* spec->retry, until it is there */
    bool told;               /* the peer was told why it failed: that is its own affair, and no reset */
    bool follows;            /* when the peer has ended its direction, there is no more to wait for */
    bool over;               /* when all that comes from it has been delivered there is no more to wait for */
    struct job tell;
};

/* Opens it for `peer`; NULL: it is to be the peer itself. `spec`, `ends` and `events` must outlive it. */
void end_open(struct end *e, const struct end_spec *spec, struct ends *ends, const struct end_events *events,
              struct peer *peer);

/* Gives it up in whatever state; links to its ports must be gone. What was sent arrives, unless it is to end with a `reset`,
 * where it has such. One that was never opened is fine. */
void end_close(struct end *e, bool reset);

/* For kinds: tell soon; at once, when called from the loop. `why` is copied. */
void end_ready(struct end *e);
void end_ready_now(struct end *e);
void end_failed(struct end *e, const struct err *why);

#endif
