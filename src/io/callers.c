/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sockets of callers: what comes is read by the dozen, and given to the port of who sent it, found in a hash table
 * whose key strangers do not know.
 */
#include "io/callers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/siphash.h"
#include "io/batch.h"
#include "io/caller.h"

enum {
    ROUNDS = 4,        /* dozens read before others have their turn */
    FIRST_SIZE = 64,   /* places of the table */
    SAME = 64,         /* callers of one address, at as many addresses of ours */
    ROOM = 256 * 1024, /* of a UNIX datagram: longer ones are cut */
    UNIX_ROUND = 32,   /* of them */
    SHORT_PAUSE = 2,   /* ms until what had no room is sent again, where poll(2) does not tell */
    LONG_PAUSE = 64,
    TRIES = 8, /* a send may fail of what was refused before */
};

/* One of the sockets. */
struct caller_socket {
    struct watch watch;
    struct callers *set;
    struct addr local;
    uint64_t dropped; /* by the kernel, as datagrams that came told */
    bool full;        /* it has no room, and somebody waits for it */
};

struct callers {
    struct caller_home home;
    struct callers_conf conf;
    struct siphash_key key;
    struct caller **places; /* a hash table of `size`, which is a power of 2 */
    size_t size, count;
    struct list waiting; /* for room in a socket */
    struct timer retry;  /* where poll(2) does not tell of room */
    int64_t pause;       /* ms of it */
    struct arrivals *arrivals;
    unsigned char *room; /* for one, of UNIX sockets */
    bool wrote;          /* something was sent in this turn: what comes now is gathered */
    struct answers answers;
    bool no_offload; /* the kernel does not cut them apart for us */
    struct job gathered;
    bool closed;
    struct job bury;
    unsigned n;
    struct caller_socket at[];
};

static struct callers *callers_of(const struct caller *c)
{
    return container_of(c->home, struct callers, home);
}

static int send_gathered(struct callers *s);

/* The table */

static struct caller **place_of(const struct callers *s, uint64_t hash)
{
    return &s->places[hash & (s->size - 1)];
}

static void grow_table(struct callers *s)
{
    struct caller **old = s->places;
    const size_t n = s->size;

    s->size = n > 0 ? 2 * n : FIRST_SIZE;
    s->places = mem_alloc(s->size * sizeof(struct caller *));
    for (size_t i = 0; i < n; i++) {
        for (struct caller *c = old[i], *next; c != NULL; c = next) {
            next = c->next;
            c->next = *place_of(s, c->hash);
            *place_of(s, c->hash) = c;
        }
    }
    free(old);
}

static void remember(struct callers *s, struct caller *c, uint64_t hash)
{
    if (s->count >= s->size)
        grow_table(s);
    c->hash = hash;
    c->next = *place_of(s, hash);
    *place_of(s, hash) = c;
    s->count++;
    caller_active(c);
}

/* `*same` is how many there are of that address. */
static struct caller *find_caller(const struct callers *s, const struct meta *from, uint64_t hash,
                                  unsigned *same)
{
    *same = 0;
    for (struct caller *c = s->size > 0 ? *place_of(s, hash) : NULL; c != NULL; c = c->next) {
        if (c->hash != hash || c->over || !addr_equal(c->who, &from->peer))
            continue;
        if (c->socket == from->socket && addr_equal(c->local, &from->local))
            return c;
        ++*same;
    }
    return NULL;
}

static void finish_sockets(struct callers *s)
{
    if (!s->closed || s->count > 0)
        return;
    (void)send_gathered(s);
    loop_job_del(&s->gathered);
    loop_timer_clear(&s->retry);
    for (unsigned i = 0; i < s->n; i++) {
        loop_del(&s->at[i].watch);
        close(s->at[i].watch.fd);
    }
    loop_finally(s->home.loop, &s->bury);
}

static void forget_caller(struct caller *c)
{
    struct callers *s = callers_of(c);
    struct caller **at = place_of(s, c->hash);

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    list_del(&c->order);
    list_del(&c->waits);
    if (s->home.now.whose == c)
        s->home.now.whose = NULL;
    s->count--;
    finish_sockets(s);
}

/* What comes */

/* The address that was spoken to, as people know it. */
static void local_of(const struct callers *s, const struct meta *from, struct addr *local)
{
    const struct addr *bound = &s->at[from->socket].local;

    *local = from->local.len > 0 ? from->local : *bound;
    addr_set_port(local, addr_port(bound));
}

static void take_newcomer(struct callers *s, const struct meta *from, uint64_t hash,
                          const struct callers_look *look)
{
    struct caller *c;
    struct addr local;

    if (!s->conf.admit(s->conf.ctx, &from->peer) || s->closed)
        return;
    c = caller_new(&s->home, from);
    c->ifindex = from->ifindex;
    c->socket = from->socket;
    c->mark = look->mark;
    remember(s, c, hash);
    caller_keep(c, look->data, look->size);
    local_of(s, from, &local);
    s->conf.came(s->conf.ctx, &c->port, &local, &from->peer);
}

/* Whoever is there is no more. */
static void end_caller(struct caller *c)
{
    c->over = true;
    port_fail(&c->port, ECONNRESET);
    port_event_soon(&c->port, LOOP_IN | LOOP_OUT);
}

/* What the answer lacks to arrive, it lacks: who asks will ask again. */
static void reply(const struct callers *s, const struct meta *from, const struct callers_look *look)
{
    const struct cmsg_out out = {.data = look->answer, .size = look->nanswer, .to = from};

    if (cmsg_send(s->at[from->socket].watch.fd, &out) < 0)
        log_debug("answer: errno %d", errno);
}

/* Whose datagram it is, `c` or a newcomer's (NULL); or nobody's: then look->data is NULL. */
static struct caller *pass_gate(const struct callers *s, const struct meta *from, struct caller *c,
                                struct callers_look *look)
{
    look->known = c != NULL;
    look->mark = c != NULL ? c->mark : 0;
    switch (s->conf.gate(s->conf.ctx, look)) {
    case CALLERS_TAKE:
        return c;
    case CALLERS_ANEW:
        if (c != NULL)
            end_caller(c);
        return NULL;
    case CALLERS_REPLY:
        reply(s, from, look);
        break;
    case CALLERS_DROP:
        break;
    }
    look->data = NULL;
    return NULL;
}

static void deal_out(struct callers *s, const struct meta *from, const void *data, size_t size)
{
    const uint64_t hash = addr_hash(&from->peer, &s->key);
    unsigned same;
    struct caller *c = find_caller(s, from, hash, &same);
    struct callers_look look = {.who = &from->peer, .data = data, .size = size};

    if (s->conf.gate != NULL) {
        c = pass_gate(s, from, c, &look);
        if (look.data == NULL)
            return;
    }
    if (c != NULL) {
        caller_active(c);
        caller_give(c, data, size);
    } else if (same < SAME) {
        take_newcomer(s, from, hash, &look);
    }
}

/* What was refused: the ports of those who did fail. */
static void read_errors(struct callers *s, unsigned i)
{
    struct addr who;
    int error;

    if (s->home.is_unix) /* the call would take a datagram */
        return;
    while ((error = cmsg_next_error(s->at[i].watch.fd, &who)) != 0) {
        const uint64_t hash = addr_hash(&who, &s->key);

        for (struct caller *c = s->size > 0 ? *place_of(s, hash) : NULL; c != NULL; c = c->next) {
            if (c->socket != i || !addr_equal(c->who, &who))
                continue;
            port_fail(&c->port, error);
            port_event_soon(&c->port, LOOP_IN | LOOP_OUT);
        }
    }
}

/* Returns false when there is no more now. */
static bool receive_failed(struct callers *s, unsigned i, int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK)
        return false;
    if (error != ENOMEM && error != EBADF && error != ENOTSOCK) {
        read_errors(s, i);
        return true;
    }
    s->conf.failed(s->conf.ctx, error);
    return false;
}

static bool receive_dozen(struct callers *s, unsigned i)
{
    struct meta from = {.socket = (unsigned char)i};
    struct cmsg_in in = {.meta = &from, .dropped = &s->at[i].dropped};
    const int n = arrivals_fill(s->arrivals, s->at[i].watch.fd);

    if (n < 0)
        return receive_failed(s, i, errno);
    while (!s->closed && arrivals_left(s->arrivals) > 0) {
        const void *data;
        const size_t size = arrivals_show(s->arrivals, &in, &data);

        deal_out(s, &from, data, size);
    }
    return n == BATCH_MOST;
}

static bool receive_unix(struct callers *s, unsigned i)
{
    struct meta from = {.socket = (unsigned char)i};
    struct cmsg_in in = {.data = s->room, .size = ROOM, .meta = &from, .dropped = &s->at[i].dropped};

    for (int round = 0; round < UNIX_ROUND && !s->closed; round++) {
        const ssize_t n = cmsg_receive(s->at[i].watch.fd, &in);
        char text[ADDR_TEXT];

        if (n < 0)
            return receive_failed(s, i, errno);
        if (in.cut)
            log_notice("a datagram from %s was cut to %zu bytes", addr_format(&from.peer, text), (size_t)n);
        deal_out(s, &from, s->room, (size_t)n);
    }
    return true;
}

/* What goes back */

/* Of room in a socket's own queue poll(2) tells, but not of a network device's, nor of that of a UNIX receiver. */
static void await_room(struct callers *s, unsigned i, int error)
{
    if (error != ENOBUFS && !s->home.is_unix) {
        s->at[i].full = true;
        loop_touch(&s->at[i].watch);
        return;
    }
    if (!loop_timer_pending(&s->retry)) {
        s->pause = s->pause < SHORT_PAUSE ? SHORT_PAUSE : s->pause < LONG_PAUSE ? 2 * s->pause : LONG_PAUSE;
        loop_timer_set(s->home.loop, &s->retry, s->pause);
    }
}

static ssize_t no_room(struct caller *c)
{
    if (!list_in(&c->waits))
        list_add(&callers_of(c)->waiting, &c->waits);
    return IO_AGAIN;
}

static bool is_full(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

/* Sends on the socket that out->to names. Returns how many were sent, or -1 with the errno of the first. */
static int send_out(struct callers *s, const struct cmsg_out *out, unsigned n)
{
    const unsigned i = out->to->socket;
    int error = 0;

    for (int tries = 0; tries < TRIES; tries++) {
        const int sent = cmsg_send_several(s->at[i].watch.fd, out, n);

        if (sent > 0) {
            s->pause = 0;
            return sent;
        }
        error = errno;
        if (s->home.is_unix || !cmsg_is_refusal(error))
            break;
        read_errors(s, i); /* of an earlier one: this one was not sent */
    }
    if (is_full(error))
        await_room(s, i, error);
    errno = error;
    return -1;
}

static void tell_unsent(const struct addr *who, size_t size, int error)
{
    char text[ADDR_TEXT];

    log_error("%zu bytes to %s were not sent: %s", size, addr_format(who, text), strerror(error));
}

/* What was gathered for somebody, who may have gone meanwhile, cannot be sent. */
static void lose_gathered(struct callers *s, const struct cmsg_out *out, int error)
{
    unsigned same;
    struct caller *c = find_caller(s, out->to, addr_hash(&out->to->peer, &s->key), &same);

    tell_unsent(&out->to->peer, out->size, error);
    if (c != NULL)
        c->port.lost = true;
}

/* Sends what was gathered. Returns 0, or IO_AGAIN. */
static int send_gathered(struct callers *s)
{
    while (answers_wait(&s->answers)) {
        struct cmsg_out out[BATCH_MOST];
        const int sent = send_out(s, out, answers_next(&s->answers, !s->no_offload, out));

        if (sent > 0) {
            answers_sent(&s->answers, out, (unsigned)sent);
        } else if (is_full(errno)) {
            return IO_AGAIN;
        } else if (out[0].segment > 0) {
            s->no_offload = true;
        } else {
            lose_gathered(s, out, errno);
            answers_sent(&s->answers, out, 1);
        }
    }
    return 0;
}

static void end_turn(struct job *j)
{
    struct callers *s = container_of(j, struct callers, gathered);

    s->wrote = false;
    (void)send_gathered(s);
}

static void make_meta(const struct caller *c, struct meta *to)
{
    addr_copy(&to->peer, c->who);
    addr_copy(&to->local, c->local);
    to->ifindex = c->ifindex;
    to->socket = c->socket;
    to->hops = 0;
    to->secret = false;
}

static ssize_t not_sent(struct caller *c, size_t size, int error)
{
    if (is_full(error))
        return no_room(c);
    if (c->port.error != 0) /* of an earlier one */
        return IO_ERROR;
    if (c->home->is_unix && error != EMSGSIZE)
        return port_fail(&c->port, error);
    c->port.lost = true;
    tell_unsent(c->who, size, error);
    return (ssize_t)size;
}

/* The first of a turn goes at once, and those behind it together. */
static bool goes_along(struct callers *s, const struct cmsg_out *out)
{
    return s->wrote && !s->home.is_unix && answers_add(&s->answers, out);
}

static ssize_t send_back(struct caller *c, const void *data, size_t size)
{
    struct callers *s = callers_of(c);
    struct meta to;
    const struct cmsg_out out = {.data = data, .size = size, .to = &to};

    make_meta(c, &to);
    if (!s->conf.among)
        caller_active(c);
    if (goes_along(s, &out))
        return (ssize_t)size;
    if (send_gathered(s) == IO_AGAIN)
        return no_room(c);
    if (goes_along(s, &out))
        return (ssize_t)size;
    if (send_out(s, &out, 1) < 0)
        return not_sent(c, size, errno);
    s->wrote = true;
    loop_soon(s->home.loop, &s->gathered);
    return (ssize_t)size;
}

static size_t unsent_of(const struct caller *c)
{
    const struct callers *s = callers_of(c);
    struct meta to;

    if (!answers_wait(&s->answers))
        return 0;
    make_meta(c, &to);
    return answers_size_to(&s->answers, &to);
}

static int flush(struct caller *c)
{
    return unsent_of(c) == 0 || send_gathered(callers_of(c)) == 0 || unsent_of(c) == 0 ? 0 : (int)no_room(c);
}

/* The sockets */

static void serve_waiting(struct callers *s)
{
    struct list now;
    struct caller *c;
    struct list *ahead;

    for (unsigned i = 0; i < s->n; i++)
        s->at[i].full = false;
    if (send_gathered(s) == IO_AGAIN)
        return;
    list_move(&now, &s->waiting);
    list_each(c, ahead, &now, struct caller, waits)
    {
        list_del(&c->waits);
        port_event_soon(&c->port, LOOP_OUT);
    }
}

static unsigned socket_want(struct watch *w)
{
    const struct caller_socket *at = container_of(w, struct caller_socket, watch);

    return (at->set->closed ? 0 : LOOP_IN) | (at->full ? LOOP_OUT : 0);
}

static void socket_ready(struct watch *w, unsigned events)
{
    const struct caller_socket *at = container_of(w, struct caller_socket, watch);
    struct callers *s = at->set;
    const unsigned i = (unsigned)(at - s->at);

    if (events & LOOP_HUP)
        read_errors(s, i);
    if (events & LOOP_OUT)
        serve_waiting(s);
    for (int round = 0; events & LOOP_IN && round < ROUNDS && !s->closed; round++) {
        if (!(s->home.is_unix ? receive_unix : receive_dozen)(s, i))
            break;
    }
    loop_touch(w);
}

static void send_again(struct timer *t)
{
    serve_waiting(container_of(t, struct callers, retry));
}

static void bury_callers(struct job *j)
{
    struct callers *s = container_of(j, struct callers, bury);

    arrivals_free(s->arrivals);
    answers_clear(&s->answers);
    free(s->room);
    free(s->places);
    free(s);
}

static void add_socket(struct callers *s, unsigned i, int fd)
{
    struct caller_socket *at = &s->at[i];
    socklen_t len = sizeof at->local - offsetof(struct addr, sa);

    if (getsockname(fd, &at->local.sa, &len) == 0)
        at->local.len = len;
    cmsg_prepare(fd, &at->local, false, false);
    at->set = s;
    at->watch = (struct watch){.fd = fd, .want = socket_want, .fire = socket_ready};
    loop_add(s->home.loop, &at->watch);
}

struct callers *callers_new(struct loop *loop, const int *fds, unsigned n, const struct callers_conf *conf)
{
    struct callers *s = mem_alloc(sizeof *s + n * sizeof s->at[0]);

    s->home.loop = loop;
    s->home.most = conf->most;
    s->home.send = send_back;
    s->home.flush = flush;
    s->home.unsent = unsent_of;
    s->home.forget = forget_caller;
    s->conf = *conf;
    s->n = n;
    s->retry.fire = send_again;
    s->bury.run = bury_callers;
    s->gathered.run = end_turn;
    list_init(&s->home.order);
    list_init(&s->waiting);
    siphash_make_key(&s->key);
    for (unsigned i = 0; i < n; i++)
        add_socket(s, i, fds[i]);
    s->home.is_unix = addr_family(&s->at[0].local) == AF_UNIX;
    if (s->home.is_unix)
        s->room = mem_alloc(ROOM);
    else
        s->arrivals = arrivals_new();
    return s;
}

void callers_free(struct callers *s)
{
    s->closed = true;
    for (unsigned i = 0; i < s->n; i++)
        loop_touch(&s->at[i].watch);
    finish_sockets(s);
}

uint64_t callers_dropped(const struct callers *s)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < s->n; i++)
        sum += cmsg_dropped(s->at[i].watch.fd, s->at[i].dropped);
    return sum;
}

struct port *callers_quietest(const struct callers *s, int64_t *quiet)
{
    struct caller *c = list_first(&s->home.order, struct caller, order);

    if (c == NULL)
        return NULL;
    *quiet = loop_now(s->home.loop) - c->active;
    return &c->port;
}

void caller_set_owner(struct port *port, void *owner)
{
    container_of(port, struct caller, port)->owner = owner;
}

void *caller_owner(const struct port *port)
{
    return container_of(port, const struct caller, port)->owner;
}

void caller_spare(struct port *port)
{
    caller_active(container_of(port, struct caller, port));
}
