/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * serve: a layer that hears what a client asks of us as its proxy, and tells it how that went; then it leaves.
 *
 * Its handshake (io/layer.h) is both: nothing is served between them.
 */
#ifndef LAYER_SERVE_H
#define LAYER_SERVE_H

#include "io/layer.h"
#include "proto/serve.h"

/* Called from the loop, each once at most: one of the first two, with what is asked for, or with s->why when it was refused, which
 * the client is told. */
struct serve_events {
    void (*asked)(void *ctx, const struct serve *s);
    void (*refused)(void *ctx, const struct serve *s);
    void (*ended)(void *ctx); /* the client has ended its direction with nothing said behind the request */
};

/* A layer to be put on the connection of a client. `asked` says what is spoken and who may ask, and is copied; user and password,
 * `events` and `ctx` outlive it, or serve_layer_leave(). */
struct layer *serve_layer(const struct serve *asked, const struct serve_events *events, void *ctx);

/* Says how it went, with the address `at` (NULL: none), and leaves: soon, and never before it returns. */
void serve_layer_answer(struct layer *l, enum serve_answer how, const struct addr *at);

/* Says the first of two answers (SERVE_BIND), and stays. */
void serve_layer_tell(struct layer *l, const struct addr *at);

/* Leaves without a word; `events` is called no more. */
void serve_layer_leave(struct layer *l);

#endif
