/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/prompt_keys.h"

#include <errno.h>
#include <unistd.h>

#include "base/container.h"

enum {
    KEYS_TURN = 256,       /* keys looked at before the loop goes on */
    PATIENCE_KEY = 50,     /* ms for the rest of an escape sequence to come */
    PATIENCE_PASTE = 1000, /* ms without a byte of an unfinished paste */
};

static void feed_keys(struct prompt_keys *k)
{
    enum keys_state state = KEYS_NONE;

    loop_timer_clear(&k->patience);
    for (int i = 0; i < KEYS_TURN && k->takes(k->ctx); i++) {
        state = keys_state(&k->keys, k->utf8);
        if (state != KEYS_READY)
            break;
        k->take(k->ctx);
    }
    k->rest(k->ctx);
    loop_touch(&k->input);
    if (!k->takes(k->ctx))
        return;
    if (state == KEYS_READY)
        loop_soon(k->loop, &k->more);
    else if (state != KEYS_NONE)
        loop_timer_set(k->loop, &k->patience, state == KEYS_KEY ? PATIENCE_KEY : PATIENCE_PASTE);
}

static void run_more(struct job *j)
{
    feed_keys(container_of(j, struct prompt_keys, more));
}

static void patience_ended(struct timer *t)
{
    struct prompt_keys *k = container_of(t, struct prompt_keys, patience);

    keys_force(&k->keys);
    feed_keys(k);
}

static unsigned want_keys(struct watch *w)
{
    const struct prompt_keys *k = container_of(w, struct prompt_keys, input);

    return k->takes(k->ctx) ? LOOP_IN : 0;
}

static void keys_came(struct watch *w, unsigned events)
{
    struct prompt_keys *k = container_of(w, struct prompt_keys, input);
    ssize_t n;

    (void)events;
    if (!k->takes(k->ctx)) {
        loop_touch(w);
        return;
    }
    n = keys_read(&k->keys, STDIN_FILENO);
    if (n > 0)
        feed_keys(k);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        k->gone(k->ctx);
}

void prompt_keys_start(struct prompt_keys *k)
{
    k->input = (struct watch){.fd = STDIN_FILENO, .want = want_keys, .fire = keys_came};
    k->patience.fire = patience_ended;
    k->more.run = run_more;
    loop_add(k->loop, &k->input);
}

void prompt_keys_drop(struct prompt_keys *k)
{
    keys_clear(&k->keys);
    loop_timer_clear(&k->patience);
    loop_touch(&k->input);
}

void prompt_keys_end(struct prompt_keys *k)
{
    loop_del(&k->input);
    loop_timer_clear(&k->patience);
    loop_job_del(&k->more);
    keys_clear(&k->keys);
}

void prompt_keys_go_on(struct prompt_keys *k)
{
    loop_touch(&k->input);
    loop_soon(k->loop, &k->more);
}

int prompt_keys_next(struct prompt_keys *k)
{
    return keys_next(&k->keys, k->utf8);
}

int prompt_keys_peek(const struct prompt_keys *k)
{
    return keys_peek(&k->keys);
}

bool prompt_keys_ready(struct prompt_keys *k)
{
    return keys_state(&k->keys, k->utf8) == KEYS_READY;
}

void prompt_keys_skip(struct prompt_keys *k)
{
    keys_skip(&k->keys);
}
