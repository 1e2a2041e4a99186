/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/dgram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/batch.h"
#include "io/cmsg.h"
#include "io/path.h"
#include "io/port_more.h"
#include "io/refusals.h"

enum {
    MAX_SEGMENTS = 64, /* that one call may make (UDP_MAX_SEGMENTS of older kernels) */
    SINGLES = 8,    /* datagrams received one by one before they come by the dozen, of a connected socket */
    PAUSE = 2,      /* ms of silence after which a datagram most likely comes alone */
    MAX_DROPS = 32, /* in a row, before the others have their turn */
    PATIENCE = 200, /* ms that an echo waits for one sender, while the others wait for it */
    RETRY = 2,      /* ms until what had no room is sent again, where poll(2) does not tell */
    FIRST_PORT = 1024, /* of those that are no well-known services */
};

struct dgram;

struct endpoint {
    struct watch watch;
    struct dgram *dgram;
    struct addr local;
    uint64_t dropped; /* by the kernel, as datagrams that came told */
    bool dry;         /* it gave all it had, and has not been heard of since */
};

struct dgram {
    struct port port;
    struct layer layer;
    struct dgram_opts opts;
    int family;
    struct meta *to;  /* where plain writes go, and from which address and socket; NULL: it is connected */
    unsigned blocked; /* the socket that had no room */
    bool no_offload;  /* the kernel does not cut long writes for us */
    unsigned turn;    /* the socket to read first; the one of `arrivals` while any is left */
    struct arrivals *arrivals;
    struct answers *answers; /* those that wait for others, to go with them: NULL, there were none */
    bool stopped;            /* there is no room for them */
    bool aimless;            /* a write waits for somebody to send to */
    bool wrote;              /* something was sent in this turn: what comes now is gathered */
    unsigned char singles;   /* datagrams received one by one since the socket was ready */
    bool alone;              /* one that came after a pause: no other is looked for */
    int64_t ready;           /* loop time in ms when a socket was so last */
    struct job gathered;
    struct refusals refusals;
    struct timer retry;
    int64_t stuck; /* loop time in ms since when the receiver has been full; 0: it is not */
    unsigned n;
    struct endpoint at[];
};

static unsigned endpoint_want(struct watch *w)
{
    const struct endpoint *at = container_of(w, struct endpoint, watch);
    struct dgram *d = at->dgram;
    unsigned wanted = port_want(&d->port);

    if (d->stopped)
        return at == &d->at[d->blocked] && !loop_timer_pending(&d->retry) ? LOOP_OUT : 0;
    /* Without a destination, or while the retry timer runs, room is not what is missing. */
    if (at != &d->at[d->blocked] || (d->aimless && d->to->peer.len == 0) || loop_timer_pending(&d->retry))
        wanted &= ~(unsigned)LOOP_OUT;
    return wanted;
}

static int send_answers(struct dgram *d);

static void tell_refusal(const struct dgram *d, const struct addr *who, int error)
{
    const struct port_more *more = d->port.more;
    char text[ADDR_TEXT];

    if (d->opts.relay)
        log_info("%s: %s", addr_format(who, text), strerror(error));
    else if (more == NULL || more->senders == NULL || !more->senders->refused(more->senders_ctx, who, error))
        log_notice("%s: %s", addr_format(who, text), strerror(error));
}

/* Each once until it works again: a line typed is a datagram, and most likely refused like the one before. */
static void report_refusals(struct dgram *d, unsigned i)
{
    struct addr who;
    int error;

    /* Elsewhere there is no such queue, and the call would take a datagram. */
    if (d->family == AF_UNIX)
        return;
    while ((error = cmsg_next_error(d->at[i].watch.fd, &who)) != 0) {
        d->port.lost = !d->opts.relay;
        if (refusals_add(&d->refusals, &who, error))
            tell_refusal(d, &who, error);
    }
}

static void endpoint_ready(struct watch *w, unsigned events)
{
    struct endpoint *at = container_of(w, struct endpoint, watch);
    struct dgram *d = at->dgram;
    unsigned i = (unsigned)(at - d->at);

    if (events & LOOP_HUP && !d->opts.connected)
        report_refusals(d, i);
    at->dry = false;
    d->singles = 0;
    d->alone = loop_now(d->port.loop) - d->ready >= PAUSE;
    d->ready = loop_now(d->port.loop);
    if (events & LOOP_IN && arrivals_left(d->arrivals) == 0)
        d->turn = i;
    if (d->stopped && d->opts.gather)
        (void)send_answers(d);
    else if (d->stopped)
        events |= LOOP_IN; /* the next read sends */
    port_event(&d->port, events);
}

static void retry_send(struct timer *t)
{
    struct dgram *d = container_of(t, struct dgram, retry);

    port_touch(&d->port);
    if (d->stopped && d->opts.gather)
        (void)send_answers(d);
    port_event(&d->port, d->stopped ? LOOP_IN : LOOP_OUT); /* stopped: the next read sends */
}

static bool is_inet(const struct addr *a)
{
    return addr_family(a) == AF_INET || addr_family(a) == AF_INET6;
}

/* Another echo service would answer our answer, and so on for ever. Its datagrams come from a well-known port
 * (7, and others that answer anything), from a port like ours, or have gone to and fro so often that the hop limit,
 * which every answer of ours lowers, has run out. */
static bool would_loop(const struct dgram *d, unsigned i, const struct meta *m)
{
    if (!d->opts.echo || !is_inet(&m->peer))
        return false;
    return addr_port(&m->peer) < FIRST_PORT || addr_port(&m->peer) == addr_port(&d->at[i].local) ||
           m->hops == 1;
}

static void tell_received(const struct dgram *d, const struct meta *m, size_t n, bool cut)
{
    const struct addr *bound = &d->at[m->socket].local;
    struct addr local = m->local.len > 0 ? m->local : *bound;
    const struct port_more *more = d->port.more;
    char text[ADDR_TEXT], at[ADDR_TEXT];

    if (!d->opts.connected && more != NULL && more->senders != NULL && (cut || log_shows(LOG_INFO)))
        more->senders->heard(more->senders_ctx, m);
    if (cut)
        log_notice("a datagram from %s was cut to %zu bytes",
                   m->peer.len > 0 ? addr_format(&m->peer, text) : "the peer", n);
    if (!log_shows(LOG_INFO) || d->opts.connected)
        return;
    addr_set_port(&local, addr_port(bound));
    log_info("received %zu bytes from %s on %s", n, addr_format(&m->peer, text), addr_format(&local, at));
}

/* Of one that is idle mostly, as most of many are: dozens would hold memory for each. If there is one behind one that is taken
 * to come alone, poll(2) tells. */
static ssize_t take_single(struct dgram *d, int fd, struct cmsg_in *in)
{
    ssize_t n = -1;

    if (d->singles == 1 && d->alone)
        errno = EAGAIN;
    else if (!d->opts.connected || d->opts.echo || d->opts.admits != NULL) /* from whom, and how */
        n = cmsg_receive(fd, in);
    else
        n = cmsg_receive_connected(fd, in);
    d->singles++;
    if (n < 0) {
        arrivals_free(d->arrivals);
        d->arrivals = NULL;
    }
    return n;
}

static ssize_t take_arrival(struct dgram *d, unsigned i, struct cmsg_in *in)
{
    struct endpoint *at = &d->at[i];
    int n;

    if (d->family == AF_UNIX)
        return cmsg_receive(at->watch.fd, in);
    if ((d->opts.connected || d->opts.relay) && arrivals_left(d->arrivals) == 0 && d->singles < SINGLES)
        return take_single(d, at->watch.fd, in);
    if (d->arrivals == NULL)
        d->arrivals = arrivals_new();
    if (arrivals_left(d->arrivals) == 0) {
        if (at->dry) {
            at->dry = false;
            errno = EAGAIN;
            return -1;
        }
        n = arrivals_fill(d->arrivals, at->watch.fd);
        if (n <= 0)
            return -1;
        at->dry = n < BATCH_MOST;
        d->turn = i;
    }
    return arrivals_take(d->arrivals, in);
}

/* One datagram from socket `i`. Returns a count, IO_* or, when it was dropped on purpose, -EINTR. */
static ssize_t receive(struct dgram *d, unsigned i, void *data, size_t size, struct meta *meta)
{
    struct cmsg_in in = {.data = data, .size = size, .meta = meta, .dropped = &d->at[i].dropped};
    ssize_t n = take_arrival(d, i, &in);

    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return IO_AGAIN;
    if (n < 0 && !d->opts.connected) {
        int error = errno;

        report_refusals(d, i);
        return error == ENOMEM || error == EBADF ? port_fail(&d->port, error) : -EINTR;
    }
    if (n < 0)
        return port_fail(&d->port, errno);
    if (n == 0 && d->opts.seqpacket)
        return IO_EOF;
    meta->socket = (unsigned char)i;
    if (d->opts.admits != NULL && !d->opts.admits(d->opts.admits_ctx, &meta->peer))
        return -EINTR;
    if (would_loop(d, i, meta)) {
        char text[ADDR_TEXT];

        log_info("not answering %s: it may be another echo service", addr_format(&meta->peer, text));
        return -EINTR;
    }
    if (d->opts.follow && meta->peer.len > 0) {
        bool first = d->to->peer.len == 0;

        *d->to = *meta;
        if (first)
            port_event_soon(&d->port, LOOP_OUT);
    }
    refusals_del(&d->refusals, &meta->peer);
    d->port.cut = d->port.cut || in.cut;
    tell_received(d, meta, (size_t)n, in.cut);
    return n;
}

/* A datagram that cannot be delivered is told and counts as lost; an unconnected socket goes on. */
static void lose_datagram(struct dgram *d, const struct meta *to, size_t size, int error)
{
    char text[ADDR_TEXT] = "the peer";
    const char *hint = error == EACCES     ? " (to a broadcast address? try --broadcast)"
                       : error == EMSGSIZE ? " (too long; try --datagram-size)"
                                           : "";

    if (to != NULL)
        addr_format(&to->peer, text);
    if (d->opts.relay) {
        log_info("%zu bytes to %s were not sent: %s", size, text, strerror(error));
        return;
    }
    d->port.lost = true;
    log_error("%zu bytes to %s were not sent: %s%s", size, text, strerror(error), hint);
}

/* Of the room in our own queue poll(2) tells, but not of a network device's (ENOBUFS), nor of the receiver's. Returns IO_AGAIN,
 * or 1: it is given up. */
static int no_room(struct dgram *d, unsigned i, size_t size, int error)
{
    int64_t now = loop_now(d->port.loop);

    d->blocked = i;
    if (error == ENOBUFS)
        loop_timer_set(d->port.loop, &d->retry, RETRY);
    if (d->family != AF_UNIX)
        return IO_AGAIN;
    if (d->stuck == 0)
        d->stuck = now;
    if (d->opts.echo && now - d->stuck >= PATIENCE) {
        log_info("%zu bytes were not sent: the receiver is full", size);
        return 1;
    }
    loop_timer_set(d->port.loop, &d->retry, RETRY);
    return IO_AGAIN;
}

static int were_sent(struct dgram *d, const struct cmsg_out *out, int n)
{
    d->stuck = 0;
    for (int i = 0; i < n && out[i].to != NULL; i++)
        refusals_sent(&d->refusals, &out[i].to->peer);
    return n;
}

/* Each is a datagram or, with `segment`, several that are sent all or none. Returns how many are done with, sent or lost; 0 when
 * the first cannot be sent so; or IO_* */
static int send_several(struct dgram *d, const struct cmsg_out *out, unsigned n)
{
    unsigned i = out->to != NULL ? out->to->socket : 0;
    int error = 0;

    for (int tries = 0; tries < 8; tries++) {
        int sent = cmsg_send_several(d->at[i].watch.fd, out, n);

        if (sent > 0)
            return were_sent(d, out, sent);
        error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS)
            return no_room(d, i, out->size, error);
        if (out->segment > 0 && !cmsg_is_refusal(error))
            return 0; /* not this way */
        if (d->opts.connected && error != EMSGSIZE)
            return port_fail(&d->port, error);
        if (d->family == AF_UNIX || error == EMSGSIZE || !cmsg_is_refusal(error))
            break;
        report_refusals(d, i); /* of an earlier one: this one was not sent */
    }
    lose_datagram(d, out->to, out->size, error);
    return 1;
}

static ssize_t send_one(struct dgram *d, const struct cmsg_out *out)
{
    int n = send_several(d, out, 1);

    return n > 0 ? (ssize_t)out->size : n;
}

/* Cuts a long write into datagrams: in the kernel where it can, one by one otherwise. */
static ssize_t send_segments(struct dgram *d, struct cmsg_out out)
{
    const char *data = out.data;
    size_t size = out.size, done = 0;
    ssize_t n;

    if (!d->no_offload) {
        out.segment = d->opts.segment;
        n = send_one(d, &out);
        if (n != 0)
            return n;
        d->no_offload = true;
        out.segment = 0;
    }
    while (done < size) {
        out.data = data + done;
        out.size = size - done < d->opts.segment ? size - done : d->opts.segment;
        n = send_one(d, &out);
        if (n < 0)
            return done > 0 && n == IO_AGAIN ? (ssize_t)done : n;
        done += out.size;
    }
    return (ssize_t)done;
}

static bool has_answers(const struct dgram *d)
{
    return d->answers != NULL && answers_wait(d->answers);
}

static bool add_answer(struct dgram *d, const struct cmsg_out *out)
{
    if (d->answers == NULL)
        d->answers = mem_alloc(sizeof *d->answers);
    return answers_add(d->answers, out);
}

/* At the end of a turn no link waits for room, which would ask for it. */
static void set_stopped(struct dgram *d, bool stopped)
{
    if (d->stopped != stopped)
        loop_touch(&d->at[d->blocked].watch);
    d->stopped = stopped;
}

/* Sends the answers that wait. Returns 0, or IO_AGAIN when some wait still. */
static int send_answers(struct dgram *d)
{
    while (has_answers(d)) {
        struct cmsg_out out[BATCH_MOST];
        int n = send_several(d, out, answers_next(d->answers, !d->no_offload, out));

        set_stopped(d, n == IO_AGAIN);
        if (n == IO_AGAIN)
            return IO_AGAIN;
        if (n == 0)
            d->no_offload = true;
        else
            answers_sent(d->answers, out, n > 0 ? (unsigned)n : 1);
    }
    return 0;
}

/* Those that wait for their fellows of this turn go. */
static void end_turn(struct job *j)
{
    struct dgram *d = container_of(j, struct dgram, gathered);

    d->wrote = false;
    if (has_answers(d) && !d->stopped && send_answers(d) == 0 && d->port.error != 0)
        port_event_soon(&d->port, LOOP_IN | LOOP_OUT);
    if (d->answers != NULL && !has_answers(d)) /* of a thousand, few have any at a time */
        answers_clear(d->answers);
}

/* The first of a turn goes at once, and those behind it together. */
static ssize_t gather(struct dgram *d, const struct cmsg_out *out)
{
    if (!d->wrote && !has_answers(d)) {
        d->wrote = true;
        loop_soon(d->port.loop, &d->gathered);
        return send_one(d, out);
    }
    if (add_answer(d, out))
        return (ssize_t)out->size;
    if (send_answers(d) == IO_AGAIN)
        return IO_AGAIN;
    if (d->port.error != 0)
        return IO_ERROR;
    return add_answer(d, out) ? (ssize_t)out->size : send_one(d, out);
}

/* An answer waits for those to the datagrams that arrived with its own: read_dgram() sends them. */
static ssize_t answer_later(struct dgram *d, const struct cmsg_out *out)
{
    if (add_answer(d, out))
        return (ssize_t)out->size;
    if (send_answers(d) == IO_AGAIN)
        return IO_AGAIN;
    return add_answer(d, out) ? (ssize_t)out->size : send_one(d, out);
}

static ssize_t write_dgram(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct dgram *d = container_of(l, struct dgram, layer);
    struct cmsg_out out = {.data = data, .size = size, .answer = d->opts.echo};

    if (!d->opts.connected) {
        out.to = meta != NULL ? meta : d->to;
        d->aimless = out.to->peer.len == 0 && meta == NULL;
        if (d->aimless)
            return IO_AGAIN;
        if (out.to->peer.len == 0) { /* a UNIX socket without a name */
            log_info("%zu bytes have no address to go to", size);
            return (ssize_t)size;
        }
    }
    if (d->opts.segment > 0 && size > d->opts.segment)
        return send_segments(d, out);
    if (d->opts.gather && d->family != AF_UNIX)
        return gather(d, &out);
    return d->opts.echo && d->family != AF_UNIX ? answer_later(d, &out) : send_one(d, &out);
}

static ssize_t read_dgram(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct dgram *d = container_of(l, struct dgram, layer);
    unsigned first = d->turn;
    struct meta own;
    ssize_t n;

    if (meta == NULL)
        meta = &own;
    if (d->opts.gather && d->port.error != 0 && arrivals_left(d->arrivals) == 0) /* at the end of a turn */
        return IO_ERROR;
    if (!d->opts.gather && arrivals_left(d->arrivals) == 0 && send_answers(d) == IO_AGAIN)
        return IO_AGAIN;
    for (unsigned tried = 0; tried < d->n; tried++) {
        unsigned i = (first + tried) % d->n;

        for (int drops = 0; (n = receive(d, i, data, size, meta)) == -EINTR && drops < MAX_DROPS; drops++)
            continue;
        if (n != IO_AGAIN && n != -EINTR)
            return n;
        if (arrivals_left(d->arrivals) > 0)
            break; /* they are this socket's */
    }
    return IO_AGAIN;
}

static size_t max_dgram(const struct layer *l)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);
    size_t max = CMSG_MAX_IPV6, segments;

    if (d->family == AF_UNIX)
        max = CMSG_MAX_UNIX;
    else if (d->family == AF_INET || (d->to != NULL && IN6_IS_ADDR_V4MAPPED(&d->to->peer.in6.sin6_addr)))
        max = CMSG_MAX_IPV4;
    if (d->opts.segment == 0)
        return max;
    segments = max / d->opts.segment;
    return d->opts.segment * (segments < 1 ? 1 : segments > MAX_SEGMENTS ? MAX_SEGMENTS : segments);
}

static size_t longest_dgram(const struct layer *l)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);

    /* With -v, each is written out before the next one is told of. */
    return d->family == AF_UNIX || (log_shows(LOG_INFO) && !d->opts.connected) ? SIZE_MAX : CMSG_MAX_IPV6;
}

static size_t path_dgram(const struct layer *l)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);

    if (d->family == AF_UNIX)
        return SIZE_MAX;
    return d->to != NULL ? path_to(&d->to->peer) : path_of_socket(d->at[0].watch.fd);
}

static size_t dgram_pending(const struct layer *l)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);

    if (d->opts.gather)
        return arrivals_left(d->arrivals);
    /* A read sends the answers that wait. */
    return d->stopped ? 0 : arrivals_left(d->arrivals) + has_answers(d);
}

static int shut_dgram(struct layer *l)
{
    struct dgram *d = container_of(l, struct dgram, layer);

    if (send_answers(d) == IO_AGAIN)
        return IO_AGAIN;
    if (d->opts.seqpacket && shutdown(d->at[0].watch.fd, SHUT_WR) < 0 && errno != ENOTCONN)
        return layer_fail(l, errno);
    return 0;
}

static uint64_t unsent_dgram(const struct layer *l)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);

    return d->answers != NULL ? answers_size(d->answers) : 0;
}

static void touch_dgram(struct layer *l)
{
    struct dgram *d = container_of(l, struct dgram, layer);

    if (d->port.freed && d->opts.gather) {
        (void)send_answers(d);
        loop_job_del(&d->gathered);
    }
    for (unsigned i = 0; i < d->n; i++)
        loop_touch(&d->at[i].watch);
}

static int dgram_fd(const struct layer *l, unsigned i)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);

    return i < d->n ? d->at[i].watch.fd : -1;
}

static uint64_t dgram_dropped(const struct layer *l)
{
    const struct dgram *d = container_of(l, const struct dgram, layer);
    uint64_t sum = 0;

    for (unsigned i = 0; i < d->n; i++)
        sum += cmsg_dropped(d->at[i].watch.fd, d->at[i].dropped);
    return sum;
}

static void free_dgram(struct layer *l)
{
    struct dgram *d = container_of(l, struct dgram, layer);

    loop_timer_clear(&d->retry);
    for (unsigned i = 0; i < d->n; i++) {
        loop_del(&d->at[i].watch);
        close(d->at[i].watch.fd);
    }
    arrivals_free(d->arrivals);
    refusals_clear(&d->refusals);
    if (d->answers != NULL)
        answers_clear(d->answers);
    free(d->answers);
    free(d->to);
    free(d);
}

static const struct layer_ops ops = {
    .name = "datagram",
    .read = read_dgram,
    .write = write_dgram,
    .pending = dgram_pending,
    .shut = shut_dgram,
    .unsent = unsent_dgram,
    .touch = touch_dgram,
    .max = max_dgram,
    .longest = longest_dgram,
    .path = path_dgram,
    .fd = dgram_fd,
    .dropped = dgram_dropped,
    .free = free_dgram,
};

struct port *dgram_new(struct loop *loop, const int *fds, unsigned n, const struct dgram_opts *opts)
{
    struct dgram *d = mem_alloc(sizeof *d + n * sizeof d->at[0]);

    port_init(&d->port, loop, &d->layer, &ops,
              IO_MSG | IO_HALFCLOSE | (opts->connected ? 0 : (unsigned)IO_ADDRESSED));
    d->opts = *opts;
    d->to = opts->connected ? NULL : mem_alloc(sizeof *d->to);
    d->n = n;
    d->retry.fire = retry_send;
    d->gathered.run = end_turn;
    for (unsigned i = 0; i < n; i++) {
        socklen_t len = sizeof d->at[i].local - offsetof(struct addr, sa);

        d->at[i].dgram = d;
        if (getsockname(fds[i], &d->at[i].local.sa, &len) == 0)
            d->at[i].local.len = len;
        cmsg_prepare(fds[i], &d->at[i].local, opts->connected, opts->echo);
        d->at[i].watch = (struct watch){.fd = fds[i], .want = endpoint_want, .fire = endpoint_ready};
        loop_add(loop, &d->at[i].watch);
    }
    d->family = addr_family(&d->at[0].local);
    return &d->port;
}

void dgram_set_to(struct port *port, const struct addr *to)
{
    struct dgram *d = container_of(port, struct dgram, port);

    *d->to = (struct meta){.peer = *to};
    port_event_soon(port, LOOP_OUT);
}
