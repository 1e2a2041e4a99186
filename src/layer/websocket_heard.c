/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes, from wslay to who reads. Messages are put together here, not by wslay, which would keep each fragment apart
 * and all of them in memory.
 */
#ifdef USE_WSLAY

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "layer/websocket_parts.h"

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

/* Messages */

static struct heard *first_heard(const struct websocket_layer *x)
{
    return list_first(&x->messages, struct heard, place);
}

/* The one that comes still; NULL: none does. */
static struct heard *coming(const struct websocket_layer *x)
{
    struct heard *m = list_last(&x->messages, struct heard, place);

    return m != NULL && !m->whole ? m : NULL;
}

static void drop_heard(struct heard *m)
{
    list_del(&m->place);
    bytes_drop(&m->bytes);
    free(m);
}

void websocket_forget(struct websocket_layer *x)
{
    struct heard *m;
    struct list *ahead;

    list_each(m, ahead, &x->messages, struct heard, place) drop_heard(m);
}

bool websocket_readable(const struct websocket_layer *x)
{
    const struct heard *m = first_heard(x);

    return m != NULL && (m->whole || bytes_held(&m->bytes) >= WEBSOCKET_PART);
}

/* How much of a message is given to who has room for `size` bytes. */
static size_t portion(const struct heard *m, size_t size)
{
    const size_t held = bytes_held(&m->bytes), n = held < size ? held : size;
    size_t whole;

    if (!m->text || n == 0 || (m->whole && n == held))
        return n;
    whole = utf8_whole((const char *)m->bytes.data + m->bytes.start, n);
    return whole > 0 ? whole : n;
}

ssize_t websocket_give(struct websocket_layer *x, void *data, size_t size, struct meta *meta)
{
    struct heard *m = first_heard(x);
    size_t n;
    bool last;

    if (m == NULL)
        return IO_AGAIN;
    n = portion(m, size);
    last = m->whole && n == bytes_held(&m->bytes);
    if (n > 0)
        memcpy(data, m->bytes.data + m->bytes.start, n);
    m->bytes.start += n;
    if (meta != NULL) {
        meta->form = x->side->conf->kind == WEBSOCKET_BINARY ? FORM_ANY : m->text ? FORM_TEXT : FORM_BINARY;
        meta->part = !last;
    }
    if (last)
        drop_heard(m);
    else if (bytes_held(&m->bytes) == 0)
        bytes_drop(&m->bytes);
    return (ssize_t)n;
}

/* What wslay tells */

/* The sum may have passed its end: no frame announces more than half of all. */
static void count_frame(struct websocket_layer *x, struct heard *m, uint64_t n)
{
    const int64_t longest = x->side->conf->longest;

    m->announced = m->announced > INT64_MAX ? m->announced : m->announced + n;
    if (longest == 0 || m->announced <= (uint64_t)longest)
        return;
    x->too_long = true;
    x->side->lib.wslay_event_queue_close(x->ctx, WSLAY_CODE_MESSAGE_TOO_BIG, NULL, 0);
}

void websocket_frame_begins(wslay_event_context_ptr ctx,
                            const struct wslay_event_on_frame_recv_start_arg *frame, void *layer)
{
    struct websocket_layer *x = layer;
    struct heard *m;

    (void)ctx;
    x->in_control = wslay_is_ctrl_frame(frame->opcode);
    if (x->in_control || x->too_long)
        return;
    m = coming(x);
    if (m == NULL) {
        m = mem_alloc(sizeof *m);
        m->text = frame->opcode == WSLAY_TEXT_FRAME;
        list_add(&x->messages, &m->place);
    }
    count_frame(x, m, frame->payload_length);
}

void websocket_frame_goes_on(wslay_event_context_ptr ctx,
                             const struct wslay_event_on_frame_recv_chunk_arg *chunk, void *layer)
{
    struct websocket_layer *x = layer;
    struct heard *m = coming(x);

    (void)ctx;
    if (x->in_control || x->too_long || m == NULL || chunk->data_length == 0)
        return;
    bytes_need(&m->bytes, chunk->data_length);
    memcpy(m->bytes.data + m->bytes.end, chunk->data, chunk->data_length);
    m->bytes.end += chunk->data_length;
}

bool websocket_is_good(unsigned code)
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
    if (websocket_is_good(x->code))
        log_info("WebSocket: the other side closed (%s)%s%s", websocket_code(x->code, text, sizeof text),
                 x->reason[0] != '\0' ? ": " : "", x->reason);
}

void websocket_message_came(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
                            void *layer)
{
    struct websocket_layer *x = layer;
    struct heard *m = coming(x);

    (void)ctx;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE)
        hear_close(x, arg);
    if (!wslay_is_ctrl_frame(arg->opcode) && m != NULL && !x->too_long)
        m->whole = true;
}

#endif
