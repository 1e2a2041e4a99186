/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/crowd.h"
#include "loop/watch.h"

/* Of a watch: its index in the poll set plus one, or one of these. */
enum { OUTSIDE = 0, IN_CROWD = -1 };

enum { BATCH = 256 };

struct wait {
    struct pollfd *fds;     /* packed; with a crowd, entry 0 is the crowd */
    struct watch **watches; /* of the same index */
    size_t count, room;
    int crowd;                  /* or -1 */
    size_t members;             /* of the crowd */
    struct watch *fired[BATCH]; /* what the crowd reported and has not been fired yet */
    unsigned events[BATCH];
    int nfired;
};

static short poll_events(unsigned wanted)
{
    return (short)((wanted & LOOP_IN ? POLLIN : 0) | (wanted & LOOP_OUT ? POLLOUT : 0));
}

static unsigned loop_events(short revents)
{
    return (revents & POLLIN ? LOOP_IN : 0u) | (revents & POLLOUT ? LOOP_OUT : 0u) |
           (revents & (POLLHUP | POLLERR | POLLNVAL) ? LOOP_HUP : 0u);
}

static size_t append_entry(struct wait *s, int fd, short events, struct watch *w)
{
    if (s->count == s->room) {
        s->room = s->room > 0 ? 2 * s->room : 2 * WAIT_DIRECT;
        s->fds = mem_resize(s->fds, s->room * sizeof *s->fds);
        s->watches = mem_resize(s->watches, s->room * sizeof *s->watches);
    }
    s->fds[s->count] = (struct pollfd){.fd = fd, .events = events};
    s->watches[s->count] = w;
    return s->count++;
}

struct wait *wait_new(bool crowd, struct err *e)
{
    struct wait *s = mem_alloc(sizeof *s);

    s->crowd = -1;
    if (crowd) {
        s->crowd = crowd_open();
        if (s->crowd < 0 && (errno == EMFILE || errno == ENFILE)) {
            err_sys(e, STATUS_LOCAL, errno, "epoll");
            free(s);
            return NULL;
        }
        if (s->crowd >= 0)
            append_entry(s, s->crowd, POLLIN, NULL);
    }
    return s;
}

void wait_free(struct wait *s)
{
    if (s->crowd >= 0)
        close(s->crowd);
    free(s->fds);
    free(s->watches);
    free(s);
}

/* The last entry moves into the gap: the set stays packed. */
static void drop_entry(struct wait *s, struct watch *w)
{
    size_t gap = (size_t)w->slot - 1;
    size_t last = --s->count;

    if (gap != last) {
        s->fds[gap] = s->fds[last];
        s->watches[gap] = s->watches[last];
        s->watches[gap]->slot = (int)gap + 1;
    }
    w->slot = OUTSIDE;
}

static void forget_fired(struct wait *s, const struct watch *w)
{
    for (int i = 0; i < s->nfired; i++) {
        if (s->fired[i] == w)
            s->fired[i] = NULL;
    }
}

static bool join_crowd(struct wait *s, struct watch *w, unsigned wanted)
{
    if (s->crowd < 0 || crowd_set(s->crowd, w, 0, wanted) < 0)
        return false;
    w->slot = IN_CROWD;
    s->members++;
    return true;
}

static void leave_crowd(struct wait *s, struct watch *w)
{
    forget_fired(s, w);
    w->slot = OUTSIDE;
    s->members--;
}

/* Too many to be polled one by one: all that can join the crowd do. */
static void gather_crowd(struct wait *s)
{
    for (size_t i = s->count; i-- > 0;) {
        struct watch *w = s->watches[i];

        /* One that is ready has its turn first. */
        if (w == NULL || s->fds[i].revents != 0)
            continue;
        drop_entry(s, w);
        if (!join_crowd(s, w, w->interest))
            w->slot = (int)append_entry(s, w->fd, poll_events(w->interest), w) + 1;
    }
}

static void join_set(struct wait *s, struct watch *w, unsigned wanted)
{
    bool crowded = s->crowd >= 0 && (s->members > 0 || s->count > WAIT_DIRECT);

    if (crowded && s->members == 0)
        gather_crowd(s);
    if (!crowded || !join_crowd(s, w, wanted))
        w->slot = (int)append_entry(s, w->fd, poll_events(wanted), w) + 1;
}

void wait_set(struct wait *s, struct watch *w, unsigned wanted)
{
    if (w->slot == IN_CROWD) {
        if (wanted != w->interest)
            crowd_set(s->crowd, w, w->interest, wanted);
        if (wanted == 0)
            leave_crowd(s, w);
    } else if (w->slot > 0) {
        if (wanted == 0)
            drop_entry(s, w);
        else
            s->fds[w->slot - 1].events = poll_events(wanted);
    } else if (wanted != 0) {
        join_set(s, w, wanted);
    }
    w->interest = (unsigned char)wanted;
}

void wait_forget(struct wait *s, struct watch *w)
{
    if (w->slot == IN_CROWD)
        leave_crowd(s, w);
    else if (w->slot > 0)
        drop_entry(s, w);
    w->interest = 0;
}

static int fire_crowd(struct wait *s, int ms, void (*fire)(void *, struct watch *, unsigned), void *ctx)
{
    const int n = crowd_ready(s->crowd, s->fired, s->events, BATCH, ms);

    if (n < 0)
        return errno == EINTR ? 0 : -1;
    s->nfired = n;
    for (int i = 0; i < s->nfired; i++) {
        if (s->fired[i] != NULL)
            fire(ctx, s->fired[i], s->events[i]);
    }
    s->nfired = 0;
    return 0;
}

int wait_for(struct wait *s, int64_t timeout, void (*fire)(void *ctx, struct watch *w, unsigned events),
             void *ctx)
{
    int ms = timeout > INT_MAX ? INT_MAX : (int)timeout;
    size_t skipped = s->crowd >= 0 && s->members == 0 ? 1 : 0; /* an empty crowd is not asked */
    int ready;

    if (s->members > 0 && s->count == 1) /* the crowd alone: one call will do */
        return fire_crowd(s, ms, fire, ctx);
    ready = poll(s->fds + skipped, (nfds_t)(s->count - skipped), ms);
    if (ready < 0)
        return errno == EINTR ? 0 : -1;
    /* Backwards: when a fired watch leaves, the entry that fills its gap has had its turn. An entry that joins
     * has no revents yet. */
    for (size_t i = s->count; i-- > 0 && ready > 0;) {
        short revents;

        if (i >= s->count || s->fds[i].revents == 0)
            continue;
        revents = s->fds[i].revents;
        s->fds[i].revents = 0;
        ready--;
        if (s->watches[i] == NULL)
            (void)fire_crowd(s, 0, fire, ctx);
        else
            fire(ctx, s->watches[i], loop_events(revents));
    }
    return 0;
}

unsigned wait_ready(int fd, unsigned events)
{
    struct pollfd p = {.fd = fd, .events = poll_events(events)};
    int n;

    do
        n = poll(&p, 1, 0);
    while (n < 0 && errno == EINTR);
    return n > 0 ? loop_events(p.revents) : 0;
}

bool wait_room(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, ms) != 0;
}
