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

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "io/port.h"
#include "layer/websocket_parts.h"

enum {
    ANSWERS = 32,  /* of ours that wait for room: with more, nothing is decoded */
    MOMENT = 1000, /* ms of silence before a client closes: many servers answer nothing more then */
};

static const struct websocket_lib *lib_of(const struct websocket_layer *x)
{
    return &x->side->lib;
}

/* Bytes */

void bytes_need(struct bytes *b, size_t n)
{
    if (b->start > 0) {
        memmove(b->data, b->data + b->start, bytes_held(b));
        b->end -= b->start;
        b->start = 0;
    }
    if (b->room - b->end >= n)
        return;
    b->room = b->end + n > 2 * b->room ? b->end + n : 2 * b->room;
    b->data = mem_resize(b->data, b->room);
}

void bytes_drop(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
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

/* Answers wait for room, and so must what would be answered. */
static bool is_stuffed(const struct websocket_layer *x)
{
    return x->ctx != NULL && bytes_held(&x->out) > 0 &&
           lib_of(x)->wslay_event_get_queued_msg_count(x->ctx) > ANSWERS;
}

static ssize_t take_bytes(wslay_event_context_ptr ctx, uint8_t *data, size_t size, int flags, void *user)
{
    struct websocket_layer *x = user;
    ssize_t n = bytes_held(&x->in) > 0 ? 1 : IO_AGAIN;

    (void)flags;
    if (list_empty(&x->messages) && !is_stuffed(x) && bytes_held(&x->in) == 0) {
        n = websocket_fill(x, WEBSOCKET_PIECE);
        x->dry = n == IO_AGAIN;
        x->below_ended = n == IO_EOF || n == IO_ERROR;
        x->below_failed = n == IO_ERROR;
    }
    if (n <= 0 || !list_empty(&x->messages) || is_stuffed(x)) {
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

/* What comes */

static void frame_begins(wslay_event_context_ptr ctx, const struct wslay_event_on_frame_recv_start_arg *frame,
                         void *user)
{
    struct websocket_layer *x = user;

    x->in_control = wslay_is_ctrl_frame(frame->opcode);
    if (x->in_control || frame->payload_length <= WEBSOCKET_LONGEST - bytes_held(&x->part))
        return;
    x->too_long = true;
    lib_of(x)->wslay_event_queue_close(ctx, WSLAY_CODE_MESSAGE_TOO_BIG, NULL, 0);
    lib_of(x)->wslay_event_shutdown_read(ctx);
}

static void frame_goes_on(wslay_event_context_ptr ctx,
                          const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *user)
{
    struct websocket_layer *x = user;

    (void)ctx;
    if (x->in_control || x->too_long || chunk->data_length == 0)
        return;
    bytes_need(&x->part, chunk->data_length);
    memcpy(x->part.data + x->part.end, chunk->data, chunk->data_length);
    x->part.end += chunk->data_length;
}

/* Codes of an end that nothing is wrong with. */
static bool is_good(unsigned code)
{
    return code == WSLAY_CODE_NORMAL_CLOSURE || code == WSLAY_CODE_GOING_AWAY ||
           code == WSLAY_CODE_NO_STATUS_RCVD;
}

static void hear_close(struct websocket_layer *x, const struct wslay_event_on_msg_recv_arg *arg)
{
    const size_t code = arg->status_code != 0 ? 2 : 0;
    char text[40];

    x->code = arg->status_code != 0 ? arg->status_code
              : arg->msg_length > 0 ? WSLAY_CODE_PROTOCOL_ERROR
                                    : WSLAY_CODE_NO_STATUS_RCVD;
    if (arg->msg_length > code)
        text_safe_bytes(arg->msg + code, arg->msg_length - code, x->reason, sizeof x->reason);
    if (is_good(x->code))
        log_info("WebSocket: the other side closed (%s)%s%s", websocket_code(x->code, text, sizeof text),
                 x->reason[0] != '\0' ? ": " : "", x->reason);
}

static void message_came(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                         void *user)
{
    struct websocket_layer *x = user;
    struct heard *m;

    (void)ctx;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE)
        hear_close(x, arg);
    if (wslay_is_ctrl_frame(arg->opcode) || x->too_long)
        return;
    m = mem_alloc(sizeof *m);
    m->bytes = x->part;
    m->text = arg->opcode == WSLAY_TEXT_FRAME;
    x->part = (struct bytes){0};
    list_add(&x->messages, &m->place);
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
    return x->below_ended || !lib_of(x)->wslay_event_get_read_enabled(x->ctx);
}

static void await_end(struct websocket_layer *x)
{
    ssize_t n;

    while ((n = websocket_fill(x, WEBSOCKET_PIECE)) > 0)
        bytes_drop(&x->in);
    x->dry = true;
    x->below_ended = n != IO_AGAIN;
    if (n == IO_AGAIN && !loop_timer_pending(&x->patience))
        loop_timer_set(x->layer.port->loop, &x->patience, MOMENT);
}

/* How it ended. */
static int tell_end(struct websocket_layer *x)
{
    struct layer *l = &x->layer;
    char text[40];

    if (x->code != 0 && !is_good(x->code))
        return layer_fail_words(l, "the other side closed the WebSocket (%s)%s%s",
                                websocket_code(x->code, text, sizeof text), x->reason[0] != '\0' ? ": " : "",
                                x->reason);
    if (x->code != 0)
        return IO_EOF;
    if (x->below_failed)
        return IO_ERROR;
    if (x->below_ended)
        return x->bye_said ? IO_EOF
                           : layer_fail_words(l, "the connection ended without a close of the WebSocket");
    if (x->too_long)
        return layer_fail_words(l, "WebSocket: a message of more than %d MiB came",
                                WEBSOCKET_LONGEST / 1024 / 1024);
    if (lib_of(x)->wslay_event_get_status_code_sent(x->ctx) == WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA)
        return layer_fail_words(l, "WebSocket: text came that is not UTF-8");
    return layer_fail_words(l, "WebSocket: the other side broke the protocol");
}

/* Gives some of the first message. */
static ssize_t give(struct websocket_layer *x, void *data, size_t size)
{
    struct heard *m = list_first(&x->messages, struct heard, place);
    const size_t n = bytes_held(&m->bytes) < size ? bytes_held(&m->bytes) : size;

    if (n > 0)
        memcpy(data, m->bytes.data + m->bytes.start, n);
    x->text = m->text;
    m->bytes.start += n;
    if (bytes_held(&m->bytes) > 0)
        return (ssize_t)n;
    list_del(&m->place);
    bytes_drop(&m->bytes);
    free(m);
    return (ssize_t)n;
}

static ssize_t read_websocket(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct websocket_layer *x = websocket_of(l);
    int r;

    (void)meta;
    if (list_empty(&x->messages) && !has_left(x)) {
        r = x->code == 0 ? lib_of(x)->wslay_event_recv(x->ctx) : 0;
        if (r != 0 && r != WSLAY_ERR_CALLBACK_FAILURE) /* which is also what no frame can be */
            return layer_fail(l, ENOMEM);
        if (send_out(x) == IO_ERROR && list_empty(&x->messages) && x->code == 0)
            return IO_ERROR;
        if (list_empty(&x->messages) && x->code != 0 && x->client)
            await_end(x);
        layer_touch(l);
    }
    if (!list_empty(&x->messages))
        return give(x, data, size);
    if (!has_left(x))
        return IO_AGAIN;
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

static bool becomes_text(const struct websocket_layer *x, const void *data, size_t n)
{
    const enum websocket_kind kind = x->side->conf->kind;

    if (kind == WEBSOCKET_BINARY || (kind == WEBSOCKET_AGAIN && !x->text))
        return false;
    return is_utf8(data, n);
}

static ssize_t write_websocket(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct websocket_layer *x = websocket_of(l);
    const bool text = becomes_text(x, data, size);
    const bool cut = text && x->side->conf->kind == WEBSOCKET_LINES && size > 0 &&
                     ((const char *)data)[size - 1] == '\n';
    const struct wslay_event_msg m = {.opcode = text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
                                      .msg = data,
                                      .msg_length = cut ? size - 1 : size};
    int r = send_out(x);

    (void)meta;
    if (r < 0)
        return r;
    if (x->bye_said || x->code != 0)
        return layer_fail(l, EPIPE);
    if (lib_of(x)->wslay_event_queue_msg(x->ctx, &m) != 0)
        return layer_fail(l, EPIPE);
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
    layer_event(&x->layer, x->bye_waits ? LOOP_OUT : LOOP_IN);
}

/* A client's close waits until the server has been silent for a moment, or has closed. */
static bool must_wait(struct websocket_layer *x)
{
    const struct port *p = x->layer.port;
    const int64_t left = x->active + MOMENT - loop_now(p->loop);

    x->bye_waits = x->client && !x->side->conf->hasty && !p->closing && !has_left(x) && left > 0;
    if (x->bye_waits)
        loop_timer_set(p->loop, &x->patience, left);
    else
        loop_timer_clear(&x->patience);
    return x->bye_waits;
}

static int shut_websocket(struct layer *l)
{
    struct websocket_layer *x = websocket_of(l);
    int r;

    if (x->ctx == NULL)
        return layer_shut(l->lower);
    if (!x->bye_said) {
        r = must_wait(x) ? IO_AGAIN : 0;
        if (r < 0)
            return r;
        x->bye_said = true;
        x->late = false;
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
    size_t n = 0;

    if (x->ctx == NULL)
        return 0;
    if (!list_empty(&x->messages)) {
        n = bytes_held(&list_first(&x->messages, struct heard, place)->bytes);
        return n > 0 ? n : 1;
    }
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
    if (wanted & LOOP_IN && list_empty(&x->messages) && !is_stuffed(x))
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
    struct heard *m;

    loop_timer_clear(&x->patience);
    while ((m = list_first(&x->messages, struct heard, place)) != NULL) {
        list_del(&m->place);
        bytes_drop(&m->bytes);
        free(m);
    }
    if (x->ctx != NULL)
        lib_of(x)->wslay_event_context_free(x->ctx);
    bytes_drop(&x->in);
    bytes_drop(&x->out);
    bytes_drop(&x->part);
    free(x);
}

/* Frames begin. */
static int begin(struct websocket_layer *x)
{
    static const struct wslay_event_callbacks calls = {.recv_callback = take_bytes,
                                                       .send_callback = put_bytes,
                                                       .genmask_callback = make_mask,
                                                       .on_frame_recv_start_callback = frame_begins,
                                                       .on_frame_recv_chunk_callback = frame_goes_on,
                                                       .on_msg_recv_callback = message_came};
    const struct websocket_lib *o = lib_of(x);

    if ((x->client ? o->wslay_event_context_client_init(&x->ctx, &calls, x)
                   : o->wslay_event_context_server_init(&x->ctx, &calls, x)) != 0)
        return layer_fail(&x->layer, ENOMEM);
    o->wslay_event_config_set_no_buffering(x->ctx, 1);
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
    layer_init(&x->layer, &ops, IO_MSG);
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
