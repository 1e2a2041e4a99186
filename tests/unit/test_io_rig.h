/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rig: a loop with a guard against hanging, and ends that feed and drain what links move, for the tests of
 * loop/, io/ and svc/. Each group of tests runs once per backend.
 */
#ifndef TEST_IO_RIG_H
#define TEST_IO_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/container.h"
#include "base/log.h"
#include "io/fd.h"
#include "io/link.h"
#include "io/queue.h"
#include "loop/wait.h"
#include "test_layer_rig.h"

enum {
    RIG_IDLE = WAIT_DIRECT + 1,
    RIG_LIMIT = 60000, /* ms until a run is given up */
    RIG_MOMENT = 10,
    RIG_TRIES = 100,
};

/* How the group that runs now waits and moves bytes. */
static struct {
    bool crowd, splice;
    enum { BARE, SHAKY, GREETING } layer; /* on every port that rig_socket() and rig_file() make */
} backend;

static inline int rig_poll(void **state)
{
    (void)state;
    backend.crowd = backend.splice = false;
    backend.layer = BARE;
    return 0;
}

static inline int rig_crowd(void **state)
{
    (void)state;
    backend.crowd = true;
    backend.splice = false;
    backend.layer = BARE;
    return 0;
}

static inline int rig_splice(void **state)
{
    (void)state;
    backend.crowd = backend.splice = true;
    backend.layer = BARE;
    return 0;
}

/* Everything is delayed and split at random. */
static inline int rig_shaky(void **state)
{
    rig_splice(state);
    backend.layer = SHAKY;
    return 0;
}

/* Sockets stand behind a handshake. */
static inline int rig_greeting(void **state)
{
    rig_splice(state);
    backend.layer = GREETING;
    return 0;
}

/* What stands between a port whose layer greets and a descriptor at whose other end nobody does. */
struct tunnel {
    struct port *outer, *inner;
    struct link *in, *out;
    struct tunnel *next;
};

struct rig {
    struct tunnel *tunnels;
    struct loop *loop;
    struct link_pool pool;
    struct timer guard, rest;
    bool late;
    struct watch idle[RIG_IDLE]; /* take the places in the poll set, so that the others join the crowd */
    int idle_pipe[2];
};

static inline void rig_nonblock(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

static inline void rig_pipe(int fds[2])
{
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
}

static inline void rig_pair(int fds[2], int type)
{
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
}

/* The second end takes as little as it can. */
static inline void rig_narrow_pair(int fds[2])
{
    int small = 1;

    rig_pair(fds, SOCK_STREAM);
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
}

static inline unsigned rig_want_in(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static inline void rig_never(struct watch *w, unsigned events)
{
    (void)w, (void)events;
    fail_msg("an idle watch fired");
}

static inline void rig_is_late(struct timer *t)
{
    struct rig *r = container_of(t, struct rig, guard);

    r->late = true;
    loop_stop(r->loop);
}

static inline void rig_rested(struct timer *t)
{
    loop_stop(t->loop);
}

static inline struct rig *rig_new(void)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    r->loop = loop_new(backend.crowd, NULL);
    assert_non_null(r->loop);
    link_pool_init(&r->pool, backend.splice);
    r->guard.fire = rig_is_late;
    r->rest.fire = rig_rested;
    if (backend.crowd) {
        rig_pipe(r->idle_pipe);
        for (int i = 0; i < RIG_IDLE; i++) {
            r->idle[i] = (struct watch){.fd = r->idle_pipe[0], .want = rig_want_in, .fire = rig_never};
            loop_add(r->loop, &r->idle[i]);
        }
    }
    return r;
}

/* Runs until something stops the loop. */
static inline void rig_run(struct rig *r)
{
    struct err e;

    r->late = false;
    loop_timer_set(r->loop, &r->guard, RIG_LIMIT);
    assert_int_equal(loop_run(r->loop, &e), 0);
    loop_timer_clear(&r->guard);
    assert_false(r->late);
}

static inline int64_t rig_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Runs for `ms`. Returns how often the loop went to sleep. */
static inline long rig_sleeps(struct rig *r, int64_t ms)
{
    struct rusage before, after;

    assert_int_equal(getrusage(RUSAGE_THREAD, &before), 0);
    loop_timer_set(r->loop, &r->rest, ms);
    rig_run(r);
    loop_timer_clear(&r->rest);
    assert_int_equal(getrusage(RUSAGE_THREAD, &after), 0);
    return after.ru_nvcsw - before.ru_nvcsw;
}

/* Runs for `ms`, and fails when the loop spins: then it does not sleep, however often one looks. */
static inline void rig_rest(struct rig *r, int64_t ms)
{
    rig_sleeps(r, ms);
    for (int tries = 0; tries < RIG_TRIES; tries++) {
        if (rig_sleeps(r, RIG_MOMENT) > 0)
            return;
    }
    fail_msg("the loop spins");
}

/* Runs until everything that is ready is done: twice in a row it sleeps for a moment that nothing interrupts. */
static inline void rig_settle(struct rig *r)
{
    int quiet = 0;

    for (int tries = 0; tries < RIG_TRIES && quiet < 2; tries++)
        quiet = rig_sleeps(r, RIG_MOMENT) == 1 ? quiet + 1 : 0;
}

static inline void tunnel_failed(struct link *k)
{
    struct tunnel *t = k->ctx;

    if (k->state == LINK_DONE)
        return;
    link_free(t->in);
    link_free(t->out);
    t->in = t->out = NULL;
    port_free(t->inner);
    port_free(t->outer);
}

static inline struct link *tunnel_link(struct rig *r, struct tunnel *t, struct port *src, struct port *dst)
{
    struct link *k = link_new(src, dst, &r->pool, NULL);

    k->done = tunnel_failed;
    k->ctx = t;
    return k;
}

/* The other end of `fd` speaks to the returned port through a tunnel, and knows of no greetings. */
static inline struct port *rig_tunnel(struct rig *r, int fd)
{
    struct tunnel *t = calloc(1, sizeof *t);
    struct port *port;
    int s[2];

    assert_non_null(t);
    rig_pair(s, SOCK_STREAM);
    port = fd_socket(r->loop, s[0]);
    t->inner = fd_socket(r->loop, s[1]);
    t->outer = fd_socket(r->loop, fd);
    greeting_over(port, true);
    greeting_over(t->inner, false);
    t->in = tunnel_link(r, t, t->outer, t->inner);
    t->out = tunnel_link(r, t, t->inner, t->outer);
    t->next = r->tunnels;
    r->tunnels = t;
    return port;
}

static inline struct port *rig_shaken(struct port *port)
{
    static uint32_t seed;

    if (backend.layer == SHAKY)
        shaky_over(port, seed++);
    return port;
}

/* As fd_socket() and fd_file(), with what the backend puts on it. */
static inline struct port *rig_socket(struct rig *r, int fd)
{
    return backend.layer == GREETING ? rig_tunnel(r, fd) : rig_shaken(fd_socket(r->loop, fd));
}

static inline struct port *rig_file(struct rig *r, int fd)
{
    return rig_shaken(fd_file(r->loop, fd));
}

static inline void rig_free_tunnels(struct rig *r)
{
    while (r->tunnels != NULL) {
        struct tunnel *t = r->tunnels;

        r->tunnels = t->next;
        if (t->in != NULL) {
            link_free(t->in);
            link_free(t->out);
            port_free(t->inner);
            port_free(t->outer);
        }
        free(t);
    }
}

static inline void rig_free(struct rig *r)
{
    rig_free_tunnels(r);
    for (int i = 0; backend.crowd && i < RIG_IDLE; i++)
        loop_del(&r->idle[i]);
    loop_free(r->loop);
    link_pool_clear(&r->pool);
    if (backend.crowd) {
        close(r->idle_pipe[0]);
        close(r->idle_pipe[1]);
    }
    free(r);
}

/* Bytes that do not repeat at any size a buffer has. */
static inline void rig_pattern(unsigned char *data, size_t len, unsigned seed)
{
    uint32_t x = seed * 2654435761u + 1;

    for (size_t i = 0; i < len; i++) {
        x = x * 1664525u + 1013904223u;
        data[i] = (unsigned char)(x >> 24);
    }
}

/* Writes `len` bytes into `fd`, `step` at a time, as there is room; then ends its direction (or not). */
struct feed {
    struct watch watch;
    const unsigned char *data;
    size_t len, done, step;
    bool end;
};

static inline unsigned feed_want(struct watch *w)
{
    const struct feed *f = container_of(w, struct feed, watch);

    return f->done < f->len ? LOOP_OUT : 0;
}

static inline void feed_end(struct feed *f)
{
    loop_del(&f->watch);
    if (f->end && shutdown(f->watch.fd, SHUT_WR) < 0) {
        assert_int_equal(errno, ENOTSOCK);
        close(f->watch.fd);
        f->watch.fd = -1;
    }
}

static inline void feed_fire(struct watch *w, unsigned events)
{
    struct feed *f = container_of(w, struct feed, watch);
    size_t n = f->len - f->done < f->step ? f->len - f->done : f->step;
    ssize_t sent = write(w->fd, f->data + f->done, n);

    (void)events;
    if (sent < 0) {
        if (errno != EAGAIN)
            feed_end(f);
        return;
    }
    f->done += (size_t)sent;
    if (f->done == f->len)
        feed_end(f);
}

static inline void feed_start(struct feed *f, struct rig *r, int fd, const void *data, size_t len,
                              size_t step)
{
    *f = (struct feed){.watch = {.fd = fd, .want = feed_want, .fire = feed_fire},
                       .data = data,
                       .len = len,
                       .step = step,
                       .end = true};
    if (len == 0)
        feed_end(f);
    else
        loop_add(r->loop, &f->watch);
}

/* Collects what comes out of `fd`, `step` bytes at a time; stops the loop at the end, or at `stop` bytes. */
struct drain {
    struct watch watch;
    unsigned char *data;
    size_t len, room, step, stop;
    bool ended, off;
    int error;
    int *left; /* drains that have not ended; the last one stops the loop */
};

static inline unsigned drain_want(struct watch *w)
{
    const struct drain *d = container_of(w, struct drain, watch);

    return d->ended || d->off ? 0 : LOOP_IN;
}

static inline void drain_fire(struct watch *w, unsigned events)
{
    struct drain *d = container_of(w, struct drain, watch);
    ssize_t n;

    (void)events;
    if (d->room - d->len < d->step) {
        d->room = 2 * d->room + d->step;
        d->data = realloc(d->data, d->room);
        assert_non_null(d->data);
    }
    n = read(w->fd, d->data + d->len, d->step);
    if (n > 0)
        d->len += (size_t)n;
    if (n < 0 && errno == EAGAIN)
        return;
    if (n < 0)
        d->error = errno;
    d->ended = n <= 0;
    if (d->ended && d->left != NULL)
        --*d->left;
    if ((d->ended && (d->left == NULL || *d->left == 0)) || (d->stop > 0 && d->len >= d->stop))
        loop_stop(w->loop);
}

static inline void drain_start(struct drain *d, struct rig *r, int fd, size_t step)
{
    *d = (struct drain){.watch = {.fd = fd, .want = drain_want, .fire = drain_fire}, .step = step};
    loop_add(r->loop, &d->watch);
}

static inline void drain_clear(struct drain *d)
{
    loop_del(&d->watch);
    if (d->watch.fd >= 0)
        close(d->watch.fd);
    free(d->data);
}

/* Puts a copy of `len` bytes in a queue. */
static inline void rig_put(struct port *queue, const void *data, size_t len)
{
    struct chunk *c = chunk_new(data, len);

    queue_put(queue, c);
    chunk_unref(c);
}

/* A destination that remembers each write. */
struct sink {
    struct port *port;
    unsigned char *data;
    size_t len, room;
    size_t *sizes; /* of the writes */
    size_t writes;
    size_t most;  /* bytes taken at once; 0: all */
    size_t fails; /* bytes after which it fails with EPIPE; 0: never */
    bool turns;   /* it takes one write a turn */
    struct job again;
    bool full, refused, ended;
    struct rig *rig;
    struct link *frees; /* freed in the middle of a write */
    struct port *feeds; /* a queue that is given more in the middle of the third write */
};

static inline void sink_again(struct job *j)
{
    struct sink *s = container_of(j, struct sink, again);

    s->full = false;
    if (s->refused)
        port_event_soon(s->port, LOOP_OUT);
    s->refused = false;
}

static inline ssize_t sink_write(struct port *port, void *ctx, const void *data, size_t size,
                                 const struct meta *meta)
{
    struct sink *s = ctx;
    size_t n = s->most > 0 && size > s->most ? s->most : size;

    (void)meta;
    if (s->full) {
        s->refused = true;
        return IO_AGAIN;
    }
    if (s->fails > 0 && s->len >= s->fails)
        return port_fail(port, EPIPE);
    if (s->fails > 0 && n > s->fails - s->len)
        n = s->fails - s->len;
    if (s->turns) {
        s->full = true;
        loop_soon(s->rig->loop, &s->again);
    }
    if (s->room - s->len < n) {
        s->room = 2 * s->room + n;
        s->data = realloc(s->data, s->room);
        assert_non_null(s->data);
    }
    memcpy(s->data + s->len, data, n);
    s->len += n;
    s->sizes = realloc(s->sizes, (s->writes + 1) * sizeof *s->sizes);
    assert_non_null(s->sizes);
    s->sizes[s->writes++] = n;
    link_free(s->frees);
    if (s->feeds != NULL && s->writes == 3)
        rig_put(s->feeds, "more", 4);
    return (ssize_t)n;
}

static inline void sink_shut(struct port *port, void *ctx)
{
    (void)port;
    ((struct sink *)ctx)->ended = true;
}

static inline void sink_open(struct sink *s, struct rig *r)
{
    struct queue_opts opts = {.limit = 1, .write = sink_write, .shut = sink_shut, .ctx = s};

    *s = (struct sink){.rig = r, .again.run = sink_again};
    s->port = queue_new(r->loop, &opts);
}

static inline void sink_clear(struct sink *s)
{
    loop_job_del(&s->again);
    port_free(s->port);
    free(s->data);
    free(s->sizes);
}

/* The usual way to end a run: the link is done. */
static inline void rig_done(struct link *k)
{
    assert_int_not_equal(k->state, LINK_RUNNING);
    loop_stop(k->src->loop);
}

static inline struct link *rig_link(struct rig *r, struct port *src, struct port *dst,
                                    const struct link_opts *opts)
{
    struct link *k = link_new(src, dst, &r->pool, opts);

    k->done = rig_done;
    k->ctx = r;
    return k;
}

/* `port`, which is freed, is linked with itself: what goes into `fd` at its other end comes back. */
static inline void rig_echoes(struct rig *r, struct port *port, int fd, size_t len, size_t step)
{
    struct link *k = link_new(port, port, &r->pool, NULL);
    unsigned char *data = malloc(len);
    struct feed feed;
    struct drain drain;

    assert_non_null(data);
    rig_pattern(data, len, 8);
    drain_start(&drain, r, dup(fd), step);
    feed_start(&feed, r, fd, data, len, 50000);
    rig_run(r);
    assert_int_equal(drain.len, len);
    assert_memory_equal(drain.data, data, len);
    assert_int_equal(k->state, LINK_DONE);
    link_free(k);
    port_free(port);
    drain_clear(&drain);
    free(data);
}

#endif
