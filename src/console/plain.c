/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The service `lines`: what the prompt's options say of how lines are read and shown, where there is no prompt. Between
 * the peers and standard output stands a view, between standard input and the peers what makes bytes of lines; where no
 * option asks for one of them, the port itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chunk.h"
#include "base/container.h"
#include "base/input.h"
#include "base/log.h"
#include "base/mem.h"
#include "console/console_conf.h"
#include "console/talker.h"
#include "console/view.h"
#include "io/queue.h"
#include "io/std.h"
#include "svc/front.h"

enum {
    WAITING = 256 * 1024,         /* bytes that wait for either end before no more is read */
    LINE_MOST = 16 * 1024 * 1024, /* bytes of a line */
};

struct plain {
    struct svc *svc;
    struct bridge *bridge;
    struct bridge_conf conf;
    struct port *in, *out; /* the standard streams; NULL: no input */

    /* Shown: sink -> view -> paper -> shown -> out. All NULL when nothing asks for it. */
    struct port *sink, *shown;
    struct link *to_out;
    struct sheet sheet;
    struct view view;
    struct talkers talkers;
    bool full;  /* the sink waits for room */
    bool quits; /* the program ends when all that was shown is written */

    /* Read: in -> lines -> typed. */
    struct port *lines, *typed;
    struct link *from_in;
    enum input_mode mode;
    enum eol eol;
    char *line; /* what there is of an unfinished one */
    size_t len, room;
    unsigned number; /* of the line, for messages */
};

/* What is shown. */

static void quit(struct plain *x, const struct err *e)
{
    x->svc->host.quit(x->svc->host.ctx, e);
}

static size_t unwritten(const struct plain *x)
{
    return x->shown != NULL ? queue_size(x->shown) + link_held(x->to_out) : 0;
}

/* What was put on the paper goes out. */
static void flush(void *ctx)
{
    struct plain *x = ctx;
    size_t n;
    char *data = screen_take(x->sheet.screen, &n);
    struct chunk *chunk;

    if (n > 0) {
        chunk = chunk_new(data, n);
        queue_put(x->shown, chunk);
        chunk_unref(chunk);
    }
    free(data);
}

static void shown_has_room(struct port *port, void *ctx)
{
    struct plain *x = ctx;

    (void)port;
    if (x->full)
        port_event_soon(x->sink, LOOP_OUT);
    x->full = false;
}

static void out_moved(struct link *k)
{
    struct plain *x = k->ctx;

    if (x->quits && unwritten(x) == 0) {
        x->quits = false;
        quit(x, NULL);
    }
}

/* Whoever has more for it, and may wait for room here, ends as if it were the sink. */
static bool fail_links(struct plain *x)
{
    bool told = false;

    for (struct talker *t = NULL; (t = talkers_after(&x->talkers, t)) != NULL;) {
        struct link *in = t->meta == NULL ? bridge_in(t->peer) : NULL;

        if (in == NULL || in->state != LINK_RUNNING)
            continue;
        port_unwait_room(x->sink, in);
        link_pump(in);
        told = told || in->state == LINK_DST_FAILED;
    }
    return told;
}

static void out_failed(struct link *k)
{
    struct plain *x = k->ctx;
    struct err e;

    if (k->state != LINK_DST_FAILED)
        return;
    port_fail(x->sink, k->dst->error);
    if (fail_links(x))
        return;
    err_sys(&e, STATUS_LOCAL, k->dst->error, "standard output");
    if (k->dst->error == EPIPE)
        e.text[0] = '\0'; /* its reader has gone: that needs no telling */
    quit(x, &e);
}

static struct talker *who(struct plain *x, struct peer *p, const struct meta *meta)
{
    bool made;

    if (!p->datagram || meta == NULL || meta->peer.len == 0 ||
        (p->remote->len > 0 && addr_equal(p->remote, &meta->peer)))
        return bridge_ctx(p);
    return talkers_hear(&x->talkers, p, meta, &made);
}

static ssize_t take(struct port *port, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct plain *x = ctx;
    struct peer *p = bridge_peer(port->owner);
    size_t n;

    if (port->error != 0)
        return IO_ERROR;
    if (queue_full(x->shown)) {
        x->full = true;
        return IO_AGAIN;
    }
    n = view_show(&x->view, who(x, p, meta), data, size, view_unit_of(p->port, meta));
    flush(x);
    return (ssize_t)n;
}

static void sender_leaves(void *ctx, struct talker *t)
{
    struct plain *x = ctx;

    view_finish(&x->view, t);
    flush(x);
    talkers_del(&x->talkers, t);
}

static void start_shown(struct plain *x, const struct console_conf *conf)
{
    const struct queue_opts sink = {.limit = 1, .addressed = true, .write = take, .ctx = x};
    const struct queue_opts shown = {.limit = WAITING, .room = shown_has_room, .ctx = x};

    x->sink = queue_new(x->svc->loop, &sink);
    x->shown = queue_new(x->svc->loop, &shown);
    x->sheet = (struct sheet){.paper = true, .screen = screen_paper(x->svc->loop, flush, x)};
    x->view = (struct view){.loop = x->svc->loop,
                            .sheet = &x->sheet,
                            .colors = conf->allow_colors,
                            .marks = {.labels = x->svc->many}};
    console_conf_view(conf, false, &x->view);
    view_init(&x->view);
    x->to_out = link_new(x->shown, x->out, x->svc->pool, NULL);
    x->to_out->moved = out_moved;
    x->to_out->done = out_failed;
    x->to_out->ctx = x;
}

static void stop_shown(struct plain *x)
{
    size_t lost;

    if (x->sink == NULL)
        return;
    view_finish(&x->view, NULL);
    flush(x);
    lost = unwritten(x);
    if (lost > 0 && !x->svc->killed && x->to_out->state == LINK_RUNNING)
        log_error("%zu bytes for standard output were lost", lost);
    link_free(x->to_out);
    view_clear(&x->view);
    screen_close(x->sheet.screen);
    port_free(x->shown);
    port_free(x->sink);
}

/* What is read. */

static int send_line(struct plain *x, bool ended)
{
    struct input_fault fault;
    unsigned char *data;
    struct chunk *chunk;
    struct err e;
    size_t n;

    x->number++;
    if (input_encode(x->mode, ended ? x->eol : EOL_NONE, x->line != NULL ? x->line : "", x->len, &data, &n,
                     &fault) < 0) {
        err_set(&e, STATUS_LOCAL, "standard input, line %u, byte %zu: %s", x->number, fault.offset + 1,
                fault.why);
        quit(x, &e);
        return -1;
    }
    x->len = 0;
    chunk = chunk_new(data, n);
    if (n > 0)
        queue_put(x->typed, chunk);
    if (n > 0 && x->sink != NULL)
        view_sent(&x->view, NULL, data, n);
    chunk_unref(chunk);
    free(data);
    return 0;
}

static int keep(struct plain *x, const char *text, size_t n)
{
    struct err e;

    if (x->len + n > LINE_MOST && x->mode == INPUT_TEXT && send_line(x, false) < 0)
        return -1;
    if (x->len + n > LINE_MOST) {
        err_set(&e, STATUS_LOCAL, "standard input, line %u: longer than %d bytes", x->number + 1, LINE_MOST);
        quit(x, &e);
        return -1;
    }
    if (x->len + n > x->room) {
        x->room = (x->len + n) * 2;
        x->line = mem_resize(x->line, x->room);
    }
    memcpy(x->line + x->len, text, n);
    x->len += n;
    return 0;
}

/* After a fault no more is taken. */
static ssize_t read_lines(struct port *port, void *ctx, const void *data, size_t size,
                          const struct meta *meta)
{
    const char *text = data, *end = text + size;
    struct plain *x = ctx;

    (void)port;
    (void)meta;
    if (queue_full(x->typed))
        return IO_AGAIN;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((newline != NULL ? newline : end) - text);

        if (keep(x, text, n) < 0 || (newline != NULL && send_line(x, true) < 0))
            return IO_AGAIN;
        text += n + (newline != NULL);
    }
    return (ssize_t)size;
}

static void input_ended(struct port *port, void *ctx)
{
    struct plain *x = ctx;

    (void)port;
    if (x->len > 0 && send_line(x, false) < 0)
        return;
    queue_end(x->typed);
}

static void typed_has_room(struct port *port, void *ctx)
{
    struct plain *x = ctx;

    (void)port;
    port_event_soon(x->lines, LOOP_OUT);
}

static void in_failed(struct link *k)
{
    struct err e;

    if (k->state != LINK_SRC_FAILED)
        return;
    err_sys(&e, STATUS_LOCAL, k->src->error, "standard input");
    quit(k->ctx, &e);
}

static void start_read(struct plain *x, const struct console_conf *conf)
{
    const struct queue_opts lines = {.limit = 1, .write = read_lines, .shut = input_ended, .ctx = x};
    const struct queue_opts typed = {.limit = WAITING, .whole = true, .room = typed_has_room, .ctx = x};

    x->mode = conf->input > 0 ? (enum input_mode)(conf->input - 1) : INPUT_TEXT;
    x->eol = conf->eol > 0 ? (enum eol)(conf->eol - 1) : conf->bridge->out.crlf ? EOL_CRLF : EOL_LF;
    x->conf.out.crlf = false;
    x->lines = queue_new(x->svc->loop, &lines);
    x->typed = queue_new(x->svc->loop, &typed);
    x->from_in = link_new(x->in, x->lines, x->svc->pool, NULL);
    x->from_in->done = in_failed;
    x->from_in->ctx = x;
}

static void stop_read(struct plain *x)
{
    if (x->lines == NULL)
        return;
    link_free(x->from_in);
    port_free(x->lines);
    port_free(x->typed);
    free(x->line);
}

/* The service. */

static int plain_start(struct svc *s, struct err *e)
{
    struct plain *x = mem_alloc(sizeof *x);
    const struct console_conf *conf = s->conf;
    struct bridge_ends ends = {.slow = SLOW_WAIT};

    (void)e;
    x->svc = s;
    x->conf = *conf->bridge;
    x->out = std_output(s->loop);
    if (!conf->no_input)
        x->in = std_input(s->loop);
    x->talkers = (struct talkers){.loop = s->loop, .leaving = sender_leaves, .ctx = x};
    talkers_init(&x->talkers);
    if (console_conf_shows(conf))
        start_shown(x, conf);
    if (x->in != NULL && (console_conf_reads(conf) || (x->view.marks.set & MARK_DIRECTION) != 0))
        start_read(x, conf);
    ends.in = x->typed != NULL ? x->typed : x->in;
    ends.out = x->sink != NULL ? x->sink : x->out;
    s->state = x;
    x->bridge = bridge_new(s, &x->conf, &ends);
    return 0;
}

static void plain_attach(struct svc *s, struct peer *p)
{
    struct plain *x = s->state;
    bool anyone = p->datagram && p->remote->len == 0;

    bridge_attach(x->bridge, p);
    bridge_set_ctx(p, talkers_add(&x->talkers, p, !anyone));
    if (anyone && x->sink != NULL)
        view_set_labels(&x->view, true);
}

static void forget(struct plain *x, struct talker *t)
{
    if (x->sink != NULL) {
        view_finish(&x->view, t);
        flush(x);
    }
    talkers_del(&x->talkers, t);
}

static void plain_detach(struct svc *s, struct peer *p)
{
    struct plain *x = s->state;
    struct list *ahead;
    struct talker *t;

    list_each(t, ahead, &x->talkers.all, struct talker, place)
    {
        if (t->peer == p)
            forget(x, t);
    }
    bridge_detach(x->bridge, p);
}

static bool plain_sends(const struct svc *s, const struct peer *p)
{
    return bridge_unsent(((const struct plain *)s->state)->bridge, p) > 0;
}

/* What arrived is written before the end that the peer brings. */
static bool plain_shows(struct svc *s)
{
    struct plain *x = s->state;

    x->quits = unwritten(x) > 0;
    return x->quits;
}

static void plain_stop(struct svc *s)
{
    struct plain *x = s->state;

    s->state = NULL;
    bridge_free(x->bridge);
    stop_read(x);
    stop_shown(x);
    talkers_clear(&x->talkers);
    port_free(x->in);
    port_free(x->out);
    free(x);
}

static const struct front plain_front = {.shows = plain_shows};

const struct service service_plain = {
    .name = "lines",
    .help = "standard input and output, lines as the options have them",
    .start = plain_start,
    .attach = plain_attach,
    .detach = plain_detach,
    .sends = plain_sends,
    .stop = plain_stop,
    .holds_up = bridge_holds_up,
    .front = &plain_front,
};
