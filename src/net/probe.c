/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/container.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/dress.h"
#include "net/socket.h"

enum {
    SLOTS_MAX = 4096, /* ports under way at once; with more, queues on the way drop what was asked */
    RESERVE = 32,     /* descriptors that are left for all else */
    UDP_WAIT = 1000,  /* ms for an answer, when no time was given */
    DTLS_WAIT = 5000, /* the same for a handshake, some of which may have to be said again */
    UDP_SENDS = 2,    /* datagrams per port, for a lossy network or a kernel that counts its refusals */
    BUSY_DELAY = 50,  /* ms until something is tried again that the system had no room for */
    FAREWELL = 1000,  /* ms that a peer may take nothing of what ends a connection with layers */
};

/* One port. What is kept of each is small: there may be 65535. */
struct item {
    uint16_t port;
    bool known;
    unsigned char result; /* enum probe_result */
    int sys;
    unsigned addr;   /* index of the address it is about */
    struct err *why; /* of PROBE_WRONG; else NULL */
};

/* Room for one port under way. */
struct slot {
    struct watch watch; /* fd -1: no socket */
    struct list place;  /* among those that are free */
    struct timer timer;
    struct probe *probe;
    size_t item;
    unsigned addr;
    int sends;
    struct dresser dresser; /* of connections with layers */
    struct port *leaving;   /* one whose handshakes are done; else NULL */
};

struct probe {
    struct loop *loop;
    const struct net_conf *conf;
    struct net net; /* for who puts layers on */
    struct peer_table peers;
    struct probe_events events;
    bool datagram;
    struct addr *addrs, *source;
    unsigned naddrs;
    int nsource;
    struct item *items;
    size_t count, next, told;
    struct slot *slots;
    size_t nslots;
    struct list room; /* the slots that are free */
    bool over;
    struct err fatal; /* an option or the source address is refused: so would it be for all ports */
    struct timer retry;
    struct job job, bury;
};

static void release_slot(struct slot *s)
{
    loop_timer_clear(&s->timer);
    dresser_clear(&s->dresser);
    port_free(s->leaving);
    s->leaving = NULL;
    if (s->watch.fd < 0)
        return;
    loop_del(&s->watch);
    close(s->watch.fd);
    s->watch.fd = -1;
}

static struct addr target_of(const struct probe *p, unsigned addr, const struct item *i)
{
    struct addr a = p->addrs[addr];

    addr_set_port(&a, i->port);
    return a;
}

/* Why a port is not open. */
static void probe_explain(const struct probe *p, const struct item *i, const struct addr *a, struct err *e)
{
    struct message m;

    err_clear(e);
    if (i->result == PROBE_WRONG)
        *e = *i->why;
    if (i->result == PROBE_WRONG || !p->events.words)
        return;
    m = socket_message(p->conf, NULL, a);
    m.why = i->sys != 0 ? strerror(i->sys) : NULL;
    if (i->sys != 0)
        message_err(e, socket_status(i->sys), i->sys,
                    i->result == PROBE_NO_ANSWER ? MESSAGE_CONNECT_LATE : MESSAGE_CONNECT_FAILED, &m);
    else if (i->result == PROBE_FAILED)
        *e = p->fatal;
    else if (i->result == PROBE_NO_ANSWER)
        message_err(e, STATUS_NETWORK, 0, MESSAGE_NO_ANSWER, &m);
}

/* Sends the results that are known, in the order of the ports. */
static void tell_results(struct probe *p)
{
    while (!p->over && p->told < p->count && p->items[p->told].known) {
        const struct item *i = &p->items[p->told++];
        struct addr a = target_of(p, i->addr, i);
        struct err e;

        probe_explain(p, i, &a, &e);
        p->events.result(p->events.ctx, &a, i->result, i->result == PROBE_OPEN ? NULL : &e);
    }
    if (!p->over && p->told == p->count) {
        p->over = true;
        p->events.finished(p->events.ctx);
    }
}

static bool start_slot(struct slot *s);

/* The slot's address gave `result`. An open one settles the port; otherwise the next address has its turn,
 * and the first that at least answered is what is told. */
static void settle_slot(struct slot *s, enum probe_result result, int sys)
{
    struct probe *p = s->probe;
    struct item *i = &p->items[s->item];
    bool final = result == PROBE_OPEN || (p->datagram && result == PROBE_NO_ANSWER) || sys == 0;

    release_slot(s);
    if (s->addr == 0 || result < i->result) {
        i->result = (unsigned char)result;
        i->sys = sys;
        i->addr = s->addr;
    }
    if (!final && s->addr + 1 < p->naddrs) {
        s->addr++;
        if (start_slot(s))
            return;
    }
    i->known = true;
    list_add(&p->room, &s->place);
    loop_soon(p->loop, &p->job);
}

static enum probe_result judge_errno(int sys)
{
    switch (sys) {
    case 0:
        return PROBE_OPEN;
    case ECONNREFUSED:
    case ECONNRESET:
        return PROBE_CLOSED;
    case ETIMEDOUT:
        return PROBE_NO_ANSWER;
    default:
        return PROBE_FAILED;
    }
}

static unsigned want_probe_answer(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static unsigned want_probe_connected(struct watch *w)
{
    (void)w;
    return LOOP_OUT;
}

/* It has left, or will not: both are well. */
static void slot_left(void *ctx, uint64_t lost, int error)
{
    struct slot *s = ctx;

    (void)lost, (void)error;
    s->leaving = NULL;
    settle_slot(s, PROBE_OPEN, 0);
}

static void slot_dressed(struct dresser *d, struct peer *peer)
{
    struct slot *s = container_of(d, struct slot, dresser);
    struct port *port = peer_remove(peer);

    if (port_close(port, FAREWELL, false, slot_left, s))
        settle_slot(s, PROBE_OPEN, 0);
    else
        s->leaving = port;
}

/* Whether nobody may be there, while a connection is somebody's. */
static bool is_unanswered(const struct probe *p, int sys)
{
    return p->datagram &&
           (sys == ECONNREFUSED || sys == ETIMEDOUT || sys == EHOSTUNREACH || sys == ENETUNREACH);
}

static void slot_not_dressed(struct dresser *d, const struct err *e)
{
    struct slot *s = container_of(d, struct slot, dresser);
    struct item *i = &s->probe->items[s->item];

    if (is_unanswered(s->probe, e->sys)) {
        settle_slot(s, judge_errno(e->sys), e->sys == ETIMEDOUT ? 0 : e->sys);
        return;
    }
    i->why = mem_alloc(sizeof *i->why);
    *i->why = *e;
    settle_slot(s, PROBE_WRONG, 0);
}

/* What is left of the time goes to the handshakes; of datagrams that is all. */
static int64_t dress_time(const struct slot *s)
{
    const int64_t given = s->probe->conf->connect_timeout;
    const int64_t left = loop_timer_pending(&s->timer) ? s->timer.at - loop_now(s->probe->loop) : 0;

    if (s->probe->datagram)
        return given > 0 ? given : DTLS_WAIT;
    return left > 0 ? left : given > 0 ? 1 : 0;
}

static void dress_slot(struct slot *s)
{
    static const struct dgram_opts datagrams = {.connected = true};
    struct probe *p = s->probe;
    const struct addr to = target_of(p, s->addr, &p->items[s->item]);
    const int64_t limit = dress_time(s);
    const int fd = s->watch.fd;
    struct addr local;

    loop_del(&s->watch);
    s->watch.fd = -1;
    loop_timer_clear(&s->timer);
    if (p->datagram) {
        socket_local(fd, &local);
        dress_port(&s->dresser, dgram_new(p->loop, &fd, 1, &datagrams), &local, &to, limit);
    } else {
        dress(&s->dresser, fd, NULL, &to, limit);
    }
}

static void settle_stream(struct watch *w, unsigned events)
{
    struct slot *s = container_of(w, struct slot, watch);
    const struct addr to = target_of(s->probe, s->addr, &s->probe->items[s->item]);
    struct addr local;
    int sys = socket_connected(w->fd, &to, events, false, &local);

    if (sys == 0 && s->probe->conf->nlayers > 0)
        dress_slot(s);
    else
        settle_slot(s, judge_errno(sys), sys);
}

static void settle_datagram(struct watch *w, unsigned events)
{
    char byte;

    (void)events;
    if (recv(w->fd, &byte, 1, MSG_DONTWAIT) >= 0)
        settle_slot(container_of(w, struct slot, watch), PROBE_OPEN, 0);
    else if (errno != EAGAIN && errno != EINTR)
        settle_slot(container_of(w, struct slot, watch), judge_errno(errno), errno);
}

static int sends_of(const struct probe *p)
{
    return p->conf->probe_byte ? 1 : UDP_SENDS;
}

static int64_t wait_time(const struct probe *p)
{
    int64_t given = p->conf->connect_timeout;

    if (!p->datagram)
        return given;
    return ((given > 0 ? given : UDP_WAIT) + sends_of(p) - 1) / sends_of(p);
}

/* Sends the empty datagram once more, or finds that there is no answer. */
static void ask_datagram(struct slot *s)
{
    struct probe *p = s->probe;
    int sys = 0;

    if (s->sends++ >= sends_of(p)) {
        settle_slot(s, PROBE_NO_ANSWER, 0);
        return;
    }
    if (send(s->watch.fd, "", p->conf->probe_byte ? 1 : 0, MSG_DONTWAIT) < 0)
        sys = errno;
    if (sys != 0 && sys != EAGAIN && sys != ENOBUFS && sys != EINTR)
        settle_slot(s, judge_errno(sys), sys);
    else
        loop_timer_set(p->loop, &s->timer, wait_time(p));
}

static void slot_late(struct timer *t)
{
    struct slot *s = container_of(t, struct slot, timer);

    if (s->probe->datagram)
        ask_datagram(s);
    else
        settle_slot(s, PROBE_NO_ANSWER, ETIMEDOUT);
}

/* A socket for the slot's address, bound to the source. Returns the descriptor, or -1 with `e`. */
static int make_probe_socket(struct probe *p, const struct addr *to, struct err *e)
{
    int type = p->datagram ? SOCK_DGRAM : p->conf->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
    struct unix_path own = {0};
    int fd = socket_new(addr_family(to), type, e);

    if (fd < 0)
        return -1;
    if (socket_options(fd, p->conf, SOCKOPT_CREATED, e) < 0 ||
        (addr_family(to) != AF_UNIX &&
         socket_bind_source(fd, type, p->source, p->nsource, to, &own, e) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Starts at the slot's address. Returns false when it has to wait for room in the system. */
static bool start_slot(struct slot *s)
{
    struct probe *p = s->probe;
    struct addr to = target_of(p, s->addr, &p->items[s->item]);
    struct err e;
    int fd = make_probe_socket(p, &to, &e);

    if (fd < 0 && (e.sys == EMFILE || e.sys == ENFILE || e.sys == ENOBUFS || e.sys == ENOMEM))
        return false;
    if (fd < 0) {
        p->fatal = e;
        settle_slot(s, PROBE_FAILED, e.sys == EAFNOSUPPORT ? e.sys : 0);
        return true;
    }
    s->watch.fd = fd;
    s->watch.want = p->datagram ? want_probe_answer : want_probe_connected;
    s->watch.fire = p->datagram ? settle_datagram : settle_stream;
    s->sends = 0;
    loop_add(p->loop, &s->watch);
    if (connect(fd, &to.sa, to.len) < 0 && errno != EINPROGRESS && errno != EINTR) {
        if (errno == EAGAIN && addr_family(&to) == AF_UNIX && p->conf->nlayers == 0) /* it listens */
            settle_slot(s, PROBE_OPEN, 0);
        else
            settle_slot(s, judge_errno(errno), errno);
    } else if (p->datagram && p->conf->nlayers > 0) {
        dress_slot(s);
    } else if (p->datagram) {
        ask_datagram(s);
    } else if (wait_time(p) > 0) {
        loop_timer_set(p->loop, &s->timer, wait_time(p));
    }
    return true;
}

/* Fills free slots with the next ports, then tells what is known. */
static void fill_slots(struct job *j)
{
    struct probe *p = container_of(j, struct probe, job);

    while (p->next < p->count && !list_empty(&p->room)) {
        struct slot *s = list_first(&p->room, struct slot, place);

        list_del(&s->place);
        s->item = p->next++;
        s->addr = 0;
        if (!start_slot(s)) {
            p->next--;
            list_push(&p->room, &s->place);
            loop_timer_set(p->loop, &p->retry, BUSY_DELAY);
            break;
        }
    }
    tell_results(p);
}

static void retry_slots(struct timer *t)
{
    loop_soon(container_of(t, struct probe, retry)->loop, &container_of(t, struct probe, retry)->job);
}

static uint32_t random_below(uint32_t n)
{
    uint32_t r;

    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        return 0;
    return (uint32_t)((uint64_t)r * n >> 32);
}

static void shuffle_ports(struct item *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = random_below((uint32_t)i);
        struct item swap = items[i - 1];

        items[i - 1] = items[k];
        items[k] = swap;
    }
}

static void list_ports(struct probe *p, const struct portrange *ports, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p->count += (size_t)(ports[i].last - ports[i].first) + 1;
    if (p->conf->family == AF_UNIX)
        p->count = 1;
    p->items = mem_alloc(p->count * sizeof *p->items);
    for (size_t i = 0, k = 0; i < n && p->conf->family != AF_UNIX; i++)
        for (unsigned port = ports[i].first; port <= ports[i].last; port++)
            p->items[k++].port = (uint16_t)port;
}

/* How many ports may be under way at once. */
static size_t count_slots(const struct probe *p)
{
    struct rlimit limit;
    size_t most = SLOTS_MAX;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < SLOTS_MAX + RESERVE)
        most = limit.rlim_cur > RESERVE ? (size_t)limit.rlim_cur - RESERVE : 1;
    return p->count < most ? p->count : most;
}

static void make_slots(struct probe *p)
{
    list_init(&p->room);
    p->nslots = count_slots(p);
    p->slots = mem_alloc(p->nslots * sizeof *p->slots);
    for (size_t i = 0; i < p->nslots; i++) {
        p->slots[i].probe = p;
        p->slots[i].watch.fd = -1;
        p->slots[i].timer.fire = slot_late;
        p->slots[i].dresser = (struct dresser){.net = &p->net,
                                               .type = p->datagram ? SOCK_DGRAM : SOCK_STREAM,
                                               .client = true,
                                               .what = "connect to",
                                               .up = slot_dressed,
                                               .failed = slot_not_dressed};
        dresser_init(&p->slots[i].dresser);
        list_add(&p->room, &p->slots[i].place);
    }
}

struct probe *probe_start(struct loop *loop, const struct net_conf *conf, const struct portrange *ports,
                          size_t n, bool randomize, const struct probe_events *events, struct err *e)
{
    int type = conf->datagram ? SOCK_DGRAM : SOCK_STREAM;
    struct addr *addrs, *source;
    struct probe *p;
    int naddrs, nsource;

    if (sockopt_check(conf->sockopts, conf->nsockopts, e) < 0)
        return NULL;
    nsource = socket_source(conf, type, &source, e);
    if (nsource < 0)
        return NULL;
    naddrs = socket_resolve(conf, conf->host, conf->port, type, false, &addrs, e);
    if (naddrs < 0) {
        free(source);
        return NULL;
    }
    p = mem_alloc(sizeof *p);
    p->loop = loop;
    p->conf = conf;
    p->events = *events;
    p->net = (struct net){.loop = loop, .conf = conf, .peers = &p->peers};
    peer_table_init(&p->peers, loop);
    p->datagram = conf->datagram;
    p->addrs = addrs;
    p->naddrs = (unsigned)naddrs;
    p->source = source;
    p->nsource = nsource;
    list_ports(p, ports, n);
    make_slots(p);
    if (randomize)
        shuffle_ports(p->items, p->count);
    p->retry.fire = retry_slots;
    p->job.run = fill_slots;
    loop_soon(loop, &p->job);
    return p;
}

static void bury_probe(struct job *j)
{
    struct probe *p = container_of(j, struct probe, bury);

    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].why);
    free(p->addrs);
    free(p->source);
    free(p->items);
    free(p->slots);
    free(p);
}

void probe_stop(struct probe *p)
{
    if (p == NULL)
        return;
    p->over = true;
    for (size_t i = 0; i < p->nslots; i++)
        release_slot(&p->slots[i]);
    loop_timer_clear(&p->retry);
    loop_job_del(&p->job);
    p->bury.run = bury_probe;
    loop_finally(p->loop, &p->bury);
}
