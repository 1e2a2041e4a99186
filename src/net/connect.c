/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connect: one stream connection, by racing the addresses of a host against each other (RFC 8305 section 5).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/wait.h"
#include "net/dress.h"
#include "net/rows.h"
#include "net/socket.h"

enum {
    AGAIN = 3,           /* connections that are made anew for who is on the way */
    ATTEMPT_DELAY = 250, /* ms until the next address gets its turn, RFC 8305 section 8 */
    BUSY_DELAY = 50,     /* ms until a UNIX listener whose queue is full is asked again */
};

struct attempt {
    struct watch watch; /* fd -1: not under way */
    struct connect *connect;
    struct addr to;
    struct unix_path own;
};

struct connect {
    struct net *net;
    struct attempt *attempts;
    int count, next, pending;
    struct addr *source;
    int nsource;
    int type;
    struct timer delay, limit;
    int64_t deadline; /* loop time; 0: none */
    int again;        /* connections that were made anew */
    struct dresser dresser;
    struct job begin, bury;
    struct err worst;   /* the most telling failure so far */
    bool worst_connect; /* connect(2) failed, rather than what comes before it */
    bool over;          /* an event was sent, or the net is closed */
};

enum outcome { FAILED, PENDING, BUSY, SUCCEEDED, HOPELESS };

static void drop_attempt(struct attempt *a)
{
    if (a->watch.fd < 0)
        return;
    unix_remove(&a->own);
    loop_close(&a->watch);
    a->connect->pending--;
}

/* Ends the race. */
static void stop_race(struct connect *c)
{
    c->over = true;
    loop_timer_clear(&c->delay);
    loop_timer_clear(&c->limit);
    loop_job_del(&c->begin);
    for (int i = 0; i < c->count; i++)
        drop_attempt(&c->attempts[i]);
}

static void fail_connect(struct connect *c, const struct err *e)
{
    stop_race(c);
    c->net->events.failed(c->net->events.ctx, e);
}

/* The error for the host as a whole: with several addresses it is the name that failed. */
static void give_up_connect(struct connect *c, int sys)
{
    const bool late = sys != 0, several = c->count > 1;
    struct message m = socket_message(c->net->conf, NULL, &c->attempts[0].to);
    struct err e = c->worst;

    if (!late && several && c->worst_connect)
        sys = c->worst.sys;
    m.why = strerror(sys);
    if (m.host == NULL)
        m.host = "localhost";
    if (sys != 0)
        message_err(&e, socket_status(sys), sys,
                    late ? several ? MESSAGE_HOST_LATE : MESSAGE_CONNECT_LATE : MESSAGE_HOST_FAILED, &m);
    fail_connect(c, &e);
}

/* Remembers a failure. What the network says tells more than what could not even be tried. */
static void note_failure(struct connect *c, const struct err *e, bool connecting)
{
    if (c->count > 1 && !connecting)
        log_info("%s", e->text);
    if (c->worst.status == STATUS_NETWORK && e->status != STATUS_NETWORK)
        return;
    c->worst = *e;
    c->worst_connect = connecting;
}

static void note_connect_failure(struct connect *c, const struct attempt *a, int sys)
{
    struct message m = socket_message(c->net->conf, NULL, &a->to);
    struct err e;

    m.why = strerror(sys);
    if (c->count > 1)
        message(MESSAGE_TRY_FAILED, &m);
    if (c->next < c->count)
        message(MESSAGE_TRY_NEXT, &m);
    message_err(&e, socket_status(sys), sys, MESSAGE_CONNECT_FAILED, &m);
    note_failure(c, &e, true);
}

/* To be bound to the very address that is to be connected to, both given, is to ask for oneself. */
static bool wants_itself(const struct attempt *a)
{
    const struct connect *c = a->connect;

    for (int i = 0; i < c->nsource; i++) {
        if (addr_equal(&c->source[i], &a->to))
            return true;
    }
    return false;
}

static void client_dressed(struct dresser *d, struct peer *p)
{
    struct net *n = d->net;
    struct message m = socket_message(n->conf, p->local, p->remote);

    m.peer = p->name;
    if (n->conf->via != NULL) {
        m.host = n->conf->host;
        m.port = n->conf->port;
    }
    if (!dress_told(d))
        message(MESSAGE_CONNECTED, &m);
    n->events.up(n->events.ctx, p);
}

/* As from the beginning, in the time that is left. */
static void race_again(struct connect *c)
{
    log_debug("connecting anew, as one on the way asked for it");
    c->again++;
    c->next = 0;
    c->over = false;
    c->worst = (struct err){0};
    loop_soon(c->net->loop, &c->begin);
}

static void client_not_dressed(struct dresser *d, const struct err *e)
{
    struct connect *c = container_of(d, struct connect, dresser);

    if (e->sys == ERESTART && c->again < AGAIN) {
        race_again(c);
        return;
    }
    d->net->events.failed(d->net->events.ctx, e);
}

/* The first attempt that works ends the race; what is left of the time goes to the handshakes. */
static enum outcome end_race(struct connect *c, struct attempt *a, const struct addr *local)
{
    int64_t left = loop_timer_pending(&c->limit) ? c->limit.at - loop_now(c->net->loop) : 0;
    int64_t limit = left > 0 ? left : c->net->conf->connect_timeout > 0 ? 1 : 0;
    int fd = a->watch.fd;

    loop_del(&a->watch);
    a->watch.fd = -1;
    c->pending--;
    stop_race(c);
    dress(&c->dresser, fd, local, &a->to, limit);
    return SUCCEEDED;
}

/* How the attempt ended, of which `events` tell. */
static enum outcome settle(struct attempt *a, unsigned events)
{
    struct connect *c = a->connect;
    struct addr local;
    const int sys = socket_connected(a->watch.fd, &a->to, events, wants_itself(a), &local);

    if (sys == 0)
        return end_race(c, a, &local);
    drop_attempt(a);
    note_connect_failure(c, a, sys);
    return FAILED;
}

static void try_next(struct connect *c);

static unsigned want_attempt(struct watch *w)
{
    (void)w;
    return LOOP_OUT;
}

static void settle_attempt(struct watch *w, unsigned events)
{
    struct attempt *a = container_of(w, struct attempt, watch);

    if (settle(a, events) == FAILED)
        try_next(a->connect);
}

/* Where one may not go nothing is sent. */
static bool may_try(struct connect *c, const struct attempt *a)
{
    const struct net_conf *conf = c->net->conf;
    char text[ADDR_TEXT];
    struct err e;

    if (conf->admits == NULL || conf->admits(conf->admits_ctx, &a->to))
        return true;
    err_set(&e, STATUS_NETWORK, "connect to %s: not allowed", addr_format(&a->to, text));
    e.sys = EACCES;
    note_failure(c, &e, false);
    return false;
}

/* Makes the attempt's socket, ready for connect(2). */
static enum outcome prepare_attempt(struct connect *c, struct attempt *a)
{
    struct err e;
    int fd;

    if (!may_try(c, a))
        return FAILED;
    fd = socket_new(addr_family(&a->to), c->type, &e);
    if (fd < 0 && e.sys == EAFNOSUPPORT) {
        note_failure(c, &e, false);
        return FAILED;
    }
    if (fd < 0 || socket_options(fd, c->net->conf, SOCKOPT_CREATED, &e) < 0) {
        if (fd >= 0)
            close(fd);
        c->worst = e;
        c->worst_connect = false;
        return HOPELESS;
    }
    if (socket_bind_source(fd, c->type, c->source, c->nsource, &a->to, &a->own, &e) < 0) {
        close(fd);
        note_failure(c, &e, false);
        return FAILED;
    }
    a->watch.fd = fd;
    a->watch.want = want_attempt;
    a->watch.fire = settle_attempt;
    loop_add(c->net->loop, &a->watch);
    c->pending++;
    return PENDING;
}

static enum outcome try_attempt(struct connect *c, struct attempt *a)
{
    enum outcome out = prepare_attempt(c, a);
    char text[ADDR_TEXT];
    unsigned events;

    if (out != PENDING)
        return out;
    if (log_shows(LOG_DEBUG))
        log_debug("connecting to %s", addr_format(&a->to, text));
    if (connect(a->watch.fd, &a->to.sa, a->to.len) == 0)
        return settle(a, LOOP_OUT);
    if (errno == EINPROGRESS || errno == EINTR) { /* who is on this machine has answered already */
        events = wait_ready(a->watch.fd, LOOP_OUT);
        return events != 0 ? settle(a, events) : PENDING;
    }
    out = errno == EAGAIN && addr_family(&a->to) == AF_UNIX ? BUSY : FAILED;
    if (out == FAILED)
        note_connect_failure(c, a, errno);
    drop_attempt(a);
    return out;
}

/* Starts the next attempts until one is under way; ends when none is left. */
static void try_next(struct connect *c)
{
    loop_timer_clear(&c->delay);
    while (c->next < c->count) {
        switch (try_attempt(c, &c->attempts[c->next++])) {
        case SUCCEEDED:
            return;
        case HOPELESS:
            give_up_connect(c, 0);
            return;
        case BUSY:
            c->next--;
            loop_timer_set(c->net->loop, &c->delay, BUSY_DELAY);
            return;
        case PENDING:
            if (c->next < c->count)
                loop_timer_set(c->net->loop, &c->delay, ATTEMPT_DELAY);
            return;
        case FAILED:
            break;
        }
    }
    if (c->pending == 0)
        give_up_connect(c, 0);
}

static void attempt_delay_over(struct timer *t)
{
    try_next(container_of(t, struct connect, delay));
}

static void connect_late(struct timer *t)
{
    give_up_connect(container_of(t, struct connect, limit), ETIMEDOUT);
}

static void begin_race(struct job *j)
{
    struct connect *c = container_of(j, struct connect, begin);

    const int64_t now = loop_now(c->net->loop);

    if (c->net->conf->connect_timeout > 0 && c->deadline == 0)
        c->deadline = now + c->net->conf->connect_timeout;
    if (c->deadline > 0)
        loop_timer_set(c->net->loop, &c->limit, c->deadline > now ? c->deadline - now : 1);
    try_next(c);
}

static void make_attempts(struct connect *c, const struct addr *addrs, int count)
{
    c->count = count;
    c->attempts = mem_alloc((size_t)count * sizeof *c->attempts);
    for (int i = 0; i < count; i++) {
        c->attempts[i].connect = c;
        c->attempts[i].to = addrs[i];
        c->attempts[i].watch.fd = -1;
    }
}

static int open_connect(struct net *n, struct err *e)
{
    const struct net_conf *conf = n->conf;
    int type = conf->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
    struct addr *addrs, *source;
    int nsource = socket_source(conf, type, &source, e);
    int count = nsource < 0 ? -1 : socket_target(conf, type, &addrs, e);
    struct connect *c;

    if (count < 0) {
        free(source);
        return -1;
    }
    c = mem_alloc(sizeof *c);
    c->net = n;
    c->type = type;
    c->source = source;
    c->nsource = nsource;
    make_attempts(c, addrs, count);
    free(addrs);
    c->dresser = (struct dresser){.net = n,
                                  .type = type,
                                  .client = true,
                                  .what = "connect to",
                                  .up = client_dressed,
                                  .failed = client_not_dressed};
    dresser_init(&c->dresser);
    c->delay.fire = attempt_delay_over;
    c->limit.fire = connect_late;
    c->begin.run = begin_race;
    loop_soon(n->loop, &c->begin);
    n->state = c;
    return 0;
}

static void bury_connect(struct job *j)
{
    struct connect *c = container_of(j, struct connect, bury);

    free(c->attempts);
    free(c->source);
    free(c);
}

static void close_connect(struct net *n)
{
    struct connect *c = n->state;

    stop_race(c);
    dresser_clear(&c->dresser);
    for (int i = 0; i < c->count; i++)
        unix_remove(&c->attempts[i].own);
    c->bury.run = bury_connect;
    loop_finally(n->loop, &c->bury);
}

const struct transport net_connect = {
    .name = "connect",
    .help = "connect to a host and port or a UNIX path",
    .caps = NET_STREAM | NET_CLIENT,
    .open = open_connect,
    .close = close_connect,
};
