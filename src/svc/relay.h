/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * relay: peers among themselves: what one says goes to all others, never back, and to us, who say as they do.
 *
 * A kind (svc/broker.c, svc/chat.c) knows what is said to whom. Its host (svc/circle.c with standard streams,
 * console/console_among.c at a prompt) has the queues, and what a slow one means for the others. Neither knows the other.
 */
#ifndef SVC_RELAY_H
#define SVC_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/chunk.h"
#include "peer/peer.h"
#include "svc/bridge.h"

struct relay;

enum {
    RELAY_PATIENCE = 1000, /* ms in which one who takes nothing holds up all, where it is closed for it */
    RELAY_LAG = 64 * 1024, /* bytes that wait for a peer from which on it lags */
};

/* A peer is told by its pointer, and NULL is us. */
struct relay_host {
    void *ctx;
    /* Somebody is waited for: nothing should be said until what was not taken is offered again. */
    bool (*full)(void *ctx);
    /* Goes to all but `from`, and not to us. */
    void (*say)(void *ctx, const struct peer *from, struct chunk *c);
    /* Goes to one peer, where it has room; returns false where not. */
    bool (*tell)(void *ctx, struct peer *to, struct chunk *c);
    /* So much waits for a peer that it should be told nothing that it has just asked for: it hears by again() when all of it went. */
    bool (*lags)(void *ctx, struct peer *p);
    /* Is shown on our side: `n` bytes of what `from` said (NULL: of a notice), which `c` is to others. Returns how much of it was. */
    size_t (*show)(void *ctx, struct peer *from, const void *data, size_t n, struct chunk *c);
    size_t most; /* bytes that are shown of a stream at once; 0: any number */
    bool tells;  /* who comes and goes is told on our side without that */
    /* Another than `p` is called `name` on our side. Optional. */
    bool (*calls)(void *ctx, const struct peer *p, const char *name);
    /* A peer is called `name` from now on. Optional. */
    void (*call)(void *ctx, struct peer *p, const char *name);
};

struct relay_kind {
    const char *name;
    enum slow_peer slow; /* unless --slow-peer says otherwise */
    struct relay *(*open)(const void *conf, const struct relay_host *host);
    void (*close)(struct relay *);
    /* What is heard of `from`, a message of the form `meta` says (or NULL): returns how much of it was taken, or IO_AGAIN. `seat` is
     * what join() gave it. */
    ssize_t (*hear)(struct relay *, struct peer *from, void *seat, const void *data, size_t n,
                    const struct meta *meta);
    /* The others are optional. A peer came: what is to be remembered of it; goes. */
    void *(*join)(struct relay *, struct peer *p);
    void (*leave)(struct relay *, void *seat);
    /* It, or (NULL) we, will say no more. */
    void (*ended)(struct relay *, void *seat);
    /* It had no room for what was said; it has room again, or all that waited for it has gone. */
    void (*missed)(struct relay *, void *seat);
    void (*again)(struct relay *, void *seat);
};

struct relay {
    const struct relay_kind *kind;
    struct relay_host host;
};

/* As the hooks, which may be missing. */
void *relay_join(struct relay *r, struct peer *p);
void relay_leave(struct relay *r, void *seat);
void relay_ended(struct relay *r, void *seat);
void relay_missed(struct relay *r, void *seat);
void relay_again(struct relay *r, void *seat);

#endif
