/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/reconnect.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/container.h"
#include "base/hostport.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/resolve_ahead.h"

enum {
    SECOND = 1000,
    DELAY_MAX = 30 * SECOND,
    LASTED = SECOND, /* ms from which a connection was one */
    NEXT_TURN = 1,   /* ms that let the sockets of this turn be closed */
};

struct place {
    struct net_conf conf;
    char *host, *port; /* of conf, when they are not the command line's */
};

static void free_place(struct place *p)
{
    if (p == NULL)
        return;
    free(p->host);
    free(p->port);
    free(p);
}

static struct net *open_at(struct reconnect *r, const struct place *p, struct err *e)
{
    return net_open(r->conf->transport, r->loop, &p->conf, r->peers, &r->events, e);
}

static void stop_asking(struct reconnect *r)
{
    resolve_abandon(r->ahead);
    r->ahead = NULL;
    if (r->next != r->place)
        free_place(r->next);
    r->next = NULL;
}

void reconnect_close(struct reconnect *r)
{
    loop_timer_clear(&r->timer);
    net_close(r->net);
    r->net = NULL;
}

static void leave(struct reconnect *r)
{
    if (r->leave != NULL)
        r->leave(r->events.ctx);
}

/* Goes to `p`, which it takes. A datagram socket may have to give its address to the next one: it is closed first. */
static int move(struct reconnect *r, struct place *p, struct err *e)
{
    const bool stream = (net_find(r->conf->transport)->caps & NET_STREAM) != 0;
    struct net *n;

    if (!stream) {
        leave(r);
        reconnect_close(r);
    }
    n = open_at(r, p, e);
    if (n == NULL) {
        free_place(p);
        return -1;
    }
    reconnect_close(r);
    free_place(r->place);
    r->net = n;
    r->place = p;
    r->tries = 0;
    r->delay = 0;
    r->asked = true;
    if (stream)
        leave(r);
    return 0;
}

/* The addresses of r->next are known, or why they are not. */
static void found(void *ctx, struct addr *list, int n, const struct err *why)
{
    struct reconnect *r = ctx;
    struct place *p = r->next;
    const bool elsewhere = p != r->place;
    struct err e = *why;
    int result = n;

    r->ahead = NULL;
    r->next = NULL;
    p->conf.found = list;
    p->conf.nfound = n;
    if (n >= 0 && elsewhere)
        result = move(r, p, &e);
    else if (n >= 0)
        result = reconnect_open(r, &e);
    else if (elsewhere)
        free_place(p);
    r->place->conf.found = NULL;
    free(list);
    if (result < 0 && elsewhere)
        log_error("%s", e.text);
    else if (result < 0)
        r->events.failed(r->events.ctx, &e);
    if (elsewhere && r->settled != NULL)
        r->settled(r->events.ctx);
}

static struct resolve_opts opts_of(const struct net_conf *c)
{
    return (struct resolve_opts){
        .family = c->family, .socktype = c->datagram ? SOCK_DGRAM : SOCK_STREAM, .numeric = c->numeric};
}

static bool asks(const struct place *p)
{
    const struct resolve_opts opts = opts_of(&p->conf);

    return p->conf.family != AF_UNIX && resolve_asks(p->conf.host, &opts);
}

/* What needs no looking up is right. Returns 0, or -1 with `e`. */
static int check(const struct place *p, struct err *e)
{
    const struct resolve_opts opts = opts_of(&p->conf);
    struct addr *list = NULL;
    int n = 0;

    if (p->conf.family != AF_UNIX)
        n = resolve(p->conf.host, p->conf.port, &opts, &list, e);
    free(list);
    return n < 0 ? -1 : 0;
}

/* Looks up the name of `p`; found() goes on. */
static int ask(struct reconnect *r, struct place *p, struct err *e)
{
    const struct resolve_opts opts = opts_of(&p->conf);

    r->ahead = resolve_ahead(r->loop, p->conf.host, p->conf.port, &opts, found, r, e);
    if (r->ahead != NULL)
        r->next = p;
    return r->ahead != NULL ? 0 : -1;
}

static void fire(struct timer *t)
{
    struct reconnect *r = container_of(t, struct reconnect, timer);
    struct err e;

    if (reconnect_moves(r))
        loop_timer_set(r->loop, t, SECOND); /* it may come to nothing */
    else if ((asks(r->place) ? ask(r, r->place, &e) : reconnect_open(r, &e)) < 0)
        r->events.failed(r->events.ctx, &e);
}

void reconnect_init(struct reconnect *r, const struct conf *conf, struct loop *loop, struct peer_table *peers,
                    const struct net_events *events)
{
    *r = (struct reconnect){.conf = conf, .loop = loop, .peers = peers, .events = *events};
    r->place = mem_alloc(sizeof *r->place);
    r->place->conf = conf->net;
    r->timer.fire = fire;
}

void reconnect_clear(struct reconnect *r)
{
    stop_asking(r);
    reconnect_close(r);
    free_place(r->place);
    r->place = NULL;
}

int reconnect_open(struct reconnect *r, struct err *e)
{
    r->net = open_at(r, r->place, e);
    return r->net != NULL ? 0 : -1;
}

/* The place that is meant, newly allocated. */
static struct place *make_place(const struct reconnect *r, const char *host, const char *port, struct err *e)
{
    struct place *p = mem_alloc(sizeof *p);
    const struct net_conf *now = &r->place->conf;

    p->conf = *now;
    if (host == NULL) {
        host = now->host;
        port = now->port;
    }
    if (port != NULL || host == NULL || now->family == AF_UNIX) {
        p->host = host != NULL ? mem_strdup(host) : NULL;
        p->port = port != NULL ? mem_strdup(port) : NULL;
    } else if (hostport_split(host, &p->host, &p->port) != 0 || p->host == NULL || p->port == NULL) {
        err_set(e, STATUS_LOCAL, "'%.128s': a host and a port are needed", host);
        free_place(p);
        return NULL;
    }
    p->conf.host = p->host;
    p->conf.port = p->port;
    return p;
}

int reconnect_to(struct reconnect *r, const char *host, const char *port, struct err *e)
{
    struct place *p = make_place(r, host, port, e);

    if (p == NULL)
        return -1;
    if (!asks(p) && check(p, e) < 0) {
        free_place(p);
        return -1;
    }
    if (r->next == r->place && r->next != NULL)
        loop_timer_set(r->loop, &r->timer, NEXT_TURN); /* to go on with, should this come to nothing */
    stop_asking(r);
    if (!asks(p))
        return move(r, p, e);
    if (ask(r, p, e) == 0)
        return 0;
    free_place(p);
    return -1;
}

bool reconnect_moves(const struct reconnect *r)
{
    return r->next != NULL && r->next != r->place;
}

/* Up to a quarter more, so that those who lost the same server do not come back all at once. */
static int64_t jittered(int64_t delay)
{
    unsigned char byte = 0;

    if (getrandom(&byte, sizeof byte, GRND_NONBLOCK) < 0)
        byte = (unsigned char)delay; /* jitter is a courtesy */
    return delay + delay / 4 * byte / UCHAR_MAX;
}

static void tell(struct err *e)
{
    if (e == NULL || e->text[0] == '\0')
        return;
    log_error("%s", e->text);
    e->text[0] = '\0';
}

static bool wanted(const struct reconnect *r, struct err *e)
{
    const int max = r->conf->reconnect;

    if (max == 0)
        return false;
    /* What was wrong from the beginning does not mend by waiting. */
    if (e != NULL && e->status == STATUS_LOCAL && !r->ever)
        return false;
    if (r->tries < max || max == INT_MAX)
        return true;
    tell(e);
    log_notice("gave up after %d %s to connect again", max, max == 1 ? "attempt" : "attempts");
    return false;
}

bool reconnect_later(struct reconnect *r, struct err *e)
{
    if (!wanted(r, e))
        return false;
    tell(e);
    reconnect_close(r);
    if (r->since > 0 && loop_now(r->loop) - r->since >= LASTED)
        r->delay = 0;
    r->since = 0;
    r->tries++;
    if (r->delay > 0)
        log_notice("connecting again in %lld s (attempt %d)", (long long)r->delay / SECOND, r->tries);
    else
        log_notice("connecting again (attempt %d)", r->tries);
    loop_timer_set(r->loop, &r->timer, r->delay > 0 ? jittered(r->delay) : NEXT_TURN);
    r->delay = r->delay == 0 ? SECOND : 2 * r->delay < DELAY_MAX ? 2 * r->delay : DELAY_MAX;
    return true;
}

bool reconnect_waits(const struct reconnect *r)
{
    return loop_timer_pending(&r->timer) || (r->next != NULL && r->next == r->place);
}

void reconnect_up(struct reconnect *r, const struct peer *p)
{
    char name[ADDR_TEXT];

    if ((r->tries > 0 || r->asked) && !log_shows(LOG_INFO))
        log_notice("connected to %s", peer_name(p, name));
    r->tries = 0;
    r->since = loop_now(r->loop);
    r->ever = true;
    r->asked = false;
}
