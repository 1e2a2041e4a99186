/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port.h"
#include "layer/intake.h"
#include "loop/loop.h"

enum stage {
    HEARS,  /* the request */
    WAITS,  /* for how it goes */
    LEAVES, /* once all is sent */
};

struct serving {
    struct layer layer;
    struct serve serve;
    const struct serve_events *events;
    void *ctx;
    enum stage stage;
    bool gone;    /* the client, while its request was seen to */
    bool ended;   /* its direction, so */
    bool granted; /* what came behind the request goes on */
    struct intake in;
    size_t sent; /* of serve.out */
};

static struct serving *serving_of(struct layer *l)
{
    return container_of(l, struct serving, layer);
}

/* Returns 0 when all that is to be said is sent, IO_AGAIN or IO_ERROR. */
static int send_answer(struct serving *x)
{
    int r = layer_write_rest(x->layer.lower, x->serve.out, x->serve.nout, &x->sent);

    if (r == 0)
        x->sent = x->serve.nout = 0;
    return r;
}

/* Takes what is there. Returns 0 when there is something to say or to do, IO_AGAIN: more is needed. */
static int take_request(struct serving *x)
{
    size_t used = 0;
    int r;

    x->serve.now = loop_now(x->layer.port->loop);
    r = x->in.n > 0 ? serve_take(&x->serve, x->in.data, x->in.n, &used) : 0;

    intake_drop(&x->in, used);
    if (r == 0)
        return used > 0 || x->serve.nout > 0 ? 0 : IO_AGAIN;
    x->stage = r == SERVE_ASKED ? WAITS : LEAVES;
    (r == SERVE_ASKED ? x->events->asked : x->events->refused)(x->ctx, &x->serve);
    return 0;
}

static int leave(struct serving *x)
{
    if (!x->granted)
        return LAYER_LEAVES; /* what else came is nobody's */
    layer_hand_on(&x->layer, x->in.data, x->in.n);
    if (x->serve.ahead != NULL)
        layer_hand_on(&x->layer, x->serve.ahead, x->serve.nahead);
    return LAYER_LEAVES;
}

/* What the client says before it is answered is for whom it asked for. */
static bool is_heard(const struct serving *x)
{
    return x->stage == WAITS && !x->ended && x->in.n < SERVE_IN;
}

/* It has ended its direction: who has asked for a way and said nothing to be taken there may have left. A request of HTTP is
 * all that is to be said, and what was sent behind another is to arrive. */
static bool may_have_left(const struct serving *x)
{
    return x->serve.wish != SERVE_CONNECT || (!x->serve.plain && x->in.n == 0);
}

/* Returns 0 when there is something to say, IO_AGAIN or IO_ERROR. */
static int hear_meanwhile(struct serving *x)
{
    while (is_heard(x)) {
        const ssize_t n = intake_read(&x->in, x->layer.lower);

        x->ended = n == IO_EOF;
        if (x->ended && may_have_left(x)) {
            x->events->ended(x->ctx);
            return x->stage == WAITS ? IO_AGAIN : 0;
        }
        if (n < 0 && n != IO_EOF)
            return (int)n;
    }
    return IO_AGAIN;
}

static int serving_handshake(struct layer *l)
{
    struct serving *x = serving_of(l);

    for (;;) {
        int r = send_answer(x);
        ssize_t n;

        if (r < 0)
            return r;
        if (x->gone)
            return layer_fail(l, ECONNRESET);
        if (x->stage == LEAVES)
            return leave(x);
        r = x->stage == WAITS ? hear_meanwhile(x) : take_request(x);
        if (r == 0)
            continue;
        if (x->stage == WAITS)
            return r;
        n = intake_read(&x->in, x->layer.lower);
        if (n < 0)
            return (int)n;
    }
}

/* While the request is seen to, who leaves is heard of. */
static unsigned serving_want(struct layer *l, unsigned wanted)
{
    const struct serving *x = serving_of(l);

    if (x->serve.nout > 0)
        return LOOP_OUT;
    if (x->stage == WAITS)
        return is_heard(x) ? LOOP_IN | LOOP_HUP : LOOP_HUP;
    return x->stage == HEARS ? LOOP_IN : wanted;
}

static unsigned serving_event(struct layer *l, unsigned events)
{
    struct serving *x = serving_of(l);

    x->gone = x->gone || (x->stage == WAITS && (events & LOOP_HUP) != 0);
    return events;
}

static void serving_free(struct layer *l)
{
    struct serving *x = serving_of(l);

    serve_clear(&x->serve);
    intake_clear(&x->in);
    free(x);
}

/* Nobody reads or writes while the handshake is under way, and after it the layer is gone. */
static const struct layer_ops ops = {
    .name = "request",
    .handshake = serving_handshake,
    .want = serving_want,
    .event = serving_event,
    .free = serving_free,
};

struct layer *serve_layer(const struct serve *asked, const struct serve_events *events, void *ctx)
{
    struct serving *x = mem_alloc(sizeof *x);

    layer_init(&x->layer, &ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
    x->serve = *asked;
    x->events = events;
    x->ctx = ctx;
    return &x->layer;
}

static void end_soon(struct serving *x)
{
    x->stage = LEAVES;
    port_event_soon(x->layer.port, 0);
}

void serve_layer_tell(struct layer *l, const struct addr *at)
{
    serve_tell(&serving_of(l)->serve, SERVE_GRANTED, at);
    port_event_soon(l->port, 0);
}

void serve_layer_answer(struct layer *l, enum serve_answer how, const struct addr *at)
{
    struct serving *x = serving_of(l);

    serve_tell(&x->serve, how, at);
    x->granted = how == SERVE_GRANTED;
    end_soon(x);
}

void serve_layer_leave(struct layer *l)
{
    struct serving *x = serving_of(l);

    x->serve.nout = x->sent = 0;
    end_soon(x);
}
