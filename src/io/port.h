/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port: one end that bytes come from and go to: a stack of layers.
 *
 * The bottom is a descriptor (fd, dgram) or something that is none (queue, fan, the prompt); a layer above
 * (TLS, a proxy handshake) does its reads and writes through port_read() and port_write() of the one below and never
 * looks for a descriptor. Links (io/link.h) hold the top of a stack and are the only callers of port_read() and
 * port_write() on it. A port is the source of at most one link and the destination of any number.
 *
 * Events travel up: a bottom calls port_event() when it became readable or writable, and the links are pumped.
 * Interest travels down: port_want() asks the links, then each layer translates on the way to the bottom.
 * EINTR never leaves a port; EAGAIN is IO_AGAIN.
 */
#ifndef IO_PORT_H
#define IO_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "loop/loop.h"

struct port;
struct link;

/* What a read or write returns besides a count; a count of 0 is an empty datagram, never the end. */
enum {
    IO_AGAIN = -1, /* nothing now; port_event() will tell */
    IO_EOF = -2,   /* read: the other side ended its direction */
    IO_ERROR = -3, /* port->error says why */
};

enum port_cap {
    IO_STREAM = 1,     /* bytes without boundaries */
    IO_MSG = 2,        /* each read and each write is one message (UDP, UNIX datagram, seqpacket) */
    IO_HALFCLOSE = 4,  /* port_shut() ends our direction and leaves the other open */
    IO_RAWFD = 8,      /* port_fd() is the bytes themselves: sendfile(2) and splice(2) may move them */
    IO_ADDRESSED = 16, /* messages come from and go to addresses (struct meta) */
};

/* Where a message came from, so that an answer can go there from the address that was spoken to. */
struct meta {
    struct addr peer;
    struct addr local;    /* the address it was sent to; its port is not filled; len 0: not known */
    unsigned ifindex;     /* the interface it came through; 0: not known */
    unsigned char socket; /* which of the port's sockets */
    unsigned char hops;   /* its TTL or hop limit; 0: not known */
    bool secret;          /* taps are to see its length alone */
};

struct layer_ops {
    const char *name;
    unsigned caps;

    /* Up to `size` bytes into `data`. Messages fill `*meta` (when not NULL) and are cut at `size`, which is
     * reported in the log. Returns a count or IO_*. */
    ssize_t (*read)(struct port *, void *data, size_t size, struct meta *meta);

    /* Up to `size` bytes of `data`; a message whole or not at all, to `*meta`, or where the port sends by itself
     * when `meta` is NULL. Returns a count or IO_*. */
    ssize_t (*write)(struct port *, const void *data, size_t size, const struct meta *meta);

    /* For bytes that are in memory: where the next ones are (a count, IO_AGAIN or IO_EOF), and that the first `n` of
     * them were taken. Optional, both or none. */
    ssize_t (*peek)(struct port *, const void **data);
    void (*skip)(struct port *, size_t n);

    /* Bytes that can be read at once though the descriptor may not say so. Optional. */
    size_t (*pending)(const struct port *);

    /* Ends our direction. Returns 0, IO_AGAIN (call again on LOOP_OUT) or IO_ERROR. Optional: nothing to end. */
    int (*shut)(struct port *);

    /* Says that the interest of the links changed: a bottom touches its watch, a layer translates and calls
     * port_touch(lower). Optional. */
    void (*touch)(struct port *);

    /* Translates what is wanted of this layer (LOOP_IN, LOOP_OUT) to what it wants of the one below, or, at the
     * bottom, of its descriptor. Optional: the same. */
    unsigned (*want)(struct port *, unsigned wanted);

    /* The longest message a write takes (IO_MSG only). */
    size_t (*max)(const struct port *);

    /* The longest message a read may give. Optional: not known. */
    size_t (*longest)(const struct port *);

    /* The descriptor for IO_RAWFD, else -1. Optional. */
    int (*fd)(const struct port *);

    /* Closes and releases this layer (the ones below are released by port_free()). Runs when no callback of the
     * loop is on the stack. */
    void (*free)(struct port *);
};

/* Embedded as the first member of each layer's own struct. */
struct port {
    const struct layer_ops *ops;
    struct loop *loop;
    struct port *lower, *upper;
    struct link *reader;                /* whose source this is */
    struct link *writers, *last_writer; /* links that wait for room here, first come first served */
    struct link *owner;                 /* the link that is in the middle of a write of its own */
    int error;                          /* errno of the failure, 0 while all is well */
    bool lost;                          /* something accepted could not be delivered, and was reported */
    bool cut;                           /* a message was longer than the room for it, and was reported */
    bool freed;
    void (*hung_up)(struct port *,
                    void *ctx); /* the other side left while nobody waits for it here. Optional:
                                                whoever sets it asks for LOOP_HUP */
    void *hung_up_ctx;
    struct job job;       /* a deferred port_event(), in the end the release */
    unsigned char events; /* for `job` */
};

/* Prepares the embedded struct; `lower` is NULL at the bottom, otherwise its layer is taken over. */
void port_init(struct port *port, const struct layer_ops *ops, struct loop *loop, struct port *lower);

/* Takes the whole stack out of use at once and releases it when the turn ends. Its links must be gone (link_free). */
void port_free(struct port *top);

/* As the ops of the top. */
ssize_t port_read(struct port *port, void *data, size_t size, struct meta *meta);
ssize_t port_write(struct port *port, const void *data, size_t size, const struct meta *meta);
size_t port_pending(const struct port *port);
int port_shut(struct port *port);
void port_touch(struct port *port);
size_t port_max(const struct port *port);
size_t port_longest(const struct port *port);
int port_fd(const struct port *port);

/* For bottoms: what the links on top want of this one now, translated by every layer between. */
unsigned port_want(struct port *bottom);

/* For bottoms: something happened; pumps the links on top at once. */
void port_event(struct port *bottom, unsigned events);

/* The same in the next job stage: for ports without a descriptor, whose callers stand in a pump already. */
void port_event_soon(struct port *bottom, unsigned events);

/* For ops: records errno value `error`, unless there was one before, and returns IO_ERROR. */
int port_fail(struct port *port, int error);

/* For links: joins and leaves the queue of those that wait for room at `port`. */
void port_wait_room(struct port *port, struct link *k);
void port_unwait_room(struct port *port, struct link *k);

#endif
