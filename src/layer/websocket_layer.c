/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages to frames and back. wslay sees no descriptor: it takes from `in` and puts into `out`, which are filled and
 * emptied below. A peer that asks (ping) and does not read is read no more until it does.
 */
#include "layer/websocket.h"

#ifdef USE_WSLAY

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "io/link.h"
#include "io/port.h"
#include "layer/websocket_parts.h"
#include "proto/websocket_frame.h"

enum {
    ANSWERS = 32,  /* of ours that wait: with more, nothing is decoded */
    FILLS = 8,     /* pieces without a message, before others have their turn */
    MOMENT = 1000, /* ms of silence before a client closes: many servers answer nothing more then */
};

static const struct websocket_lib *lib_of(const struct websocket_layer *x)
{
    return &x->side->lib;
}

int websocket_flush(struct websocket_layer *x)
{
    while (bytes_held(&x->out) > 0) {
        ssize_t n = layer_write(x->layer.lower, x->out.data + x->out.start, bytes_held(&x->out), NULL);

        if (n < 0)
            return (int)n;
        x->out.start += (size_t)n;
    }
    bytes_drop(&x->out);
    return 0;
}

ssize_t websocket_fill(struct websocket_layer *x, size_t n)
{
    ssize_t got;

    bytes_need(&x->in, n);
    got = layer_read(x->layer.lower, x->in.data + x->in.end, n, NULL);
    if (got > 0)
        x->in.end += (size_t)got;
    if (bytes_held(&x->in) == 0)
        bytes_drop(&x->in);
    return got;
}

/* What wslay asks for */

static bool owes_much(const struct websocket_layer *x)
{
    const struct websocket_lib *o = lib_of(x);

    return x->ctx != NULL && o->wslay_event_get_queued_msg_count(x->ctx) > ANSWERS &&
           o->wslay_event_want_write(x->ctx);
}

/* Answers wait for room, and so must what would be answered. */
static bool is_stuffed(const struct websocket_layer *x)
{
    return bytes_held(&x->out) > 0 && owes_much(x);
}

/* No more is decoded now: somebody else has to do something first. */
static bool pauses(const struct websocket_layer *x)
{
    return websocket_readable(x) || x->too_long || owes_much(x) || (bytes_held(&x->in) == 0 && x->fills == 0);
}

static ssize_t take_bytes(wslay_event_context_ptr ctx, uint8_t *data, size_t size, int flags, void *user)
{
    struct websocket_layer *x = user;
    ssize_t n = pauses(x) ? IO_AGAIN : 1;

    (void)flags;
    if (n > 0 && bytes_held(&x->in) == 0) {
        n = websocket_fill(x, WEBSOCKET_PIECE);
        x->fills--;
        x->dry = n == IO_AGAIN;
        x->below_ended = n == IO_EOF || n == IO_ERROR;
        x->below_failed = n == IO_ERROR;
    }
    if (n <= 0) {
        lib_of(x)->wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    x->active = loop_now(x->layer.port->loop);
    if (size > bytes_held(&x->in))
        size = bytes_held(&x->in);
    memcpy(data, x->in.data + x->in.start, size);
    x->in.start += size;
    if (bytes_held(&x->in) == 0)
        bytes_drop(&x->in);
    return (ssize_t)size;
}

static ssize_t put_bytes(wslay_event_context_ptr ctx, const uint8_t *data, size_t size, int flags, void *user)
{
    struct websocket_layer *x = user;

    (void)flags;
    if (bytes_held(&x->out) >= WEBSOCKET_PIECE && websocket_flush(x) < 0) {
        lib_of(x)->wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (x->out.room - x->out.end < size)
        bytes_need(&x->out, size);
    memcpy(x->out.data + x->out.end, data, size);
    x->out.end += size;
    return (ssize_t)size;
}

static int make_mask(wslay_event_context_ptr ctx, uint8_t *data, size_t size, void *user)
{
    (void)ctx, (void)user;
    return getrandom(data, size, 0) == (ssize_t)size ? 0 : -1;
}

/* Moving */

/* Sends what is queued and encoded. Returns 0 when nothing is left, IO_AGAIN or IO_ERROR. */
static int send_out(struct websocket_layer *x)
{
    const struct websocket_lib *o = lib_of(x);
    int r;

    do {
        if (o->wslay_event_want_write(x->ctx) && o->wslay_event_send(x->ctx) != 0)
            return layer_fail(&x->layer, ENOMEM);
        r = websocket_flush(x);
    } while (r == 0 && o->wslay_event_want_write(x->ctx));
    if (r == 0 && !x->below_shut && o->wslay_event_get_close_sent(x->ctx) &&
        (x->code != 0 ? !x->client : x->layer.port->closing)) {
        r = layer_shut(x->layer.lower);
        x->below_shut = r == 0;
    }
    return r;
}

/* Nothing more comes. After both closes a client waits a moment for the server to end the connection: what it would say
 * to a server that has is lost. */
static bool has_left(const struct websocket_layer *x)
{
    if (x->code != 0)
        return !x->client || x->below_ended || x->late;
    return x->below_ended || x->too_long || !lib_of(x)->wslay_event_get_read_enabled(x->ctx);
}

static void await_end(struct websocket_layer *x)
{
    ssize_t n = 1;

    for (; n > 0 && x->fills > 0; x->fills--) {
        bytes_drop(&x->in);
        n = websocket_fill(x, WEBSOCKET_PIECE);
    }
    bytes_drop(&x->in);
    x->dry = n == IO_AGAIN;
    x->below_ended = n < 0 && n != IO_AGAIN;
    if (!x->below_ended && !loop_timer_pending(&x->patience))
        loop_timer_set(x->layer.port->loop, &x->patience, MOMENT);
}

/* How it ended. */
static int tell_end(struct websocket_layer *x)
{
    struct layer *l = &x->layer;
    char text[40];

    if (x->code != 0 && !websocket_is_good(x->code))
        return layer_fail_words(l, "the other side closed the WebSocket (%s)%s%s",
                                websocket_code(x->code, text, sizeof text), x->reason[0] != '\0' ? ": " : "",
                                x->reason);
    if (x->code != 0)
        return list_empty(&x->messages)
                   ? IO_EOF
                   : layer_fail_words(l, "the other side closed the WebSocket in the middle of a message");
    if (x->below_failed)
        return IO_ERROR;
    if (x->below_ended)
        return x->bye_said ? IO_EOF
                           : layer_fail_words(l, "the connection ended without a close of the WebSocket");
    if (x->too_long)
        return layer_fail_words(l, "WebSocket: a message of more than %lld bytes came (--ws-max)",
                                (long long)x->side->conf->longest);
    if (lib_of(x)->wslay_event_get_status_code_sent(x->ctx) == WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA)
        return layer_fail_words(l, "WebSocket: text came that is not UTF-8");
    return layer_fail_words(l, "WebSocket: the other side broke the protocol");
}

static ssize_t read_websocket(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct websocket_layer *x = websocket_of(l);
    int r;

    if (!websocket_readable(x) && !has_left(x)) {
        x->fills = FILLS;
        r = x->code == 0 ? lib_of(x)->wslay_event_recv(x->ctx) : 0;
        if (r != 0 && r != WSLAY_ERR_CALLBACK_FAILURE) /* which is also what no frame can be */
            return layer_fail(l, ENOMEM);
        if (send_out(x) == IO_ERROR && !websocket_readable(x) && x->code == 0)
            return IO_ERROR;
        if (!websocket_readable(x) && x->code != 0 && x->client)
            await_end(x);
        layer_touch(l);
    }
    if (websocket_readable(x))
        return websocket_give(x, data, size, meta);
    if (!has_left(x)) {
        if (!x->dry && !is_stuffed(x)) /* there is more, when others had their turn */
            port_event_soon(l->port, LOOP_IN);
        return IO_AGAIN;
    }
    if (x->bye_waits)
        port_event_soon(l->port, LOOP_OUT);
    x->end_told = true;
    return tell_end(x);
}

static bool is_utf8(const unsigned char *data, size_t n)
{
    uint32_t c;

    for (size_t i = 0; i < n;) {
        int length = data[i] < 0x80 ? 1 : utf8_decode(data + i, n - i, &c);

        if (length <= 0)
            return false;
        i += (size_t)length;
    }
    return true;
}

static bool becomes_text(const struct websocket_layer *x, const void *data, size_t n, const struct meta *meta)
{
    if (x->side->conf->kind == WEBSOCKET_BINARY || (meta != NULL && meta->form == FORM_BINARY))
        return false;
    return is_utf8(data, n);
}

/* One frame. Nothing is encoded and not sent, or queued. */
static int put_frame(struct websocket_layer *x, enum websocket_opcode opcode, bool last, const void *data,
                     size_t n)
{
    unsigned char mask[WEBSOCKET_MASK];

    if (x->client && getrandom(mask, sizeof mask, 0) != (ssize_t)sizeof mask)
        return layer_fail(&x->layer, errno);
    bytes_need(&x->out, n + WEBSOCKET_FRAME_HEAD);
    x->out.end += websocket_frame(x->out.data + x->out.end, opcode, last, x->client ? mask : NULL, data, n);
    return 0;
}

/* Ends a message of which a part was sent and no more will be. */
static int end_message(struct websocket_layer *x)
{
    x->sending = WEBSOCKET_MORE;
    return put_frame(x, WEBSOCKET_MORE, true, NULL, 0);
}

/* A message, or a part of one. What turns out to be no text is a message of its own. */
static int put_message(struct websocket_layer *x, const void *data, size_t n, const struct meta *meta)
{
    const bool part = meta != NULL && meta->part;
    const bool text = becomes_text(x, data, n, meta);
    const enum websocket_opcode kind = text ? WEBSOCKET_IS_TEXT : WEBSOCKET_IS_BINARY;
    enum websocket_opcode opcode;

    if (x->sending == WEBSOCKET_IS_TEXT && !text && end_message(x) < 0)
        return IO_ERROR;
    opcode = x->sending != WEBSOCKET_MORE ? WEBSOCKET_MORE : kind;
    if (text && !part && x->side->conf->kind == WEBSOCKET_LINES && n > 0 &&
        ((const char *)data)[n - 1] == '\n')
        n--;
    if (!part)
        x->sending = WEBSOCKET_MORE;
    else if (opcode != WEBSOCKET_MORE)
        x->sending = opcode;
    return put_frame(x, opcode, !part, data, n);
}

static ssize_t write_websocket(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct websocket_layer *x = websocket_of(l);
    int r = send_out(x);

    if (r < 0)
        return r;
    if (x->bye_said || x->too_long || x->code != 0)
        return layer_fail(l, EPIPE);
    if (put_message(x, data, size, meta) < 0)
        return IO_ERROR;
    x->active = loop_now(l->port->loop);
    if (send_out(x) == IO_ERROR)
        return IO_ERROR;
    layer_touch(l);
    return (ssize_t)size;
}

/* The end */

static void patience_over(struct timer *t)
{
    struct websocket_layer *x = container_of(t, struct websocket_layer, patience);

    x->late = true;
    layer_event(&x->layer, LOOP_IN | (x->bye_waits ? LOOP_OUT : 0U));
}

/* Our close ends both directions: it waits until the other side has been silent for a moment, or has closed. */
static bool must_wait(struct websocket_layer *x)
{
    const struct port *p = x->layer.port;
    int64_t left;

    if (x->code == 0 && p->reader != NULL && link_is_held_up(p->reader)) { /* it is we who do not listen */
        x->active = loop_now(p->loop);
        x->late = false;
    }
    left = x->active + MOMENT - loop_now(p->loop);
    x->bye_waits = !x->side->conf->hasty && !p->closing && !has_left(x) && left > 0;
    if (x->bye_waits)
        loop_timer_set(p->loop, &x->patience, left);
    else if (x->code == 0) /* else it is for the end */
        loop_timer_clear(&x->patience);
    return x->bye_waits;
}

/* The last line was longer than its parts, and then the end came. */
static int end_of_part(struct websocket_layer *x)
{
    const int r = send_out(x);

    return r < 0 ? r : end_message(x);
}

static int shut_websocket(struct layer *l)
{
    struct websocket_layer *x = websocket_of(l);
    int r;

    if (x->ctx == NULL)
        return layer_shut(l->lower);
    if (!x->bye_said) {
        r = must_wait(x) ? IO_AGAIN : 0;
        if (r == 0)
            r = x->sending != WEBSOCKET_MORE && x->code == 0 ? end_of_part(x) : 0;
        if (r < 0)
            return r;
        x->bye_said = true;
        x->late = x->late && x->code != 0;
        if (x->code == 0) /* else it was answered already */
            lib_of(x)->wslay_event_queue_close(x->ctx, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
    }
    r = send_out(x);
    layer_touch(l);
    return r;
}

static size_t pending_websocket(const struct layer *l)
{
    const struct websocket_layer *x = websocket_of(l);

    if (x->ctx == NULL)
        return 0;
    if (websocket_readable(x))
        return 1;
    if (has_left(x))
        return x->end_told ? 0 : 1;
    if (x->dry || is_stuffed(x))
        return 0;
    return bytes_held(&x->in) + layer_pending(l->lower);
}

static size_t held_websocket(const struct layer *l)
{
    return 1 + bytes_held(&websocket_of(l)->out); /* it is never taken off: the other side would not know */
}

static unsigned want_websocket(struct layer *l, unsigned wanted)
{
    const struct websocket_layer *x = websocket_of(l);
    unsigned below = wanted & (unsigned)LOOP_HUP;

    if (l->shaking)
        return bytes_held(&x->out) > 0 ? LOOP_OUT : LOOP_IN;
    if (wanted & LOOP_IN && !websocket_readable(x) && !is_stuffed(x))
        below |= LOOP_IN;
    if (wanted & LOOP_OUT && !x->bye_waits)
        below |= LOOP_OUT;
    return bytes_held(&x->out) > 0 ? below | LOOP_OUT : below;
}

static unsigned event_websocket(struct layer *l, unsigned events)
{
    struct websocket_layer *x = websocket_of(l);
    bool stuffed;

    if (l->shaking || x->ctx == NULL)
        return events;
    if (events & LOOP_IN)
        x->dry = false;
    if (events & LOOP_OUT) {
        stuffed = is_stuffed(x);
        if (send_out(x) == IO_AGAIN)
            events &= ~(unsigned)LOOP_OUT;
        if (stuffed && !is_stuffed(x))
            events |= LOOP_IN;
        layer_touch(l);
    }
    return events;
}

static bool tell_websocket(const struct layer *l, enum layer_topic topic, unsigned i, char *text, size_t size)
{
    const struct websocket_layer *x = websocket_of(l);

    if (topic != LAYER_STATE || i > 0)
        return false;
    snprintf(text, size, "WebSocket%s%s", x->deal.protocol[0] != '\0' ? ", subprotocol " : "",
             x->deal.protocol);
    return true;
}

static void free_websocket(struct layer *l)
{
    struct websocket_layer *x = websocket_of(l);

    loop_timer_clear(&x->patience);
    websocket_forget(x);
    if (x->ctx != NULL)
        lib_of(x)->wslay_event_context_free(x->ctx);
    bytes_drop(&x->in);
    bytes_drop(&x->out);
    free(x);
}

/* Frames begin. */
static int begin(struct websocket_layer *x)
{
    static const struct wslay_event_callbacks calls = {
        .recv_callback = take_bytes,
        .send_callback = put_bytes,
        .genmask_callback = make_mask,
        .on_frame_recv_start_callback = websocket_frame_begins,
        .on_frame_recv_chunk_callback = websocket_frame_goes_on,
        .on_msg_recv_callback = websocket_message_came};
    const struct websocket_lib *o = lib_of(x);

    if ((x->client ? o->wslay_event_context_client_init(&x->ctx, &calls, x)
                   : o->wslay_event_context_server_init(&x->ctx, &calls, x)) != 0)
        return layer_fail(&x->layer, ENOMEM);
    o->wslay_event_config_set_no_buffering(x->ctx, 1);
    o->wslay_event_config_set_max_recv_msg_length(x->ctx, INT64_MAX);
    if (bytes_held(&x->in) == 0)
        bytes_drop(&x->in);
    x->late = false;
    x->active = loop_now(x->layer.port->loop);
    return 0;
}

static int shake(struct layer *l)
{
    const int r = websocket_shake(l);

    return r == 0 ? begin(websocket_of(l)) : r;
}

static const struct layer_ops ops = {
    .name = "WebSocket",
    .read = read_websocket,
    .write = write_websocket,
    .pending = pending_websocket,
    .held = held_websocket,
    .handshake = shake,
    .shut = shut_websocket,
    .want = want_websocket,
    .event = event_websocket,
    .tell = tell_websocket,
    .free = free_websocket,
};

/* Returns 0, or -1 with `e`. */
static int prepare_request(struct websocket_layer *x, const char *host, uint16_t port, struct err *e)
{
    const struct websocket_conf *c = x->side->conf;
    unsigned char nonce[WEBSOCKET_NONCE];
    char *request;

    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce)
        return err_sys(e, STATUS_LOCAL, errno, "WebSocket: random bytes");
    websocket_key(nonce, x->key);
    request = websocket_request(&c->terms, host, port == (c->secure ? 443 : 80) ? 0 : port, x->key);
    x->out = (struct bytes){(unsigned char *)request, 0, strlen(request), strlen(request)};
    return 0;
}

struct layer *websocket_make(const void *websocket, bool client, const char *host, uint16_t port,
                             struct err *e)
{
    struct websocket_layer *x = mem_alloc(sizeof *x);

    x->side = (struct websocket *)websocket;
    x->client = client;
    x->patience.fire = patience_over;
    list_init(&x->messages);
    if (client && prepare_request(x, host, port, e) < 0) {
        free(x);
        return NULL;
    }
    layer_init(&x->layer, &ops, IO_MSG | IO_FORMED);
    return &x->layer;
}

struct websocket *websocket_new(const struct websocket_conf *conf, struct err *e)
{
    struct websocket *w = mem_alloc(sizeof *w);

    w->conf = conf;
    if (websocket_load(&w->lib, e) == 0)
        return w;
    free(w);
    return NULL;
}

#else

#include <stdlib.h>

struct websocket *websocket_new(const struct websocket_conf *conf, struct err *e)
{
    (void)conf;
    err_set(e, STATUS_LOCAL, "WebSocket is not in this pollcat: it was built --without-wslay");
    return NULL;
}

struct layer *websocket_make(const void *websocket, bool client, const char *host, uint16_t port,
                             struct err *e)
{
    (void)websocket, (void)client, (void)host, (void)port, (void)e;
    return NULL;
}

#endif

void websocket_free(struct websocket *w)
{
    free(w);
}
