/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The service `prompt`: lines typed at a terminal go to the peers, what they send appears above the line. With
 * standard output elsewhere, what they send goes there as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/queue.h"
#include "io/std.h"
#include "svc/bridge.h"
#include "svc/prompt.h"
#include "svc/rows.h"
#include "svc/tty.h"

enum {
    QUEUE_LIMIT = 1024 * 1024, /* bytes of lines that wait for the peer before no more keys are read */
    LAST_FLUSH = 1000,         /* ms that a stopped terminal is waited for at the end */
};

struct console {
    struct svc *svc;
    struct bridge *bridge;
    struct io *queue;  /* typed lines out, what arrives in */
    struct io *output; /* standard output, when that is no terminal */
    struct screen *screen;
    struct view view;
    struct prompt *prompt;
    bool ended; /* no more lines will come */
    bool waits; /* a link waits for room on the screen */
};

static void put_line(struct console *c, const char *line, size_t n)
{
    char *whole = mem_alloc(n + 1);
    struct chunk *chunk;

    memcpy(whole, line, n);
    whole[n] = '\n';
    chunk = chunk_new(whole, n + 1);
    free(whole);
    queue_put(c->queue, chunk);
    chunk_unref(chunk);
}

/* A pasted line may hold newlines: each part is a line. */
static void line_typed(void *ctx, const char *line)
{
    struct console *c = ctx;
    size_t n;

    for (; line[n = strcspn(line, "\n")] == '\n'; line += n + 1)
        put_line(c, line, n);
    put_line(c, line, n);
}

static bool is_full(void *ctx)
{
    struct console *c = ctx;

    return queue_full(c->queue);
}

static void input_ended(void *ctx, bool gone)
{
    struct console *c = ctx;

    c->ended = true;
    queue_end(c->queue);
    if (gone)
        c->svc->events.quit(c->svc->events.ctx, NULL);
}

static void queue_has_room(struct io *io, void *ctx)
{
    struct console *c = ctx;

    (void)io;
    if (c->prompt != NULL)
        prompt_room(c->prompt);
}

static void screen_has_room(void *ctx)
{
    struct console *c = ctx;

    if (screen_torn(c->screen) && c->prompt != NULL)
        prompt_redraw(c->prompt);
    if (c->waits && !screen_full(c->screen)) {
        c->waits = false;
        io_event_soon(c->queue, LOOP_OUT);
    }
}

static unsigned hide(void *ctx)
{
    struct console *c = ctx;

    prompt_hide(c->prompt);
    return prompt_columns(c->prompt);
}

static ssize_t take(struct io *io, void *ctx, const void *data, size_t size, const struct meta *meta)
{
    struct console *c = ctx;
    size_t n = view_show(&c->view, data, size);

    (void)io;
    (void)meta;
    c->waits = n == 0 && size > 0;
    return c->waits ? IO_AGAIN : (ssize_t)n;
}

static void shut(struct io *io, void *ctx)
{
    struct console *c = ctx;

    (void)io;
    view_finish(&c->view);
}

static void peer_ended(void *ctx, struct peer *peer)
{
    struct console *c = ctx;
    char name[ADDR_TEXT];

    if (!c->ended)
        log_notice("%s ended its side; ^D ends ours", peer_name(peer, name));
}

static void free_console(struct console *c)
{
    if (c->prompt != NULL)
        prompt_free(c->prompt);
    if (c->screen != NULL) {
        if (c->view.midline)
            screen_put(c->screen, "\r\n", 2);
        screen_flush(c->screen, LAST_FLUSH);
        screen_close(c->screen);
    }
    view_clear(&c->view);
    if (c->output != NULL)
        io_free(c->output);
    io_free(c->queue);
    free(c);
}

static int start_prompt(struct console *c, struct err *e)
{
    const struct svc_conf *conf = c->svc->conf;
    const struct prompt_opts opts = {
        .text = conf->prompt,
        .history = conf->history,
        .no_history = conf->no_history,
        .line = line_typed,
        .full = is_full,
        .end = input_ended,
        .ctx = c,
    };
    int fd = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDIN_FILENO;

    c->screen = screen_open(c->svc->loop, fd, screen_has_room, c, e);
    if (c->screen == NULL)
        return -1;
    if (fd == STDIN_FILENO)
        c->output = std_output(c->svc->loop);
    c->view = (struct view){.screen = c->screen, .raw = conf->raw, .hide = hide, .ctx = c};
    view_init(&c->view);
    c->prompt = prompt_new(c->svc->loop, &c->view, &opts, e);
    return c->prompt != NULL ? 0 : -1;
}

static int start(struct svc *s, struct err *e)
{
    struct console *c = mem_alloc(sizeof *c);
    const struct queue_opts queue = {
        .limit = QUEUE_LIMIT, .whole = true, .room = queue_has_room, .write = take, .shut = shut, .ctx = c};
    struct bridge_ends ends = {.peer_ended = peer_ended, .slow = SLOW_CLOSE, .ctx = c};

    c->svc = s;
    c->queue = queue_new(s->loop, &queue);
    if (start_prompt(c, e) < 0) {
        free_console(c);
        return -1;
    }
    s->state = c;
    ends.in = c->queue;
    ends.out = c->output != NULL ? c->output : c->queue;
    c->bridge = bridge_new(s, &ends);
    return 0;
}

static void attach(struct svc *s, struct peer *peer)
{
    struct console *c = s->state;

    bridge_attach(c->bridge, peer);
}

static void detach(struct svc *s, struct peer *peer)
{
    struct console *c = s->state;

    bridge_detach(c->bridge, peer);
}

static void stop(struct svc *s)
{
    struct console *c = s->state;

    s->state = NULL;
    bridge_free(c->bridge);
    view_finish(&c->view);
    free_console(c);
}

static bool show(struct svc *s, const char *line)
{
    struct console *c = s->state;

    if (c == NULL || !tty_same(STDERR_FILENO, STDIN_FILENO))
        return false;
    view_note(&c->view, line);
    return true;
}

static bool interrupt(struct svc *s)
{
    struct console *c = s->state;

    return prompt_interrupt(c->prompt);
}

static void suspend(struct svc *s)
{
    struct console *c = s->state;

    prompt_suspend(c->prompt);
}

static void resume(struct svc *s)
{
    struct console *c = s->state;

    prompt_resume(c->prompt);
}

const struct service service_prompt = {
    .name = "prompt",
    .help = "lines typed at a terminal, what arrives above them",
    .start = start,
    .attach = attach,
    .detach = detach,
    .stop = stop,
    .show = show,
    .interrupt = interrupt,
    .suspend = suspend,
    .resume = resume,
};
