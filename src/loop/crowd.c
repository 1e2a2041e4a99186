/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "loop/crowd.h"

#include <errno.h>

#ifdef USE_EPOLL

#include <sys/epoll.h>

#include "loop/watch.h"

enum { BATCH = 256 };

int crowd_open(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

int crowd_set(int crowd, struct watch *w, unsigned old, unsigned wanted)
{
    struct epoll_event ev = {.data.ptr = w};
    int op = wanted == 0 ? EPOLL_CTL_DEL : old == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (wanted & LOOP_IN)
        ev.events |= EPOLLIN;
    if (wanted & LOOP_OUT)
        ev.events |= EPOLLOUT;
    return epoll_ctl(crowd, op, w->fd, &ev);
}

int crowd_ready(int crowd, struct watch **watches, unsigned *events, int max, int ms)
{
    struct epoll_event ready[BATCH];
    int n = epoll_wait(crowd, ready, max < BATCH ? max : BATCH, ms);

    for (int i = 0; i < n; i++) {
        watches[i] = ready[i].data.ptr;
        events[i] = 0;
        if (ready[i].events & EPOLLIN)
            events[i] |= LOOP_IN;
        if (ready[i].events & EPOLLOUT)
            events[i] |= LOOP_OUT;
        if (ready[i].events & (EPOLLERR | EPOLLHUP))
            events[i] |= LOOP_HUP;
    }
    return n;
}

#else

int crowd_open(void)
{
    errno = ENOSYS;
    return -1;
}

int crowd_set(int crowd, struct watch *w, unsigned old, unsigned wanted)
{
    (void)crowd, (void)w, (void)old, (void)wanted;
    return -1;
}

int crowd_ready(int crowd, struct watch **watches, unsigned *events, int max, int ms)
{
    (void)crowd, (void)watches, (void)events, (void)max, (void)ms;
    return 0;
}

#endif
