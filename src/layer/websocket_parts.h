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

enum {
    WEBSOCKET_PIECE = 64 * 1024,          /* bytes read or written below at once */
    WEBSOCKET_LONGEST = 16 * 1024 * 1024, /* a message that may come */
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

/* A message that came. */
struct heard {
    struct list place;
    struct bytes bytes;
    bool text;
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

    struct list messages; /* whole ones, struct heard */
    struct bytes part;    /* of one that is not whole yet */
    bool in_control;      /* the frame that comes is none of it */
    bool text;            /* the last one given was */
    bool cut;             /* it is not given to its end */

    bool late;        /* the patience of the handshake is over */
    bool dry;         /* below there was nothing when last asked */
    bool below_ended; /* it said IO_EOF, or IO_ERROR: */
    bool below_failed;
    bool too_long;  /* a message was */
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

/* As `handshake` of the layer; frames begin with what is in `in` then. */
int websocket_shake(struct layer *l);

#endif
