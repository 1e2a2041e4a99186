/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port.h"
#include "loop/loop.h"
#include "proto/http.h"
#include "proto/http_pass.h"

enum {
    FIRST = 512,      /* bytes of room for a head, at first */
    HEAD = 64 * 1024, /* of one that is passed on as a proxy does; a longer one goes as it is */
    DROPS = 32,       /* reads in a row, before the others have their turn */
};

struct exchange {
    struct layer layer;
    size_t ahead; /* bytes to be read before the body */
    struct http_body body;
    bool raw;   /* heads are over: what is answered goes as it is */
    char *head; /* of the answer, as far as it came; or, once it is `whole`, what is sent for it */
    size_t nhead, room, sent;
    bool whole;
};

static struct exchange *exchange_of(const struct layer *l)
{
    return container_of((struct layer *)(uintptr_t)l, struct exchange, layer);
}

/* The request */

/* What else comes is nobody's, but its end is an end. */
static ssize_t drop_rest(struct layer *l)
{
    char drop[4096];

    for (int i = 0; i < DROPS; i++) {
        const ssize_t n = layer_read(l->lower, drop, sizeof drop, NULL);

        if (n < 0)
            return n;
    }
    port_event_soon(l->port, LOOP_IN);
    return IO_AGAIN;
}

static ssize_t read_request(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct exchange *x = exchange_of(l);
    ssize_t n;

    if (x->ahead == 0 && http_body_is_over(&x->body))
        return drop_rest(l);
    if (x->ahead > 0 && size > x->ahead)
        size = x->ahead;
    n = layer_read(l->lower, data, size, meta);
    if (n <= 0)
        return n;
    if (x->ahead > 0) {
        x->ahead -= (size_t)n;
        return n;
    }
    n = http_body_pass(&x->body, data, (size_t)n);
    return n > 0 ? n : layer_fail_words(l, "what it sent are no chunks of HTTP");
}

/* The answer */

static void end_head(struct exchange *x)
{
    free(x->head);
    x->head = NULL;
    x->nhead = x->room = x->sent = 0;
    x->whole = false;
}

/* Returns 0, IO_AGAIN or IO_ERROR. */
static int send_head(struct exchange *x)
{
    const int r = x->whole ? layer_write_rest(x->layer.lower, x->head, x->nhead, &x->sent) : 0;

    if (r == 0 && x->whole)
        end_head(x);
    return r;
}

/* Makes of it what is sent: as it is where it is no head of HTTP. */
static void finish_head(struct exchange *x)
{
    int status;
    struct http_text reason;
    char *out;
    ssize_t n = -1;

    x->whole = x->raw = true;
    if (http_head(x->head, x->nhead) != x->nhead || http_status(x->head, x->nhead, &status, &reason) < 0)
        return;
    out = mem_alloc(HTTP_PASSED(x->nhead));
    if (http_unfold(x->head, x->nhead))
        n = http_pass_answer(x->head, x->nhead, status >= 200 || status == 101, out);
    if (n < 0) {
        free(out);
        return;
    }
    free(x->head);
    x->head = out;
    x->nhead = (size_t)n;
    x->raw = status >= 200 || status == 101; /* another head follows, else */
}

static bool is_http(const struct exchange *x)
{
    static const char begin[] = "HTTP/1.";
    const size_t n = x->nhead < sizeof begin - 1 ? x->nhead : sizeof begin - 1;

    return memcmp(x->head, begin, n) == 0;
}

/* Takes what belongs to the head. Returns how much. */
static size_t take_head(struct exchange *x, const char *data, size_t n)
{
    const size_t before = x->nhead;
    size_t length;

    if (n > HEAD - before)
        n = HEAD - before;
    if (x->head == NULL || before + n > x->room) {
        x->room = before + n > FIRST ? before + n : FIRST;
        x->head = mem_resize(x->head, x->room);
    }
    memcpy(x->head + before, data, n);
    x->nhead += n;
    length = http_head(x->head, x->nhead);
    if (length > 0)
        x->nhead = length;
    if (length > 0 || x->nhead >= HEAD || !is_http(x))
        finish_head(x);
    return length > 0 ? length - before : n;
}

static ssize_t write_answer(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct exchange *x = exchange_of(l);
    size_t n = 0;
    int r = send_head(x);

    if (r < 0)
        return r;
    if (x->raw)
        return layer_write(l->lower, data, size, meta);
    while (n < size && !x->whole && !x->raw) {
        n += take_head(x, (const char *)data + n, size - n);
        if (send_head(x) == IO_ERROR)
            return IO_ERROR;
    }
    layer_touch(l);
    return (ssize_t)n;
}

/* A head that was not ended is passed all the same. */
static int shut_exchange(struct layer *l)
{
    struct exchange *x = exchange_of(l);
    int r;

    if (x->nhead > 0 && !x->whole)
        finish_head(x);
    r = send_head(x);
    return r < 0 ? r : layer_shut(l->lower);
}

static unsigned want_exchange(struct layer *l, unsigned wanted)
{
    return exchange_of(l)->whole ? wanted | LOOP_OUT : wanted;
}

static unsigned exchange_event(struct layer *l, unsigned events)
{
    if (events & LOOP_OUT)
        (void)send_head(exchange_of(l)); /* a failure shows at the next write */
    return events;
}

static size_t held_by_exchange(const struct layer *l)
{
    return exchange_of(l)->nhead;
}

static void free_exchange(struct layer *l)
{
    free(exchange_of(l)->head);
    free(exchange_of(l));
}

static const struct layer_ops ops = {
    .name = "exchange of HTTP",
    .read = read_request,
    .write = write_answer,
    .held = held_by_exchange,
    .shut = shut_exchange,
    .want = want_exchange,
    .event = exchange_event,
    .free = free_exchange,
};

struct layer *exchange_layer(size_t ahead, const struct http_body *body)
{
    struct exchange *x = mem_alloc(sizeof *x);

    layer_init(&x->layer, &ops, IO_STREAM | IO_HALFCLOSE);
    x->ahead = ahead;
    x->body = *body;
    return &x->layer;
}
