/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/resolve_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/container.h"
#include "base/list.h"
#include "base/mem.h"

enum { THREADS = 64 /* at once; who asks for more waits */ };

/* What the thread works on. */
struct question {
    char *host;
    struct resolve_opts opts;
    int end; /* closed to tell the loop */
    struct addr *list;
    int n;
    struct err e;
    atomic_bool left; /* one of both has: the other frees it */
};

struct resolve_ahead {
    struct list place; /* among those that wait, or that run */
    struct loop *loop;
    struct watch watch; /* fd -1: it waits */
    struct question *question;
    pthread_t thread;
    uint16_t port;
    void (*done)(void *ctx, struct addr *list, int n,
                 const struct err *e); /* NULL: nobody waits for it any more */
    void *ctx;
};

static void free_question(struct question *q)
{
    free(q->host);
    free(q->list);
    free(q);
}

static void *run_question(void *arg)
{
    struct question *q = arg;

    q->n = resolve(q->host, NULL, &q->opts, &q->list, &q->e);
    close(q->end);
    if (atomic_exchange(&q->left, true))
        free_question(q);
    return NULL;
}

/* Signals are the loop's. Returns 0, or an errno. */
static int start_thread(struct resolve_ahead *a)
{
    sigset_t all, old;
    int r;

    sigfillset(&all);
    r = pthread_sigmask(SIG_SETMASK, &all, &old);
    if (r != 0)
        return r;
    r = pthread_create(&a->thread, NULL, run_question, a->question);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return r;
}

static unsigned want_answer(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static void free_ahead(struct resolve_ahead *a)
{
    list_del(&a->place);
    loop_del(&a->watch);
    if (a->watch.fd >= 0)
        close(a->watch.fd);
    free(a);
}

static void give_answer(struct watch *w, unsigned events);

/* Returns 0, or -1 with `e`. */
static int start_question(struct resolve_ahead *a, struct err *e)
{
    struct look_ups *all = loop_look_ups(a->loop);
    int ends[2], r;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "%s", a->question->host);
    a->question->end = ends[1];
    r = start_thread(a);
    if (r != 0) {
        close(ends[0]);
        close(ends[1]);
        return err_sys(e, STATUS_LOCAL, r, "%s", a->question->host);
    }
    a->watch = (struct watch){.fd = ends[0], .want = want_answer, .fire = give_answer};
    loop_add(a->loop, &a->watch);
    list_add(&all->running, &a->place);
    all->nrunning++;
    return 0;
}

static void start_waiting(struct loop *loop)
{
    struct look_ups *all = loop_look_ups(loop);
    struct resolve_ahead *a;
    struct err e;

    while (all->nrunning < THREADS && (a = list_first(&all->waiting, struct resolve_ahead, place)) != NULL) {
        list_del(&a->place);
        if (start_question(a, &e) == 0)
            continue;
        a->done(a->ctx, NULL, -1, &e);
        free_question(a->question);
        free_ahead(a);
    }
}

static void tell_answer(struct resolve_ahead *a)
{
    struct question *q = a->question;
    struct addr *list = q->list;

    q->list = NULL;
    for (int i = 0; i < q->n; i++)
        addr_set_port(&list[i], a->port);
    a->done(a->ctx, list, q->n, &q->e);
}

static void give_answer(struct watch *w, unsigned events)
{
    struct resolve_ahead *a = container_of(w, struct resolve_ahead, watch);
    struct loop *loop = a->loop;

    (void)events;
    pthread_join(a->thread, NULL); /* it only has to return */
    loop_look_ups(loop)->nrunning--;
    if (a->done != NULL)
        tell_answer(a);
    free_question(a->question);
    free_ahead(a);
    start_waiting(loop);
}

/* The threads that are left run to their end by themselves. */
static void leave_all(struct loop *loop)
{
    struct look_ups *all = loop_look_ups(loop);
    struct resolve_ahead *a;

    while ((a = list_first(&all->running, struct resolve_ahead, place)) != NULL) {
        pthread_detach(a->thread);
        if (atomic_exchange(&a->question->left, true))
            free_question(a->question);
        free_ahead(a);
    }
}

bool resolve_asks(const char *host, const struct resolve_opts *opts)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_family = opts->family};
    struct addrinfo *found = NULL;
    struct addr literal;

    if (host == NULL || host[0] == '\0' || opts->numeric || resolve_is_literal(host, opts->family, &literal))
        return false;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return true;
    freeaddrinfo(found);
    return false;
}

struct resolve_ahead *resolve_ahead(struct loop *loop, const char *host, const char *port,
                                    const struct resolve_opts *opts,
                                    void (*done)(void *ctx, struct addr *list, int n, const struct err *e),
                                    void *ctx, struct err *e)
{
    struct look_ups *all = loop_look_ups(loop);
    struct resolve_ahead *a;
    uint16_t number;

    if (resolve_port(port, opts->socktype, &number, e) < 0)
        return NULL;
    all->clear = leave_all;
    a = mem_alloc(sizeof *a);
    *a = (struct resolve_ahead){.loop = loop, .watch.fd = -1, .port = number, .done = done, .ctx = ctx};
    a->question = mem_alloc(sizeof *a->question);
    a->question->host = mem_strdup(host);
    a->question->opts = *opts;
    if (all->nrunning == THREADS || !list_empty(&all->waiting)) {
        list_add(&all->waiting, &a->place);
    } else if (start_question(a, e) < 0) {
        free_question(a->question);
        free_ahead(a);
        return NULL;
    }
    return a;
}

void resolve_abandon(struct resolve_ahead *a)
{
    if (a == NULL)
        return;
    a->done = NULL;
    if (a->watch.fd >= 0)
        return; /* its thread counts until it ends */
    free_question(a->question);
    free_ahead(a);
}
