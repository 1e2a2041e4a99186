/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layer: one step between what a port gives (io/port.h) and what is really read and written.
 *
 * The bottom of a port's stack is a descriptor (fd, std, dgram) or something that is none (queue). A layer above it
 * (TLS, a proxy's handshake) does its reads and writes through layer_read() and layer_write() of `lower` and never looks
 * for a descriptor. `lower` is not to be kept: a layer below may be taken off at any time, and another put there.
 *
 * Interest travels down: want() turns what is wanted of a layer into what it wants of the one below. Events travel up:
 * event() turns what happened below into what happens above. What poll(2) cannot see (bytes decoded and not yet read)
 * the top tells with pending().
 * EINTR never leaves a layer; EAGAIN is IO_AGAIN.
 */
#ifndef IO_LAYER_H
#define IO_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/err.h"

struct layer;
struct port;
struct remote;

/* What a read or write returns besides a count; a count of 0 is an empty datagram, never the end. */
enum {
    IO_AGAIN = -1, /* nothing now; an event will tell */
    IO_EOF = -2,   /* read: the other side ended its direction */
    IO_ERROR = -3, /* it failed: port_error() has the words */
};

enum {
    LAYER_LEAVES = 1,       /* what a handshake returns that is done with its layer */
    LAYER_MAX = 256 * 1024, /* bytes of a message, where nobody knows better */
};

enum io_cap {
    IO_STREAM = 1,     /* bytes without boundaries */
    IO_MSG = 2,        /* each read and each write is one message (UDP, UNIX datagram, seqpacket) */
    IO_HALFCLOSE = 4,  /* shut ends our direction and leaves the other open */
    IO_RAWFD = 8,      /* the descriptor is the bytes themselves: sendfile(2) and splice(2) may move them */
    IO_ADDRESSED = 16, /* messages come from and go to addresses (struct meta) */
    IO_TURNS =
        32, /* write: what is taken of a piece is enough for now, and others have their turn before its rest */
    IO_FORMED = 64, /* messages have a form, and long ones come and go in parts (struct meta) */
};

/* What a message that has a form is. */
enum message_form {
    FORM_ANY, /* who writes it chooses */
    FORM_TEXT,
    FORM_BINARY,
};

/* What a layer may be asked about for people. */
enum layer_topic {
    LAYER_STATE,       /* what was agreed upon, and with whom */
    LAYER_CREDENTIALS, /* what the other side has shown of itself */
    LAYER_BRIEF,       /* the same in few lines, each a word, a colon and a value */
};

/* Where a message came from, so that an answer can go there from the address that was spoken to; and what it is. */
struct meta {
    struct addr peer;
    struct addr local;    /* the address it was sent to; its port is not filled; len 0: not known */
    unsigned ifindex;     /* the interface it came through; 0: not known */
    unsigned char socket; /* which of the port's sockets */
    unsigned char hops;   /* its TTL or hop limit; 0: not known */
    bool undirected;      /* it goes to where the destination sends by itself: `peer` says nothing */
    unsigned char form;   /* enum message_form */
    bool part; /* more of the message follows, in the next read or write; text is parted between characters */
    bool secret; /* taps are to see its length alone */
};

/* "Optional" says what stands for an op that is NULL: mostly the answer of the layer below. */
struct layer_ops {
    const char *name; /* for messages: "TLS" */

    /* Up to `size` bytes into `data`. Messages fill `*meta` (when not NULL) and are cut at `size`, which is
     * reported in the log. Returns a count or IO_*. */
    ssize_t (*read)(struct layer *l, void *data, size_t size, struct meta *meta);

    /* Up to `size` bytes of `data`; a message whole or not at all, to `*meta`, or where the port sends by itself
     * when `meta` is NULL. Returns a count or IO_*. */
    ssize_t (*write)(struct layer *l, const void *data, size_t size, const struct meta *meta);

    /* For bytes that are in memory: where the next ones are (a count, IO_AGAIN or IO_EOF), and that the first `n` of
     * them were taken. Optional, both or none: there is no such. */
    ssize_t (*peek)(struct layer *l, const void **data);
    void (*skip)(struct layer *l, size_t n);

    /* Bytes that can be read at once though no descriptor may say so, with those of the layers below that were not
     * asked for yet; 0 after a read that gave IO_AGAIN. Optional: what the one below says. */
    size_t (*pending)(const struct layer *l);

    /* Bytes that the layer holds in either direction: with any it cannot be taken off. Optional: never any. */
    size_t (*held)(const struct layer *l);

    /* The next step of what both sides say before the first byte of anybody else, called when it is put on and at every
     * event until it is done. Returns 0 when it is, LAYER_LEAVES when the layer is to be taken off then (after
     * layer_hand_on(), if it read too far), IO_AGAIN, IO_EOF or IO_ERROR. Optional: nothing is said. */
    int (*handshake)(struct layer *l);

    /* Ends our direction. Returns 0, IO_AGAIN (call again on LOOP_OUT) or IO_ERROR; once it is done, 0 again.
     * Optional: ends that of the layer below, or nothing. */
    int (*shut)(struct layer *l);

    /* Bytes below that shut has sent and that nobody misses: the farewell itself. Optional: none. */
    size_t (*farewell)(const struct layer *l);

    /* Bytes of messages that were taken and are not in the kernel's hands yet: lost, if the port is released now. shut waits for
     * them. Optional: none. */
    uint64_t (*unsent)(const struct layer *l);

    /* Translates what is wanted of this layer (LOOP_IN, LOOP_OUT, LOOP_HUP) to what it wants of the one below; while
     * its handshake is under way, called with 0, to what that waits for. Optional: the same; for a handshake
     * LOOP_IN. */
    unsigned (*want)(struct layer *l, unsigned wanted);

    /* Translates what happened below to what happens here: a layer that must read before it can write says LOOP_OUT
     * for LOOP_IN then. Optional: the same. */
    unsigned (*event)(struct layer *l, unsigned events);

    /* The longest message a write takes (IO_MSG only), and the longest a read may give. Optional: of the one below, or
     * not known. */
    size_t (*max)(const struct layer *l);
    size_t (*longest)(const struct layer *l);

    /* Line `i` of what people may want to know of it, without a newline, cut at `size`; false past the last. Optional:
     * nothing. */
    bool (*tell)(const struct layer *l, enum layer_topic topic, unsigned i, char *text, size_t size);

    /* Sends a BREAK, as serial lines have it, behind what was written; what is written next goes behind it. Returns 0, or -1 when
     * there is none, or none now. Optional: of the one below, or none. */
    int (*send_break)(struct layer *l);

    /* What it knows of terminals (io/remote.h). Optional: nothing. */
    struct remote *(*remote)(struct layer *l);

    /* The interest changed: touch the watches. Of bottoms, and of layers that have one besides. Optional. */
    void (*touch)(struct layer *l);

    /* Of bottoms alone: descriptor `i`, -1 past the end; messages that came and were dropped for want of room. Optional. */
    int (*fd)(const struct layer *l, unsigned i);
    uint64_t (*dropped)(const struct layer *l);

    /* Of datagrams: bytes of one that goes all the way in one piece. Optional: of the one below, or any number. */
    size_t (*path)(const struct layer *l);

    /* Of bottoms alone: the descriptor that is written, where it is not the one that is read. Optional. */
    int (*fd_written)(const struct layer *l);

    /* Closes and releases this layer alone, a bottom with the port it is built into. Runs when no callback of the loop
     * is on the stack. */
    void (*free)(struct layer *l);
};

/* Embedded in each layer's own struct. */
struct layer {
    const struct layer_ops *ops;
    struct port *port;   /* NULL once it is taken off */
    struct layer *lower; /* NULL: the bottom */
    unsigned short caps; /* IO_*: of this one with all that is below it */
    bool shaking;        /* its handshake is under way */
};

/* Prepares a layer that is to be put on a port (port_push()). Its caps may change later, but not while links move. */
void layer_init(struct layer *l, const struct layer_ops *ops, unsigned caps);

/* As the ops: what a layer calls of the one below. */
ssize_t layer_read(struct layer *l, void *data, size_t size, struct meta *meta);
ssize_t layer_write(struct layer *l, const void *data, size_t size, const struct meta *meta);
/* Writes from byte `*done` on until all `size` are written, counting in `*done`. Returns 0, IO_AGAIN or IO_ERROR. */
int layer_write_rest(struct layer *l, const void *data, size_t size, size_t *done);
size_t layer_pending(const struct layer *l);
int layer_shut(struct layer *l);
size_t layer_max(const struct layer *l);
size_t layer_longest(const struct layer *l);
size_t layer_path(const struct layer *l);
int layer_send_break(struct layer *l);

/* Something happened at this layer (a timer of its own fired): what its event() would return goes on from here. */
void layer_event(struct layer *l, unsigned events);

/* Interest of its own changed: want() is asked again. */
void layer_touch(struct layer *l);

/* Why it failed: an errno value, or words ("the certificate has expired"). The first reason stays, and one from
 * below needs no other, but that words tell more than EPIPE. Both return IO_ERROR. */
int layer_fail(struct layer *l, int error);
int layer_fail_words(struct layer *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails in a handshake that may succeed in a connection anew, which whoever makes connections begins (net/connect.c), a few
 * times. The words are told when it does not. Returns IO_ERROR; the errno is ERESTART. */
int layer_fail_again(struct layer *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From a layer that takes itself off: what it read and is not for it; copied, and read next by who reads after it. */
void layer_hand_on(struct layer *l, const void *data, size_t size);

#endif
