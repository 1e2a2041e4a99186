/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of layer/websocket* need of each other.
 */
#ifndef LAYER_WEBSOCKET_PARTS_H
#define LAYER_WEBSOCKET_PARTS_H

#include "base/container.h"
#include "base/list.h"
#include "layer/websocket.h"
#include "layer/websocket_load.h"
#include "loop/timer.h"
#include "proto/websocket_frame.h"

enum {
    WEBSOCKET_PIECE = 64 * 1024, /* bytes read or written below at once */
    WEBSOCKET_PART = LAYER_MAX,  /* of a message that is longer than this, so much is given at once */
};

struct websocket {
    const struct websocket_conf *conf;
    struct websocket_lib lib;
};

/* Bytes on their way: data[start..end); without any there is no memory, but while some come. */
struct bytes {
    unsigned char *data;
    size_t start, end, room;
};

static inline size_t bytes_held(const struct bytes *b)
{
    return b->end - b->start;
}

/* Makes room for `n` bytes behind what is held; frees all. */
void bytes_need(struct bytes *b, size_t n);
void bytes_drop(struct bytes *b);

/* A message that came, or what came of it and was not given. */
struct heard {
    struct list place;
    struct bytes bytes;
    uint64_t announced; /* bytes in its frames so far */
    bool text, whole;
};

struct websocket_layer {
    struct layer layer;
    struct websocket *side;
    bool client;
    wslay_event_context_ptr ctx; /* NULL until the handshake is done */
    struct bytes in, out;        /* from below, not decoded; encoded or said in the handshake */
    char key[WEBSOCKET_KEY];     /* of a client */
    struct websocket_deal deal;
    struct timer patience; /* for the rest of a refusal; for a silent server before our close */
    int64_t active;        /* loop time when bytes were last read or written */
    unsigned fills;        /* pieces that may be read yet until others have their turn */

    struct list messages;          /* struct heard; only the last may come still */
    bool in_control;               /* the frame that comes is of none of them */
    enum websocket_opcode sending; /* of the message that was sent in part; WEBSOCKET_MORE: of none */

    bool too_long; /* a message is, which was answered with a close */

    bool late;        /* the patience of the handshake is over */
    bool dry;         /* below there was nothing when last asked */
    bool below_ended; /* it said IO_EOF, or IO_ERROR: */
    bool below_failed;
    bool bye_waits; /* our close, for the silence */
    bool bye_said;  /* it is queued or sent */
    bool below_shut;
    bool end_told;
    unsigned code;    /* of the other side's close; 0: none came */
    char reason[128]; /* safe */
};

static inline struct websocket_layer *websocket_of(const struct layer *l)
{
    return container_of((struct layer *)l, struct websocket_layer, layer);
}

/* Writes below what is in `out`. Returns 0 when nothing is left, IO_AGAIN or IO_ERROR. */
int websocket_flush(struct websocket_layer *x);

/* Reads from below into `in`, which has room for `n` bytes more then. Returns above 0 or IO_*. */
ssize_t websocket_fill(struct websocket_layer *x, size_t n);

/* What wslay tells of what comes (layer/websocket_heard.c). */
void websocket_frame_begins(wslay_event_context_ptr ctx,
                            const struct wslay_event_on_frame_recv_start_arg *frame, void *layer);
void websocket_frame_goes_on(wslay_event_context_ptr ctx,
                             const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *layer);
void websocket_message_came(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                            void *layer);

/* There is a message, or enough of one, to give. */
bool websocket_readable(const struct websocket_layer *x);

/* As `read` of the layer. */
ssize_t websocket_give(struct websocket_layer *x, void *data, size_t size, struct meta *meta);

/* Drops what was not given. */
void websocket_forget(struct websocket_layer *x);

/* A code of an end that nothing is wrong with. */
bool websocket_is_good(unsigned code);

/* As `handshake` of the layer; frames begin with what is in `in` then. */
int websocket_shake(struct layer *l);

#endif
