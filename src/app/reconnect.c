/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/reconnect.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/container.h"
#include "base/hostport.h"
#include "base/log.h"
#include "base/retry.h"

enum {
    SECOND = 1000,
    DELAY_MAX = 30 * SECOND,
    LASTED = SECOND, /* ms from which a connection was one */
    NEXT_TURN = 1,   /* ms that let the sockets of this turn be closed */
};

static void stop_moving(struct reconnect *r)
{
    dial_free(r->next);
    r->next = NULL;
}

void reconnect_close(struct reconnect *r)
{
    loop_timer_clear(&r->timer);
    dial_close(r->here);
}

static void leave_peer(struct reconnect *r)
{
    if (r->leave != NULL)
        r->leave(r->events.ctx);
}

/* Goes to `d`, which it takes. A datagram socket may have to give its address to the next one: it is closed first. */
static int move_to(struct reconnect *r, struct dial *d, struct err *e)
{
    const bool stream = (r->transport->caps & NET_STREAM) != 0;

    if (!stream) {
        leave_peer(r);
        reconnect_close(r);
    }
    if (dial_open(d, e) < 0) {
        dial_free(d);
        return -1;
    }
    reconnect_close(r);
    loop_timer_clear(&r->limit);
    dial_free(r->here);
    r->here = d;
    r->tries = 0;
    r->delay = 0;
    r->asked = true;
    if (stream)
        leave_peer(r);
    return 0;
}

/* The addresses of r->next are known, or why they are not. */
static void move_when_known(void *ctx, const struct err *why)
{
    struct reconnect *r = ctx;
    struct dial *d = r->next;
    struct err e;

    r->next = NULL;
    if (why != NULL) {
        log_error("%s", why->text);
        dial_free(d);
    } else if (move_to(r, d, &e) < 0) {
        log_error("%s", e.text);
    }
    if (r->settled != NULL)
        r->settled(r->events.ctx);
}

static void dial_again(struct timer *t)
{
    struct reconnect *r = container_of(t, struct reconnect, timer);
    struct err e;

    if (reconnect_moves(r))
        loop_timer_set(r->loop, t, SECOND); /* it may come to nothing */
    else if (dial_start(r->here, &e) < 0)
        r->events.failed(r->events.ctx, &e);
}

static struct dial *new_dial(const struct reconnect *r, const struct net_conf *conf)
{
    return dial_new(r->transport, r->loop, conf, r->peers, &r->events);
}

static void give_up_retrying(struct timer *t)
{
    struct reconnect *r = container_of(t, struct reconnect, limit);
    const struct net_conf *c = &r->conf->net;
    const char *host = r->conf->address.end.kind != NULL ? r->conf->address.end.text : c->host;

    r->late = true;
    reconnect_close(r);
    if (r->last.text[0] == '\0')
        err_sys(&r->last, STATUS_NETWORK, ETIMEDOUT, "connect to %s%s%s", host,
                c->port != NULL ? " port " : "", c->port != NULL ? c->port : "");
    r->events.failed(r->events.ctx, &r->last);
}

void reconnect_init(struct reconnect *r, const struct conf *conf, const struct transport *transport,
                    struct loop *loop, struct peer_table *peers, const struct net_events *events)
{
    *r = (struct reconnect){
        .conf = conf, .transport = transport, .loop = loop, .peers = peers, .events = *events};
    r->here = new_dial(r, &conf->net);
    r->timer.fire = dial_again;
    r->limit.fire = give_up_retrying;
}

void reconnect_clear(struct reconnect *r)
{
    stop_moving(r);
    loop_timer_clear(&r->timer);
    loop_timer_clear(&r->limit);
    dial_free(r->here);
    r->here = NULL;
}

int reconnect_open(struct reconnect *r, struct err *e)
{
    if (r->conf->retry == 0)
        return dial_open(r->here, e);
    loop_timer_set(r->loop, &r->limit, r->conf->retry);
    return dial_start(r->here, e);
}

static struct dial *new_dial_to(const struct reconnect *r, const char *host, const char *port)
{
    struct net_conf conf = *dial_conf(r->here);

    conf.host = host;
    conf.port = port;
    conf.name = NULL;
    return new_dial(r, &conf);
}

/* A dial to the place that is meant; NULL with `e`. */
static struct dial *choose_dial(const struct reconnect *r, const char *host, const char *port, struct err *e)
{
    struct dial *d = NULL;
    char *own_host, *own_port;

    if (host == NULL)
        return new_dial(r, dial_conf(r->here));
    if (r->conf->address.end.kind != NULL) {
        err_set(e, STATUS_LOCAL, "%.128s is no connection: there is no other place",
                r->conf->address.end.text);
        return NULL;
    }
    if (port != NULL || dial_conf(r->here)->family == AF_UNIX)
        return new_dial_to(r, host, port);
    if (hostport_split(host, &own_host, &own_port) == 0 && own_host != NULL && own_port != NULL)
        d = new_dial_to(r, own_host, own_port);
    else
        err_set(e, STATUS_LOCAL, "'%.128s': a host and a port are needed", host);
    free(own_host);
    free(own_port);
    return d;
}

int reconnect_to(struct reconnect *r, const char *host, const char *port, struct err *e)
{
    struct dial *d = choose_dial(r, host, port, e);

    if (d == NULL)
        return -1;
    if (dial_look_up(d, move_when_known, r, e) < 0) {
        dial_free(d);
        return -1;
    }
    if (dial_looks_up(r->here)) { /* to go on with, should this come to nothing */
        loop_timer_set(r->loop, &r->timer, NEXT_TURN);
        dial_close(r->here);
    }
    stop_moving(r);
    if (!dial_looks_up(d))
        return move_to(r, d, e);
    r->next = d;
    return 0;
}

bool reconnect_moves(const struct reconnect *r)
{
    return r->next != NULL;
}

/* Up to a quarter more, so that those who lost the same server do not come back all at once. */
static int64_t jitter(int64_t delay)
{
    unsigned char byte = 0;

    if (getrandom(&byte, sizeof byte, GRND_NONBLOCK) < 0)
        byte = (unsigned char)delay; /* jitter is a courtesy */
    return delay + delay / 4 * byte / UCHAR_MAX;
}

static void tell_why(struct err *e)
{
    if (e == NULL || e->text[0] == '\0')
        return;
    log_error("%s", e->text);
    e->text[0] = '\0';
}

static bool retries(const struct reconnect *r, const struct err *e)
{
    return r->conf->retry > 0 && !r->ever && !r->late && !r->asked && e != NULL && retry_helps(e);
}

static void retry_later(struct reconnect *r, const struct err *e)
{
    r->last = *e;
    reconnect_close(r);
    loop_timer_set(r->loop, &r->timer, retry_pause(&r->delay));
    log_info("%s; trying again in %lld ms", e->text, (long long)r->delay);
}

static bool may_try_again(const struct reconnect *r, struct err *e)
{
    const int max = r->conf->reconnect;

    if (max == 0 || (r->late && !r->ever))
        return false;
    /* What was wrong from the beginning does not mend by waiting. */
    if (e != NULL && e->status == STATUS_LOCAL && !r->ever)
        return false;
    if (r->tries < max || max == INT_MAX)
        return true;
    tell_why(e);
    log_notice("gave up after %d %s to connect again", max, max == 1 ? "attempt" : "attempts");
    return false;
}

bool reconnect_later(struct reconnect *r, struct err *e)
{
    if (retries(r, e)) {
        retry_later(r, e);
        return true;
    }
    if (!may_try_again(r, e))
        return false;
    tell_why(e);
    reconnect_close(r);
    if (r->since > 0 && loop_now(r->loop) - r->since >= LASTED)
        r->delay = 0;
    r->since = 0;
    r->tries++;
    if (r->delay > 0)
        log_notice("connecting again in %lld s (attempt %d)", (long long)r->delay / SECOND, r->tries);
    else
        log_notice("connecting again (attempt %d)", r->tries);
    loop_timer_set(r->loop, &r->timer, r->delay > 0 ? jitter(r->delay) : NEXT_TURN);
    r->delay = r->delay == 0 ? SECOND : 2 * r->delay < DELAY_MAX ? 2 * r->delay : DELAY_MAX;
    return true;
}

bool reconnect_waits(const struct reconnect *r)
{
    return loop_timer_pending(&r->timer) || dial_looks_up(r->here);
}

bool reconnect_is_open(const struct reconnect *r)
{
    return dial_is_open(r->here);
}

void reconnect_up(struct reconnect *r, const struct peer *p)
{
    char name[ADDR_TEXT];

    if ((r->tries > 0 || r->asked) && !log_shows(LOG_INFO))
        log_notice("connected to %s", peer_name(p, name));
    if (r->conf->retry > 0 && !r->ever)
        r->delay = 0; /* what comes next is no retry */
    loop_timer_clear(&r->limit);
    r->tries = 0;
    r->since = loop_now(r->loop);
    r->ever = true;
    r->asked = false;
}
