/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/scan.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/container.h"
#include "base/hostport.h"
#include "base/log.h"
#include "base/retry.h"
#include "net/probe.h"
#include "net/resolve.h"

struct scan {
    const struct conf *conf;
    struct loop *loop;
    bool single; /* one port: the status tells it */
    bool any;    /* one was open */
    int output_error;
    struct err last;    /* of a single port: why it is not open */
    bool wrong;         /* it is another than it is to be, which is told in any case */
    struct timer limit; /* of --retry */
    struct timer pause; /* between two rounds */
    bool late;
    int64_t start; /* loop time */
};

static const char *scan_word(enum probe_result r)
{
    return r == PROBE_OPEN        ? "open"
           : r == PROBE_CLOSED    ? "closed"
           : r == PROBE_NO_ANSWER ? "no answer"
                                  : "failed";
}

/* To others a datagram that was not refused has found somebody; a handshake that was not answered has not. */
static bool is_found(const struct conf *c, enum probe_result r)
{
    return r == PROBE_OPEN ||
           (r == PROBE_NO_ANSWER && c->quiet_probe && c->net.datagram && c->net.nlayers == 0);
}

static void tell_quietly(const struct conf *c, const struct addr *remote, enum probe_result r,
                         const struct err *e)
{
    const struct message m = {.remote = remote,
                              .host = c->net.host,
                              .port = c->net.port,
                              .datagram = c->net.datagram,
                              .numeric = c->net.numeric};

    if (is_found(c, r))
        message(MESSAGE_OPEN, &m);
    else if (e != NULL && e->text[0] != '\0' && !(r == PROBE_CLOSED && m.datagram))
        log_error("%s", e->text);
}

static void scan_result(void *ctx, const struct addr *remote, enum probe_result r, const struct err *e)
{
    struct scan *s = ctx;
    char host[ADDR_TEXT];
    unsigned port = addr_port(remote);

    if (is_found(s->conf, r))
        s->any = true;
    if (s->conf->quiet_probe) {
        tell_quietly(s->conf, remote, r, e);
    } else if (r == PROBE_OPEN && !s->single) {
        if (printf("%s %u open\n", addr_host(remote, host), port) < 0 || fflush(stdout) != 0)
            s->output_error = errno;
    } else if (s->single && e != NULL) {
        s->last = *e;
        s->last.status = r == PROBE_WRONG ? e->status : STATUS_NETWORK;
        s->wrong = r == PROBE_WRONG;
        log_debug("%s", e->text);
    } else if (r == PROBE_WRONG) {
        log_error("%s", e->text);
    } else if (r == PROBE_FAILED) {
        log_error("%s %u %s", addr_host(remote, host), port, scan_word(r));
    } else {
        log_info("%s %u %s", addr_host(remote, host), port, scan_word(r));
    }
}

static void scan_finished(void *ctx)
{
    loop_stop(((struct scan *)ctx)->loop);
}

static int scan_service(void *ctx, const char *name)
{
    const struct conf *c = ctx;

    return resolve_service(name, c->net.datagram ? SOCK_DGRAM : SOCK_STREAM);
}

static int scan_probe(struct scan *s, const struct portrange *ports, size_t n, struct err *e)
{
    struct probe_events events = {.ctx = s,
                                  .words = s->single || s->conf->quiet_probe,
                                  .result = scan_result,
                                  .finished = scan_finished};
    struct probe *p;
    int r;

    p = probe_start(s->loop, &s->conf->net, ports, n, s->conf->randomize, &events, e);
    if (p == NULL)
        return -1;
    r = loop_run(s->loop, e);
    probe_stop(p);
    if (r == 0 && s->output_error != 0)
        return err_sys(e, STATUS_LOCAL, s->output_error, "standard output");
    return r;
}

static void scan_late(struct timer *t)
{
    struct scan *s = container_of(t, struct scan, limit);

    s->late = true;
    loop_stop(s->loop);
}

static void scan_again(struct timer *t)
{
    loop_stop(container_of(t, struct scan, pause)->loop);
}

/* One round; what may pass is kept, to be told when it did not. Returns 0, or -1 with `e`: there is no more to try. */
static int scan_round(struct scan *s, const struct portrange *ports, size_t n, struct err *e)
{
    if (scan_probe(s, ports, n, e) == 0)
        return 0;
    if (s->conf->retry == 0 || s->output_error != 0 || !retry_helps(e))
        return -1;
    s->last = *e;
    log_debug("%s", e->text);
    return 0;
}

/* Round after round until a port is open, or no more time is left. */
static int scan_rounds(struct scan *s, const struct portrange *ports, size_t n, struct err *e)
{
    int64_t delay = 0;
    int r;

    s->single = n == 1 && ports[0].first == ports[0].last;
    s->limit.fire = scan_late;
    s->pause.fire = scan_again;
    if (s->conf->retry > 0)
        loop_timer_set(s->loop, &s->limit, s->conf->retry);
    while ((r = scan_round(s, ports, n, e)) == 0 && s->conf->retry > 0 && !s->any && !s->late) {
        loop_timer_set(s->loop, &s->pause, retry_pause(&delay));
        r = loop_run(s->loop, e);
        if (r < 0 || s->late)
            break;
    }
    loop_timer_clear(&s->limit);
    loop_timer_clear(&s->pause);
    if (s->late && s->single && s->last.text[0] == '\0')
        err_sys(&s->last, STATUS_NETWORK, ETIMEDOUT, "connect to %s port %s", s->conf->net.host,
                s->conf->ports);
    return r;
}

/* A connection that was only made, or a datagram that asks. */
static void scan_tell_summary(const struct scan *s)
{
    const struct conf *c = s->conf;

    message(MESSAGE_SUMMARY, &(struct message){.sent = c->net.datagram && c->net.probe_byte,
                                               .ms = loop_now(s->loop) - s->start});
}

/* The status of a scan that found nothing open. Of one port it is all that is told, unless it was waited for, or is wrong. */
static int scan_tell_last(const struct scan *s)
{
    if (s->last.text[0] == '\0')
        return STATUS_NETWORK;
    if (s->conf->retry > 0 || s->wrong)
        log_error("%s", s->last.text);
    else
        log_info("%s", s->last.text);
    return (int)s->last.status;
}

int scan_run(const struct conf *conf)
{
    struct scan s = {.conf = conf};
    struct portrange *ports = NULL;
    struct err e;
    int n = hostport_list(conf->ports, scan_service, (void *)(uintptr_t)conf, &ports);
    int r = -1;

    if (n < 0) {
        err_set(&e, STATUS_LOCAL, "ports '%s': expected numbers and ranges such as 22,80,8000-8010",
                conf->ports);
    } else {
        s.loop = loop_new(true, &e);
        if (s.loop != NULL) {
            s.start = loop_now(s.loop);
            r = scan_rounds(&s, ports, (size_t)n, &e);
            if (s.any)
                scan_tell_summary(&s);
            loop_free(s.loop);
        }
    }
    free(ports);
    if (r < 0) {
        log_error("%s", e.text);
        return (int)e.status;
    }
    return s.any ? STATUS_OK : scan_tell_last(&s);
}
