/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue: a port without a descriptor, between a handler (prompt, chat, fan-out) and a link.
 *
 * Its reading side is a bounded queue of reference-counted chunks that the handler puts in; its writing side
 * hands what a link writes to the handler's function.
 */
#ifndef IO_QUEUE_H
#define IO_QUEUE_H

#include "base/chunk.h"
#include "io/port.h"

struct queue_opts {
    size_t limit; /* bytes waiting from which queue_full() is true; many small chunks count for more */
    bool whole;   /* one read gives one chunk: a line typed at a prompt is one message */
    bool
        addressed; /* each read is of one chunk, with where it goes and whether it is secret; each write is of one
                       sender: IO_ADDRESSED */
    bool messages; /* each chunk is a message, which may be empty, or a part of one: IO_MSG */
    bool formed;   /* and is of the form that it has: IO_FORMED */
    bool turns;    /* what is not taken of a write waits behind what others write: IO_TURNS */
    bool shared; /* its chunks are large and read by others as well: a link writes them from where they are */

    /* Called when the queue is no longer full, and when it has become empty. Optional. */
    void (*room)(struct port *, void *ctx);

    /* Takes what a link writes: returns the count it took, IO_AGAIN (then the handler calls
     * port_event_soon(port, LOOP_OUT) later) or IO_ERROR after port_fail(). Optional: all is taken and dropped. */
    ssize_t (*write)(struct port *, void *ctx, const void *data, size_t size, const struct meta *meta);

    /* The link's source ended. Optional. */
    void (*shut)(struct port *, void *ctx);

    void *ctx;
};

struct port *queue_new(struct loop *loop, const struct queue_opts *opts);

/* Appends a chunk (a reference is taken). It is put even when the queue is full: who puts asks before. */
void queue_put(struct port *port, struct chunk *c);

/* The same for a chunk that goes to `to`, which is copied; NULL: to where the destination sends by itself. For
 * addressed queues, each of whose reads is part of one chunk. */
void queue_put_to(struct port *port, struct chunk *c, const struct meta *to);

/* Marks the place behind what waits: reading stops there, until the mark is taken off. There may be several. */
void queue_mark(struct port *port);

/* All before the first mark has been read. */
bool queue_at_mark(const struct port *port);

/* Takes the first mark off, if there is one. */
void queue_unmark(struct port *port);

/* Drops what waits, marks too. */
void queue_drop(struct port *port);

/* No more will be put: the reader gets IO_EOF behind what waits; or IO_ERROR, for errno value `error`. */
void queue_end(struct port *port);
void queue_fail(struct port *port, int error);

bool queue_full(const struct port *port);

/* Bytes waiting. */
size_t queue_size(const struct port *port);

#endif
