/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

enum {
    LONGEST = 65536, /* no UDP datagram is longer */
    JOINED = 1400,   /* longer answers go alone: the kernel does not cut into fragments */
};

/* The pages of a slot that is not used are never touched. */
struct arrivals {
    unsigned count, next;
    unsigned char *data;
    struct mmsghdr messages[BATCH_MOST];
    struct iovec iov[BATCH_MOST];
    struct addr from[BATCH_MOST];
    struct cmsg_room control[BATCH_MOST];
};

static void prepare(struct arrivals *a, unsigned i)
{
    a->iov[i] = (struct iovec){.iov_base = a->data + (size_t)i * LONGEST, .iov_len = LONGEST};
    a->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &a->from[i].sa,
        .msg_namelen = sizeof a->from[i] - offsetof(struct addr, sa),
        .msg_iov = &a->iov[i],
        .msg_iovlen = 1,
        .msg_control = &a->control[i],
        .msg_controllen = sizeof a->control[i],
    };
}

struct arrivals *arrivals_new(void)
{
    struct arrivals *a = mem_alloc(sizeof *a);

    a->data = mem_resize(NULL, (size_t)BATCH_MOST * LONGEST); /* not cleared, and so not touched */
    a->count = BATCH_MOST;
    a->next = BATCH_MOST;
    return a;
}

void arrivals_free(struct arrivals *a)
{
    if (a == NULL)
        return;
    free(a->data);
    free(a);
}

unsigned arrivals_left(const struct arrivals *a)
{
    return a != NULL ? a->count - a->next : 0;
}

int arrivals_fill(struct arrivals *a, int fd)
{
    int n;

    for (unsigned i = 0; i < a->count; i++)
        prepare(a, i);
    a->count = a->next = 0;
    do
        n = recvmmsg(fd, a->messages, BATCH_MOST, MSG_DONTWAIT, NULL);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        a->count = (unsigned)n;
    return n;
}

size_t arrivals_show(struct arrivals *a, struct cmsg_in *in, const void **data)
{
    unsigned i = a->next++;

    a->from[i].len = a->messages[i].msg_hdr.msg_namelen;
    addr_copy(&in->meta->peer, &a->from[i]);
    cmsg_read(&a->messages[i].msg_hdr, in);
    *data = a->iov[i].iov_base;
    return a->messages[i].msg_len;
}

ssize_t arrivals_take(struct arrivals *a, struct cmsg_in *in)
{
    const void *data;
    size_t n = arrivals_show(a, in, &data);

    if (n > in->size) {
        n = in->size;
        in->cut = true;
    }
    memcpy(in->data, data, n);
    return (ssize_t)n;
}

void answers_clear(struct answers *a)
{
    free(a->groups);
    free(a->data);
    *a = (struct answers){0};
}

static bool same_way(const struct meta *a, const struct meta *b)
{
    return a->hops == b->hops && a->ifindex == b->ifindex && addr_equal(&a->peer, &b->peer) &&
           addr_equal(&a->local, &b->local);
}

static bool joins_group(const struct answer_group *g, const struct meta *to, size_t size)
{
    return size <= g->size && (g->end - g->start) % g->size == 0 && same_way(to, &g->to);
}

static void add_group(struct answers *a, const struct meta *to, size_t size)
{
    struct answer_group *g;

    if (a->n == a->room) {
        a->room = a->room > 0 ? BATCH_MOST : 1; /* most have one way to go */
        a->groups = mem_resize(a->groups, a->room * sizeof *a->groups);
    }
    g = &a->groups[a->n++];
    addr_copy(&g->to.peer, &to->peer);
    addr_copy(&g->to.local, &to->local);
    g->to.ifindex = to->ifindex;
    g->to.socket = to->socket;
    g->to.hops = to->hops;
    g->to.secret = false;
    g->size = size;
    g->start = g->end = a->end;
}

bool answers_add(struct answers *a, const struct cmsg_out *out)
{
    static const struct meta nobody;
    const struct meta *to = out->to != NULL ? out->to : &nobody;

    if (out->size == 0 || out->size > JOINED)
        return false;
    if (a->data == NULL)
        a->data = mem_resize(NULL, (size_t)BATCH_MOST * JOINED); /* not cleared, and so not touched */
    if (!answers_wait(a))
        a->first = a->n = a->count = 0, a->end = 0;
    else if (a->count == BATCH_MOST || to->socket != a->groups[a->first].to.socket)
        return false;
    if (!answers_wait(a) || !joins_group(&a->groups[a->n - 1], to, out->size))
        add_group(a, to, out->size);
    memcpy(a->data + a->end, out->data, out->size);
    a->end += out->size;
    a->groups[a->n - 1].end = a->end;
    a->count++;
    return true;
}

unsigned answers_next(const struct answers *a, bool joined, struct cmsg_out out[static BATCH_MOST])
{
    unsigned n = 0;

    for (const struct answer_group *g = a->groups + a->first; g < a->groups + a->n; g++) {
        const size_t step = joined ? g->end - g->start : g->size;

        for (size_t at = g->start; at < g->end; at += step) {
            const size_t size = step < g->end - at ? step : g->end - at;

            out[n++] = (struct cmsg_out){.data = a->data + at,
                                         .size = size,
                                         .to = g->to.peer.len > 0 ? &g->to : NULL,
                                         .answer = true,
                                         .segment = size > g->size ? g->size : 0};
        }
    }
    return n;
}

void answers_sent(struct answers *a, const struct cmsg_out *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct answer_group *g = &a->groups[a->first];

        g->start += out[i].size;
        a->first += g->start == g->end;
    }
}

size_t answers_size(const struct answers *a)
{
    return answers_wait(a) ? a->end - a->groups[a->first].start : 0;
}

size_t answers_size_to(const struct answers *a, const struct meta *to)
{
    size_t sum = 0;

    for (unsigned i = a->first; i < a->n; i++) {
        const struct answer_group *g = &a->groups[i];

        if (g->to.socket == to->socket && same_way(to, &g->to))
            sum += g->end - g->start;
    }
    return sum;
}
