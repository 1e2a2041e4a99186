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

static bool goes_along(const struct answers *a, const struct cmsg_out *out)
{
    const struct meta *to = out->to;

    if (to == NULL)
        to = &a->to;
    return a->start == 0 && a->count < BATCH_MOST && a->end == a->count * a->size && out->size <= a->size &&
           to->socket == a->to.socket && to->hops == a->to.hops && to->ifindex == a->to.ifindex &&
           addr_equal(&to->peer, &a->to.peer) && addr_equal(&to->local, &a->to.local);
}

bool answers_add(struct answers *a, const struct cmsg_out *out)
{
    if (out->size == 0 || out->size > JOINED)
        return false;
    if (answers_wait(a) && !goes_along(a, out))
        return false;
    if (a->data == NULL)
        a->data = mem_alloc((size_t)BATCH_MOST * JOINED);
    if (!answers_wait(a)) {
        a->to = out->to != NULL ? *out->to : (struct meta){0};
        a->size = out->size;
        a->start = a->end = a->count = 0;
    }
    memcpy(a->data + a->end, out->data, out->size);
    a->end += out->size;
    a->count++;
    return true;
}

struct cmsg_out answers_next(const struct answers *a, bool joined)
{
    struct cmsg_out out = {
        .data = a->data + a->start, .size = a->end - a->start, .to = &a->to, .answer = true};

    if (out.size > a->size && joined)
        out.segment = a->size;
    else if (out.size > a->size)
        out.size = a->size;
    return out;
}

void answers_sent(struct answers *a, size_t size)
{
    a->start += size;
}
