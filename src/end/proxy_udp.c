/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ASSOCIATE: datagrams of the peer, to wherever each says (RFC 1928, 7).
 *
 * The peer's connection carries nothing any more, and ends the association. So a layer on it gives, as what the peer says, the
 * datagrams that it sends to a socket of ours, each with its target for an address, and sends there what is written for it. The
 * end is a socket of datagrams as any: a link takes them there, another brings back what comes, and neither knows of this.
 */
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "end/proxy_parts.h"
#include "io/layer.h"
#include "net/dial.h"
#include "net/resolve_ahead.h"
#include "proto/socks.h"

enum {
    TARGETS = 256, /* whose answers are let in; of more, those not spoken to for the longest are forgotten */
    NAMES = 16,    /* whose addresses are known */
    LOOK_UPS = 2,  /* under way at once, a thread each */
    HELD = 16,     /* datagrams that wait for a name */
    HELD_BYTES = 128 * 1024,
    DROPS = 32,         /* in a row, before the others have their turn */
    KNOWN = 60 * 1000,  /* ms for which an address counts */
    UNKNOWN = 5 * 1000, /* and that there is none */
    MAX = 65507 - SOCKS5_AHEAD,
};

struct name {
    struct association *of;
    char *host;                  /* NULL: the place is free */
    struct resolve_ahead *ahead; /* NULL: nobody is asked */
    struct addr found;           /* len 0: it has none */
    int64_t until;               /* ms of the loop's time */
};

struct held {
    struct list place;
    struct name *name;
    uint16_t port;
    size_t n;
    unsigned char data[];
};

struct association {
    struct layer layer;
    struct request *request; /* NULL: it is over */
    struct dial *near, *far; /* that make the two sockets; NULL: not under way */
    struct port *relay;      /* what the client sends its datagrams to, and gets them from */
    struct addr at;          /* where that is */
    struct addr client;      /* whose they are; the port is 0 until it is known */
    struct addr **targets;   /* that were spoken to, from addr_dup() */
    unsigned ntargets, last; /* the latest that was */
    unsigned oldest;         /* to be forgotten next */
    struct name names[NAMES];
    unsigned look_ups, nheld;
    size_t held_bytes;
    struct list held; /* in the order they came */
    unsigned char *out;
    size_t room;
};

static struct association *association_of(const struct layer *l)
{
    return container_of((struct layer *)(uintptr_t)l, struct association, layer);
}

static struct loop *loop_of(const struct association *x)
{
    return x->request->end->ends->loop;
}

/* Who may speak */

static bool is_client(const void *ctx, const struct addr *from)
{
    const struct association *x = ctx;
    struct addr a = *from;

    if (addr_port(&x->client) == 0)
        addr_set_port(&a, 0);
    return addr_equal(&a, &x->client);
}

static bool was_spoken_to(const void *ctx, const struct addr *from)
{
    const struct association *x = ctx;

    if (x->ntargets > 0 && addr_equal(x->targets[x->last], from))
        return true;
    for (unsigned i = 0; i < x->ntargets; i++) {
        if (addr_equal(x->targets[i], from))
            return true;
    }
    return false;
}

static void add_target(struct association *x, const struct addr *to)
{
    if (x->ntargets < TARGETS) {
        x->targets = mem_resize(x->targets, (x->ntargets + 1) * sizeof(struct addr *));
        x->last = x->ntargets++;
    } else {
        x->last = x->oldest;
        x->oldest = (x->oldest + 1) % TARGETS;
        free(x->targets[x->last]);
    }
    x->targets[x->last] = addr_dup(to);
}

static void note_target(struct association *x, const struct addr *to)
{
    for (unsigned i = x->last, n = 0; n < x->ntargets; n++, i = (i + 1) % x->ntargets) {
        if (addr_equal(x->targets[i], to)) {
            x->last = i;
            return;
        }
    }
    add_target(x, to);
}

/* What the client sends */

enum { DROPPED = -10 /* what stands beside IO_*: there may be another */ };

static ssize_t drop(const struct association *x, const char *whom, const char *why)
{
    char name[ADDR_TEXT];

    log_info("%s: a datagram for %s was dropped: %s", peer_name(x->request->end->whom, name), whom, why);
    return DROPPED;
}

static ssize_t drop_for(const struct association *x, const struct addr *to, const char *why)
{
    char text[ADDR_TEXT];

    return log_shows(LOG_INFO) ? drop(x, addr_format(to, text), why) : DROPPED;
}

/* A socket of IPv6 speaks IPv4, too. */
static struct addr mapped(const struct addr *a)
{
    struct addr six = {.len = sizeof six.in6, .in6.sin6_family = AF_INET6, .in6.sin6_port = a->in.sin_port};

    six.in6.sin6_addr.s6_addr[10] = six.in6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(six.in6.sin6_addr.s6_addr + 12, &a->in.sin_addr, 4);
    return six;
}

/* Where it goes is what it came from, as links have it. Returns `n` or DROPPED. */
static ssize_t send_to(struct association *x, struct addr to, size_t n, struct meta *meta)
{
    const int own = addr_family(x->request->end->peer->local), limited = x->request->end->ends->conf.family;

    if (addr_port(&to) == 0)
        return drop_for(x, &to, "port 0");
    if (!request_may_reach(x->request, &to))
        return drop_for(x, &to, "not allowed");
    if (addr_family(&to) == AF_INET && own == AF_INET6 && limited != AF_INET6)
        to = mapped(&to);
    if (addr_family(&to) != own)
        return drop_for(x, &to, "no such addresses here");
    note_target(x, &to);
    *meta = (struct meta){.peer = to};
    return (ssize_t)n;
}

/* Names */

static void forget_name(struct name *name)
{
    resolve_abandon(name->ahead);
    free(name->host);
    *name = (struct name){.of = name->of};
}

static bool is_awaited(const struct association *x, const struct name *name)
{
    const struct held *h;
    struct list *ahead;

    list_each(h, ahead, &x->held, struct held, place)
    {
        if (h->name == name)
            return true;
    }
    return false;
}

/* A place for another name: a free one, or of those that nothing waits for that with the oldest answer; NULL: there is none. */
static struct name *find_place(struct association *x)
{
    struct name *oldest = NULL;

    for (unsigned i = 0; i < NAMES; i++) {
        struct name *name = &x->names[i];

        if (name->host == NULL)
            return name;
        if (name->ahead == NULL && !is_awaited(x, name) && (oldest == NULL || name->until < oldest->until))
            oldest = name;
    }
    if (oldest != NULL)
        forget_name(oldest);
    return oldest;
}

static struct name *find_name(struct association *x, const char *host)
{
    for (unsigned i = 0; i < NAMES; i++) {
        if (x->names[i].host != NULL && strcmp(x->names[i].host, host) == 0)
            return &x->names[i];
    }
    return NULL;
}

/* The first that may be sent to counts, or else the first. */
static void take_addresses(struct name *name, const struct addr *list, int n)
{
    int i = 0;

    name->found = (struct addr){0};
    while (i < n && !request_may_reach(name->of->request, &list[i]))
        i++;
    if (n > 0)
        name->found = list[i < n ? i : 0];
    name->until = loop_now(loop_of(name->of)) + (n > 0 ? KNOWN : UNKNOWN);
}

static void name_is_known(void *ctx, struct addr *list, int n, const struct err *why)
{
    struct name *name = ctx;
    struct association *x = name->of;

    name->ahead = NULL;
    x->look_ups--;
    if (n < 0)
        log_info("%s", why->text);
    take_addresses(name, list, n);
    free(list);
    layer_event(&x->layer, LOOP_IN);
}

/* Returns false when it cannot be. */
static bool look_up(struct association *x, struct name *name)
{
    const struct resolve_opts opts = request_look_up(x->request, SOCK_DGRAM);
    struct err why;
    int n;

    if (!resolve_asks(name->host, &opts)) {
        struct addr *list;

        n = resolve(name->host, NULL, &opts, &list, &why);
        if (n < 0)
            log_info("%s", why.text);
        take_addresses(name, list, n);
        free(list);
        return true;
    }
    if (x->look_ups >= LOOK_UPS)
        return false;
    name->ahead = resolve_ahead(loop_of(x), name->host, NULL, &opts, name_is_known, name, &why);
    x->look_ups += name->ahead != NULL;
    return name->ahead != NULL;
}

/* The answer for `host` that counts, or a question under way; NULL: it cannot be asked for now. */
static struct name *ask_name(struct association *x, const char *host)
{
    struct name *name = find_name(x, host);

    if (name != NULL && (name->ahead != NULL || loop_now(loop_of(x)) < name->until))
        return name;
    if (name == NULL) {
        name = find_place(x);
        if (name == NULL)
            return NULL;
        name->host = mem_strdup(host);
    }
    if (look_up(x, name))
        return name;
    if (!is_awaited(x, name))
        forget_name(name);
    return NULL;
}

static ssize_t send_to_name(struct association *x, const struct name *name, uint16_t port, size_t n,
                            struct meta *meta)
{
    struct addr to = name->found;

    if (to.len == 0)
        return DROPPED; /* which was told when it was looked up */
    addr_set_port(&to, port);
    return send_to(x, to, n, meta);
}

static bool may_hold(const struct association *x, size_t n)
{
    return x->nheld < HELD && n <= HELD_BYTES - x->held_bytes;
}

static void hold(struct association *x, struct name *name, uint16_t port, const void *data, size_t n)
{
    struct held *h = mem_alloc(sizeof *h + n);

    h->name = name;
    h->port = port;
    h->n = n;
    memcpy(h->data, data, n);
    list_add(&x->held, &h->place);
    x->nheld++;
    x->held_bytes += n;
}

/* `data` is what is to be sent. */
static ssize_t take_named(struct association *x, const struct socks5_place *to, const unsigned char *data,
                          size_t n, struct meta *meta)
{
    struct serve s;
    struct name *name;
    char safe[4 * SERVE_HOST + 1];

    if (!serve_take_host(&s, to->name, to->nname))
        return drop(x, "a name", "it is none of a host");
    name = ask_name(x, s.host);
    if (name != NULL && name->ahead == NULL)
        return send_to_name(x, name, to->port, n, meta);
    if (name == NULL || !may_hold(x, n)) {
        text_safe_string(s.host, safe, sizeof safe);
        return drop(x, safe, "too much waits for names already");
    }
    hold(x, name, to->port, data, n);
    return DROPPED; /* but for now */
}

static struct held *first_known(const struct association *x)
{
    struct held *h;
    struct list *ahead;

    list_each(h, ahead, &x->held, struct held, place)
    {
        if (h->name->ahead == NULL)
            return h;
    }
    return NULL;
}

static void free_held(struct association *x, struct held *h)
{
    list_del(&h->place);
    x->nheld--;
    x->held_bytes -= h->n;
    free(h);
}

/* One that has waited long enough, as read_one(). */
static ssize_t take_held(struct association *x, void *data, size_t size, struct meta *meta)
{
    struct held *h = first_known(x);
    ssize_t n;

    if (h == NULL)
        return IO_AGAIN;
    n = send_to_name(x, h->name, h->port, h->n < size ? h->n : size, meta);
    if (n > 0)
        memcpy(data, h->data, (size_t)n);
    free_held(x, h);
    return n;
}

/* One that comes. Returns a count, IO_AGAIN, IO_ERROR or DROPPED. */
static ssize_t read_one(struct association *x, unsigned char *data, size_t size, struct meta *meta)
{
    struct socks5_place to;
    ssize_t n = take_held(x, data, size, meta);
    size_t ahead;

    if (n != IO_AGAIN)
        return n;
    n = port_read(x->relay, data, size, meta);
    if (n < 0)
        return n == IO_AGAIN ? IO_AGAIN : layer_fail(&x->layer, x->relay->error);
    ahead = socks5_take_ahead(data, (size_t)n, &to);
    if (ahead == 0)
        return drop(x, "nobody", "it is none of SOCKS5, or a fragment");
    if (addr_port(&x->client) == 0)
        addr_copy(&x->client, &meta->peer);
    n = to.name != NULL ? take_named(x, &to, data + ahead, (size_t)n - ahead, meta)
                        : send_to(x, to.addr, (size_t)n - ahead, meta);
    if (n > 0)
        memmove(data, data + ahead, (size_t)n);
    return n;
}

/* What else comes through the connection is nobody's. */
static ssize_t hear_connection(struct layer *l)
{
    unsigned char drop[512];
    ssize_t n;

    for (int i = 0; i < DROPS; i++) {
        n = layer_read(l->lower, drop, sizeof drop, NULL);
        if (n < 0)
            return n;
    }
    port_event_soon(l->port, LOOP_IN);
    return IO_AGAIN;
}

static ssize_t read_datagram(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct association *x = association_of(l);
    struct meta own;
    ssize_t n = DROPPED;

    if (meta == NULL)
        meta = &own;
    if (x->request == NULL)
        return hear_connection(l);
    for (int i = 0; i < DROPS && n == DROPPED; i++)
        n = read_one(x, data, size, meta);
    if (n == DROPPED)
        port_event_soon(l->port, LOOP_IN);
    return n >= 0 || n == IO_ERROR ? n : hear_connection(l);
}

/* What goes to it */

static void make_room(struct association *x, size_t size)
{
    if (size <= x->room)
        return;
    x->out = mem_resize(x->out, size);
    x->room = size;
}

static ssize_t write_datagram(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    struct association *x = association_of(l);
    struct meta to = {.peer = x->client};
    size_t ahead;
    ssize_t n;

    if (x->request == NULL || meta == NULL || addr_port(&x->client) == 0)
        return (ssize_t)size;
    make_room(x, SOCKS5_AHEAD + size);
    ahead = socks5_put_ahead(x->out, &meta->peer);
    memcpy(x->out + ahead, data, size);
    n = port_write(x->relay, x->out, ahead + size, &to);
    return n < 0 ? n : (ssize_t)size;
}

static size_t pending_datagrams(const struct layer *l)
{
    const struct association *x = association_of(l);

    if (x->request == NULL)
        return layer_pending(l->lower);
    return port_pending(x->relay) + (first_known(x) != NULL) + layer_pending(l->lower);
}

/* Nothing is written to the connection. */
static unsigned want_connection(struct layer *l, unsigned wanted)
{
    return association_of(l)->request == NULL ? wanted : wanted & ~(unsigned)LOOP_OUT;
}

static void touch_relay(struct layer *l)
{
    if (association_of(l)->relay != NULL)
        port_touch(association_of(l)->relay);
}

static size_t longest_answer(const struct layer *l)
{
    (void)l;
    return MAX;
}

static void free_association(struct layer *l)
{
    struct association *x = association_of(l);

    for (unsigned i = 0; i < x->ntargets; i++)
        free(x->targets[i]);
    free(x->targets);
    free(x->out);
    free(x);
}

static const struct layer_ops ops = {
    .name = "association",
    .read = read_datagram,
    .write = write_datagram,
    .pending = pending_datagrams,
    .want = want_connection,
    .touch = touch_relay,
    .max = longest_answer,
    .free = free_association,
};

static unsigned wanted_of_relay(struct port *relay, void *ctx)
{
    const struct association *x = ctx;

    (void)relay;
    return x->layer.port != NULL ? port_wanted(x->layer.port) & (LOOP_IN | LOOP_OUT) : 0;
}

static void relay_happened(struct port *relay, void *ctx, unsigned events)
{
    struct association *x = ctx;

    (void)relay;
    layer_event(&x->layer, events & (LOOP_IN | LOOP_OUT));
}

static const struct port_user relay_user = {.want = wanted_of_relay, .event = relay_happened};

/* The two sockets, one after the other */

static void close_association(struct request *r)
{
    struct association *x = r->state;
    struct held *h;
    struct err e;

    if (x == NULL)
        return;
    r->state = NULL;
    dial_free(x->near);
    dial_free(x->far);
    for (unsigned i = 0; i < NAMES; i++)
        forget_name(&x->names[i]);
    while ((h = list_first(&x->held, struct held, place)) != NULL)
        free_held(x, h);
    port_free(x->relay);
    x->relay = NULL;
    x->request = NULL;
    if (x->layer.ops == NULL)
        free_association(&x->layer);
    else if (x->layer.port != NULL)
        (void)port_pop(x->layer.port, &e); /* or it stays, and does nothing more */
}

static void association_failed(void *ctx, const struct err *why)
{
    struct request *r = ((struct association *)ctx)->request;
    const struct err e = *why;

    close_association(r);
    request_failed(r, &e);
}

static void start_dial(struct association *x, struct dial **d, const struct net_conf *conf,
                       const struct net_events *events)
{
    struct err why;

    *d = dial_new(net_find("udp-listen"), loop_of(x), conf, x->request->end->ends->peers, events);
    if (dial_start(*d, &why) < 0)
        association_failed(x, &why);
}

static void far_is_there(void *ctx, struct peer *p)
{
    struct association *x = ctx;

    dial_free(x->far);
    x->far = NULL;
    x->request->end->peer = p;
    request_granted(x->request, &x->at);
}

static void near_is_bound(void *ctx, const struct addr *local)
{
    addr_copy(&((struct association *)ctx)->at, local);
}

static void near_is_there(void *ctx, struct peer *p)
{
    struct association *x = ctx;
    const struct net_events events = {.ctx = x, .up = far_is_there, .failed = association_failed};
    struct net_conf conf = request_net(x->request);

    dial_free(x->near);
    x->near = NULL;
    x->relay = peer_remove(p);
    conf.port = "0";
    conf.datagram = conf.relay = true;
    conf.nsockopts = 0;
    conf.admits = was_spoken_to;
    conf.admits_ctx = x;
    start_dial(x, &x->far, &conf, &events);
}

/* The client sends from where its connection comes, and from the port that it names, or else from that of its first datagram. */
static void note_client(struct association *x, uint16_t port)
{
    const struct addr *remote = x->request->end->whom->remote;

    if (addr_family(remote) == AF_INET || addr_family(remote) == AF_INET6)
        addr_copy(&x->client, remote);
    else
        (void)addr_parse(&x->client, "127.0.0.1", 0);
    addr_set_port(&x->client, port);
}

static void start_association(struct request *r, const struct serve *s)
{
    struct association *x = mem_alloc(sizeof *x);
    const struct net_events events = {
        .ctx = x, .bound = near_is_bound, .up = near_is_there, .failed = association_failed};
    struct net_conf conf = request_net(r);
    char host[ADDR_TEXT];

    r->state = x;
    x->request = r;
    list_init(&x->held);
    for (unsigned i = 0; i < NAMES; i++)
        x->names[i].of = x;
    note_client(x, s->port);
    conf.host = request_own_host(r, host);
    conf.port = "0";
    conf.family = AF_UNSPEC;
    conf.datagram = conf.relay = true;
    conf.nsockopts = 0;
    conf.admits = is_client;
    conf.admits_ctx = x;
    start_dial(x, &x->near, &conf, &events);
}

static int begin_association(struct request *r, struct err *why)
{
    struct association *x = r->state;
    struct end *e = r->end;

    layer_init(&x->layer, &ops, IO_MSG | IO_ADDRESSED | IO_HALFCLOSE);
    if (port_push(e->whom->port, &x->layer, why) < 0) {
        x->layer.ops = NULL;
        return -1;
    }
    port_set_user(x->relay, &relay_user, x);
    e->in = e->out = e->peer->port;
    e->follows = true;
    return 0;
}

const struct request_kind request_associate = {
    .start = start_association,
    .ready = begin_association,
    .close = close_association,
};
