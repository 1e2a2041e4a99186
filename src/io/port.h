/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port: where links (io/link.h) meet one end that bytes come from and go to.
 *
 * Below it stands a stack of layers (io/layer.h), the bottom being a descriptor or none. Links are the only callers of
 * port_read() and port_write(). A port is the source of at most one link and the destination of any number.
 *
 * A layer can be put on or taken off while nothing is under way. While a handshake is unfinished links get nothing:
 * reads and writes return IO_AGAIN.
 */
#ifndef IO_PORT_H
#define IO_PORT_H

#include "base/list.h"
#include "io/layer.h"
#include "loop/loop.h"

struct link;
struct port_more;

/* Who knows by name those that a port of datagrams hears. */
struct port_senders {
    /* A datagram came, and is about to be told in the log. */
    void (*heard)(void *ctx, const struct meta *meta);
    /* `who` refused what was sent; returns false when that is left to the log. */
    bool (*refused)(void *ctx, const struct addr *who, int error);
};

struct port {
    struct loop *loop;
    struct layer *top;
    struct link *reader;    /* whose source this is */
    struct list writers;    /* links that wait for room here, first come first served */
    struct link *owner;     /* the link that is in the middle of a write of its own */
    struct port_more *more; /* what only few ports have: NULL */
    void (*hung_up)(struct port *,
                    void *ctx); /* the other side left while nobody waits for it here. Optional:
                                                  whoever sets it asks for LOOP_HUP */
    void *hung_up_ctx;
    struct job job;       /* a deferred port_event(), in the end the release */
    int error;            /* errno of the failure, 0 while all is well; port_error() has the words */
    unsigned char events; /* for `job` */
    bool lost : 1;        /* something accepted could not be delivered, and was reported */
    bool cut : 1;         /* a message was longer than the room for it, and was reported */
    bool freed : 1;
    bool shaking : 1; /* a handshake is unfinished, or failed: links get nothing */
    bool closing : 1; /* port_close() has it */
    bool told : 1;    /* who asked for the handshakes was told how they ended */
    bool given : 1;   /* the connection is somebody else's now: it is not ours to end (io/pass.h) */
};

/* Prepares a port over a bottom whose memory they share: the free op of `bottom` releases both. */
void port_init(struct port *p, struct loop *loop, struct layer *bottom, const struct layer_ops *ops,
               unsigned caps);

/* Takes the port out of use at once and releases all its layers when the turn ends. Its links must be gone (link_free).
 * NULL is fine. */
void port_free(struct port *p);

/* Ends a connection so that nothing of ours is lost, and releases it as port_free() does: ends our side, goes on reading
 * (and drops what comes) until the peer has all that was sent to it. Gives up after `limit` ms in which
 * it took nothing. `heard`: the peer has spoken before; it may be about to answer, and has a moment for it. Its links
 * must be gone. Returns true when it is released already; else `done` is called once, later, from the loop: with the
 * bytes that are lost, and the errno of a connection that failed. */
bool port_close(struct port *p, int64_t limit, bool heard, void (*done)(void *ctx, uint64_t lost, int error),
                void *ctx);

/* Ends at once what port_close() goes on with: `done` is not called. Returns the bytes that the other side has not got. */
uint64_t port_give_up(struct port *p);

/* Puts a layer on top, and takes it; its handshake begins when those below it are done. Returns 0, or -1 with `e` filled
 * and the layer still the caller's: a write is under way, or the port has failed. */
int port_push(struct port *p, struct layer *l, struct err *e);

/* Takes the top layer off and releases it when the turn ends. Returns 0, or -1 with `e` filled: it holds bytes, a write or
 * a handshake is under way, or it is the bottom. */
int port_pop(struct port *p, struct err *e);

/* Tells once, and never before it returns, how the handshakes of all layers ended: `e` is NULL when they are done (or
 * there are none), else why not, and is gone when `done` returns; it may free the port. There is no limit in time:
 * port_free() gives up. */
void port_handshake(struct port *p, void (*done)(struct port *p, void *ctx, const struct err *e), void *ctx);

/* As the ops of the top. */
ssize_t port_read(struct port *p, void *data, size_t size, struct meta *meta);
ssize_t port_write(struct port *p, const void *data, size_t size, const struct meta *meta);
size_t port_pending(const struct port *p);
int port_shut(struct port *p);
int port_send_break(struct port *p);
size_t port_max(const struct port *p);
size_t port_longest(const struct port *p);

/* IO_*, of the top. */
static inline unsigned port_caps(const struct port *p)
{
    return p->top->caps;
}

/* Descriptor `i` of the bottom; -1: there is none. It is the bytes themselves only with IO_RAWFD. */
int port_fd(const struct port *p, unsigned i);

/* The one of them that is written. */
int port_fd_written(const struct port *p);

/* Messages that the bottom dropped for want of room, as far as it knows. */
uint64_t port_dropped(const struct port *p);

/* From now on `s`, which outlives the port, is asked with `ctx`; NULL: nobody is. */
void port_set_senders(struct port *p, const struct port_senders *s, void *ctx);

/* Line `i` of what its layers tell about `topic`; false past the last. What it quotes of the other side may hold anything. */
bool port_tell(const struct port *p, enum layer_topic topic, unsigned i, char *text, size_t size);

/* Who reads and writes a port where no links do: what is wanted of it (LOOP_*), and that something happened. */
struct port_user {
    unsigned (*want)(struct port *p, void *ctx);
    void (*event)(struct port *p, void *ctx, unsigned events);
};

/* From now on it is `u`, which outlives the port. */
void port_set_user(struct port *p, const struct port_user *u, void *ctx);

/* Why the port failed: the words of the layer that did, or those of `error`. */
const char *port_why(const struct port *p);

/* Fills `e` with "WHAT: WHY". */
void port_error(const struct port *p, struct err *e, enum status status, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* The interest of links, or `hung_up`, changed. */
void port_touch(struct port *p);

/* For layers with a descriptor of their own: what the links, and who waits for the other side to leave, want of the top. */
unsigned port_wanted(struct port *p);

/* For bottoms: what is wanted of the descriptor now, translated by every layer. */
unsigned port_want(struct port *p);

/* For bottoms: something happened; pumps the links at once. */
void port_event(struct port *p, unsigned events);

/* The same in the next job stage: for ports without a descriptor, whose callers stand in a pump already. */
void port_event_soon(struct port *p, unsigned events);

/* For handlers (io/queue.h): records errno value `error`, unless there was one before, and returns IO_ERROR. */
int port_fail(struct port *p, int error);

/* For links: joins and leaves the queue of those that wait for room at `p`. */
void port_wait_room(struct port *p, struct link *k);
void port_unwait_room(struct port *p, struct link *k);

#endif
