/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layer rig: two layers that do what layers may do. The shaky one delays and splits everything at random; the greeting one
 * has a handshake of three messages, and holds bytes that no descriptor tells of.
 */
#ifndef TEST_LAYER_RIG_H
#define TEST_LAYER_RIG_H

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "io/port.h"

enum { LAYER_IN = 5000, LAYER_OUT = 3000 };

/* What a layer has read from below and not given, or taken and not written below. */
struct held {
    unsigned char data[LAYER_IN];
    size_t start, end;
};

static inline size_t held_size(const struct held *h)
{
    return h->end - h->start;
}

/* Reads from below into an empty buffer, at most `most` bytes. */
static inline ssize_t held_fill(struct held *h, struct layer *l, size_t most)
{
    ssize_t n = layer_read(l->lower, h->data, most, NULL);

    h->start = 0;
    h->end = n > 0 ? (size_t)n : 0;
    return n;
}

static inline size_t held_give(struct held *h, void *data, size_t size)
{
    size_t n = held_size(h) < size ? held_size(h) : size;

    memcpy(data, h->data + h->start, n);
    h->start += n;
    return n;
}

struct shaky {
    struct layer layer;
    struct job wake;
    unsigned char events; /* for `wake` */
    uint32_t seed;
    struct held in, out;
    bool asleep; /* a read said IO_AGAIN for no reason */
};

static inline size_t shaky_random(struct shaky *s, size_t below)
{
    s->seed = s->seed * 1664525u + 1013904223u;
    return (s->seed >> 8) % below;
}

static inline void shaky_wake(struct job *j)
{
    struct shaky *s = container_of(j, struct shaky, wake);
    unsigned events = s->events;

    s->events = 0;
    s->asleep = false;
    layer_event(&s->layer, events);
}

/* Not now, though it could. */
static inline bool shaky_delays(struct shaky *s, unsigned event)
{
    if (shaky_random(s, 4) > 0)
        return false;
    s->events |= (unsigned char)event;
    loop_soon(s->layer.port->loop, &s->wake);
    return true;
}

static inline ssize_t shaky_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct shaky *s = container_of(l, struct shaky, layer);
    ssize_t n;

    (void)meta;
    if (shaky_delays(s, LOOP_IN)) {
        s->asleep = true;
        return IO_AGAIN;
    }
    if (held_size(&s->in) == 0) {
        n = held_fill(&s->in, l, 1 + shaky_random(s, LAYER_IN));
        if (n < 0)
            return n;
    }
    return (ssize_t)held_give(&s->in, data, 1 + shaky_random(s, size));
}

/* Writes below what is held. Returns 0 when nothing is any more. */
static inline int shaky_flush(struct shaky *s)
{
    while (held_size(&s->out) > 0) {
        size_t n = 1 + shaky_random(s, held_size(&s->out));
        ssize_t sent = layer_write(s->layer.lower, s->out.data + s->out.start, n, NULL);

        if (sent < 0)
            return (int)sent;
        s->out.start += (size_t)sent;
    }
    return 0;
}

static inline ssize_t shaky_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct shaky *s = container_of(l, struct shaky, layer);
    int r;

    (void)meta;
    if (shaky_delays(s, LOOP_OUT))
        return IO_AGAIN;
    r = shaky_flush(s);
    if (r < 0)
        return r;
    if (size > LAYER_OUT)
        size = LAYER_OUT;
    size = 1 + shaky_random(s, size);
    memcpy(s->out.data, data, size);
    s->out.start = 0;
    s->out.end = size;
    return shaky_flush(s) == IO_ERROR ? IO_ERROR : (ssize_t)size;
}

static inline int shaky_shut(struct layer *l)
{
    struct shaky *s = container_of(l, struct shaky, layer);
    int r = shaky_flush(s);

    return r < 0 ? r : shaky_delays(s, LOOP_OUT) ? IO_AGAIN : layer_shut(l->lower);
}

static inline size_t shaky_pending(const struct layer *l)
{
    const struct shaky *s = container_of(l, const struct shaky, layer);

    return s->asleep ? 0 : held_size(&s->in) + layer_pending(l->lower);
}

static inline size_t shaky_held(const struct layer *l)
{
    const struct shaky *s = container_of(l, const struct shaky, layer);

    return held_size(&s->in) + held_size(&s->out);
}

/* While it sleeps no descriptor may wake it. */
static inline unsigned shaky_want(struct layer *l, unsigned wanted)
{
    const struct shaky *s = container_of(l, const struct shaky, layer);

    if (s->asleep || held_size(&s->in) > 0)
        wanted &= ~(unsigned)LOOP_IN;
    if (s->events & LOOP_OUT)
        wanted &= ~(unsigned)LOOP_OUT;
    return held_size(&s->out) > 0 ? wanted | LOOP_OUT : wanted;
}

static inline unsigned shaky_event(struct layer *l, unsigned events)
{
    struct shaky *s = container_of(l, struct shaky, layer);

    if (events & LOOP_OUT && shaky_flush(s) == IO_AGAIN)
        events &= ~(unsigned)LOOP_OUT;
    layer_touch(l);
    return events;
}

static inline void shaky_free(struct layer *l)
{
    struct shaky *s = container_of(l, struct shaky, layer);

    loop_job_del(&s->wake);
    free(s);
}

static inline void shaky_over(struct port *p, uint32_t seed)
{
    static const struct layer_ops ops = {
        .name = "shaky",
        .read = shaky_read,
        .write = shaky_write,
        .pending = shaky_pending,
        .held = shaky_held,
        .shut = shaky_shut,
        .want = shaky_want,
        .event = shaky_event,
        .free = shaky_free,
    };
    struct shaky *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->seed = seed;
    s->wake.run = shaky_wake;
    layer_init(&s->layer, &ops, IO_STREAM | IO_HALFCLOSE);
    assert_int_equal(port_push(p, &s->layer, NULL), 0);
}

/* What is said before anything else, in turn; who greets first says the first and the third. */
static const char *const greetings[] = {"hello", "who are you?", "a friend"};

enum { GREETINGS = 3 };

struct greeting {
    struct layer layer;
    bool first;  /* greets first */
    bool leaves; /* when all is said */
    int step;
    size_t done; /* bytes of the message of this step */
    struct held in;
};

/* It is our turn to say something. */
static inline bool greeting_speaks(const struct greeting *g)
{
    return (g->step % 2 == 0) == g->first;
}

/* One byte of the message of this step. Returns above 0 or IO_*. */
static inline ssize_t greeting_byte(struct greeting *g)
{
    const char *byte = &greetings[g->step][g->done];
    char heard;
    ssize_t n;

    if (greeting_speaks(g))
        return layer_write(g->layer.lower, byte, 1, NULL);
    if (held_size(&g->in) == 0) {
        n = held_fill(&g->in, &g->layer, LAYER_IN);
        if (n < 0)
            return n;
    }
    held_give(&g->in, &heard, 1);
    return heard == *byte ? 1 : layer_fail_words(&g->layer, "not a friend");
}

static inline int greeting_shake(struct layer *l)
{
    struct greeting *g = container_of(l, struct greeting, layer);

    for (; g->step < GREETINGS; g->step++) {
        for (; g->done < strlen(greetings[g->step]); g->done++) {
            ssize_t n = greeting_byte(g);

            if (n < 0)
                return (int)n;
        }
        g->done = 0;
    }
    if (!g->leaves)
        return 0;
    layer_hand_on(l, g->in.data + g->in.start, held_size(&g->in));
    return LAYER_LEAVES;
}

static inline ssize_t greeting_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct greeting *g = container_of(l, struct greeting, layer);
    ssize_t n;

    (void)meta;
    if (held_size(&g->in) == 0) {
        n = held_fill(&g->in, l, LAYER_IN);
        if (n < 0)
            return n;
    }
    return (ssize_t)held_give(&g->in, data, size < 100 ? size : 100);
}

static inline ssize_t greeting_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    return layer_write(l->lower, data, size, meta);
}

static inline size_t greeting_held(const struct layer *l)
{
    return held_size(&container_of(l, const struct greeting, layer)->in);
}

static inline size_t greeting_pending(const struct layer *l)
{
    return greeting_held(l) + layer_pending(l->lower);
}

static inline unsigned greeting_want(struct layer *l, unsigned wanted)
{
    if (!l->shaking)
        return wanted;
    return greeting_speaks(container_of(l, const struct greeting, layer)) ? LOOP_OUT : LOOP_IN;
}

static inline void greeting_forget(struct layer *l)
{
    free(container_of(l, struct greeting, layer));
}

static inline struct greeting *greeting_over(struct port *p, bool first)
{
    static const struct layer_ops ops = {
        .name = "greeting",
        .read = greeting_read,
        .write = greeting_write,
        .pending = greeting_pending,
        .held = greeting_held,
        .handshake = greeting_shake,
        .want = greeting_want,
        .free = greeting_forget,
    };
    struct greeting *g = calloc(1, sizeof *g);

    assert_non_null(g);
    g->first = first;
    layer_init(&g->layer, &ops, IO_STREAM | IO_HALFCLOSE);
    assert_int_equal(port_push(p, &g->layer, NULL), 0);
    return g;
}

#endif
