/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands that read and write files.
 */
#include "console/commands.h"
#include "console/console_conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "console/command.h"

/* ~send */

enum {
    PIECES = 4,      /* read and sent in one turn */
    BAR_AFTER = 300, /* ms before there is a bar */
    BAR_EVERY = 100, /* ms between two drawings */
    BAR = 20,        /* columns of the bar itself */
    LOOK_FIRST = 2,
    LOOK_MOST = 100, /* ms until it is looked again whether all has gone */
    NAME = 24,       /* columns of the file's name in the prompt */
    WIDE = 80,
    MIDDLE = 40, /* columns of terminals that have room for the bar; for name and rate */
};

struct sending {
    struct task task;
    int fd;
    long long size;
    uint64_t done;        /* bytes read and given away */
    int64_t began, drawn; /* loop time */
    int64_t look;         /* ms */
    bool read;            /* all of it */
    unsigned char *piece;
    size_t most;
};

static void hide_bar(struct task *t)
{
    struct console *c = t->c;

    if (c->commands->bar != t)
        return;
    c->commands->bar = NULL;
    prompt_set_text(c->prompt, c->conf->prompt != NULL ? c->conf->prompt : c->base);
}

/* "data.bin [=====>     ] 31% 4.20 MiB/s> " */
static void draw_bar(struct sending *s)
{
    struct console *c = s->task.c;
    int64_t ms = loop_now(c->svc->loop) - s->began;
    size_t held = task_held(&s->task);
    double gone = (double)(s->done > held ? s->done - held : 0);
    double share = s->size > 0 ? gone / (double)s->size : 1;
    char text[160], bar[BAR + 1], rate[AMOUNT_TEXT], name[NAME + 1];
    const char *base = strrchr(s->task.name, '/');
    int full = share < 1 ? (int)(share * BAR) : BAR, percent = share < 1 ? (int)(share * 100) : 100;

    if (c->prompt == NULL || (c->commands->bar != NULL && c->commands->bar != &s->task))
        return;
    c->commands->bar = &s->task;
    s->drawn = loop_now(c->svc->loop);
    memset(bar, ' ', BAR);
    memset(bar, '=', (size_t)full);
    if (full < BAR)
        bar[full] = '>';
    bar[BAR] = '\0';
    text_safe_string(base != NULL ? base + 1 : s->task.name, name, sizeof name);
    amount_size(rate, ms > 0 ? gone * 1000 / (double)ms : 0);
    if (prompt_columns(c->prompt) >= WIDE)
        snprintf(text, sizeof text, "%s [%s] %d%% %s/s> ", name, bar, percent, rate);
    else if (prompt_columns(c->prompt) >= MIDDLE)
        snprintf(text, sizeof text, "%.12s %d%% %s/s> ", name, percent, rate);
    else
        snprintf(text, sizeof text, "%d%%> ", percent);
    prompt_set_text(c->prompt, text);
}

static void all_gone(struct sending *s)
{
    struct console *c = s->task.c;
    int64_t ms = loop_now(c->svc->loop) - s->began;
    char size[AMOUNT_TEXT], rate[AMOUNT_TEXT];

    hide_bar(&s->task);
    console_say(c, "%s: sent %s in %.3f s (%s/s)", s->task.name, amount_size(size, (double)s->done),
                (double)ms / 1000, amount_size(rate, (double)s->done * 1000 / (double)(ms > 0 ? ms : 1)));
    task_end(&s->task);
}

static void maybe_draw(struct sending *s)
{
    int64_t now = loop_now(s->task.c->svc->loop);

    if (now - s->began >= BAR_AFTER && now - s->drawn >= BAR_EVERY)
        draw_bar(s);
}

/* All is given away: some of it may still wait for the peer. */
static void look(struct sending *s)
{
    if (task_held(&s->task) == 0) {
        all_gone(s);
        return;
    }
    maybe_draw(s);
    s->look = s->look * 2 < LOOK_MOST ? s->look * 2 : LOOK_MOST;
    loop_timer_set(s->task.c->svc->loop, &s->task.timer, s->look);
}

/* Returns false when there is no more to do for now. */
static bool send_piece(struct sending *s)
{
    ssize_t n = read(s->fd, s->piece, s->most);

    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0) {
        int sys = errno;

        hide_bar(&s->task);
        log_error("%s: %s", s->task.name, strerror(sys));
        task_end(&s->task);
        return false;
    }
    if (n == 0) {
        s->read = true;
        look(s);
        return false;
    }
    task_send(&s->task, s->piece, (size_t)n, true);
    s->done += (uint64_t)n;
    return !s->task.over;
}

static void send_step(struct task *t)
{
    struct sending *s = container_of(t, struct sending, task);

    if (t->to != NULL && t->to->deaf) {
        task_stop(t, "nothing can be sent there any more");
        return;
    }
    if (s->read) {
        look(s);
        return;
    }
    for (int i = 0; i < PIECES; i++) {
        if (task_waits(t)) {
            /* The bar is to show that nothing moves. */
            if (!loop_timer_pending(&t->timer))
                loop_timer_set(t->c->svc->loop, &t->timer, BAR_EVERY);
            maybe_draw(s);
            return;
        }
        if (!send_piece(s))
            return;
    }
    maybe_draw(s);
    task_go(t);
}

static bool send_stop(struct task *t)
{
    hide_bar(t);
    return false;
}

static void send_free(struct task *t)
{
    struct sending *s = container_of(t, struct sending, task);

    close(s->fd);
    free(s->piece);
}

static const struct task_ops send_ops = {.step = send_step, .stop = send_stop, .free = send_free};

/* Stops all tasks of a kind, or (NULL) all. Returns how many. */
static unsigned stop_all(struct console *c, const struct task_ops *ops)
{
    struct list *ahead;
    struct task *t;
    unsigned n = 0;

    list_each(t, ahead, &c->tasks, struct task, place)
    {
        if (ops != NULL && t->ops != ops)
            continue;
        console_say(c, "%s: stopped", t->name);
        task_stop(t, NULL);
        n++;
    }
    return n;
}

bool commands_stop(struct console *c)
{
    return stop_all(c, NULL) > 0;
}

int command_stop(struct console *c, const char *args, struct err *e)
{
    (void)args;
    if (!commands_stop(c))
        return err_set(e, STATUS_LOCAL, "nothing is going on");
    return 0;
}

/* The word of a command that takes a file, as a path; `*path` NULL: there is none. */
static int take_path(struct console *c, const char *name, const char *args, char **path, struct err *e)
{
    char *word;

    if (args_take(c, name, args, 0, 1, &word, e) < 0)
        return -1;
    *path = word != NULL ? args_path(word) : NULL;
    free(word);
    return 0;
}

static void start_sending(struct console *c, const char *path, int fd, long long size)
{
    struct sending *s = mem_alloc(sizeof *s);

    s->task.ops = &send_ops;
    s->task.owes = true;
    s->fd = fd;
    s->size = size;
    s->began = loop_now(c->svc->loop);
    s->look = LOOK_FIRST;
    task_start(c, &s->task, path);
    s->most = task_piece(&s->task);
    s->piece = mem_alloc(s->most);
    task_go(&s->task);
}

int command_send(struct console *c, const char *args, struct err *e)
{
    long long size = 0;
    char *path;
    int fd;

    if (take_path(c, "send", args, &path, e) < 0)
        return -1;
    if (path == NULL)
        return stop_all(c, &send_ops) > 0 ? 0 : err_set(e, STATUS_LOCAL, "no file is being sent");
    if (console_check_to(c, NULL, e) < 0)
        fd = -1;
    else if (list_empty(&c->talkers.all))
        fd = err_set(e, STATUS_LOCAL, "nobody is connected");
    else
        fd = args_open(path, &size, e);
    if (fd >= 0)
        start_sending(c, path, fd, size);
    free(path);
    return fd < 0 ? -1 : 0;
}

/* ~save and ~log */

static struct record **place_of(struct console *c, const struct record *x)
{
    return x == c->commands->save ? &c->commands->save : &c->commands->log;
}

static void record_failed(void *ctx, struct record *x, const struct err *e)
{
    struct console *c = ctx;
    char size[AMOUNT_TEXT];
    struct err again;

    log_error("%s; the file was closed after %s", e->text, amount_size(size, (double)record_size(x)));
    *place_of(c, x) = NULL;
    (void)record_close(x, &again); /* the same, told already */
}

static void note_talker(struct record *x, const struct talker *t, const char *text)
{
    char name[ADDR_TEXT];

    record_note(x, t->shown ? t->number : 0, talker_name(t, name), text);
}

static int stop_record(struct console *c, struct record **at, struct err *e)
{
    struct record *x = *at;
    char size[AMOUNT_TEXT], *path;
    int result;

    if (x == NULL)
        return err_set(e, STATUS_LOCAL, "no file is being written");
    *at = NULL;
    path = mem_strdup(record_path(x));
    record_note(x, 0, "", "the transcript ends");
    amount_size(size, (double)record_size(x));
    result = record_close(x, e);
    if (result == 0)
        console_say(c, "%s: closed, %s", path, size);
    free(path);
    return result;
}

static uint32_t number(void *ctx, struct peer *p, const struct meta *m, bool sent)
{
    return console_number(ctx, p, m, sent);
}

/* Shows it who is there; the senders of a peer, if it has such, share its links. */
static void record_talkers(struct console *c, struct record *x, bool both)
{
    for (struct talker *t = NULL; (t = talkers_after(&c->talkers, t)) != NULL;) {
        if (t->meta != NULL)
            continue;
        if (t->shown)
            note_talker(x, t, "is connected");
        record_peer(x, t->peer, console_in(c, t), both ? console_out(c, t) : NULL);
    }
}

/* `over`: what the file holds may be lost. */
static int start_record(struct console *c, struct record **at, const struct record_format *format, bool over,
                        const char *path, struct err *e)
{
    const struct record_opts opts = {.format = format,
                                     .keep = !over,
                                     .peers = c->svc->peers,
                                     .failed = record_failed,
                                     .number = number,
                                     .ctx = c};
    struct record *x = record_open(c->svc->loop, path, &opts, e);

    if (x == NULL && e->sys == EEXIST)
        return err_set(e, STATUS_LOCAL, "%s exists: %csave! FILE overwrites", path, c->escape);
    if (x == NULL)
        return -1;
    if (*at != NULL && stop_record(c, at, e) < 0)
        log_error("%s", e->text);
    *at = x;
    record_note(x, 0, "", "the transcript begins");
    record_talkers(c, x, format->sent);
    console_say(c, format->appends ? "%s: the transcript is appended" : "%s: what arrives is written there",
                path);
    return 0;
}

static int record_file(struct console *c, const char *name, const char *args, struct record **at,
                       const struct record_format *format, bool over, struct err *e)
{
    char *path;
    int result;

    if (take_path(c, name, args, &path, e) < 0)
        return -1;
    if (path == NULL)
        return stop_record(c, at, e);
    result = start_record(c, at, format, over, path, e);
    free(path);
    return result;
}

int command_save(struct console *c, const char *args, struct err *e)
{
    return record_file(c, "save", args, &c->commands->save, &record_bytes, false, e);
}

int command_save_over(struct console *c, const char *args, struct err *e)
{
    return args[0] != '\0' ? record_file(c, "save!", args, &c->commands->save, &record_bytes, true, e)
                           : args_usage(c, "save!", e);
}

int command_log(struct console *c, const char *args, struct err *e)
{
    return record_file(c, "log", args, &c->commands->log, &record_transcript, false, e);
}

void files_joined(struct console *c, struct talker *t)
{
    if (c->commands->log != NULL)
        note_talker(c->commands->log, t, t->meta != NULL ? "was heard for the first time" : "joined");
}

void files_left(struct console *c, struct talker *t)
{
    if (c->commands->log != NULL && t->shown)
        note_talker(c->commands->log, t, "left");
}

static void finish_record(struct record *x)
{
    struct err e;

    if (x == NULL)
        return;
    record_note(x, 0, "", "the transcript ends");
    if (record_close(x, &e) < 0)
        log_error("%s", e.text);
}

void files_clear(struct console *c)
{
    finish_record(c->commands->save);
    finish_record(c->commands->log);
    c->commands->save = c->commands->log = NULL;
}

/* ~source */

enum { DEPTH = 16, LINES = 64 };

struct source {
    struct task task;
    FILE *file;
    char *line;
    size_t size;
    unsigned number;
};

/* Takes the next line, without its newline. Returns false at the end, or when the file fails. */
static bool take_line(struct source *s, struct err *e)
{
    ssize_t n = getline(&s->line, &s->size, s->file);

    if (n < 0 && ferror(s->file))
        err_sys(e, STATUS_LOCAL, errno, "%s", s->task.name);
    if (n < 0)
        return false;
    s->number++;
    if (s->line[n - 1] == '\n')
        s->line[--n] = '\0';
    if (strlen(s->line) == (size_t)n)
        return true;
    err_set(e, STATUS_LOCAL, "%s:%u: the line has a NUL byte", s->task.name, s->number);
    return false;
}

/* Whoever runs this one does not go on either. */
static void give_up(struct source *s, const char *why)
{
    struct console *c = s->task.c;
    struct list *ahead;
    struct task *t;

    log_error("%s:%u: %s", s->task.name, s->number, why);
    list_each(t, ahead, &c->tasks, struct task, place)
    {
        if (t != &s->task && t->ops == s->task.ops) {
            log_error("from %s:%u", t->name, container_of(t, struct source, task)->number);
            task_end(t);
        }
    }
    task_end(&s->task);
}

static void source_step(struct task *t)
{
    struct source *s = container_of(t, struct source, task);
    struct console *c = t->c;
    struct err e;

    /* What its last line began goes first. */
    for (int i = 0; i < LINES && task_newest(c) == t; i++) {
        err_clear(&e);
        if (task_waits(t))
            return;
        if (!take_line(s, &e)) {
            if (e.text[0] != '\0')
                log_error("%s", e.text);
            task_end(t);
            return;
        }
        if (console_input(c, s->line, &e) < 0) {
            if (!t->over)
                give_up(s, e.text);
            return;
        }
        if (t->over)
            return;
    }
    if (task_newest(c) == t)
        task_go(t);
}

static void source_free(struct task *t)
{
    struct source *s = container_of(t, struct source, task);

    fclose(s->file);
    free(s->line);
}

static const struct task_ops source_ops = {.types = true, .step = source_step, .free = source_free};

static int start_source(struct console *c, const char *path, struct err *e)
{
    const struct task *t;
    struct list *ahead;
    struct source *s;
    unsigned depth = 0;
    long long size;
    int fd;

    list_each(t, ahead, &c->tasks, struct task, place) depth += t->ops == &source_ops;
    if (depth >= DEPTH)
        return err_set(e, STATUS_LOCAL, "%s: %u files run each other already", path, depth);
    fd = args_open(path, &size, e);
    if (fd < 0)
        return -1;
    s = mem_alloc(sizeof *s);
    s->file = fdopen(fd, "r");
    if (s->file == NULL) {
        err_sys(e, STATUS_LOCAL, errno, "%s", path);
        close(fd);
        free(s);
        return -1;
    }
    s->task.ops = &source_ops;
    task_start(c, &s->task, path);
    task_go(&s->task);
    return 0;
}

int command_source(struct console *c, const char *args, struct err *e)
{
    char *path;
    int result;

    if (take_path(c, "source", args, &path, e) < 0)
        return -1;
    if (path == NULL)
        return stop_all(c, &source_ops) > 0 ? 0 : err_set(e, STATUS_LOCAL, "no file is being run");
    result = start_source(c, path, e);
    free(path);
    return result;
}

int files_begin(struct console *c, struct err *e)
{
    const struct console_conf *conf = c->conf;

    if (conf->log != NULL && start_record(c, &c->commands->log, &record_transcript, false, conf->log, e) < 0)
        return -1;
    return conf->commands != NULL ? start_source(c, conf->commands, e) : 0;
}
