/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listen: stream connections from others, one or many at once.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/wait.h"
#include "net/bind.h"
#include "net/dress.h"
#include "net/rows.h"
#include "net/socket.h"
#include "peer/leave.h"

enum {
    ACCEPTS = 64,     /* connections taken per wake-up, so that peers get their turn */
    REST_DELAY = 100, /* ms a listener rests when the system is out of something */
};

struct listener {
    struct watch watch;
    struct listen *listen;
};

struct listen {
    struct net *net;
    struct bound *bound;
    struct listener *listeners;
    int count;
    bool resting; /* until the timer, or until a peer is gone */
    bool told;    /* that it rests; until nobody waits any more */
    bool over;    /* closed: send no more events */
    struct timer rest;
    struct peer_watch peers; /* while it is open */
    struct dresser dresser;
    struct job begin, bury;
};

/* Ends listening: the descriptors are closed and UNIX paths removed. */
static void stop_listening(struct listen *l)
{
    l->over = true;
    loop_timer_clear(&l->rest);
    loop_job_del(&l->begin);
    peer_table_unwatch(&l->peers);
    for (int i = 0; i < l->count; i++)
        loop_del(&l->listeners[i].watch);
    bind_close(l->bound, l->count);
    l->bound = NULL;
    l->count = 0;
}

static void fail_listening(struct listen *l, const struct err *e)
{
    struct net *n = l->net;

    stop_listening(l);
    n->events.failed(n->events.ctx, e);
}

static void wake_listeners(struct listen *l)
{
    loop_timer_clear(&l->rest);
    l->resting = false;
    for (int i = 0; i < l->count; i++)
        loop_touch(&l->listeners[i].watch);
}

static void wake_after_rest(struct timer *t)
{
    wake_listeners(container_of(t, struct listen, rest));
}

/* Nobody else is served before one has left. */
static bool is_full(const struct listen *l)
{
    const struct net_conf *conf = l->net->conf;
    const unsigned room = conf->in_turn ? 1 : conf->room;

    return room > 0 && l->net->peers->count + l->dresser.count >= room;
}

static void wake_for_room(struct peer_watch *w)
{
    struct listen *l = container_of(w, struct listen, peers);

    if (l->resting || l->net->conf->in_turn || l->net->conf->room > 0)
        wake_listeners(l);
}

static void tell_rest(struct listen *l, const struct addr *at, int sys)
{
    char text[ADDR_TEXT];

    if (!l->told)
        log_notice("listening on %s rests: %s; goes on when a peer leaves", addr_format(at, text),
                   strerror(sys));
    l->told = true;
}

static void rest_listeners(struct listen *l, const struct addr *at, int sys)
{
    tell_rest(l, at, sys);
    l->resting = true;
    for (int i = 0; i < l->count; i++)
        loop_touch(&l->listeners[i].watch);
    loop_timer_set(l->net->loop, &l->rest, REST_DELAY);
}

/* Asks the session to end a peer that has nothing more to say. */
static bool ask_for_room(struct listen *l)
{
    const struct net_events *events = &l->net->events;

    return events->make_room != NULL && events->make_room(events->ctx);
}

static void newcomer_dressed(struct dresser *d, struct peer *p)
{
    struct net *n = d->net;
    struct message m;

    if (!dress_told(d) && message_shows(MESSAGE_ACCEPTED)) {
        m = socket_message(n->conf, p->local, p->remote);
        message(MESSAGE_ACCEPTED, &m);
    }
    n->events.up(n->events.ctx, p);
}

static void newcomer_not_dressed(struct dresser *d, const struct err *e)
{
    struct listen *l = container_of(d, struct listen, dresser);
    struct net *n = d->net;

    if (!n->conf->keep_open) {
        n->events.failed(n->events.ctx, e);
        return;
    }
    if (e->status == STATUS_NETWORK) /* that one's alone */
        log_info("%s", e->text);
    else
        log_error("%s", e->text);
    if (l->resting || n->conf->in_turn || n->conf->room > 0)
        wake_listeners(l);
}

static bool may_come(const struct net_conf *conf, int fd, const struct addr *from)
{
    if (conf->admits != NULL && !conf->admits(conf->admits_ctx, from))
        return false;
    return socket_tells_later(conf, from) || access_admits_socket(conf->access, fd, from);
}

/* Takes over a new connection. Returns false when no more is to be accepted now. */
static bool take_newcomer(struct listen *l, int fd, const struct addr *from)
{
    const struct net_conf *conf = l->net->conf;
    unsigned count = l->net->peers->count + l->dresser.count;
    const unsigned most = conf->max_conns == NET_NOBODY ? 0 : conf->max_conns;
    struct message m = {.remote = from, .limit = most};

    if (!may_come(conf, fd, from)) {
        socket_refuse(fd, from);
        return true;
    }
    if (conf->max_conns > 0 && count >= most && !ask_for_room(l)) {
        message(MESSAGE_CAME, &m);
        message(MESSAGE_TURNED_AWAY, &m);
        close(fd);
        return true;
    }
    if (l->over) {
        close(fd);
        return false;
    }
    if (!conf->keep_open)
        stop_listening(l);
    dress(&l->dresser, fd, NULL, from, conf->connect_timeout);
    return !l->over && !is_full(l);
}

/* Errors of accept(2) that concern the connection it would have given, not the listener. */
static bool is_passing(int sys)
{
    switch (sys) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EOPNOTSUPP:
    case ETIMEDOUT:
    case EPERM:
#ifdef ENONET
    case ENONET:
#endif
        return true;
    default:
        return false;
    }
}

/* What to do when accept(2) failed. At the limit of descriptors it says so even when nobody waits. */
static void accept_failed(struct listen *l, struct listener *x, const struct addr *at, int sys)
{
    char text[ADDR_TEXT];
    struct err e;

    if (sys == EAGAIN || sys == EWOULDBLOCK || wait_ready(x->watch.fd, LOOP_IN) == 0) {
        l->told = false;
        return;
    }
    if (sys == EMFILE || sys == ENFILE || sys == ENOBUFS || sys == ENOMEM) {
        /* Else the next turn has a descriptor to give. */
        if (!ask_for_room(l) && !leave_make_room(l->net->peers))
            rest_listeners(l, at, sys);
        return;
    }
    err_sys(&e, STATUS_LOCAL, sys, "accept on %s", addr_format(at, text));
    fail_listening(l, &e);
}

static unsigned want_newcomers(struct watch *w)
{
    const struct listen *l = container_of(w, struct listener, watch)->listen;

    return l->resting || is_full(l) ? 0 : LOOP_IN;
}

static void accept_newcomers(struct watch *w, unsigned events)
{
    struct listen *l = container_of(w, struct listener, watch)->listen;
    const struct addr *at = &l->bound[container_of(w, struct listener, watch) - l->listeners].addr;

    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof ss;
        struct addr from;
        int fd = accept4(w->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0 && is_passing(errno))
            continue;
        if (fd < 0) {
            accept_failed(l, container_of(w, struct listener, watch), at, errno);
            return;
        }
        addr_set(&from, (struct sockaddr *)&ss, len);
        if (!take_newcomer(l, fd, &from)) {
            if (!l->over && l->net->conf->room > 0)
                tell_rest(l, at, EMFILE); /* which it would be for what stands behind the next one */
            return;
        }
    }
}

static void begin_listening(struct job *j)
{
    struct listen *l = container_of(j, struct listen, begin);
    struct net *n = l->net;
    struct message m;

    for (int i = 0; i < l->count && !l->over; i++) {
        m = socket_message(n->conf, &l->bound[i].addr, NULL);
        message(MESSAGE_BOUND, &m);
        message(MESSAGE_LISTENING, &m);
        if (n->events.bound != NULL)
            n->events.bound(n->events.ctx, &l->bound[i].addr);
    }
    for (int i = 0; i < l->count; i++)
        loop_add(n->loop, &l->listeners[i].watch);
}

static int open_listen(struct net *n, struct err *e)
{
    int type = n->conf->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
    struct bound *bound;
    int count = bind_open(n->conf, type, INT_MAX, &bound, e);
    struct listen *l;

    if (count < 0)
        return -1;
    l = mem_alloc(sizeof *l);
    l->net = n;
    l->bound = bound;
    l->count = count;
    l->listeners = mem_alloc((size_t)count * sizeof *l->listeners);
    for (int i = 0; i < count; i++) {
        struct listener *x = &l->listeners[i];

        x->listen = l;
        x->watch.fd = bound[i].fd;
        x->watch.want = want_newcomers;
        x->watch.fire = accept_newcomers;
    }
    l->dresser = (struct dresser){.net = n,
                                  .type = type,
                                  .what = "connection from",
                                  .up = newcomer_dressed,
                                  .failed = newcomer_not_dressed};
    dresser_init(&l->dresser);
    l->rest.fire = wake_after_rest;
    l->peers.gone = wake_for_room;
    peer_table_watch(n->peers, &l->peers);
    l->begin.run = begin_listening;
    loop_soon(n->loop, &l->begin);
    n->state = l;
    return 0;
}

static void bury_listen(struct job *j)
{
    struct listen *l = container_of(j, struct listen, bury);

    free(l->listeners);
    free(l);
}

static void close_listen(struct net *n)
{
    struct listen *l = n->state;

    stop_listening(l);
    dresser_clear(&l->dresser);
    l->bury.run = bury_listen;
    loop_finally(n->loop, &l->bury);
}

const struct transport net_listen = {
    .name = "listen",
    .help = "accept connections on a port or a UNIX path",
    .caps = NET_STREAM | NET_MANY,
    .open = open_listen,
    .close = close_listen,
};
