/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "console/console.h"
#include "console/console_conf.h"
#include "console/recent.h"
#include "io/queue.h"
#include "peer/observe.h"
#include "svc/join.h"

enum { ROOM = 256 * 1024 }; /* bytes that wait for an end before its peer is read no more */

struct watches {
    struct svc *join;
    struct peer_table stands; /* who stands for talkers */
    struct list all;          /* of struct watched */
    struct observer datagrams;
};

struct watched {
    struct list place;
    struct console *c;
    struct talker *near;  /* NULL: it has gone */
    struct talker far;    /* its queue is that of `stand` */
    struct peer *stand;   /* stands for `near` at its end; NULL: the end is over */
    struct end_spec spec; /* of who asked */
    struct err *err;      /* why the end is over; NULL: it did not fail */
    char name[ADDR_TEXT]; /* of the end */
    bool asked;           /* by ~join: `near` stays */
    bool there;           /* the end was made */
    bool choosy;          /* it may read less than there is */
    bool resets;          /* what is closed is to be reset */
    bool broken;          /* the end failed because its peer had */
    bool waits;           /* what comes from the end waits for room */
    unsigned unseen;      /* datagrams for which the screen had no room */
    struct job part;
};

static struct watched *watch_of_far(const struct talker *far)
{
    return container_of((struct talker *)far, struct watched, far);
}

static struct watched *watch_of(const struct talker *t)
{
    return t->other != NULL ? watch_of_far(t->far ? t : t->other) : NULL;
}

static void free_watch(struct watched *w)
{
    list_del(&w->place);
    loop_job_del(&w->part);
    end_spec_clear(&w->spec);
    free(w->err);
    free(w);
}

/* What was to go to the end and did not is told, where nothing else tells. */
static void tell_unsent(const struct watched *w, bool failed)
{
    const size_t lost = queue_size(w->stand->port);
    char name[ADDR_TEXT];

    if (lost > 0 && !failed && !w->choosy && !w->c->svc->killed)
        log_error("%zu bytes for %s were lost: received and not delivered", lost,
                  join_end_name(w->stand, name));
}

static void drop_stand(struct watched *w, bool failed)
{
    struct svc *join = w->c->watches->join;

    join->killed = w->c->svc->killed;
    tell_unsent(w, failed);
    svc_detach(join, w->stand);
    peer_free(w->stand);
    w->stand = NULL;
    w->far.peer = w->near != NULL ? w->near->peer : NULL; /* whose stand it was has the same counters */
    w->far.pace.queue = NULL;
    w->far.deaf = w->far.ended = true;
}

/* The two sides are none any more; who of them is left goes on. */
static void separate(struct watched *w)
{
    struct link *in = bridge_in(w->near->peer);

    view_finish(&w->c->view, w->near);
    view_finish(&w->c->view, &w->far);
    if (w->there)
        console_loses(w->c, &w->far);
    free(w->far.recent);
    w->far.recent = NULL;
    if (in != NULL)
        link_curb(in, false);
    w->near->other = NULL;
    w->near = NULL;
}

/* What `near` sent is delivered, and then its stand is done. */
static void let_stand_go(struct watched *w, int error)
{
    w->broken = error != 0;
    if (error != 0) {
        queue_fail(w->stand->port, error);
        return;
    }
    queue_end(w->stand->port);
    join_leave(w->stand);
}

/* The end is over. */

static bool is_sent(const struct talker *near)
{
    const struct link *out = bridge_out(near->peer);

    return near->deaf || (near->ended && (out == NULL || out->state != LINK_RUNNING));
}

/* Of many, each failure to make an end was told as it came. */
static void close_near(struct watched *w)
{
    const bool told = w->c->svc->many && !w->there;
    struct err why;

    if (w->err != NULL)
        why = *w->err;
    if (w->choosy)
        bridge_drop(w->near->peer);
    bridge_close(w->c->bridge, w->near->peer, w->resets, w->err != NULL && !told ? &why : NULL);
}

/* A failure of the end is a reset of its peer, but for who left without reading all (EPIPE). */
static void note_failure(struct watched *w, const struct err *e)
{
    w->err = mem_alloc(sizeof *w->err);
    *w->err = *e;
    w->resets = w->resets || !w->there || e->sys != EPIPE;
    if (!w->there && w->c->svc->many)
        log_error("%s", e->text);
}

static void end_near(struct watched *w, const struct err *e)
{
    struct link *out = console_out(w->c, w->near);

    if (e != NULL)
        note_failure(w, e);
    if (out != NULL && w->resets)
        out->opts.keep_open = true; /* no end comes before the reset */
    if (e != NULL || w->resets)
        console_cut(w->c, w->near);
    else if (!w->near->ended)
        console_end(w->c, w->near);
    if (is_sent(w->near))
        close_near(w);
}

static void give_near_back(struct watched *w, const struct err *e)
{
    struct console *c = w->c;
    struct talker *near = w->near;

    console_tell(c, &w->far, e != NULL ? e->text : "is over");
    separate(w);
    free_watch(w);
    console_parts(c, near);
}

/* The talker is gone, and its last words are delivered, or not. */
static void end_orphan(struct watched *w, const struct err *e)
{
    struct console *c = w->c;
    const bool broken = w->broken;

    free_watch(w);
    if (e != NULL && !broken && !c->svc->many)
        c->svc->host.quit(c->svc->host.ctx, e);
    else if (e != NULL && !broken)
        log_info("%s", e->text);
    console_quit_if_done(c);
}

static void end_is_over(void *ctx, struct peer *stand, const struct err *e)
{
    struct watched *w = stand->owner;
    struct err why;

    (void)ctx;
    if (e != NULL)
        why = *e;
    drop_stand(w, e != NULL);
    if (w->near == NULL)
        end_orphan(w, e != NULL ? &why : NULL);
    else if (w->asked)
        give_near_back(w, e != NULL ? &why : NULL);
    else
        end_near(w, e != NULL ? &why : NULL);
}

static void end_is_there(void *ctx, struct peer *stand)
{
    struct watched *w = stand->owner;
    char name[ADDR_TEXT];
    const char *text = join_end_name(stand, name);

    (void)ctx;
    w->there = true;
    memcpy(w->name, text, strlen(text) + 1);
    if (w->near != NULL)
        console_joins(w->c, &w->far);
}

/* What comes from the end. */

static enum view_unit unit_of_end(const struct watched *w, const struct meta *meta)
{
    const struct peer *end = join_end(w->stand);

    return end != NULL ? view_unit_of(end->port, meta) : VIEW_STREAM;
}

static ssize_t take_from_end(struct port *port, void *ctx, const void *data, size_t size,
                             const struct meta *meta)
{
    struct watched *w = ctx;
    struct console *c = w->c;
    size_t n;

    if (w->near == NULL)
        return (ssize_t)size; /* it has left: nobody is to have it */
    if (w->near->deaf)
        return port_fail(port, EPIPE);
    if (w->near->ended || c->ended)
        return IO_AGAIN; /* nothing goes there any more, until all is over */
    w->waits = screen_full(c->sheet.screen) || console_keys_begun(c->keys) ||
               (w->far.ahead == 0 && !console_passes(w->near));
    if (w->waits)
        return IO_AGAIN;
    watch_pass(c, &w->far, data, size, meta);
    n = view_show(&c->view, &w->far, data, size, unit_of_end(w, meta));
    watch_shown(&w->far, n);
    w->far.heard = loop_now(c->svc->loop);
    recent_put(&w->far.recent, data, n);
    return (ssize_t)n;
}

static void part_soon(struct job *j)
{
    struct watched *w = container_of(j, struct watched, part);
    struct console *c = w->c;
    struct talker *near = w->near;

    if (near == NULL || w->stand == NULL)
        return;
    console_tell(c, &w->far, "is over");
    separate(w);
    let_stand_go(w, 0);
    console_parts(c, near);
}

static void end_has_ended(struct port *port, void *ctx)
{
    struct watched *w = ctx;

    (void)port;
    if (w->near == NULL)
        return;
    view_finish(&w->c->view, &w->far);
    if (w->asked) {
        loop_soon(w->c->svc->loop, &w->part);
        return;
    }
    console_tell(w->c, &w->far, "ended its side");
    if (!w->near->ended)
        console_end(w->c, w->near);
}

static void end_has_room(struct port *port, void *ctx)
{
    struct watched *w = ctx;

    (void)port;
    if (w->near == NULL)
        return;
    link_curb(bridge_in(w->near->peer), false);
    console_wake(w->c);
}

/* Datagrams that do not come through the connection of who sends them (end/proxy_udp.c) */

static bool is_association(const struct port *stand)
{
    return stand->top->lower != NULL && (port_caps(stand) & IO_ADDRESSED) != 0;
}

static void tell_unseen(struct watched *w)
{
    char text[64];

    snprintf(text, sizeof text, "%u datagrams passed that are not shown", w->unseen);
    console_tell(w->c, w->near, text);
    w->unseen = 0;
}

/* They do not wait for the screen. */
static void see_datagram(struct observed *o, const void *data, size_t n, const struct meta *meta)
{
    struct watched *w = o->peer->owner;
    struct console *c = w->c;
    struct talker *t = o->sent ? &w->far : w->near;

    if (w->near == NULL || !is_association(o->peer->port))
        return;
    t->heard = loop_now(c->svc->loop);
    recent_put(&t->recent, data, n);
    if (screen_full(c->sheet.screen)) {
        w->unseen++;
        return;
    }
    if (w->unseen > 0)
        tell_unseen(w);
    view_finish(&c->view, t); /* what it said on its connection is over */
    (void)view_show(&c->view, t, data, n, view_unit_of(o->peer->port, meta));
}

/* Beginning */

static void start_watches(struct console *c)
{
    struct watches *all = mem_alloc(sizeof *all);
    struct err e;
    struct svc join = {.service = &service_join,
                       .conf = c->conf->join,
                       .loop = c->svc->loop,
                       .peers = &all->stands,
                       .ends = c->svc->ends,
                       .pool = c->svc->pool,
                       .host = {.ctx = c, .finished = end_is_over, .joined = end_is_there}};

    peer_table_init(&all->stands, c->svc->loop);
    list_init(&all->all);
    all->join = svc_start(&join, &e); /* which cannot fail */
    all->datagrams = (struct observer){.sent = true, .data = see_datagram};
    observe_add(&all->stands, &all->datagrams);
    c->watches = all;
}

static void make_stand(struct watched *w, const struct peer *near)
{
    const struct queue_opts opts = {.limit = ROOM,
                                    .addressed = true,
                                    .messages = (port_caps(near->port) & IO_MSG) != 0,
                                    .formed = (port_caps(near->port) & IO_FORMED) != 0,
                                    .write = take_from_end,
                                    .shut = end_has_ended,
                                    .room = end_has_room,
                                    .ctx = w};
    struct port *port = queue_new(w->c->svc->loop, &opts);
    char name[ADDR_TEXT];

    w->stand = peer_new(&w->c->watches->stands, port, near->local, near->remote);
    w->stand->name = mem_strdup(peer_name(near, name));
    w->stand->owner = w;
    w->stand->datagram = near->datagram;
    w->far.pace.queue = port;
    w->far.peer = w->stand;
}

static struct watched *new_watch(struct console *c, struct talker *t)
{
    struct watched *w = mem_alloc(sizeof *w);

    if (c->watches == NULL)
        start_watches(c);
    list_add(&c->watches->all, &w->place);
    w->c = c;
    w->near = t;
    w->part.run = part_soon;
    w->far.far = w->far.shown = true;
    w->far.number = t->number;
    w->far.since = loop_now(c->svc->loop);
    w->far.name = w->name;
    w->far.other = t;
    t->other = &w->far;
    make_stand(w, t->peer);
    return w;
}

static void begin_watch(struct watched *w, const struct end_spec *spec)
{
    view_set_labels(&w->c->view, true);
    w->choosy = spec->kind->choosy;
    memcpy(w->name, spec->kind->name, strlen(spec->kind->name) + 1);
    join_open(w->c->watches->join, w->stand, spec);
}

void watch_open(struct console *c, struct talker *t, const struct end_spec *spec)
{
    begin_watch(new_watch(c, t), spec);
}

int watch_join(struct console *c, struct talker *t, const char *text, struct err *e)
{
    struct end_spec spec;
    struct watched *w;

    if (t->other != NULL)
        return err_set(e, STATUS_LOCAL, "%u has an end already: %cjoin takes it back", (unsigned)t->number,
                       c->escape);
    if (console_keys_begun(c->keys))
        return err_set(e, STATUS_LOCAL, "whose keys are sent has no end");
    if (t->peer->datagram)
        return err_set(e, STATUS_LOCAL, "datagrams cannot be joined to an end");
    if (c->output != NULL)
        return err_set(e, STATUS_LOCAL, "what arrives goes to standard output, and to no end");
    if (console_check_open(c, e) < 0 || end_parse(&spec, text, e) < 0)
        return -1;
    w = new_watch(c, t);
    w->asked = true;
    w->spec = spec;
    begin_watch(w, &w->spec);
    return 0;
}

int watch_part(struct console *c, struct talker *t, struct err *e)
{
    struct watched *w = watch_of(t);

    if (w == NULL)
        return err_set(e, STATUS_LOCAL, "%u has no end; %cjoin END gives it one", (unsigned)t->number,
                       c->escape);
    if (!w->asked)
        return err_set(e, STATUS_LOCAL, "%u came with its end (--to), and goes with it", (unsigned)t->number);
    t = w->near;
    separate(w);
    let_stand_go(w, 0);
    console_say(c, "%u has no end any more", (unsigned)t->number);
    console_parts(c, t);
    return 0;
}

/* What passes. */

/* Nothing goes to the end any more: no more is read for it than was already. */
static void refuse(const struct talker *t, size_t n)
{
    char name[ADDR_TEXT];

    if (watch_of_far(t->other)->choosy)
        return;
    log_error("%zu bytes from %s were lost: nothing goes to %s any more", n, talker_name(t, name),
              t->other->name);
}

void watch_pass(struct console *c, struct talker *t, const void *data, size_t n, const struct meta *meta)
{
    const size_t ahead = t->ahead;
    struct talker *to = t->other;
    bool room;

    if (to == NULL || (n > 0 && n <= ahead))
        return;
    t->ahead = n;
    room = !to->ended && console_pass(c, to, (const char *)data + ahead, n - ahead, meta);
    if (to->far && to->ended)
        refuse(t, n - ahead);
    if (to->far && !room)
        link_curb(bridge_in(t->peer), true);
}

void watch_shown(struct talker *t, size_t n)
{
    t->ahead -= n < t->ahead ? n : t->ahead;
}

static void wake(struct watched *w)
{
    if (!w->waits || w->stand == NULL)
        return;
    w->waits = false;
    port_event_soon(w->stand->port, LOOP_OUT);
}

void watch_wake(const struct talker *t)
{
    struct watched *w = watch_of(t);

    if (w != NULL)
        wake(w);
}

void watch_wake_all(struct console *c)
{
    struct watched *w;
    struct list *ahead;

    if (c->watches == NULL)
        return;
    list_each(w, ahead, &c->watches->all, struct watched, place) wake(w);
}

/* What comes from its end waits for us, and not for it. */
static bool holds_up_end(const struct talker *near)
{
    const struct watched *w = watch_of(near);
    const struct link *from = w != NULL && w->stand != NULL ? join_out(w->stand) : NULL;

    return from != NULL && (from->paused || (w->waits && console_passes(near)));
}

bool watch_holds_up(const struct peer *p)
{
    return bridge_holds_up(p) || holds_up_end(bridge_ctx(p));
}

/* Endings */

bool watch_ended(struct console *c, struct talker *t)
{
    const struct watched *w = watch_of(t);

    if (w == NULL)
        return false;
    console_tell(c, t, "ended its side");
    if (w->stand != NULL)
        console_end(c, t->other);
    return true;
}

bool watch_sent(struct console *c, struct talker *t)
{
    struct watched *w = t != NULL ? watch_of(t) : NULL;

    (void)c;
    if (w == NULL || w->stand != NULL || w->asked)
        return true;
    close_near(w);
    return false;
}

void watch_resets(const struct talker *t, bool reset)
{
    struct watched *w = watch_of(t);

    if (w != NULL)
        w->resets = reset;
}

void watch_leaves(struct console *c, struct talker *t)
{
    const struct err *e = bridge_error(t->peer);
    struct watched *w = watch_of(t);
    int error;

    (void)c;
    if (w == NULL)
        return;
    error = e != NULL && e->sys != EPIPE ? e->sys : 0;
    if (w->resets)
        error = ECONNRESET;
    separate(w);
    if (w->stand == NULL)
        free_watch(w);
    else
        let_stand_go(w, error);
}

void watch_close(struct talker *far, bool reset)
{
    struct watched *w = watch_of_far(far);

    w->resets = reset;
    if (w->stand != NULL)
        join_close(w->stand, reset);
}

struct link *watch_in(const struct talker *far)
{
    const struct watched *w = watch_of_far(far);

    return w->stand != NULL ? join_out(w->stand) : NULL;
}

struct link *watch_out(const struct talker *far)
{
    const struct watched *w = watch_of_far(far);

    return w->stand != NULL ? join_in(w->stand) : NULL;
}

struct peer *watch_end(const struct talker *far)
{
    const struct watched *w = watch_of_far(far);

    return w->stand != NULL ? join_end(w->stand) : NULL;
}

bool watch_waits(const struct console *c)
{
    return c->watches != NULL && !list_empty(&c->watches->all);
}

void watch_stop(struct console *c)
{
    struct watched *w;
    struct list *ahead;

    if (c->watches == NULL)
        return;
    list_each(w, ahead, &c->watches->all, struct watched, place)
    {
        drop_stand(w, false);
        free_watch(w);
    }
    c->watches->join->killed = c->svc->killed;
    svc_stop(c->watches->join);
    observe_del(&c->watches->stands, &c->watches->datagrams);
    free(c->watches);
    c->watches = NULL;
}
