/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/message.h"
#include "io/below.h"
#include "io/fan.h"
#include "io/fd.h"
#include "io/queue.h"
#include "peer/info.h"
#include "peer/leave.h"
#include "svc/wire.h"

const struct name slow_names[] = {
    {"wait", SLOW_WAIT},
    {"drop", SLOW_DROP},
    {"close", SLOW_CLOSE},
    {NULL, 0},
};

enum { PATIENCE = 2000 }; /* ms that standard input is waited for alone before that is told */

struct bridge {
    struct svc *svc;
    struct wire_owner owner;
    struct list strands;
    const struct bridge_conf *conf;
    struct bridge_ends ends;
    struct port *sink;    /* where what peers send goes */
    struct port *nowhere; /* the sink of --send-only */
    struct fan *fan;      /* with many peers */
    struct link *feed;    /* the input into the fan */
    struct timer quit;    /* -q */
    struct timer hint;    /* until it is told that standard input is waited for */
    enum slow_peer slow;
    struct job close_slow;
    bool leave;
    bool input_ended;
};

/* One peer, and its place among the others. */
struct strand {
    struct wire wire;
    struct list place;       /* in bridge->strands */
    void *ctx;               /* the caller's */
    bool unwanted;           /* what came and was not taken is no loss */
    struct fan_member share; /* of the fan, which makes wire.out with the first bytes */
    uint64_t missed;         /* bytes it was too slow for; where slow ones are closed: it is to be */
    bool told;               /* and that was told */
};

static struct strand *strand_of(const struct peer *p)
{
    return p->svc != NULL ? container_of((struct wire *)p->svc, struct strand, wire) : NULL;
}

static struct bridge *bridge_of(const struct wire *w)
{
    return container_of(w->owner, struct bridge, owner);
}

static bool is_fanned(const struct strand *s)
{
    return s->share.pace.pace != NULL;
}

static bool has_queue(const struct strand *s)
{
    return s->share.pace.queue != NULL || bridge_of(&s->wire)->ends.apart;
}

static void bridge_quit(struct bridge *b, const struct err *e)
{
    b->svc->host.quit(b->svc->host.ctx, e);
}

/* Input for all that is there and was not given to them. */
static uint64_t unsent_input(const struct bridge *b)
{
    uint64_t sum = b->feed != NULL ? link_held(b->feed) : 0;

    if (!b->input_ended && b->ends.in != NULL)
        sum += below_unread(b->ends.in);
    return sum;
}

/* What was given to one of them. */
static uint64_t unsent_to(const struct strand *s)
{
    const struct link *out = s != NULL ? s->wire.out : NULL;

    if (out == NULL)
        return 0;
    return link_held(out) + (has_queue(s) ? queue_size(out->src) : 0);
}

/* Input that is there and was not sent. */
static uint64_t bridge_unsent_all(const struct bridge *b)
{
    uint64_t sum = unsent_input(b);
    struct strand *s;
    struct list *ahead;

    list_each(s, ahead, &b->strands, struct strand, place) sum += unsent_to(s);
    return sum;
}

uint64_t bridge_unsent(const struct bridge *b, const struct peer *p)
{
    return unsent_input(b) + unsent_to(strand_of(p));
}

static bool bridge_all_sent(const struct bridge *b)
{
    struct strand *s;
    struct list *ahead;

    if (b->feed != NULL && b->feed->state == LINK_RUNNING)
        return false;
    list_each(s, ahead, &b->strands, struct strand, place)
    {
        if (!wire_out_is_over(&s->wire))
            return false;
    }
    return true;
}

static void bridge_time_is_up(struct timer *t)
{
    struct bridge *b = container_of(t, struct bridge, quit);
    uint64_t left = bridge_unsent_all(b);
    struct message m = {.ms = b->conf->quit_after};
    struct err e;

    if (left == 0 || bridge_all_sent(b)) {
        message_err(&e, STATUS_OK, 0, MESSAGE_QUIT, &m);
        bridge_quit(b, e.status != STATUS_OK ? &e : NULL);
        return;
    }
    err_set(&e, STATUS_NETWORK, "time is up (--quit-after) with %llu bytes not sent",
            (unsigned long long)left);
    bridge_quit(b, &e);
}

static void bridge_quit_if_sent(struct bridge *b)
{
    if (b->conf->quit_after == 0 && b->input_ended && bridge_all_sent(b))
        bridge_quit(b, NULL);
}

static void bridge_input_ended(struct bridge *b)
{
    if (b->input_ended)
        return;
    b->input_ended = true;
    if (b->conf->quit_after > 0 && !loop_timer_pending(&b->quit))
        loop_timer_set(b->svc->loop, &b->quit, b->conf->quit_after);
    if (b->svc->host.ended != NULL)
        b->svc->host.ended(b->svc->host.ctx, true);
}

/* Whoever wrote to our input is gone, though a peer that takes nothing keeps us from reading the rest. */
static void bridge_input_hung_up(struct port *port, void *ctx)
{
    struct bridge *b = ctx;

    port->hung_up = NULL;
    if (!loop_timer_pending(&b->quit))
        loop_timer_set(b->svc->loop, &b->quit, b->conf->quit_after);
}

/* A terminal that hung up fails with EIO, if there was time to fail; so does a disk. */
static enum status local_status(const struct port *port)
{
    bool may_be = port->error == EIO || port->error == 0;

    return may_be && below_is_device(port) ? STATUS_HANGUP : STATUS_LOCAL;
}

void bridge_input_failed(struct bridge *b, const struct port *in)
{
    struct err e;

    err_sys(&e, local_status(in), in->error, "standard input");
    bridge_quit(b, &e);
}

static void bridge_feed_done(struct link *k)
{
    struct bridge *b = k->ctx;

    if (k->state == LINK_SRC_FAILED)
        bridge_input_failed(b, k->src);
    else
        bridge_quit_if_sent(b);
}

static void bridge_feed_ended(struct link *k)
{
    bridge_input_ended(k->ctx);
}

/* What a wire asks. */

static void bridge_finished(struct wire *w)
{
    struct svc *s = bridge_of(w)->svc;

    s->host.finished(s->host.ctx, w->peer, w->err);
}

/* Nothing is under way, and nothing there to be sent. */
static void bridge_waits_for_input(struct timer *t)
{
    struct bridge *b = container_of(t, struct bridge, hint);
    const struct strand *s = list_first(&b->strands, struct strand, place);
    char name[ADDR_TEXT];

    if (s == NULL || b->input_ended)
        return;
    if (bridge_unsent_all(b) > 0)
        loop_timer_set(b->svc->loop, t, PATIENCE);
    else
        log_notice("%s ended its side; waiting for standard input to end (-d would not read it, "
                   "--leave would not wait)",
                   peer_name(s->wire.peer, name));
}

static void tell_unread(const struct bridge *b)
{
    size_t unread = below_unread(b->ends.in);

    if (unread > 0)
        log_notice("%zu bytes of standard input were not read", unread);
}

/* As if our input had ended for this peer. False when nothing is on its way there. */
static bool strand_leave(struct strand *s)
{
    struct bridge *b = bridge_of(&s->wire);
    char name[ADDR_TEXT];

    if (b->conf->tell_end && !b->svc->many)
        log_notice("%s closed the connection", peer_name(s->wire.peer, name));
    if (is_fanned(s)) {
        fan_end(b->fan, &s->share);
    } else if (s->wire.out != NULL && !b->input_ended) {
        if (b->conf->leave_late) {
            link_end_after_rest(s->wire.out);
            return true;
        }
        tell_unread(b);
        link_end(s->wire.out);
    }
    return s->wire.out != NULL;
}

static bool bridge_peer_ended(struct wire *w)
{
    struct bridge *b = bridge_of(w);
    char name[ADDR_TEXT];

    if (b->svc->again && !b->input_ended) {
        /* Who ends its direction is more often gone than waiting for more. */
        log_notice("%s ended its side", peer_name(w->peer, name));
        return false;
    }
    if (b->ends.apart)
        b->ends.peer_ended(b->ends.ctx, w->peer);
    else if (b->leave)
        return strand_leave(container_of(w, struct strand, wire));
    else if (!b->svc->many && !b->svc->again && !b->input_ended)
        loop_timer_set(b->svc->loop, &b->hint, PATIENCE);
    return true;
}

static bool bridge_deaf(struct wire *w)
{
    struct bridge *b = bridge_of(w);
    struct strand *s = container_of(w, struct strand, wire);

    if (!is_fanned(s) && b->conf->quit_after == 0)
        return false;
    if (is_fanned(s) && !w->peer->datagram) {
        wire_unfeed(w, false); /* nobody reads its share any more: the others must not wait for it */
        fan_del(b->fan, &s->share);
    }
    if (b->ends.deaf != NULL)
        b->ends.deaf(b->ends.ctx, w->peer);
    return true;
}

static bool bridge_sent(struct wire *w)
{
    struct bridge *b = bridge_of(w);

    bridge_quit_if_sent(b);
    if (b->ends.sent != NULL && !b->ends.sent(b->ends.ctx, w->peer))
        return false;
    return b->conf->quit_after != 0 || !b->input_ended;
}

static void bridge_source_ended(struct wire *w)
{
    struct bridge *b = bridge_of(w);

    if (!has_queue(container_of(w, struct strand, wire)))
        bridge_input_ended(b);
}

static void bridge_source_failed(struct wire *w)
{
    bridge_input_failed(bridge_of(w), w->out->src);
}

void bridge_output_failed(struct bridge *b, const struct port *out)
{
    struct err e;

    message(out->error == EPIPE ? MESSAGE_OUTPUT_GONE : MESSAGE_OUTPUT_FAILED,
            &(struct message){.why = strerror(out->error)});
    err_set(&e, local_status(out), "%s", "");
    bridge_quit(b, &e);
}

static void bridge_sink_failed(struct wire *w)
{
    bridge_output_failed(bridge_of(w), w->in->dst);
}

/* What is sent to all stands still, but has all gone to this one. */
static bool bridge_waits_for_others(const struct wire *w)
{
    const struct link *feed = bridge_of(w)->feed;

    return is_fanned(container_of(w, const struct strand, wire)) && feed != NULL && link_is_held_up(feed) &&
           (w->out == NULL || (link_held(w->out) == 0 && port_pending(w->out->src) == 0));
}

static const struct wire_owner wire_hooks = {
    .finished = bridge_finished,
    .peer_ended = bridge_peer_ended,
    .deaf = bridge_deaf,
    .sent = bridge_sent,
    .source_ended = bridge_source_ended,
    .source_failed = bridge_source_failed,
    .sink_failed = bridge_sink_failed,
    .holds_up = bridge_waits_for_others,
};

static void bridge_sink_gone(struct port *port, void *ctx)
{
    struct err e;

    port->hung_up = NULL; /* it does not end, and the program may wait for a shell before it does */
    err_set(&e, local_status(port), "%s", "");
    bridge_quit(ctx, &e);
}

void bridge_watch_output(struct bridge *b, struct port *out)
{
    out->hung_up = bridge_sink_gone;
    out->hung_up_ctx = b;
    port_touch(out);
}

static struct strand *find_slow(const struct bridge *b)
{
    struct strand *s;
    struct list *ahead;

    list_each(s, ahead, &b->strands, struct strand, place)
    {
        if (s->missed > 0)
            return s;
    }
    return NULL;
}

static void bridge_close_slow(struct job *j)
{
    struct bridge *b = container_of(j, struct bridge, close_slow);
    struct strand *s;

    while ((s = find_slow(b)) != NULL) {
        s->missed = 0;
        s->told = true;
        wire_finish(&s->wire);
    }
}

struct bridge *bridge_new(struct svc *s, const struct bridge_conf *conf, const struct bridge_ends *ends)
{
    struct bridge *b = mem_alloc(sizeof *b);

    b->svc = s;
    b->conf = conf;
    b->ends = *ends;
    b->owner = wire_hooks;
    b->owner.send_only = conf->send_only;
    b->owner.datagram_wait = conf->datagram_wait;
    list_init(&b->strands);
    b->quit.fire = bridge_time_is_up;
    b->hint.fire = bridge_waits_for_input;
    b->leave = conf->leave;
    b->close_slow.run = bridge_close_slow;
    b->slow = conf->slow > 0 ? (enum slow_peer)(conf->slow - 1) : ends->slow;
    if (conf->send_only)
        b->nowhere = fd_null(s->loop);
    b->sink = b->nowhere != NULL ? b->nowhere : ends->out;
    if (ends->in != NULL && conf->quit_after > 0) {
        ends->in->hung_up = bridge_input_hung_up;
        ends->in->hung_up_ctx = b;
    }
    if (!conf->writes_on)
        bridge_watch_output(b, ends->out);
    return b;
}

void bridge_free(struct bridge *b)
{
    link_free(b->feed);
    fan_free(b->fan);
    port_free(b->nowhere);
    b->ends.out->hung_up = NULL;
    if (b->ends.in != NULL)
        b->ends.in->hung_up = NULL;
    loop_timer_clear(&b->quit);
    loop_timer_clear(&b->hint);
    loop_job_del(&b->close_slow);
    free(b);
}

static void strand_start_out(struct strand *s, struct port *source, struct link_opts opts)
{
    opts.keep_open = bridge_of(&s->wire)->conf->no_shutdown;
    wire_feed(&s->wire, source, &opts);
}

/* What is sent to all was cut and changed on its way into the fan; but a line that was too long for it is one message. */
static void strand_open_share(void *ctx, struct fan_member *m)
{
    const struct bridge *b = ctx;
    struct strand *s = container_of(m, struct strand, share);
    const bool formed = (port_caps(s->wire.peer->port) & IO_FORMED) != 0;

    strand_start_out(s, m->pace.queue, (struct link_opts){.cut = formed ? b->conf->out.cut : LINK_CUT_READ});
}

/* A peer takes less than is sent to all. Whoever sends stands on the stack with it: it is not closed at once. */
static void strand_miss(struct strand *s, size_t size)
{
    struct peer *p = s->wire.peer;
    struct bridge *b = bridge_of(&s->wire);
    bool closes = b->slow == SLOW_CLOSE, first = s->missed == 0;
    char name[ADDR_TEXT];

    p->port->lost = true;
    s->missed += closes ? 1 : size;
    if (!first)
        return;
    log_notice("%s is too slow and %s; see --slow-peer", peer_name(p, name),
               closes ? "was closed" : "misses bytes");
    if (closes)
        loop_soon(b->svc->loop, &b->close_slow);
}

static void strand_share_missed(void *ctx, struct fan_member *m, size_t size)
{
    (void)ctx;
    strand_miss(container_of(m, struct strand, share), size);
}

/* The input is read from the first peer on; before, it waits outside. */
static void bridge_start_fan(struct bridge *b)
{
    struct fan_opts opts = {.slow = b->slow == SLOW_WAIT ? PACE_WAIT : PACE_SKIP,
                            .open = strand_open_share,
                            .missed = strand_share_missed,
                            .ctx = b};

    b->fan = fan_new(b->svc->loop, &opts);
    b->feed = link_new(b->ends.in, fan_port(b->fan), b->svc->pool, &b->conf->out);
    b->feed->done = bridge_feed_done;
    b->feed->ended = bridge_feed_ended;
    b->feed->ctx = b;
}

static void strand_join_input(struct bridge *b, struct strand *s)
{
    s->wire.expects = b->ends.apart;
    if (b->ends.in == NULL)
        return;
    if (!b->svc->many) {
        strand_start_out(s, b->ends.in, b->conf->out);
        return;
    }
    if (b->fan == NULL)
        bridge_start_fan(b);
    s->wire.expects = true;
    fan_add(b->fan, &s->share);
}

void bridge_attach(struct bridge *b, struct peer *p)
{
    struct strand *s = mem_alloc(sizeof *s);
    /* At a prompt another peer may always follow. */
    bool lasts = b->svc->many || b->svc->again || b->ends.apart || b->conf->more_follows;
    struct link_opts shared = b->conf->in;

    shared.keep_open = lasts || b->nowhere != NULL || p->datagram;
    list_add(&b->strands, &s->place);
    wire_init(&s->wire, &b->owner, p, b->sink, b->svc->pool, &shared);
    strand_join_input(b, s);
}

/* What was taken for this peer and did not reach it. A failed connection has kept what was not acknowledged. */
static uint64_t strand_unreached(const struct strand *s)
{
    const struct link *out = s->wire.out;
    uint64_t sum = 0;
    struct info i;

    if (out != NULL)
        sum = link_held(out) + out->lost + (bridge_of(&s->wire)->ends.apart ? queue_size(out->src) : 0);
    if (s->wire.err == NULL)
        return sum;
    info_get(s->wire.peer, &i);
    return sum + (i.tcp ? i.outq : 0);
}

static void bridge_tell_lost(struct peer *p, uint64_t lost, const char *way, const char *had)
{
    char name[ADDR_TEXT];

    if (lost == 0)
        return;
    log_error("%llu bytes %s %s were lost: %s and not delivered", (unsigned long long)lost, way,
              peer_name(p, name), had);
    p->port->lost = true;
}

/* It failed without a word, as dialects have it: what was lost by that is told at least. */
static bool is_untold(const struct wire *w)
{
    return w->err != NULL && w->err->text[0] == '\0';
}

/* Where nothing else tells: another peer follows one that failed, or a person ends it with lines on their way. */
static bool tells_unreached(const struct bridge *b, const struct wire *w)
{
    if ((b->svc->again || is_untold(w)) && !b->svc->ending)
        return true;
    return b->ends.apart && !b->svc->killed && w->err == NULL && w->peer->port->error == 0;
}

void bridge_detach(struct bridge *b, struct peer *p)
{
    struct strand *s = strand_of(p);
    char name[ADDR_TEXT];

    if (!s->told && tells_unreached(b, &s->wire))
        bridge_tell_lost(p, strand_unreached(s), "for", "read");
    if (b->nowhere == NULL && !s->unwanted && !b->svc->killed)
        bridge_tell_lost(p, wire_undelivered(&s->wire), "from", "received");
    if (s->missed > 0 && b->slow != SLOW_CLOSE)
        log_notice("%s missed %llu bytes", peer_name(p, name), (unsigned long long)s->missed);
    wire_clear(&s->wire);
    if (is_fanned(s))
        fan_del(b->fan, &s->share);
    else
        port_free(s->share.pace.queue); /* it was left to itself */
    list_del(&s->place);
    free(s);
}

void bridge_feed(struct bridge *b, struct peer *p, struct port *in)
{
    struct link_opts opts = b->conf->out;

    opts.crlf = false; /* what a line ends with was settled when it was typed */
    strand_start_out(strand_of(p), in, opts);
}

bool bridge_unfeed(struct bridge *b, struct peer *p)
{
    struct strand *s = strand_of(p);
    const struct link *out = s->wire.out;

    if (wire_out_is_over(&s->wire) || out->taps != NULL || link_held(out) > 0 || port_pending(out->src) > 0 ||
        b->conf->out.interval > 0)
        return false;
    wire_unfeed(&s->wire, true);
    return true;
}

void bridge_end(struct bridge *b)
{
    bridge_input_ended(b);
    bridge_quit_if_sent(b);
}

void bridge_begin(struct bridge *b)
{
    b->input_ended = false;
    loop_timer_clear(&b->quit);
    if (b->svc->host.ended != NULL)
        b->svc->host.ended(b->svc->host.ctx, false);
}

bool bridge_leaves(const struct bridge *b)
{
    return b->leave;
}

void bridge_set_leave(struct bridge *b, bool leave)
{
    b->leave = leave;
}

void bridge_missed(struct bridge *b, struct peer *p, size_t size)
{
    (void)b;
    strand_miss(strand_of(p), size);
}

enum slow_peer bridge_slow(const struct bridge *b)
{
    return b->slow;
}

void bridge_close(struct bridge *b, struct peer *p, bool reset, const struct err *e)
{
    (void)b;
    if (reset)
        leave_reset(p);
    wire_end(p->svc, e);
}

void bridge_drop(struct peer *p)
{
    strand_of(p)->unwanted = true;
}

bool bridge_holds_up(const struct peer *p)
{
    return wire_holds_up(p->svc);
}

struct link *bridge_in(const struct peer *p)
{
    const struct wire *w = p->svc;

    return w != NULL ? w->in : NULL;
}

struct link *bridge_out(const struct peer *p)
{
    const struct wire *w = p->svc;

    return w != NULL ? w->out : NULL;
}

const struct err *bridge_error(const struct peer *p)
{
    const struct wire *w = p->svc;

    return w != NULL ? w->err : NULL;
}

void bridge_set_ctx(struct peer *p, void *ctx)
{
    strand_of(p)->ctx = ctx;
}

void *bridge_ctx(const struct peer *p)
{
    const struct strand *s = strand_of(p);

    return s != NULL ? s->ctx : NULL;
}

struct peer *bridge_peer(const struct link *in)
{
    return ((const struct wire *)in->ctx)->peer;
}
