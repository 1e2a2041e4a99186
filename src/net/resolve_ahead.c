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

enum {
    THREADS = 64,        /* at once; who asks for more waits */
    SHARE = THREADS / 4, /* of one client: another is to find one free */
};

/* One who asks: a client, or we. */
struct asker {
    struct list place;    /* among all, the one whose turn was last at the end */
    struct addr *address; /* of a client's host; NULL: it is we */
    struct list waiting;  /* struct resolve_ahead */
    unsigned running;
};

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
    struct list place; /* among those of its asker that wait, or all that run */
    struct loop *loop;
    struct asker *asker;
    struct watch watch; /* fd -1: it waits */
    struct question *question;
    pthread_t thread;
    uint16_t port;
    void (*done)(void *ctx, struct addr *list, int n,
                 const struct err *e); /* NULL: nobody waits for it any more */
    void *ctx;
};

/* Who asks */

static bool is_link_local(const struct addr *a)
{
    return addr_family(a) == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr);
}

/* Whoever has a network of its own may ask from all of it; neighbours share the one of their link. */
static bool is_asker(const struct asker *k, const struct addr *client)
{
    struct addr same_port;

    if (k->address == NULL || client == NULL)
        return k->address == client;
    if (!is_link_local(client))
        return addr_same_host(k->address, client);
    addr_copy(&same_port, client);
    addr_set_port(&same_port, addr_port(k->address));
    return addr_equal(k->address, &same_port);
}

/* `client` NULL: we. */
static struct asker *find_asker(struct look_ups *all, const struct addr *client)
{
    struct asker *k;
    struct list *ahead;

    list_each(k, ahead, &all->askers, struct asker, place)
    {
        if (is_asker(k, client))
            return k;
    }
    k = mem_alloc(sizeof *k);
    k->address = client != NULL ? addr_dup(client) : NULL;
    list_init(&k->waiting);
    list_add(&all->askers, &k->place);
    return k;
}

static void free_idle_asker(struct asker *k)
{
    if (k->running > 0 || !list_empty(&k->waiting))
        return;
    list_del(&k->place);
    free(k->address);
    free(k);
}

static bool may_run(const struct asker *k)
{
    return k->running < (k->address != NULL ? SHARE : THREADS);
}

/* Of those who wait and may, who has the fewest under way; NULL: there is none. */
static struct asker *next_asker(const struct look_ups *all)
{
    struct asker *k, *next = NULL;
    struct list *ahead;

    list_each(k, ahead, &all->askers, struct asker, place)
    {
        if (!list_empty(&k->waiting) && may_run(k) && (next == NULL || k->running < next->running))
            next = k;
    }
    return next;
}

/* Questions */

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
    if (a->watch.fd >= 0) {
        close(a->watch.fd);
        a->asker->running--;
    }
    free_idle_asker(a->asker);
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
    a->asker->running++;
    list_del(&a->asker->place);
    list_add(&all->askers, &a->asker->place);
    return 0;
}

static void start_waiting(struct loop *loop)
{
    struct look_ups *all = loop_look_ups(loop);
    struct resolve_ahead *a;
    struct asker *k;
    struct err e;

    while (all->nrunning < THREADS && (k = next_asker(all)) != NULL) {
        a = list_first(&k->waiting, struct resolve_ahead, place);
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
    a->question->opts.whom = NULL;
    a->asker = find_asker(all, opts->whom != NULL && opts->whom->len > 0 ? opts->whom : NULL);
    if (all->nrunning == THREADS || !may_run(a->asker)) {
        list_add(&a->asker->waiting, &a->place);
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
