/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/talker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"

enum { BUCKETS = 256 };

/* A talker that is known by the address its datagrams come from. */
struct sender {
    struct talker talker;
    struct meta meta;
    uint64_t hash;
    struct sender *same; /* in the bucket */
    struct list place;   /* in senders.quiet */
};

struct senders {
    struct siphash_key key; /* senders choose their addresses */
    struct sender *bucket[BUCKETS];
    struct list quiet; /* the quietest first: by when they were heard */
    unsigned count;
};

static struct sender *sender_of(struct talker *x)
{
    return container_of(x, struct sender, talker);
}

static struct sender *quietest(const struct senders *s)
{
    return list_first(&s->quiet, struct sender, place);
}

static void senders_fell_silent(struct timer *timer);

void talkers_init(struct talkers *t)
{
    list_init(&t->all);
    t->next_number = 1;
    t->idle.fire = senders_fell_silent;
}

static void append(struct talkers *t, struct talker *x)
{
    list_add(&t->all, &x->place);
    x->since = loop_now(t->loop);
    if (x->shown) {
        x->number = t->next_number++;
        t->count++;
    }
}

struct talker *talkers_add(struct talkers *t, struct peer *p, bool shown)
{
    struct talker *x = mem_alloc(sizeof *x);

    x->peer = p;
    x->shown = shown;
    append(t, x);
    return x;
}

static void forget(struct talkers *t, struct sender *x)
{
    struct sender **at = &t->senders->bucket[x->hash % BUCKETS];

    while (*at != x)
        at = &(*at)->same;
    *at = x->same;
    list_del(&x->place);
    t->senders->count--;
}

void talkers_lose(struct talkers *t, const struct talker *x)
{
    if (t->to != x)
        return;
    t->to = NULL;
    talker_label(x, t->gone);
}

void talkers_del(struct talkers *t, struct talker *x)
{
    talkers_lose(t, x);
    list_del(&x->place);
    if (x->shown)
        t->count--;
    if (x->meta != NULL)
        forget(t, sender_of(x));
    free(x->called);
    free(x->recent);
    free(x);
}

void talkers_clear(struct talkers *t)
{
    struct talker *x;
    struct list *ahead;

    list_each(x, ahead, &t->all, struct talker, place) talkers_del(t, x);
    loop_timer_clear(&t->idle);
    free(t->senders);
    t->senders = NULL;
}

/* One timer for all: it is set for the quietest. */
static void senders_fell_silent(struct timer *timer)
{
    struct talkers *t = container_of(timer, struct talkers, idle);
    struct sender *x;

    while ((x = quietest(t->senders)) != NULL) {
        int64_t rest = x->talker.heard + TALKERS_IDLE - loop_now(t->loop);

        if (rest > 0) {
            loop_timer_set(t->loop, &t->idle, rest);
            return;
        }
        t->leaving(t->ctx, &x->talker);
    }
}

static struct sender *find_sender(const struct talkers *t, const struct peer *p, const struct addr *a,
                                  uint64_t hash)
{
    struct sender *x = t->senders->bucket[hash % BUCKETS];

    while (x != NULL && (x->hash != hash || x->talker.peer != p || !addr_equal(&x->meta.peer, a)))
        x = x->same;
    return x;
}

static struct sender *new_sender(struct talkers *t, struct peer *p, uint64_t hash)
{
    struct sender *x;

    if (t->senders->count >= TALKERS_SENDERS)
        t->leaving(t->ctx, &quietest(t->senders)->talker);
    x = mem_alloc(sizeof *x);
    x->talker.peer = p;
    x->talker.meta = &x->meta;
    x->talker.shown = true;
    x->hash = hash;
    x->same = t->senders->bucket[hash % BUCKETS];
    t->senders->bucket[hash % BUCKETS] = x;
    t->senders->count++;
    list_add(&t->senders->quiet, &x->place);
    append(t, &x->talker);
    if (!loop_timer_pending(&t->idle))
        loop_timer_set(t->loop, &t->idle, TALKERS_IDLE);
    return x;
}

struct talker *talkers_hear(struct talkers *t, struct peer *p, const struct meta *m, bool *made)
{
    struct sender *x;
    uint64_t hash;

    if (t->senders == NULL) {
        t->senders = mem_alloc(sizeof *t->senders);
        list_init(&t->senders->quiet);
        siphash_make_key(&t->senders->key);
    }
    hash = addr_hash(&m->peer, &t->senders->key);
    x = find_sender(t, p, &m->peer, hash);
    *made = x == NULL;
    if (x == NULL)
        x = new_sender(t, p, hash);
    x->meta = *m;
    x->talker.heard = loop_now(t->loop);
    list_del(&x->place);
    list_add(&t->senders->quiet, &x->place);
    return &x->talker;
}

struct talker *talkers_sender(const struct talkers *t, const struct peer *p, const struct meta *m)
{
    const struct senders *s = t->senders;
    struct sender *x = s != NULL ? find_sender(t, p, &m->peer, addr_hash(&m->peer, &s->key)) : NULL;

    return x != NULL ? &x->talker : NULL;
}

struct talker *talkers_after(const struct talkers *t, const struct talker *x)
{
    return x != NULL ? list_next(&t->all, x, struct talker, place)
                     : list_first(&t->all, struct talker, place);
}

struct talker *talkers_next(const struct talkers *t, const struct talker *x)
{
    struct talker *next = talkers_after(t, x);

    while (next != NULL && !next->shown)
        next = talkers_after(t, next);
    return next;
}

struct talker *talkers_find(const struct talkers *t, uint32_t number)
{
    struct talker *x = talkers_next(t, NULL);

    while (x != NULL && x->number != number)
        x = talkers_next(t, x);
    return x;
}

struct talker *talkers_called(const struct talkers *t, const char *name)
{
    struct talker *x = talkers_next(t, NULL);

    while (x != NULL && (x->called == NULL || strcmp(x->called, name) != 0))
        x = talkers_next(t, x);
    return x;
}

void talker_call(struct talker *x, const char *name)
{
    free(x->called);
    x->called = name != NULL ? mem_strdup(name) : NULL;
}

bool talker_can_be_called(const char *name)
{
    static const char digits[] = "0123456789";
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = strlen(name);

    return n <= TALKER_CALLED && strspn(name, others) == n && strspn(name, digits) < n;
}

const char *talker_label(const struct talker *x, char text[static TALKER_LABEL])
{
    const struct talker *named = x->far && x->other != NULL ? x->other : x;
    const char *sign = x->other == NULL ? "" : x->far ? ">" : "<";

    if (named->called != NULL)
        snprintf(text, TALKER_LABEL, "%s%s", named->called, sign);
    else
        snprintf(text, TALKER_LABEL, "%u%s", (unsigned)x->number, sign);
    return text;
}

const char *talker_name(const struct talker *x, char text[static ADDR_TEXT])
{
    if (x->name != NULL)
        snprintf(text, ADDR_TEXT, "%s", x->name);
    else if (x->meta != NULL)
        addr_format(&x->meta->peer, text);
    else
        peer_name(x->peer, text);
    return text;
}

void talker_bytes(const struct talker *x, uint64_t *sent, uint64_t *received)
{
    /* The peer that stands for the talker at its end is the other side of the end. */
    const uint64_t to = x->far ? x->peer->received : x->peer->sent;
    const uint64_t from = x->far ? x->peer->sent : x->peer->received;

    *sent = x->peer->datagram ? x->sent : to;
    *received = x->peer->datagram ? x->received : from;
}
