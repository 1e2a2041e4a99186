/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/signal.h"
#include "loop/timer.h"
#include "loop/wait.h"

enum { SIGNALS = 65 };

struct loop {
    struct wait *set;
    struct list touched;       /* watches */
    struct list soon, finally; /* jobs */
    struct timers timers;
    int64_t now;
    bool stopped;
    bool woken; /* `now` is of this turn */
    struct children children;
    struct look_ups look_ups;
    struct watch signals;
    struct {
        void (*run)(void *ctx, int signo);
        void *ctx;
    } handlers[SIGNALS];
    struct list watches; /* of signals */
};

static int64_t clock_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct loop *loop_new(bool crowd, struct err *e)
{
    struct loop *l = mem_alloc(sizeof *l);

    l->set = wait_new(crowd, e);
    if (l->set == NULL) {
        free(l);
        return NULL;
    }
    list_init(&l->touched);
    list_init(&l->soon);
    list_init(&l->finally);
    list_init(&l->children.list);
    list_init(&l->look_ups.askers);
    list_init(&l->look_ups.running);
    list_init(&l->watches);
    l->now = clock_ms();
    l->signals.fd = -1;
    return l;
}

/* Jobs queued while running wait for the next call: a job may queue itself again without holding up the turn. */
static void run_jobs(struct list *head)
{
    struct list now;
    struct job *j;

    list_move(&now, head);
    while ((j = list_first(&now, struct job, place)) != NULL) {
        list_del(&j->place);
        j->run(j);
    }
}

/* A free may give rise to another. */
static void run_frees(struct loop *l)
{
    while (!list_empty(&l->finally))
        run_jobs(&l->finally);
}

void loop_free(struct loop *l)
{
    run_frees(l);
    if (l->children.clear != NULL)
        l->children.clear(l);
    if (l->look_ups.clear != NULL)
        l->look_ups.clear(l);
    if (l->signals.fd >= 0) {
        loop_del(&l->signals);
        signal_close();
    }
    timers_clear(&l->timers);
    wait_free(l->set);
    free(l);
}

static void derive_interest(struct loop *l)
{
    struct watch *w;

    while ((w = list_first(&l->touched, struct watch, touched)) != NULL) {
        list_del(&w->touched);
        wait_set(l->set, w, w->want(w));
    }
}

static void fire_watch(void *ctx, struct watch *w, unsigned events)
{
    struct loop *l = ctx;

    if (!l->woken) { /* what happens now did not happen before the wait */
        l->woken = true;
        l->now = clock_ms();
    }
    loop_touch(w);
    w->fire(w, events);
}

static int64_t time_to_wait(const struct loop *l)
{
    const struct timer *first = timers_first(&l->timers);
    int64_t now;

    if (!list_empty(&l->soon) || !list_empty(&l->finally))
        return 0;
    if (first == NULL)
        return -1;
    now = clock_ms(); /* callbacks took their time */
    return first->at > now ? first->at - now : 0;
}

static void run_timers(struct loop *l)
{
    struct timer *t;

    while ((t = timers_first(&l->timers)) != NULL && t->at <= l->now) {
        timers_del(&l->timers, t);
        t->fire(t);
    }
}

int loop_run(struct loop *l, struct err *e)
{
    l->stopped = false;
    l->now = clock_ms();
    while (!l->stopped) {
        derive_interest(l);
        if (wait_for(l->set, time_to_wait(l), fire_watch, l) < 0)
            return err_sys(e, STATUS_LOCAL, errno, "poll");
        if (!l->woken)
            l->now = clock_ms();
        l->woken = false;
        run_jobs(&l->soon);
        run_timers(l);
        run_frees(l);
    }
    return 0;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}

struct children *loop_children(struct loop *l)
{
    return &l->children;
}

struct look_ups *loop_look_ups(struct loop *l)
{
    return &l->look_ups;
}

int64_t loop_now(const struct loop *l)
{
    return l->now;
}

void loop_add(struct loop *l, struct watch *w)
{
    w->loop = l;
    w->slot = 0;
    w->interest = 0;
    w->touched = (struct list){0};
    loop_touch(w);
}

void loop_del(struct watch *w)
{
    if (w->loop == NULL)
        return;
    list_del(&w->touched);
    wait_set(w->loop->set, w, 0);
    w->loop = NULL;
}

void loop_close(struct watch *w)
{
    if (w->loop != NULL) {
        list_del(&w->touched);
        wait_forget(w->loop->set, w);
        w->loop = NULL;
    }
    close(w->fd);
    w->fd = -1;
}

void loop_touch(struct watch *w)
{
    if (w->loop != NULL && !list_in(&w->touched))
        list_add(&w->loop->touched, &w->touched);
}

static void append_job(struct list *head, struct job *j)
{
    if (!list_in(&j->place))
        list_add(head, &j->place);
}

void loop_soon(struct loop *l, struct job *j)
{
    append_job(&l->soon, j);
}

void loop_finally(struct loop *l, struct job *j)
{
    append_job(&l->finally, j);
}

void loop_job_del(struct job *j)
{
    list_del(&j->place);
}

void loop_timer_set(struct loop *l, struct timer *t, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    t->loop = l;
    /* Read anew: a long turn must not shorten the time. */
    t->at = clock_ms() + ms;
    timers_set(&l->timers, t);
}

void loop_timer_clear(struct timer *t)
{
    if (t->place != 0)
        timers_del(&t->loop->timers, t);
}

bool loop_timer_pending(const struct timer *t)
{
    return t->place != 0;
}

static unsigned want_signals(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static void tell_watches(struct loop *l, int signo)
{
    struct signal_watch *w;
    struct list *ahead;

    list_each(w, ahead, &l->watches, struct signal_watch, place)
    {
        if (w->signo == signo)
            w->run(w);
    }
}

static void fire_signals(struct watch *w, unsigned events)
{
    struct loop *l = w->loop;
    int signo = 0;

    (void)events;
    while ((signo = signal_next(signo)) != 0) {
        if (l->handlers[signo].run != NULL)
            l->handlers[signo].run(l->handlers[signo].ctx, signo);
        tell_watches(l, signo);
    }
}

static int catch_signal(struct loop *l, int signo, struct err *e)
{
    if (l->signals.fd < 0) {
        int fd = signal_open(e);

        if (fd < 0)
            return -1;
        l->signals = (struct watch){.fd = fd, .want = want_signals, .fire = fire_signals};
        loop_add(l, &l->signals);
    }
    return signal_catch(signo, e);
}

int loop_signal_add(struct loop *l, struct signal_watch *w, struct err *e)
{
    if (catch_signal(l, w->signo, e) < 0)
        return -1;
    list_add(&l->watches, &w->place);
    return 0;
}

void loop_signal_del(struct signal_watch *w)
{
    list_del(&w->place);
}

int loop_signal(struct loop *l, int signo, void (*run)(void *ctx, int signo), void *ctx, struct err *e)
{
    if (catch_signal(l, signo, e) < 0)
        return -1;
    l->handlers[signo].run = run;
    l->handlers[signo].ctx = ctx;
    return 0;
}
