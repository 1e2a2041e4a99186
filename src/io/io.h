/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * io: one end that bytes come from and go to: a stack of layers.
 *
 * The bottom is a descriptor (fd, dgram) or something that is none (queue, fan, the prompt); a layer above
 * (TLS, a proxy handshake) does its reads and writes through io_read() and io_write() of the one below and never
 * looks for a descriptor. Links (io/link.h) hold the top of a stack and are the only callers of io_read() and
 * io_write() on it. An io is the source of at most one link and the destination of any number.
 *
 * Events travel up: a bottom calls io_event() when it became readable or writable, and the links are pumped.
 * Interest travels down: io_want() asks the links, then each layer translates on the way to the bottom.
 * EINTR never leaves an io; EAGAIN is IO_AGAIN.
 */
#ifndef IO_IO_H
#define IO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/addr.h"
#include "loop/loop.h"

struct io;
struct link;

/* What a read or write returns besides a count; a count of 0 is an empty datagram, never the end. */
enum {
    IO_AGAIN = -1, /* nothing now; io_event() will tell */
    IO_EOF = -2,   /* read: the other side ended its direction */
    IO_ERROR = -3, /* io->error says why */
};

enum io_cap {
    IO_STREAM = 1,     /* bytes without boundaries */
    IO_MSG = 2,        /* each read and each write is one message (UDP, UNIX datagram, seqpacket) */
    IO_HALFCLOSE = 4,  /* io_shut() ends our direction and leaves the other open */
    IO_RAWFD = 8,      /* io_fd() is the bytes themselves: sendfile(2) and splice(2) may move them */
    IO_ADDRESSED = 16, /* messages come from and go to addresses (struct meta) */
};

/* Where a message came from, so that an answer can go there from the address that was spoken to. */
struct meta {
    struct addr peer;
    struct addr local;    /* the address it was sent to; its port is not filled; len 0: not known */
    unsigned ifindex;     /* the interface it came through; 0: not known */
    unsigned char socket; /* which of the io's sockets */
    unsigned char hops;   /* its TTL or hop limit; 0: not known */
};

struct io_ops {
    const char *name;
    unsigned caps;

    /* Up to `size` bytes into `data`. Messages fill `*meta` (when not NULL) and are cut at `size`, which is
     * reported in the log. Returns a count or IO_*. */
    ssize_t (*read)(struct io *, void *data, size_t size, struct meta *meta);

    /* Up to `size` bytes of `data`; a message whole or not at all, to `*meta`, or where the io sends by itself
     * when `meta` is NULL. Returns a count or IO_*. */
    ssize_t (*write)(struct io *, const void *data, size_t size, const struct meta *meta);

    /* For bytes that are in memory: where the next ones are (a count, IO_AGAIN or IO_EOF), and that the first `n` of
     * them were taken. Optional, both or none. */
    ssize_t (*peek)(struct io *, const void **data);
    void (*skip)(struct io *, size_t n);

    /* Bytes that can be read at once though the descriptor may not say so. Optional. */
    size_t (*pending)(const struct io *);

    /* Ends our direction. Returns 0, IO_AGAIN (call again on LOOP_OUT) or IO_ERROR. Optional: nothing to end. */
    int (*shut)(struct io *);

    /* Says that the interest of the links changed: a bottom touches its watch, a layer translates and calls
     * io_touch(lower). Optional. */
    void (*touch)(struct io *);

    /* Translates what is wanted of this layer (LOOP_IN, LOOP_OUT) to what it wants of the one below, or, at the
     * bottom, of its descriptor. Optional: the same. */
    unsigned (*want)(struct io *, unsigned wanted);

    /* The longest message a write takes (IO_MSG only). */
    size_t (*max)(const struct io *);

    /* The longest message a read may give. Optional: not known. */
    size_t (*longest)(const struct io *);

    /* The descriptor for IO_RAWFD, else -1. Optional. */
    int (*fd)(const struct io *);

    /* Closes and releases this layer (the ones below are released by io_free()). Runs when no callback of the
     * loop is on the stack. */
    void (*free)(struct io *);
};

/* Embedded as the first member of each layer's own struct. */
struct io {
    const struct io_ops *ops;
    struct loop *loop;
    struct io *lower, *upper;
    struct link *reader;                /* whose source this is */
    struct link *writers, *last_writer; /* links that wait for room here, first come first served */
    struct link *owner;                 /* the link that is in the middle of a write of its own */
    int error;                          /* errno of the failure, 0 while all is well */
    bool lost;                          /* something accepted could not be delivered, and was reported */
    bool cut;                           /* a message was longer than the room for it, and was reported */
    bool freed;
    void (*hung_up)(struct io *, void *ctx); /* the other side left while nobody waits for it here. Optional:
                                                whoever sets it asks for LOOP_HUP */
    void *hung_up_ctx;
    struct job job;       /* a deferred io_event(), in the end the release */
    unsigned char events; /* for `job` */
};

/* Prepares the embedded struct; `lower` is NULL at the bottom, otherwise its layer is taken over. */
void io_init(struct io *io, const struct io_ops *ops, struct loop *loop, struct io *lower);

/* Takes the whole stack out of use at once and releases it when the turn ends. Its links must be gone (link_free). */
void io_free(struct io *top);

/* As the ops of the top. */
ssize_t io_read(struct io *io, void *data, size_t size, struct meta *meta);
ssize_t io_write(struct io *io, const void *data, size_t size, const struct meta *meta);
size_t io_pending(const struct io *io);
int io_shut(struct io *io);
void io_touch(struct io *io);
size_t io_max(const struct io *io);
size_t io_longest(const struct io *io);
int io_fd(const struct io *io);

/* For bottoms: what the links on top want of this one now, translated by every layer between. */
unsigned io_want(struct io *bottom);

/* For bottoms: something happened; pumps the links on top at once. */
void io_event(struct io *bottom, unsigned events);

/* The same in the next job stage: for ios without a descriptor, whose callers stand in a pump already. */
void io_event_soon(struct io *bottom, unsigned events);

/* For ops: records errno value `error`, unless there was one before, and returns IO_ERROR. */
int io_fail(struct io *io, int error);

/* For links: joins and leaves the queue of those that wait for room at `io`. */
void io_wait_room(struct io *io, struct link *k);
void io_unwait_room(struct io *io, struct link *k);

#endif
