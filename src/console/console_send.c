/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/console.h"

#include <stdlib.h>
#include <string.h>

#include "base/chunk.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/width.h"
#include "console/console_conf.h"
#include "console/watch.h"
#include "io/queue.h"
#include "peer/observe.h"

enum {
    QUEUE_LIMIT = 1024 * 1024, /* bytes of lines that wait for a peer before no more keys are read */
    CROWD = 100,               /* of which the memory is worth returning to the system */
    IDLE = 1000,               /* ms until queues that are not needed are given back */
};

/* Whose queue lines to a talker wait in: a sender of datagrams has none of its own. */
static struct talker *base_of(const struct talker *t)
{
    return t->meta != NULL ? bridge_ctx(t->peer) : (struct talker *)t;
}

/* The next of those who have one, behind `t`. */
static struct talker *next_base(const struct console *c, const struct talker *t)
{
    struct talker *next = talkers_after(&c->talkers, t);

    while (next != NULL && next->meta != NULL)
        next = talkers_after(&c->talkers, next);
    return next;
}

/* Whom lines go to: one talker, or (NULL) all. A datagram socket is a talker itself before anybody is heard. */
static struct talker *target(const struct console *c, const struct talker *t)
{
    struct talker *first = talkers_after(&c->talkers, NULL);

    if (t == NULL)
        t = c->talkers.to;
    if (t == NULL && first != NULL && first->peer->datagram && c->talkers.count <= (first->shown ? 1u : 0u))
        t = first;
    return (struct talker *)t;
}

void console_wake(struct console *c)
{
    loop_soon(c->svc->loop, &c->wake);
}

static void run_wake(struct job *j)
{
    struct console *c = container_of(j, struct console, wake);
    struct console_wait *w;
    struct list due;

    if (c->prompt != NULL)
        prompt_room(c->prompt);
    list_move(&due, &c->waiters);
    while ((w = list_first(&due, struct console_wait, place)) != NULL) {
        list_del(&w->place);
        w->room(w);
    }
}

static void queue_has_room(struct port *port, void *ctx)
{
    struct talker *t = ctx;
    struct pace *pace = t->pace.pace;

    (void)port;
    pace_has_room(&t->pace);
    watch_wake(t);
    if (pace != NULL)
        console_wake(container_of(pace, struct console, pace));
}

static void all_have_room(struct pace *pace)
{
    console_wake(container_of(pace, struct console, pace));
}

static struct port *queue_of(struct console *c, struct talker *base)
{
    const unsigned caps = port_caps(base->peer->port);
    const bool formed = (caps & IO_FORMED) != 0;
    const struct queue_opts opts = {.limit = QUEUE_LIMIT,
                                    .whole = true,
                                    .addressed = true,
                                    .messages = formed || (base->other != NULL && (caps & IO_MSG) != 0),
                                    .formed = formed,
                                    .room = queue_has_room,
                                    .ctx = base};

    if (base->pace.queue == NULL) {
        base->pace.queue = queue_new(c->svc->loop, &opts);
        bridge_feed(c->bridge, base->peer, base->pace.queue);
    }
    return base->pace.queue;
}

/* What was freed goes when the turn ends. */
static void run_trim(struct job *j)
{
    (void)j;
    mem_trim();
}

/* Of many peers, few are spoken to all the time. */
static void queues_are_idle(struct timer *timer)
{
    struct console *c = container_of(timer, struct console, idle);
    unsigned given = 0;

    for (struct talker *t = next_base(c, NULL); t != NULL; t = next_base(c, t)) {
        if (t->pace.queue == NULL || t->ended || t->deaf || c->ended || queue_at_mark(t->pace.queue) ||
            !bridge_unfeed(c->bridge, t->peer))
            continue;
        port_free(t->pace.queue);
        t->pace.queue = NULL;
        given++;
    }
    if (given >= CROWD)
        loop_finally(c->svc->loop, &c->trim);
}

/* What is typed stands between two pieces of what passes: of a long message it is one more. Returns a reference. */
static struct chunk *stand_within(const struct talker *t, struct chunk *chunk)
{
    struct chunk *piece;

    if (!t->parted)
        return chunk_ref(chunk);
    piece = chunk_new(chunk->data, chunk->len); /* others may have it as a whole one */
    piece->secret = chunk->secret;
    piece->form = t->form;
    piece->part = true;
    return piece;
}

/* What is typed into what goes to an end. */
static void put_in(struct talker *far, struct chunk *chunk)
{
    struct chunk *piece = stand_within(far, chunk);

    observe_put_in(far->other->peer, far->name, chunk->data, chunk->len, chunk->secret);
    queue_put(far->pace.queue, piece);
    chunk_unref(piece);
}

/* Returns false when it has no room. */
static bool put_near(struct talker *base, const struct meta *to, struct chunk *chunk)
{
    struct chunk *piece = stand_within(base, chunk);
    const bool taken = pace_put(&base->pace, piece, to);

    chunk_unref(piece);
    return taken;
}

static void give(struct console *c, struct talker *t, struct chunk *chunk)
{
    struct talker *base = base_of(t);

    /* While it is about to end, tasks still send: they are bound to those who were there. */
    if (base->deaf || base->ended || (base->ending && c->talkers.upto == 0))
        return;
    if (t->far) {
        put_in(t, chunk);
        return;
    }
    queue_of(c, base);
    if (!put_near(base, t->meta, chunk)) {
        bridge_missed(c->bridge, base->peer, chunk->len);
        among_missed(c, base);
        return;
    }
    if (c->svc->many && !loop_timer_pending(&c->idle))
        loop_timer_set(c->svc->loop, &c->idle, IDLE);
    t->sent += chunk->len;
}

bool console_pass(struct console *c, struct talker *t, const void *data, size_t n, const struct meta *meta)
{
    struct port *queue = queue_of(c, t);
    struct chunk *chunk = chunk_new(data, n);

    if (meta != NULL) {
        t->form = chunk->form = meta->form;
        t->parted = chunk->part = meta->part;
    }
    queue_put(queue, chunk);
    chunk_unref(chunk);
    if (c->svc->many && !loop_timer_pending(&c->idle))
        loop_timer_set(c->svc->loop, &c->idle, IDLE);
    return !queue_full(queue);
}

bool console_passes(const struct talker *t)
{
    return t->pace.queue == NULL || !queue_full(t->pace.queue);
}

static void keep_early(struct console *c, struct chunk *chunk)
{
    c->early = mem_resize(c->early, (c->nearly + 1) * sizeof *c->early);
    c->early[c->nearly++] = chunk_ref(chunk);
    c->early_size += chunk->len;
}

static void drop_early(struct console *c)
{
    for (size_t i = 0; i < c->nearly; i++)
        chunk_unref(c->early[i]);
    free(c->early);
    c->early = NULL;
    c->nearly = c->early_size = 0;
}

/* Nobody was heard at a datagram socket that anyone may speak to: the port has nowhere to send to. */
static bool waits_for_sender(const struct console *c, const struct talker *t)
{
    return !t->shown && c->talkers.next_number == 1 && t->sent == 0;
}

void console_deliver(struct console *c, struct talker *t, struct chunk *chunk)
{
    chunk->secret = c->hush;
    if (t != NULL) {
        if (waits_for_sender(c, t))
            log_notice("nobody was heard yet: what is sent now waits for the first sender");
        give(c, t, chunk);
    } else if (c->talkers.count == 0) {
        if (c->nearly == 0)
            log_notice("nobody is connected: what is sent now waits for the %s",
                       c->svc->many ? "first who joins" : "connection");
        keep_early(c, chunk);
    } else {
        for (struct talker *x = talkers_next(&c->talkers, NULL), *next; x != NULL; x = next) {
            next = talkers_next(&c->talkers, x);
            if (c->talkers.upto == 0 || x->number <= c->talkers.upto)
                give(c, x, chunk);
        }
    }
}

void console_relay(struct console *c, const struct talker *from, struct chunk *chunk)
{
    for (struct talker *x = next_base(c, NULL), *next; x != NULL; x = next) {
        next = next_base(c, x);
        if (x != from)
            give(c, x, chunk);
    }
}

bool console_offer(struct console *c, struct talker *t, struct chunk *chunk)
{
    if (t->deaf || t->ended)
        return true;
    return queue_size(queue_of(c, t)) < 2 * (size_t)QUEUE_LIMIT && pace_put(&t->pace, chunk, NULL);
}

void console_send(struct console *c, struct talker *t, const void *data, size_t n, bool typed)
{
    struct chunk *chunk;

    if (c->ended)
        return;
    t = target(c, t);
    if (c->among != NULL) {
        among_say(c, t, data, n);
    } else {
        chunk = chunk_new(data, n);
        console_deliver(c, t, chunk);
        chunk_unref(chunk);
    }
    if (t == NULL && c->talkers.count == 1)
        t = talkers_next(&c->talkers, NULL);
    if ((!typed || (c->view.mode == VIEW_HEX && !console_keys_begun(c->keys))) && !c->hush)
        view_sent(&c->view, t, data, n);
}

void console_greet(struct console *c, struct talker *t)
{
    for (size_t i = 0; i < c->nearly; i++)
        give(c, t, c->early[i]);
    drop_early(c);
    if (c->ended && c->among == NULL)
        queue_end(queue_of(c, base_of(t)));
}

bool console_full_for_all(struct console *c)
{
    pace_held_up(&c->pace);
    return c->pace.full > 0;
}

bool console_full(struct console *c, const struct talker *t)
{
    if (c->svc->moving)
        return true;
    t = target(c, t);
    if (list_empty(&c->talkers.all))
        return c->early_size >= QUEUE_LIMIT;
    if (t != NULL && t->far)
        return !t->deaf && queue_full(t->pace.queue);
    if (t != NULL)
        return pace_is_waited_for(&base_of(t)->pace);
    return console_full_for_all(c);
}

size_t console_held(const struct console *c, const struct talker *t)
{
    size_t sum = 0;

    t = target(c, t);
    if (t != NULL && t->far)
        return t->deaf ? 0 : queue_size(t->pace.queue);
    for (struct talker *x = next_base(c, NULL); x != NULL; x = next_base(c, x)) {
        const struct link *out = bridge_out(x->peer);

        if (t == NULL || x == base_of(t))
            sum += (x->pace.queue != NULL ? queue_size(x->pace.queue) : 0) +
                   (out != NULL ? link_held(out) : 0);
    }
    return sum + c->early_size;
}

void console_wait_room(struct console *c, struct console_wait *w)
{
    if (!list_in(&w->place))
        list_add(&c->waiters, &w->place);
}

void console_forget(struct console_wait *w)
{
    list_del(&w->place);
}

int console_check_open(const struct console *c, struct err *e)
{
    if (c->ended || (c->ending && !c->closed && !c->leaving))
        return err_set(e, STATUS_LOCAL, "our direction %s: nothing more can be sent",
                       c->ended ? "has ended" : "is about to end");
    return 0;
}

/* What is typed belongs into one stream: nobody means those of all pairs. */
static int refuse_all(const struct console *c, struct err *e)
{
    if (c->talkers.count == 0)
        return err_set(e, STATUS_LOCAL, "not delivered: nobody is connected");
    return err_set(e, STATUS_LOCAL,
                   "not delivered: which of %u pairs? %cto N> towards the end, %cto N< towards the peer",
                   c->talkers.count, c->escape, c->escape);
}

int console_check_to(const struct console *c, const struct talker *t, struct err *e)
{
    char label[TALKER_LABEL];

    if (console_check_open(c, e) < 0)
        return -1;
    if (t == NULL)
        t = c->talkers.to;
    if (t == NULL && c->talkers.gone[0] != '\0')
        return err_set(e, STATUS_LOCAL, "not delivered: %s has left; %cto all or %cto N", c->talkers.gone,
                       c->escape, c->escape);
    if (t == NULL && c->conf->watch && c->talkers.count != 1)
        return refuse_all(c, e);
    if (t != NULL && (base_of(t)->ended || base_of(t)->ending || base_of(t)->deaf))
        return err_set(e, STATUS_LOCAL, "not delivered: nothing can be sent to %s any more",
                       talker_label(t, label));
    return 0;
}

static int encode(struct console *c, const struct talker *t, const char *line, size_t n, unsigned char **out,
                  size_t *outn, struct input_fault *fault, struct err *e)
{
    if (console_check_to(c, t, e) < 0)
        return -1;
    if (input_encode(c->input, c->eol, line, n, out, outn, fault) < 0)
        return err_set(e, STATUS_LOCAL, "%s", fault->why);
    return 0;
}

static int send_line(struct console *c, struct talker *t, const char *line, size_t n, bool typed,
                     struct input_fault *fault, struct err *e)
{
    unsigned char *data;
    size_t size;

    if (typed && c->closed)
        return err_set(e, STATUS_LOCAL, "our direction has ended: nothing more can be sent");
    if (encode(c, t, line, n, &data, &size, fault, e) < 0)
        return -1;
    console_send(c, t, data, size, typed);
    free(data);
    return 0;
}

int console_send_line(struct console *c, struct talker *t, const char *line, size_t n,
                      struct input_fault *fault, struct err *e)
{
    struct input_fault own;

    return send_line(c, t, line, n, false, fault != NULL ? fault : &own, e);
}

/* A line that is one message or a command. */
static int do_line(struct console *c, const char *line, bool typed, struct input_fault *fault, struct err *e)
{
    int r;

    if (c->escape != '\0' && line[0] == c->escape && line[1] != c->escape)
        return console_commands.run(c, line, e);
    if (c->escape == '\0' || line[0] != c->escape)
        return send_line(c, NULL, line, strlen(line), typed, fault, e);
    r = send_line(c, NULL, line + 1, strlen(line + 1), typed, fault, e);
    fault->offset++;
    return r;
}

int console_input(struct console *c, const char *line, struct err *e)
{
    struct input_fault fault = {0};

    return do_line(c, line, false, &fault, e);
}

/* True for the last line of a paste; the newline that it may end with is the one that Enter stands for. */
static bool is_last(const char *end)
{
    return end[0] == '\0' || end[1] == '\0';
}

/* The length of a paste that is one message: what is sent behind it stands for the newline that it may end with. */
static size_t message_length(const struct console *c, const char *text)
{
    size_t n = strlen(text);
    bool ends = c->input == INPUT_TEXT && c->eol != EOL_NONE;

    return n > 0 && ends && text[n - 1] == '\n' ? n - 1 : n;
}

/* The lines of a paste, none of which is a command. Nothing is sent unless all are right. */
static int do_paste(struct console *c, const char *text, struct input_fault *fault, struct err *e)
{
    unsigned char *data;
    size_t size, n;

    for (const char *p = text;; p += n + 1) {
        n = strcspn(p, "\n");
        if (encode(c, NULL, p, n, &data, &size, fault, e) < 0) {
            fault->offset += (size_t)(p - text);
            return -1;
        }
        free(data);
        if (is_last(p + n))
            break;
    }
    for (const char *p = text;; p += n + 1) {
        n = strcspn(p, "\n");
        if (send_line(c, NULL, p, n, true, fault, e) < 0)
            return -1;
        if (is_last(p + n))
            return 0;
    }
}

static int do_secret(struct console *c, const char *text, struct input_fault *fault, struct err *e)
{
    enum input_mode mode = c->input;
    size_t n = strlen(text);
    int r;

    if (n > 0 && text[n - 1] == '\n')
        n--; /* of a paste; Enter stands for it */
    c->input = INPUT_TEXT;
    c->hush = true;
    r = send_line(c, NULL, text, n, true, fault, e);
    c->hush = false;
    c->input = mode;
    return r;
}

/* Which byte of which line is meant. */
static void say_fault(struct console *c, const char *text, const struct input_fault *fault)
{
    size_t line = 1, begin = 0;

    for (size_t i = 0; i < fault->offset; i++) {
        if (text[i] == '\n') {
            line++;
            begin = i + 1;
        }
    }
    if (strchr(text, '\n') != NULL)
        console_say(c, "line %zu, byte %zu: %s", line, fault->offset - begin + 1, fault->why);
    else
        console_say(c, "byte %zu: %s", fault->offset + 1, fault->why);
}

/* Shows a caret under the fault of a line that still stands right above, or says which byte is meant. */
static void show_fault(struct console *c, const char *text, const struct input_fault *fault)
{
    size_t columns = prompt_columns(c->prompt), indent = prompt_indent(c->prompt);
    size_t at = input_column(text, fault->offset, indent), end = width_text(text, strlen(text), indent);
    size_t place = columns > 0 ? at % columns : 0;
    char *line = mem_alloc(place + 4 + strlen(fault->why));

    if (columns == 0 || at / columns != end / columns || strchr(text, '\n') != NULL) {
        say_fault(c, text, fault);
    } else {
        memset(line, ' ', place);
        line[place] = '^';
        if (place + 2 + strlen(fault->why) <= columns) {
            line[place + 1] = ' ';
            memcpy(line + place + 2, fault->why, strlen(fault->why));
            view_say(&c->view, line);
        } else {
            view_say(&c->view, line);
            view_say(&c->view, fault->why);
        }
    }
    free(line);
}

int console_typed(struct console *c, const char *text, unsigned how)
{
    bool whole = c->whole || (how & PROMPT_WHOLE) != 0;
    struct input_fault fault = {0};
    struct err e;
    int r;

    c->whole = false;
    if (console_keys_typed(c->keys, text))
        return 0;
    if ((how & PROMPT_SECRET) != 0)
        r = do_secret(c, text, &fault, &e);
    else if (strchr(text, '\n') == NULL)
        r = do_line(c, text, true, &fault, &e);
    else if (whole)
        r = send_line(c, NULL, text, message_length(c, text), true, &fault, &e);
    else
        r = do_paste(c, text, &fault, &e);
    if (r == 0)
        return 0;
    if (fault.why == NULL) {
        if (e.text[0] != '\0')
            view_note(&c->view, e.text);
        return 0;
    }
    show_fault(c, text, &fault);
    return -1;
}

static void end_one(struct console *c, struct talker *t)
{
    t->ending = false;
    t->ended = true;
    queue_end(queue_of(c, t));
}

void console_cut(struct console *c, struct talker *t)
{
    if (!t->ended && !t->deaf)
        end_one(c, t);
}

/* Those who are among themselves still hear the others. */
static void end_all(struct console *c)
{
    c->ending = false;
    among_end(c);
    for (struct talker *x = next_base(c, NULL); x != NULL; x = next_base(c, x)) {
        if (!x->deaf && c->among == NULL)
            queue_end(queue_of(c, x));
    }
    c->ended = true;
    bridge_end(c->bridge);
}

void console_end(struct console *c, struct talker *t)
{
    const char *name;

    if (c->ended || (t != NULL && t->meta != NULL))
        return;
    if (!c->svc->many && (t == NULL || t->other == NULL))
        t = NULL;
    console_commands.stop_endless(c, t);
    name = console_commands.sending(c, t);
    if (name != NULL) {
        *(t != NULL ? &t->ending : &c->ending) = true;
        log_notice("our direction ends when %s is done; ^C stops it", name);
    } else if (t != NULL) {
        end_one(c, t);
    } else {
        end_all(c);
    }
}

static void finish_one(struct console *c, struct talker *t)
{
    if (t->ending && console_commands.sending(c, t) == NULL)
        end_one(c, t);
}

static void run_finish(struct job *j)
{
    struct console *c = container_of(j, struct console, finish);

    if (c->ending && console_commands.sending(c, NULL) == NULL)
        end_all(c);
    for (struct talker *t = next_base(c, NULL); t != NULL && !c->ended; t = next_base(c, t)) {
        finish_one(c, t);
        if (t->other != NULL)
            finish_one(c, t->other);
    }
}

/* Not at once: a peer may be about to leave, and its end with it. */
void console_task_done(struct console *c)
{
    loop_soon(c->svc->loop, &c->finish);
}

static void tell_closed(const struct console *c)
{
    if (c->svc->control.connect != NULL)
        log_notice("closed; %cconnect connects again, %cquit ends", c->escape, c->escape);
    else
        log_notice("closed; %cquit ends", c->escape);
}

void console_close(struct console *c, struct talker *t, bool reset)
{
    if (t->meta != NULL) {
        c->talkers.leaving(c->talkers.ctx, t);
        return;
    }
    if (t->far) {
        watch_close(t, reset);
        return;
    }
    watch_resets(t, reset);
    c->svc->parts = !c->svc->many && !c->svc->again && !c->conf->watch;
    bridge_close(c->bridge, t->peer, reset, NULL);
    if (c->svc->parts)
        tell_closed(c);
    c->svc->parts = false;
}

struct link *console_in(struct console *c, struct talker *t)
{
    (void)c;
    return t->far ? watch_in(t) : bridge_in(t->peer);
}

struct link *console_out(struct console *c, struct talker *t)
{
    struct talker *base = base_of(t);

    if (base->deaf)
        return NULL;
    queue_of(c, base);
    return bridge_out(base->peer);
}

void console_init_sending(struct console *c)
{
    bool waits = !c->svc->many || c->conf->watch || bridge_slow(c->bridge) == SLOW_WAIT;

    list_init(&c->waiters);
    pace_init(&c->pace, c->svc->loop, waits ? PACE_WAIT : PACE_SKIP, all_have_room);
    c->idle.fire = queues_are_idle;
    c->trim.run = run_trim;
    c->wake.run = run_wake;
    c->finish.run = run_finish;
}

void console_clear_sending(struct console *c)
{
    pace_clear(&c->pace);
    loop_timer_clear(&c->idle);
    loop_job_del(&c->wake);
    loop_job_del(&c->trim);
    loop_job_del(&c->finish);
    drop_early(c);
}
