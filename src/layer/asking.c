/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/asking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/port.h"
#include "layer/intake.h"
#include "loop/loop.h"

struct asking {
    struct layer layer;
    struct ask ask;
    const char *title;
    char *host;
    struct intake in;
    size_t heard; /* bytes in all */
    size_t sent;  /* of ask.out */
    bool granted;
};

static struct asking *asking_of(struct layer *l)
{
    return container_of(l, struct asking, layer);
}

/* Returns 0 when all that is to be said is sent, IO_AGAIN or IO_ERROR. */
static int send_question(struct asking *x)
{
    int r = layer_write_rest(x->layer.lower, x->ask.out, x->ask.nout, &x->sent);

    if (r == 0)
        x->sent = x->ask.nout = 0;
    return r;
}

static int fail_again(struct asking *x)
{
    return layer_fail_again(&x->layer, "%s: it ends each connection in which one could log in", x->title);
}

/* Where it had ended the connection without saying so, what we say there resets it. */
static int fail_below(struct asking *x, int r)
{
    struct port *port = x->layer.port;

    if (r != IO_ERROR || !x->ask.ends || (port->error != ECONNRESET && port->error != EPIPE))
        return r;
    port->error = 0;
    return fail_again(x);
}

/* Takes what is there. Returns 0 (there may be something to say), 1 when what was asked for is granted, IO_AGAIN: more is
 * needed, IO_ERROR. */
static int take_answer(struct asking *x)
{
    size_t used = 0;
    int r;

    r = x->ask.kind->take(&x->ask, x->in.data, x->in.n, &used);
    if (r == ASK_AGAIN)
        return fail_again(x);
    if (r == ASK_FAILED)
        return layer_fail_words(&x->layer, "%s: %s", x->title, x->ask.why);
    intake_drop(&x->in, used);
    if (r == ASK_DONE && x->ask.kind->alone && x->in.n > 0)
        return layer_fail_words(&x->layer, "%s: it sent something behind its answer, where nothing may be",
                                x->title);
    if (r == ASK_DONE)
        return 1;
    return used > 0 || x->ask.nout > 0 ? 0 : IO_AGAIN;
}

/* Returns above 0 or IO_*. */
static ssize_t read_answer(struct asking *x)
{
    ssize_t n;

    if (x->heard >= ASK_IN)
        return layer_fail_words(&x->layer, "%s: its answer is too long", x->title);
    n = intake_read(&x->in, x->layer.lower);
    if (n == IO_EOF && x->ask.ends)
        fail_again(x);
    else if (n == IO_EOF)
        layer_fail_words(&x->layer, "%s: it ended the connection instead of answering", x->title);
    if (n > 0)
        x->heard += (size_t)n;
    return n == IO_EOF ? IO_ERROR : n > 0 ? n : fail_below(x, (int)n);
}

/* Returns 0 when what was asked for is granted, or IO_*. */
static int talk(struct asking *x)
{
    for (;;) {
        int r = send_question(x);
        ssize_t n;

        if (r < 0)
            return fail_below(x, r);
        r = x->in.n > 0 ? take_answer(x) : IO_AGAIN;
        if (r == 1)
            return 0;
        n = r == IO_AGAIN ? read_answer(x) : r;
        if (n < 0)
            return (int)n;
    }
}

static int shake(struct layer *l)
{
    struct asking *x = asking_of(l);
    int r = x->granted ? 0 : talk(x);

    x->granted = r == 0;
    if (r == 0)
        r = send_question(x); /* the last word may be ours */
    if (r < 0)
        return r;
    if (x->in.n > 0)
        layer_hand_on(l, x->in.data, x->in.n);
    return LAYER_LEAVES;
}

static unsigned want(struct layer *l, unsigned wanted)
{
    const struct asking *x = asking_of(l);

    (void)wanted;
    return x->ask.nout > 0 ? LOOP_OUT : LOOP_IN;
}

static void free_asking(struct layer *l)
{
    struct asking *x = asking_of(l);

    explicit_bzero(x->ask.out, sizeof x->ask.out);
    free(x->host);
    intake_clear(&x->in);
    free(x);
}

/* Nobody reads or writes while the handshake is under way, and after it the layer is gone. */
static const struct layer_ops ops = {
    .name = "handshake in clear",
    .handshake = shake,
    .want = want,
    .free = free_asking,
};

struct layer *asking_layer(const struct ask *ask, const char *title, struct err *e)
{
    struct asking *x = mem_alloc(sizeof *x);

    x->title = title;
    x->host = mem_strdup(ask->host);
    x->ask = *ask;
    x->ask.host = x->host;
    if (x->ask.kind->begin(&x->ask) == 0) {
        layer_init(&x->layer, &ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
        return &x->layer;
    }
    err_set(e, STATUS_LOCAL, "%s: %s", title, x->ask.why);
    free_asking(&x->layer);
    return NULL;
}
