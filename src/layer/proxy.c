/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/num.h"
#include "io/layer.h"
#include "loop/loop.h"

enum { FIRST = 512 /* bytes of room for an answer, at first */ };

struct proxy {
    struct layer layer;
    struct ask ask;
    const struct proxy_conf *conf;
    char *host;
    unsigned char *in; /* what came and was not used yet */
    size_t nin, room;
    size_t sent; /* of ask.out */
};

static struct proxy *proxy_of(struct layer *l)
{
    return container_of(l, struct proxy, layer);
}

/* Returns 0 when all that is to be said is sent, IO_AGAIN or IO_ERROR. */
static int send_question(struct proxy *x)
{
    while (x->sent < x->ask.nout) {
        ssize_t n = layer_write(x->layer.lower, x->ask.out + x->sent, x->ask.nout - x->sent, NULL);

        if (n < 0)
            return (int)n;
        x->sent += (size_t)n;
    }
    x->sent = x->ask.nout = 0;
    return 0;
}

static void make_room(struct proxy *x)
{
    if (x->nin < x->room)
        return;
    x->room = x->room == 0 ? FIRST : 2 * x->room;
    x->in = mem_resize(x->in, x->room);
}

/* Takes what is there. Returns 0 (there may be something to say), 1 when the way is open, IO_AGAIN: more is needed, IO_ERROR. */
static int take_answer(struct proxy *x)
{
    size_t used = 0;
    int r;

    r = x->ask.kind->take(&x->ask, x->in, x->nin, &used);
    if (r == ASK_FAILED)
        return layer_fail_words(&x->layer, "%s: %s", x->conf->title, x->ask.why);
    x->nin -= used;
    memmove(x->in, x->in + used, x->nin);
    if (r == ASK_DONE)
        return 1;
    if (used > 0 || x->ask.nout > 0)
        return 0;
    if (x->nin >= ASK_IN)
        return layer_fail_words(&x->layer, "%s: its answer is too long", x->conf->title);
    return IO_AGAIN;
}

/* Returns above 0 or IO_*. */
static ssize_t read_answer(struct proxy *x)
{
    ssize_t n;

    make_room(x);
    n = layer_read(x->layer.lower, x->in + x->nin, x->room - x->nin, NULL);
    if (n == IO_EOF)
        layer_fail_words(&x->layer, "%s: it ended the connection instead of answering", x->conf->title);
    if (n > 0)
        x->nin += (size_t)n;
    return n == IO_EOF ? IO_ERROR : n;
}

static int proxy_handshake(struct layer *l)
{
    struct proxy *x = proxy_of(l);

    for (;;) {
        int r = send_question(x);
        ssize_t n;

        if (r < 0)
            return r;
        r = x->nin > 0 ? take_answer(x) : IO_AGAIN;
        if (r == 0)
            continue;
        if (r == 1)
            break;
        n = r == IO_AGAIN ? read_answer(x) : r;
        if (n < 0)
            return (int)n;
    }
    if (x->nin > 0)
        layer_hand_on(l, x->in, x->nin);
    return LAYER_LEAVES;
}

static unsigned proxy_want(struct layer *l, unsigned wanted)
{
    const struct proxy *x = proxy_of(l);

    (void)wanted;
    return x->ask.nout > 0 ? LOOP_OUT : LOOP_IN;
}

static void proxy_free(struct layer *l)
{
    struct proxy *x = proxy_of(l);

    explicit_bzero(x->ask.out, sizeof x->ask.out);
    free(x->host);
    free(x->in);
    free(x);
}

/* Nobody reads or writes while the handshake is under way, and after it the layer is gone. */
static const struct layer_ops ops = {
    .name = "proxy",
    .handshake = proxy_handshake,
    .want = proxy_want,
    .free = proxy_free,
};

struct layer *proxy_layer(const void *conf, bool client, const char *host, uint16_t port, struct err *e)
{
    const struct proxy_conf *c = conf;
    struct proxy *x = mem_alloc(sizeof *x);

    (void)client;
    if (c->next != NULL) {
        host = c->next->host;
        port = c->next->port;
    }
    x->conf = c;
    x->host = mem_strdup(host);
    x->ask = (struct ask){
        .kind = c->kind, .host = x->host, .port = port, .user = c->user, .password = c->password};
    if (strlen(host) > ASK_HOST)
        err_set(e, STATUS_LOCAL, "a name of %zu bytes is too long for a proxy", strlen(host));
    else if (c->kind->begin(&x->ask) < 0)
        err_set(e, STATUS_LOCAL, "%s: %s", c->title, x->ask.why);
    else {
        layer_init(&x->layer, &ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
        return &x->layer;
    }
    proxy_free(&x->layer);
    return NULL;
}
