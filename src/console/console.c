/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The service `prompt`: lines typed at a terminal go to the peers, what they send appears above the line. With
 * standard output elsewhere, what they send goes there as it is.
 */
#include "console/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "console/console_conf.h"
#include "console/recent.h"
#include "console/watch.h"
#include "io/queue.h"
#include "io/std.h"
#include "svc/front.h"
#include "svc/join.h"
#include "term/tty.h"

enum {
    LAST_FLUSH = 1000,       /* ms that a stopped terminal is waited for at the end */
    SAY = 1024,              /* bytes of a line of answer */
    AGAIN = 1000,            /* ms within which a second ^C quits */
    TYPED = 2 * 1024 * 1024, /* bytes that wait for peers before no more keys are read */
};

void console_say(struct console *c, const char *format, ...)
{
    char text[SAY], safe[SAY + 64];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    view_say(&c->view, text_safe_string(text, safe, sizeof safe));
}

/* The prompt says whom lines go to, where there is a choice, and what they mean, where that is not text. */
static void format_base(const struct console *c, char text[static sizeof c->base])
{
    static const char *const modes[] = {[INPUT_TEXT] = "", [INPUT_ESCAPES] = "esc", [INPUT_HEX] = "hex"};
    const char *mode = modes[c->input];
    char to[TALKER_LABEL] = "";

    if (c->talkers.gone[0] != '\0')
        memcpy(to, c->talkers.gone, sizeof to);
    else if (c->talkers.count > 1 && c->talkers.to != NULL)
        talker_label(c->talkers.to, to);
    else if (c->talkers.count > 1)
        snprintf(to, sizeof to, "all");
    snprintf(text, sizeof c->base, "%s%s%s> ", to, to[0] != '\0' && mode[0] != '\0' ? " " : "", mode);
}

static void update_base(struct console *c)
{
    char text[sizeof c->base];

    if (c->prompt == NULL || c->conf->prompt != NULL)
        return;
    format_base(c, text);
    if (strcmp(text, c->base) == 0)
        return;
    memcpy(c->base, text, sizeof text);
    prompt_set_text(c->prompt, c->base);
}

void console_set_to(struct console *c, struct talker *t)
{
    c->talkers.to = t;
    c->talkers.gone[0] = '\0';
    update_base(c);
}

void console_call(struct console *c, struct talker *t, const char *name)
{
    talker_call(t, name);
    update_base(c);
}

void console_set_input(struct console *c, enum input_mode mode)
{
    c->input = mode;
    update_base(c);
}

/* Coming and going. */

void console_tell(struct console *c, const struct talker *t, const char *what)
{
    char name[ADDR_TEXT], text[ADDR_TEXT + 160];

    if (!c->view.marks.labels || c->svc->ending || !t->shown)
        return;
    snprintf(text, sizeof text, "%s %s", talker_name(t, name), what);
    if (!console_keys_note(c->keys, text))
        view_tell(&c->view, t, text);
}

void console_joins(struct console *c, struct talker *t)
{
    console_tell(c, t, "joined");
    update_base(c);
    console_commands.joined(c, t);
    if (!t->far)
        console_keys_joined(c->keys, t);
}

/* Who has ended its direction and fails has refused what was sent last. */
static void tell_left(struct console *c, const struct talker *t)
{
    const struct err *e = t->meta == NULL ? bridge_error(t->peer) : NULL;
    char text[128];

    if (e == NULL || e->sys == 0) {
        console_tell(c, t, "left");
        return;
    }
    snprintf(text, sizeof text, "left: %s",
             t->peer->ended ? "what was sent last was not delivered" : strerror(e->sys));
    console_tell(c, t, text);
}

static void left(struct console *c, struct talker *t)
{
    console_keys_left(c->keys, t);
    view_finish(&c->view, t);
    tell_left(c, t);
    console_commands.left(c, t);
    pace_leave(&t->pace);
    talkers_del(&c->talkers, t);
    if (!c->svc->ending)
        update_base(c);
}

void console_loses(struct console *c, struct talker *t)
{
    console_commands.left(c, t);
    talkers_lose(&c->talkers, t);
    if (!c->svc->ending)
        update_base(c);
}

static void sender_leaves(void *ctx, struct talker *t)
{
    left(ctx, t);
}

/* What arrives. */

static ssize_t take(struct port *port, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct console *c = ctx;
    struct peer *p = bridge_peer(port->owner);
    struct talker *t;
    ssize_t n;

    if (screen_full(c->sheet.screen)) {
        c->waits = true;
        return IO_AGAIN;
    }
    t = console_who(c, p, meta);
    watch_pass(c, t, data, size, meta);
    n = among_hear(c, t, data, size, meta);
    if (n == 0)
        n = console_keys_show(c->keys, t, data, size);
    if (n < 0)
        return n;
    if (n == 0)
        n = (ssize_t)view_show(&c->view, t, data, size, view_unit_of(p->port, meta));
    watch_shown(t, (size_t)n);
    t->heard = loop_now(c->svc->loop);
    t->received += (size_t)n;
    recent_put(&t->recent, data, (size_t)n);
    return n;
}

static void shut(struct port *port, void *ctx)
{
    struct console *c = ctx;

    (void)port;
    view_finish(&c->view, talkers_after(&c->talkers, NULL));
}

/* The peer has ended, and so do we, once all is sent that was to be. */
static void leave(struct console *c, struct talker *t)
{
    static const char kept[] = "what was typed is kept in the history";
    char name[ADDR_TEXT];
    bool keeps;

    if (c->ended || c->ending || c->svc->many) {
        console_end(c, t);
        return;
    }
    keeps = prompt_keep_line(c->prompt);
    if (c->conf->bridge->tell_end)
        log_notice("%s closed the connection%s%s", peer_name(t->peer, name), keeps ? "; " : "",
                   keeps ? kept : "");
    else if (keeps)
        log_notice("%s", kept);
    c->leaving = true;
    console_end(c, NULL);
}

/* Whose end is left to us to answer. */
static void answer_end(struct console *c, struct talker *t)
{
    char name[ADDR_TEXT];

    if (bridge_leaves(c->bridge))
        leave(c, t);
    else if (!c->view.marks.labels && !c->ended && !c->ending)
        log_notice("%s ended its side; type to answer, ^D leaves", peer_name(t->peer, name));
}

static void peer_ended(void *ctx, struct peer *peer)
{
    struct console *c = ctx;
    struct talker *t = bridge_ctx(peer);

    among_ended(c, t);
    console_keys_lose(c->keys, t);
    view_finish(&c->view, t);
    if (watch_ended(c, t))
        return;
    console_tell(c, t, "ended its side");
    answer_end(c, t);
}

static bool sent(void *ctx, struct peer *peer)
{
    return watch_sent(ctx, bridge_ctx(peer));
}

void console_parts(struct console *c, struct talker *t)
{
    view_set_labels(&c->view, c->svc->many || c->conf->watch);
    update_base(c);
    if (t->peer->ended)
        answer_end(c, t);
}

void console_set_leave(struct console *c, bool leaves)
{
    struct talker *t;
    struct list *ahead;

    bridge_set_leave(c->bridge, leaves);
    list_each(t, ahead, &c->talkers.all, struct talker, place)
    {
        if (leaves && t->meta == NULL && t->peer->ended)
            leave(c, t);
    }
}

static void deaf(void *ctx, struct peer *peer)
{
    struct console *c = ctx;
    struct talker *t = bridge_ctx(peer);

    t->deaf = true;
    if (t->pace.queue != NULL)
        queue_drop(t->pace.queue);
    pace_leave(&t->pace);
    watch_wake(t);
    console_wake(c);
}

void console_quit_if_done(struct console *c)
{
    if (!c->quits || !screen_is_empty(c->sheet.screen) || watch_waits(c))
        return;
    c->quits = false;
    c->svc->host.quit(c->svc->host.ctx, NULL);
}

static void screen_has_room(void *ctx)
{
    struct console *c = ctx;

    console_quit_if_done(c);
    if (screen_torn(c->sheet.screen) && c->prompt != NULL)
        prompt_redraw(c->prompt);
    if (c->waits && !screen_full(c->sheet.screen)) {
        c->waits = false;
        port_event_soon(c->sink, LOOP_OUT);
    }
    if (!screen_full(c->sheet.screen))
        watch_wake_all(c);
}

/* The prompt's questions. */

static int typed(void *ctx, const char *text, unsigned how)
{
    return console_typed(ctx, text, how);
}

static bool is_full(void *ctx)
{
    /* Beyond what commands fill there is room for lines: one that stops or closes what is stuck. */
    struct console *c = ctx;

    if (c->svc->moving)
        return true;
    return console_full(c, NULL) && console_held(c, NULL) >= TYPED && !console_commands.busy(ctx);
}

static void complete(void *ctx, const char *line, size_t cursor, struct complete *to)
{
    console_commands.complete(ctx, line, cursor, to);
}

static void edit(void *ctx, const char *line)
{
    struct err e;

    if (console_commands.edit(ctx, line, &e) < 0)
        log_notice("%s", e.text);
}

/* A program that does not end with its input is still there to be told things: who hears many peers, or any sender. */
static bool stays(void *ctx)
{
    const struct console *c = ctx;
    const struct talker *first = talkers_after(&c->talkers, NULL);

    return console_keys_begun(c->keys) || c->svc->many || c->conf->watch || (first != NULL && !first->shown);
}

static void quit(struct console *c, const struct err *e)
{
    c->svc->asked = true;
    c->svc->host.quit(c->svc->host.ctx, e);
}

/* Pairs need nobody who types. */
static void leave_pairs(struct console *c)
{
    if (c->parting || c->talkers.count == 0)
        quit(c, NULL);
    else
        view_note(&c->view, "who is joined goes on; ^D again quits");
    c->parting = true;
}

void console_input_ended(struct console *c, bool gone)
{
    bool again = c->ended;
    struct err e;

    if (!gone && c->conf->watch) {
        leave_pairs(c);
        return;
    }
    c->closed = true;
    console_end(c, NULL);
    if (!gone && stays(c)) {
        if (again)
            quit(c, NULL);
        else if (c->ended && talkers_after(&c->talkers, NULL) != NULL)
            view_note(&c->view, "our direction has ended, nothing more is sent; ^D again quits");
        return;
    }
    if (!gone)
        return;
    err_set(&e, STATUS_HANGUP, "the terminal is gone");
    c->svc->host.quit(c->svc->host.ctx, &e);
}

static void input_ended(void *ctx, bool gone)
{
    struct console *c = ctx;

    if (gone || !console_keys_go_on(c->keys))
        console_input_ended(c, gone);
}

/* Starting and stopping. */

static void free_console(struct console *c)
{
    console_clear_sending(c);
    if (c->keys != NULL)
        console_keys_free(c->keys);
    among_close(c);
    if (c->prompt != NULL)
        prompt_free(c->prompt);
    if (c->sheet.screen != NULL) {
        if (c->sheet.midline)
            screen_put(c->sheet.screen, "\r\n", 2);
        screen_flush(c->sheet.screen, LAST_FLUSH);
        screen_close(c->sheet.screen);
    }
    view_clear(&c->view);
    talkers_clear(&c->talkers);
    if (c->output != NULL)
        port_free(c->output);
    port_free(c->sink);
    free(c);
}

static void start_view(struct console *c)
{
    const struct console_conf *conf = c->conf;

    c->view = (struct view){.loop = c->svc->loop,
                            .sheet = &c->sheet,
                            .colors = conf->allow_colors && !c->sheet.dumb,
                            .marks = {.labels = c->svc->many || conf->watch}};
    console_conf_view(conf, true, &c->view);
    view_init(&c->view);
}

static void start_input(struct console *c)
{
    const struct console_conf *conf = c->conf;

    c->input = conf->input > 0 ? (enum input_mode)(conf->input - 1) : INPUT_TEXT;
    c->eol = conf->eol > 0 ? (enum eol)(conf->eol - 1) : conf->bridge->out.crlf ? EOL_CRLF : EOL_LF;
    c->escape = '~';
    if (conf->escape != NULL)
        c->escape = conf->escape[1] == '\0' ? conf->escape[0] : '\0';
    format_base(c, c->base);
}

/* Who knows nothing of it yet, or wants to know all, is told. */
static void tell_help(struct console *c)
{
    char text[] = "~? lists commands";

    if (c->escape == '\0' || !(prompt_is_first(c->prompt) || log_shows(LOG_INFO)))
        return;
    text[0] = c->escape;
    view_note(&c->view, text);
}

static int start_prompt(struct console *c, struct err *e)
{
    const struct console_conf *conf = c->conf;
    const struct prompt_opts opts = {
        .text = conf->prompt != NULL ? conf->prompt : c->base,
        .history = conf->history,
        .no_history = conf->no_history,
        .line = typed,
        .escape = c->escape,
        .complete = complete,
        .full = is_full,
        .edit = edit,
        .end = input_ended,
        .stays = stays,
        .resized = console_keys_resized,
        .ctx = c,
    };
    int fd = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDIN_FILENO;

    c->sheet.screen = screen_open(c->svc->loop, fd, screen_has_room, c, e);
    if (c->sheet.screen == NULL)
        return -1;
    if (fd == STDIN_FILENO)
        c->output = std_output(c->svc->loop);
    c->prompt = prompt_new(c->svc->loop, &c->sheet, &opts, e);
    if (c->prompt == NULL)
        return -1;
    c->keys = console_keys_new(c);
    start_view(c);
    tell_help(c);
    return 0;
}

static void console_stop(struct svc *s)
{
    struct console *c = s->state;

    console_keys_end(c->keys);
    console_commands.end(c);
    s->state = NULL;
    watch_stop(c);
    bridge_free(c->bridge);
    view_finish(&c->view, NULL);
    free_console(c);
}

static int console_start(struct svc *s, struct err *e)
{
    struct console *c = mem_alloc(sizeof *c);
    struct queue_opts sink = {.limit = 1, .addressed = true, .write = take, .shut = shut, .ctx = c};
    struct bridge_ends ends = {.apart = true, .peer_ended = peer_ended, .deaf = deaf, .sent = sent, .ctx = c};

    list_init(&c->tasks);
    c->svc = s;
    c->conf = s->conf;
    sink.turns = c->conf->relay != NULL;
    c->sink = queue_new(s->loop, &sink);
    c->talkers = (struct talkers){.loop = s->loop, .leaving = sender_leaves, .ctx = c};
    talkers_init(&c->talkers);
    start_input(c);
    if (start_prompt(c, e) < 0) {
        free_console(c);
        return -1;
    }
    s->state = c;
    ends.out = c->output != NULL ? c->output : c->sink;
    ends.slow = among_slow(c->conf);
    c->bridge = bridge_new(s, c->conf->bridge, &ends);
    console_init_sending(c);
    among_open(c);
    if (console_commands.begin(c, e) == 0)
        return 0;
    console_stop(s);
    return -1;
}

static void console_attach(struct svc *s, struct peer *peer)
{
    struct console *c = s->state;
    bool anyone = peer->datagram && peer->remote->len == 0;
    char name[ADDR_TEXT];
    struct talker *t;

    s->asked = false;
    if (c->talkers.count == 0)
        view_settle(
            &c->view); /* what the last connection left unfinished is not for this one to go on with */
    bridge_attach(c->bridge, peer);
    t = talkers_add(&c->talkers, peer, !anyone);
    bridge_set_ctx(peer, t);
    pace_join(&c->pace, &t->pace);
    if (peer->datagram)
        port_set_senders(peer->port, &console_senders, t);
    if (anyone)
        view_set_labels(&c->view, true);
    if (c->conf->tell_joined && !peer->datagram && !log_shows(LOG_INFO))
        log_notice("%s connected", peer_name(peer, name));
    console_greet(c, t);
    console_joins(c, t);
    if (c->conf->watch)
        watch_open(c, t, &c->conf->join->end);
    among_join(c, t);
}

/* After ~eof there is nothing to wait for when the peer ends. */
static void tell_end(const struct console *c, const struct peer *p)
{
    const struct link *in = bridge_in(p);
    char name[ADDR_TEXT];

    if (!c->svc->many && in != NULL && in->state == LINK_DONE && c->ended && !c->closed && !c->leaving &&
        bridge_error(p) == NULL)
        log_notice("%s closed the connection", peer_name(p, name));
}

static void console_detach(struct svc *s, struct peer *peer)
{
    struct console *c = s->state;
    struct talker *self = bridge_ctx(peer);
    struct port *queue = self->pace.queue;
    struct list *ahead;
    struct talker *t;

    list_each(t, ahead, &c->talkers.all, struct talker, place)
    {
        if (peer->datagram && t->peer == peer && t->meta != NULL)
            left(c, t);
    }
    if (peer->datagram)
        port_set_senders(peer->port, NULL, NULL);
    among_leave(c, self);
    watch_leaves(c, self);
    left(c, self);
    tell_end(c, peer);
    bridge_detach(c->bridge, peer);
    port_free(queue);
    /* ~eof was for this connection: after ~connect there is another. */
    if (c->closed || s->many)
        return;
    console_set_to(c, NULL);
    c->ending = c->leaving = false;
    if (c->ended) {
        c->ended = false;
        bridge_begin(c->bridge);
    }
}

static bool console_show(struct svc *s, const char *line)
{
    struct console *c = s->state;

    if (c == NULL || !tty_same(STDERR_FILENO, STDIN_FILENO))
        return false;
    if (!console_keys_note(c->keys, line))
        view_note(&c->view, line);
    return true;
}

/* One ^C too many takes no connection away: two within a moment do. */
static bool is_kept(struct console *c)
{
    int64_t now = loop_now(c->svc->loop);
    bool again = c->interrupted > 0 && now - c->interrupted <= AGAIN;

    c->interrupted = now;
    if (again || c->talkers.count == 0 || (c->closed && !stays(c)))
        return false;
    view_note(&c->view, "still connected; ^C again quits");
    return true;
}

static bool console_interrupt(struct svc *s)
{
    struct console *c = s->state;

    if (console_keys_begun(c->keys) && !console_commands.lent(c)) {
        (void)prompt_interrupt(c->prompt);
        return console_keys_go_on(c->keys);
    }
    if (prompt_interrupt(c->prompt))
        return true;
    return !console_commands.lent(c) && (console_commands.stop(c) || is_kept(c));
}

static void console_suspend(struct svc *s)
{
    struct console *c = s->state;

    if (!console_keys_suspend(c->keys))
        prompt_suspend(c->prompt);
}

static void console_resume(struct svc *s)
{
    struct console *c = s->state;

    if (!console_keys_resume(c->keys))
        prompt_resume(c->prompt);
}

static size_t console_waiting(const struct svc *s)
{
    return ((const struct console *)s->state)->early_size;
}

static bool console_sends(const struct svc *s, const struct peer *peer)
{
    const struct console *c = s->state;

    return bridge_unsent(c->bridge, peer) > 0 || ((struct talker *)bridge_ctx(peer))->other != NULL ||
           console_commands.sending(c, bridge_ctx(peer)) != NULL;
}

static void console_settled(struct svc *s)
{
    console_wake(s->state);
}

static bool console_is_lent(struct svc *s)
{
    return console_commands.lent(s->state);
}

/* The screen of a terminal that is stopped is waited for: what arrived is not dropped because the peer has gone. */
static bool console_shows(struct svc *s)
{
    struct console *c = s->state;

    c->quits = !screen_is_empty(c->sheet.screen) || watch_waits(c);
    return c->quits;
}

static const struct front console_front = {
    .person = true,
    .show = console_show,
    .waiting = console_waiting,
    .settled = console_settled,
    .interrupt = console_interrupt,
    .suspend = console_suspend,
    .resume = console_resume,
    .lent = console_is_lent,
    .shows = console_shows,
};

const struct service service_prompt = {
    .name = "prompt",
    .help = "lines typed at a terminal, what arrives above them",
    .start = console_start,
    .attach = console_attach,
    .detach = console_detach,
    .stop = console_stop,
    .holds_up = watch_holds_up,
    .sends = console_sends,
    .front = &console_front,
};
