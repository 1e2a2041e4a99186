/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bridge: the wiring that stdio and the prompt share: two links between a local end and each peer, and the rules
 * of when a peer is finished and when the program ends.
 *
 * One peer is wired directly; with many, the local input goes through a fan to all of them.
 */
#ifndef SVC_BRIDGE_H
#define SVC_BRIDGE_H

#include "base/names.h"
#include "svc/service.h"

struct bridge;

/* What to do with a peer that takes less than is sent to all. */
enum slow_peer {
    SLOW_WAIT,  /* the others wait for it */
    SLOW_DROP,  /* it misses what comes until it has room */
    SLOW_CLOSE, /* it is closed */
};

/* wait, drop, close. */
extern const struct name slow_names[];

struct bridge_conf {
    bool send_only;    /* what peers send is dropped */
    bool no_shutdown;  /* the end of our input does not end our direction */
    bool more_follows; /* our output is not closed with the last peer: there will be another session */
    int slow;          /* enum slow_peer and 1; 0: the service's own choice */
    bool tell_end;     /* somebody is there to read that a peer has closed */
    bool leave;        /* the end of a peer's direction ends ours, and with that the peer */
    bool leave_late;   /* but what our input has ready is still sent */
    bool writes_on; /* that nobody reads our output any more is known when it is written to, and not before */
    int64_t quit_after; /* ms from the end of our input to the end of the program; -1: never */
    int64_t
        datagram_wait; /* ms of silence after which a datagram client whose input ended is done; -1: never */
    struct link_opts out, in; /* of the links to peers, and from them */
};

/* What the local side looks like. The ports stay the caller's and must outlive the bridge. */
struct bridge_ends {
    struct port *in;  /* where what we send comes from; NULL: nothing is sent, or `apart` */
    bool apart;       /* each peer has an input of its own: bridge_feed() */
    struct port *out; /* where what arrives goes */
    /* With `apart`: a peer ended its direction while ours is open; with bridge_leaves() ours is to end, too. */
    void (*peer_ended)(void *ctx, struct peer *p);
    /* With `apart`: nothing can be sent to the peer any more; its input is the caller's alone again. Optional. */
    void (*deaf)(void *ctx, struct peer *p);
    /* With `apart`: all that its input had is sent, and the input over. Returns false when the peer is closed. Optional. */
    bool (*sent)(void *ctx, struct peer *p);
    enum slow_peer slow; /* the choice of the service */
    void *ctx;
};

/* `s` and `conf` must outlive it; `ends` is copied. */
struct bridge *bridge_new(struct svc *s, const struct bridge_conf *conf, const struct bridge_ends *ends);
void bridge_free(struct bridge *b);
void bridge_attach(struct bridge *b, struct peer *p);
void bridge_detach(struct bridge *b, struct peer *p);

/* With `apart`: where what is sent to the peer comes from, from now on; `in` stays the caller's, and outlives the peer's
 * attachment, or until bridge_unfeed(), which returns false while something of it is under way or watched. */
void bridge_feed(struct bridge *b, struct peer *p, struct port *in);
bool bridge_unfeed(struct bridge *b, struct peer *p);

/* With `apart`: no more will be sent to anybody than is on its way. */
void bridge_end(struct bridge *b);

/* With `apart`: after bridge_end(), for peers to come: there will be more. */
void bridge_begin(struct bridge *b);

/* Whether the end of a peer's direction ends ours: at first what the conf says. */
bool bridge_leaves(const struct bridge *b);
void bridge_set_leave(struct bridge *b, bool leave);

/* With `apart`: the peer missed `size` bytes, being too slow; the first time it is told. With SLOW_CLOSE it is
 * finished soon, but not before this returns. */
void bridge_missed(struct bridge *b, struct peer *p, size_t size);

/* What happens to slow peers. */
enum slow_peer bridge_slow(const struct bridge *b);

/* Standard input, or output, which a link of the caller's reads or writes, failed: the program is to end. */
void bridge_input_failed(struct bridge *b, const struct port *in);
void bridge_output_failed(struct bridge *b, const struct port *out);

/* The same when whoever reads `out` has left, though nothing is written: until bridge_free(), or the port is. */
void bridge_watch_output(struct bridge *b, struct port *out);

/* Bytes for the peer that were read and not written, or can be read. */
uint64_t bridge_unsent(const struct bridge *b, const struct peer *p);

/* Ends the peer now, with a reset where the transport has such; `e` is why, if it failed. It is gone when this returns. */
void bridge_close(struct bridge *b, struct peer *p, bool reset, const struct err *e);

/* From now on what the peer sent and nobody took is no loss. */
void bridge_drop(struct peer *p);

/* As the hook of struct service. */
bool bridge_holds_up(const struct peer *p);

/* The links from and to a peer; NULL when there is none. */
struct link *bridge_in(const struct peer *p);
struct link *bridge_out(const struct peer *p);

/* Why a peer failed; NULL: it did not. */
const struct err *bridge_error(const struct peer *p);

/* A pointer of the caller's for each peer that is attached. */
void bridge_set_ctx(struct peer *p, void *ctx);
void *bridge_ctx(const struct peer *p);

/* The peer that the link from it is pumped for. */
struct peer *bridge_peer(const struct link *in);

#endif
