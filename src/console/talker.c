/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/talker.h"

#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/mem.h"

enum { BUCKETS = 256 };

/* A talker that is known by the address its datagrams come from. */
struct sender {
    struct talker talker;
    struct meta meta;
    uint32_t hash;
    struct sender *same;             /* in the bucket */
    struct sender *quieter, *louder; /* by when they were heard */
};

struct senders {
    struct sender *bucket[BUCKETS];
    struct sender *quietest, *loudest;
    unsigned count;
};

static struct sender *sender_of(struct talker *x)
{
    return container_of(x, struct sender, talker);
}

static void senders_fell_silent(struct timer *timer);

void talkers_init(struct talkers *t)
{
    t->next_number = 1;
    t->idle.fire = senders_fell_silent;
}

static void append(struct talkers *t, struct talker *x)
{
    x->prev = t->last;
    if (t->last != NULL)
        t->last->next = x;
    else
        t->first = x;
    t->last = x;
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

/* Senders in the order in which they were heard. */

static void quiet_unlink(struct senders *s, struct sender *x)
{
    if (x->quieter != NULL)
        x->quieter->louder = x->louder;
    else
        s->quietest = x->louder;
    if (x->louder != NULL)
        x->louder->quieter = x->quieter;
    else
        s->loudest = x->quieter;
}

static void quiet_append(struct senders *s, struct sender *x)
{
    x->louder = NULL;
    x->quieter = s->loudest;
    if (s->loudest != NULL)
        s->loudest->louder = x;
    else
        s->quietest = x;
    s->loudest = x;
}

static void forget(struct talkers *t, struct sender *x)
{
    struct sender **at = &t->senders->bucket[x->hash % BUCKETS];

    while (*at != x)
        at = &(*at)->same;
    *at = x->same;
    quiet_unlink(t->senders, x);
    t->senders->count--;
}

void talkers_del(struct talkers *t, struct talker *x)
{
    if (t->to == x)
        t->to = NULL;
    if (x->prev != NULL)
        x->prev->next = x->next;
    else
        t->first = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    else
        t->last = x->prev;
    if (x->shown)
        t->count--;
    if (x->meta != NULL)
        forget(t, sender_of(x));
    free(x);
}

void talkers_clear(struct talkers *t)
{
    while (t->first != NULL)
        talkers_del(t, t->first);
    loop_timer_clear(&t->idle);
    free(t->senders);
    t->senders = NULL;
}

/* One timer for all: it is set for the quietest. */
static void senders_fell_silent(struct timer *timer)
{
    struct talkers *t = container_of(timer, struct talkers, idle);
    struct sender *x;

    while ((x = t->senders->quietest) != NULL) {
        int64_t rest = x->talker.heard + TALKERS_IDLE - loop_now(t->loop);

        if (rest > 0) {
            loop_timer_set(t->loop, &t->idle, rest);
            return;
        }
        t->leaving(t->ctx, &x->talker);
    }
}

static struct sender *find_sender(const struct talkers *t, const struct peer *p, const struct addr *a,
                                  uint32_t hash)
{
    struct sender *x = t->senders->bucket[hash % BUCKETS];

    while (x != NULL && (x->hash != hash || x->talker.peer != p || !addr_equal(&x->meta.peer, a)))
        x = x->same;
    return x;
}

static struct sender *new_sender(struct talkers *t, struct peer *p, uint32_t hash)
{
    struct sender *x;

    if (t->senders->count >= TALKERS_SENDERS)
        t->leaving(t->ctx, &t->senders->quietest->talker);
    x = mem_alloc(sizeof *x);
    x->talker.peer = p;
    x->talker.meta = &x->meta;
    x->talker.shown = true;
    x->hash = hash;
    x->same = t->senders->bucket[hash % BUCKETS];
    t->senders->bucket[hash % BUCKETS] = x;
    t->senders->count++;
    quiet_append(t->senders, x);
    append(t, &x->talker);
    if (!loop_timer_pending(&t->idle))
        loop_timer_set(t->loop, &t->idle, TALKERS_IDLE);
    return x;
}

struct talker *talkers_hear(struct talkers *t, struct peer *p, const struct meta *m, bool *made)
{
    uint32_t hash = addr_hash(&m->peer);
    struct sender *x;

    if (t->senders == NULL)
        t->senders = mem_alloc(sizeof *t->senders);
    x = find_sender(t, p, &m->peer, hash);
    *made = x == NULL;
    if (x == NULL)
        x = new_sender(t, p, hash);
    x->meta = *m;
    x->talker.heard = loop_now(t->loop);
    quiet_unlink(t->senders, x);
    quiet_append(t->senders, x);
    return &x->talker;
}

struct talker *talkers_sender(const struct talkers *t, const struct peer *p, const struct meta *m)
{
    struct sender *x = t->senders != NULL ? find_sender(t, p, &m->peer, addr_hash(&m->peer)) : NULL;

    return x != NULL ? &x->talker : NULL;
}

struct talker *talkers_next(const struct talkers *t, const struct talker *x)
{
    struct talker *next = x != NULL ? x->next : t->first;

    while (next != NULL && !next->shown)
        next = next->next;
    return next;
}

struct talker *talkers_find(const struct talkers *t, uint32_t number)
{
    struct talker *x = talkers_next(t, NULL);

    while (x != NULL && x->number != number)
        x = talkers_next(t, x);
    return x;
}

const char *talker_name(const struct talker *x, char text[static ADDR_TEXT])
{
    return x->meta != NULL ? addr_format(&x->meta->peer, text) : peer_name(x->peer, text);
}

void talker_bytes(const struct talker *x, uint64_t *sent, uint64_t *received)
{
    *sent = x->peer->datagram ? x->sent : x->peer->sent;
    *received = x->peer->datagram ? x->received : x->peer->received;
}
