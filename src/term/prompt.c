/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The line is hidden when the first bytes of a burst are to be shown and drawn again in a job, at most once in
 * REDRAW milliseconds. Before readline sees a key the line is drawn, so that its idea of the screen holds.
 */
#include "term/prompt.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "term/complete.h"
#include "term/prompt_history.h"
#include "term/prompt_hooks.h"
#include "term/prompt_keys.h"
#include "term/prompt_window.h"
#include "term/readline.h"
#include "term/tty.h"

enum {
    REDRAW = 20,       /* ms between two drawings of the line while much arrives */
    COLUMNS_LEAST = 4, /* readline is never told of fewer */
    COUNT_MOST = 1000, /* the largest numeric argument: some commands take long for each */
    FLUSH = 200,       /* ms that a stopped terminal is waited for */
    LOOK = 250,        /* ms between two looks for the foreground */
};

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

struct prompt {
    struct loop *loop;
    struct sheet *sheet;
    struct prompt_opts opts;
    FILE *stream; /* readline's way to the screen */
    struct tty tty;
    struct prompt_keys keys;
    sigjmp_buf top;          /* where a key that is aborted ends */
    bool reading;            /* readline has a key */
    int last;                /* the byte that readline was given last */
    struct timer calm, look; /* until the line is drawn again; until the foreground is looked for */
    struct job draw;         /* draws the line */
    int64_t drawn;           /* loop time of the last drawing */
    struct history *history;
    char *text;      /* what the prompt is by itself */
    char *secret;    /* what it is while a line is read without echo */
    char *again;     /* a line that was refused: to be edited again */
    size_t offered;  /* where in the line the words begin that are offered */
    unsigned indent; /* columns of the prompt */
    struct prompt_window window;
    bool whole;    /* the line that is typed goes as one message */
    bool handling; /* a line was typed and is being dealt with: there is none on the screen */
    bool editing;  /* there is a line; false after the end of what is typed */
    bool hidden;   /* it is not on the screen */
    bool lent;     /* the terminal is another program's */
    bool pasting;  /* bracketed pastes were asked for */
    struct prompt_locale locale;
};

/* The line on the screen. */

static void put(struct prompt *p, const char *text)
{
    screen_put(p->sheet->screen, text, strlen(text));
}

/* In the middle of a search or a count readline shows a prompt of its own. */
static bool is_busy(void)
{
    return (*rl.readline_state & (RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG)) != 0;
}

static void set_prompt(struct prompt *p)
{
    const char *base = p->secret != NULL ? p->secret : p->text;
    char *text = sheet_unfinished(p->sheet);

    if (text == NULL)
        text = tail_format(base, strlen(base));
    prompt_window_adapt(text, p->sheet->dumb);
    rl.set_prompt(text);
    p->indent = tail_columns(text);
    free(text);
    p->sheet->stale = false;
}

static void show_line(struct prompt *p)
{
    prompt_window_show(&p->window, p->secret != NULL, p->sheet->dumb);
}

static void draw(struct prompt *p)
{
    loop_job_del(&p->draw);
    loop_timer_clear(&p->calm);
    if (!p->hidden || !p->editing || p->lent)
        return;
    if (p->sheet->stale && !is_busy())
        set_prompt(p);
    if (p->sheet->stands && !p->sheet->stale)
        rl.on_new_line_with_prompt();
    else
        rl.on_new_line();
    show_line(p);
    fflush(p->stream);
    p->hidden = p->sheet->stands = false;
    p->drawn = loop_now(p->loop);
}

static void draw_later(struct prompt *p)
{
    int64_t rest = p->drawn + REDRAW - loop_now(p->loop);

    if (rest <= 0)
        loop_soon(p->loop, &p->draw);
    else if (!loop_timer_pending(&p->calm))
        loop_timer_set(p->loop, &p->calm, rest);
}

static void run_draw(struct job *j)
{
    draw(container_of(j, struct prompt, draw));
}

static void calm_again(struct timer *t)
{
    draw(container_of(t, struct prompt, calm));
}

/* Takes the empty line and its prompt away, for good. */
static void clear_line(struct prompt *p)
{
    if (!p->sheet->dumb)
        rl.clear_visible_line();
    else if ((*rl.display_prompt)[0] != '\0')
        rl.crlf();
}

void prompt_hide(struct prompt *p)
{
    if (p->hidden || !p->editing || p->handling)
        return;
    if (!p->sheet->dumb)
        rl.clear_visible_line();
    else if (*rl.end == 0 && p->sheet->tail.len > 0 && !p->sheet->stale)
        p->sheet->stands = true;
    else if (*rl.end > 0 || (*rl.display_prompt)[0] != '\0')
        rl.crlf();
    fflush(p->stream);
    p->hidden = true;
    draw_later(p);
}

void prompt_redraw(struct prompt *p)
{
    if (!p->editing || p->hidden || p->handling)
        return;
    put(p, "\r\n");
    p->hidden = true;
    draw_later(p);
}

void prompt_set_text(struct prompt *p, const char *text)
{
    char *copy = mem_strdup(text != NULL ? text : "");

    free(p->text);
    p->text = copy;
    p->sheet->stale = true;
    prompt_hide(p);
}

void prompt_secret(struct prompt *p, const char *text)
{
    char *copy = text != NULL ? mem_strdup(text) : NULL;

    prompt_hide(p);
    free(p->secret);
    p->secret = copy;
    p->sheet->stale = true;
}

bool prompt_is_first(const struct prompt *p)
{
    return p->history != NULL && history_is_first(p->history);
}

unsigned prompt_indent(const struct prompt *p)
{
    return p->indent;
}

unsigned prompt_columns(const struct prompt *p)
{
    return p->sheet->columns;
}

/* Asks for the size of the terminal. Readline divides by zero where there are next to no columns. */
static void measure(struct prompt *p)
{
    int rows, columns;

    rl.reset_screen_size();
    rl.get_screen_size(&rows, &columns);
    p->sheet->columns = columns > 0 ? (unsigned)columns : 1;
    if (columns < COLUMNS_LEAST)
        rl.set_screen_size(rows, COLUMNS_LEAST);
    p->sheet->stale = true;
}

/* What is typed. */

static void release_terminal(struct prompt *p)
{
    if (p->tty.raw && p->pasting)
        put(p, paste_off);
    tty_restore(&p->tty);
}

static void end_input(struct prompt *p)
{
    struct sheet *s = p->sheet;

    draw(p);
    if (s->tail.len == 0 && *rl.end == 0)
        clear_line(p);
    fflush(p->stream);
    s->midline = s->tail.len > 0 || *rl.end > 0;
    sheet_answered(s);
    s->line = p->editing = false;
    rl.callback_handler_remove();
    release_terminal(p);
    prompt_keys_drop(&p->keys);
}

/* The line is dealt with, or is to be edited again. */
static void handle(struct prompt *p, char *line)
{
    unsigned how = (p->secret != NULL ? PROMPT_SECRET : 0) | (p->whole ? PROMPT_WHOLE : 0);

    free(p->secret);
    p->secret = NULL;
    p->whole = false;
    p->handling = true;
    if (p->opts.line(p->opts.ctx, line, how) < 0) {
        free(p->again);
        p->again = mem_strdup(line);
    } else if ((how & PROMPT_SECRET) == 0) {
        prompt_history_add(p->history, line);
    }
    p->handling = false;
    if ((how & PROMPT_SECRET) != 0)
        explicit_bzero(line, strlen(line));
}

/* ^D on an empty line. */
static void end_typed(struct prompt *p)
{
    if (p->opts.stays == NULL || !p->opts.stays(p->opts.ctx)) {
        end_input(p);
        p->opts.end(p->opts.ctx, false);
        return;
    }
    clear_line(p);
    fflush(p->stream);
    p->handling = true;
    p->opts.end(p->opts.ctx, false);
    p->handling = false;
    set_prompt(p);
}

/* Readline has a line, or NULL at the end. It has moved to the next row of the screen, unless there was nothing
 * in this one, and draws the prompt anew when we return. */
static void line_typed(char *line)
{
    struct prompt *p = rl.user;

    if (line == NULL) {
        end_typed(p);
        return;
    }
    if (line[0] == '\0' && (*rl.display_prompt)[0] == '\0')
        put(p, "\r\n");
    fflush(p->stream);
    sheet_answered(p->sheet);
    handle(p, line);
    set_prompt(p);
    free(line);
}

/* ^V: a paste of several lines goes as one message; with any other line, the next key is taken as it is. */
static int quote_or_send(int count, int key)
{
    if (memchr(*rl.line_buffer, '\n', (size_t)*rl.end) == NULL)
        return rl.named_function("quoted-insert")(count, key);
    rl.user->whole = true;
    return rl.named_function("accept-line")(1, '\n');
}

static int edit_line(int count, int key)
{
    (void)count;
    (void)key;
    if (rl.user->opts.edit != NULL && rl.user->secret == NULL)
        rl.user->opts.edit(rl.user->opts.ctx, *rl.line_buffer);
    return 0;
}

void prompt_set_line(struct prompt *p, const char *line)
{
    prompt_hide(p);
    prompt_window_fill(line);
}

bool prompt_keep_line(struct prompt *p)
{
    return p->editing && p->secret == NULL && !is_busy() && prompt_history_keep(p->history, *rl.line_buffer);
}

/* Completion. The line up to the cursor is one word for readline. */

static char **offer(const char *text, int start, int end)
{
    struct prompt *p = rl.user;
    struct complete c = {0};
    char **matches;

    (void)text;
    *rl.attempted_completion_over = 1;
    if (start != 0 || *rl.inhibit_completion)
        return NULL;
    p->opts.complete(p->opts.ctx, *rl.line_buffer, (size_t)end, &c);
    matches = complete_matches(&c, *rl.line_buffer, (size_t)end);
    p->offered = c.start;
    *rl.completion_append_character = c.open ? '\0' : ' ';
    complete_clear(&c);
    return matches;
}

static void list_matches(char **matches, int count, int longest)
{
    prompt_window_list(matches, count, longest, rl.user->offered);
}

/* Readline aborts a key that means nothing with longjmp(3), and when that key was pushed back, as at the end of a
 * search, to a frame that has returned. It redraws just before: that is the time to make it jump to read_key(). */
static void redisplay(void)
{
    if (rl.top_level != NULL && rl.user->reading)
        memcpy(*rl.top_level, rl.user->top, sizeof rl.user->top);
    if (rl.user->lent)
        rl.user->hidden = true;
    else
        show_line(rl.user);
}

static void read_key(struct prompt *p)
{
    p->reading = true;
    *rl.inhibit_completion = p->opts.complete == NULL || p->opts.escape == '\0' || *rl.end == 0 ||
                             (*rl.line_buffer)[0] != p->opts.escape || p->secret != NULL;
    if (sigsetjmp(p->top, 0) == 0)
        rl.callback_read_char();
    else
        show_line(p);
    if (abs(*rl.numeric_arg) > COUNT_MOST)
        *rl.numeric_arg = COUNT_MOST;
    p->reading = false;
}

static bool takes_keys(void *ctx)
{
    const struct prompt *p = ctx;

    return p->editing && !p->lent && !p->opts.full(p->opts.ctx);
}

/* Readline would take the bytes of a character apart. */
static bool is_amiss(const struct prompt *p)
{
    return p->locale.utf8 && (*rl.readline_state & RL_STATE_MULTIKEY) != 0 &&
           prompt_keys_peek(&p->keys) >= 0x80;
}

static void take_key(void *ctx)
{
    struct prompt *p = ctx;

    draw(p);
    if (is_amiss(p))
        prompt_keys_skip(&p->keys);
    else
        read_key(p);
    /* A prompt that could not be shown during a search can be now. */
    if (p->editing && p->sheet->stale && !is_busy())
        prompt_hide(p);
}

static void keys_rest(void *ctx)
{
    const struct prompt *p = ctx;

    fflush(p->stream);
}

static void terminal_gone(void *ctx)
{
    struct prompt *p = ctx;

    end_input(p);
    p->opts.end(p->opts.ctx, true);
}

void prompt_room(struct prompt *p)
{
    prompt_keys_go_on(&p->keys);
}

/* Readline's reading: never waits. */
static int next_key(FILE *stream)
{
    (void)stream;
    return rl.user->last = prompt_keys_next(&rl.user->keys);
}

/* Readline asks after an escape, whether it begins a sequence, and to insert much text at once. In the latter
 * case it must not meet a key of another kind, which it would push back. */
static int has_key(void)
{
    int c = prompt_keys_peek(&rl.user->keys);
    Keymap map = rl.get_keymap();

    if (c < 0 || rl.user->last == 0x1b)
        return c >= 0;
    return map[c].type == ISFUNC && map[c].function == rl.insert && prompt_keys_ready(&rl.user->keys);
}

/* Setting up. */

/* Readline takes over the locale of the environment before each line. */
static int before_line(void)
{
    if (rl.user->locale.plain)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (rl.user->again != NULL) {
        rl.insert_text(rl.user->again);
        free(rl.user->again);
        rl.user->again = NULL;
    }
    return 0;
}

static void start_readline(struct prompt *p)
{
    const struct prompt_hooks hooks = {
        .out = p->stream,
        .next_key = next_key,
        .has_key = has_key,
        .before_line = before_line,
        .redisplay = redisplay,
        .offer = offer,
        .list = list_matches,
        .quote = quote_or_send,
        .edit = edit_line,
    };
    const char *paste;

    prompt_hooks_set(&hooks, &p->locale);
    p->keys = (struct prompt_keys){.loop = p->loop,
                                   .utf8 = p->locale.utf8,
                                   .takes = takes_keys,
                                   .take = take_key,
                                   .rest = keys_rest,
                                   .gone = terminal_gone,
                                   .ctx = p};
    measure(p);
    p->sheet->dumb = rl.get_termcap("up") == NULL;
    paste = rl.variable_value("enable-bracketed-paste");
    p->pasting = !p->sheet->dumb && paste != NULL && strcmp(paste, "on") == 0;
}

/* Not for a job in the background, which would be stopped: nothing tells when that ends, so it is looked for. */
static bool take_terminal(struct prompt *p)
{
    p->lent = !tty_in_foreground(STDIN_FILENO);
    if (p->lent) {
        loop_timer_set(p->loop, &p->look, LOOK);
        return false;
    }
    tty_take(&p->tty, STDIN_FILENO);
    if (p->pasting)
        put(p, paste_on);
    return true;
}

static void restore_at_exit(void)
{
    if (rl.user == NULL || !rl.user->tty.raw)
        return;
    tty_restore(&rl.user->tty); /* first: there may be no memory for more */
    if (rl.user->pasting)
        put(rl.user, paste_off);
    screen_flush(rl.user->sheet->screen, FLUSH);
}

/* Signals. */

/* Of a line that the terminal itself has broken anew readline does not know the rows. */
static void hide_resized(struct prompt *p)
{
    if (p->hidden || !p->editing || is_busy() || p->sheet->dumb || !tty_reflows() ||
        !prompt_window_climb(&p->window, p->secret != NULL, p->indent, p->sheet->columns)) {
        prompt_hide(p);
        return;
    }
    fflush(p->stream);
    p->hidden = true;
    draw_later(p);
}

static void resized(void *ctx, int signo)
{
    struct prompt *p = rl.user;
    const char *clear = rl.get_termcap("cd");

    (void)ctx;
    (void)signo;
    if (p != NULL && p->opts.resized != NULL)
        p->opts.resized(p->opts.ctx);
    if (p == NULL || p->lent)
        return;
    measure(p);
    hide_resized(p);
    if (p->editing && !p->sheet->dumb)
        put(p, clear != NULL ? clear : "\033[J");
}

/* A new line without the old one's state: changes to lines of the history are taken back as after Enter. */
bool prompt_interrupt(struct prompt *p)
{
    char *text;

    if (!p->editing || p->lent || (*rl.end == 0 && !is_busy() && p->secret == NULL))
        return false;
    if (p->secret != NULL) {
        free(p->secret);
        p->secret = NULL;
        rl.replace_line("", 1);
        p->sheet->stale = true;
    }
    draw(p);
    prompt_keys_drop(&p->keys);
    rl.callback_sigcleanup();
    rl.named_function("revert-line")(1, 0);
    rl.free_line_state();
    clear_line(p);
    set_prompt(p);
    text = mem_strdup(*rl.prompt);
    rl.callback_handler_install(text, line_typed);
    free(text);
    fflush(p->stream);
    return true;
}

void prompt_suspend(struct prompt *p)
{
    if (p->lent)
        return;
    prompt_hide(p);
    release_terminal(p);
    screen_flush(p->sheet->screen, FLUSH);
}

static void look_for_foreground(struct timer *t)
{
    prompt_reclaim(container_of(t, struct prompt, look), false);
}

void prompt_resume(struct prompt *p)
{
    if (!p->editing || p->lent || !take_terminal(p))
        return;
    measure(p);
    prompt_redraw(p);
    draw_later(p);
}

void prompt_lend(struct prompt *p)
{
    prompt_suspend(p);
    p->lent = true;
    screen_hold(p->sheet->screen, true);
    prompt_room(p);
}

void prompt_reclaim(struct prompt *p, bool killed)
{
    p->lent = false;
    if (killed)
        tty_undo(&p->tty);
    screen_hold(p->sheet->screen, false);
    prompt_resume(p);
    prompt_room(p);
}

static void hide_for_sheet(void *ctx)
{
    prompt_hide(ctx);
}

struct prompt *prompt_new(struct loop *loop, struct sheet *sheet, const struct prompt_opts *opts,
                          struct err *e)
{
    struct prompt *p;
    FILE *stream;

    if (readline_load(e) < 0)
        return NULL;
    stream = screen_stream(sheet->screen);
    if (stream == NULL) {
        err_sys(e, STATUS_LOCAL, errno, "terminal");
        return NULL;
    }
    if (loop_signal(loop, SIGWINCH, resized, NULL, e) < 0) {
        fclose(stream);
        return NULL;
    }
    rl.user = p = mem_alloc(sizeof *p);
    *p = (struct prompt){.loop = loop, .sheet = sheet, .opts = *opts, .stream = stream};
    p->text = mem_strdup(opts->text != NULL ? opts->text : "");
    p->calm.fire = calm_again;
    p->look.fire = look_for_foreground;
    p->draw.run = run_draw;
    sheet->hide = hide_for_sheet;
    sheet->ctx = p;
    sheet->line = p->editing = true;
    start_readline(p);
    if (!opts->no_history)
        p->history = prompt_history_start(opts->history);
    atexit(restore_at_exit);
    take_terminal(p);
    rl.callback_handler_install("", line_typed);
    p->hidden = sheet->stale = true;
    draw(p);
    prompt_keys_start(&p->keys);
    return p;
}

/* The unfinished line and what was typed stay, with the cursor below them; a prompt of our own does not. */
static void leave_line(struct prompt *p)
{
    bool shown = !p->lent && (p->sheet->tail.len > 0 || *rl.end > 0);

    draw(p);
    if (shown) {
        *rl.point = *rl.end;
        show_line(p);
    } else if (!p->lent) {
        clear_line(p);
    }
    fflush(p->stream);
    rl.callback_handler_remove();
    sheet_answered(p->sheet);
    p->sheet->line = false;
    p->sheet->midline = shown;
}

void prompt_free(struct prompt *p)
{
    if (p->editing)
        leave_line(p);
    p->editing = false;
    release_terminal(p);
    prompt_history_end(p->history);
    prompt_hooks_clear();
    prompt_keys_end(&p->keys);
    loop_timer_clear(&p->calm);
    loop_timer_clear(&p->look);
    loop_job_del(&p->draw);
    fclose(p->stream);
    rl.user = NULL;
    free(p->text);
    free(p->secret);
    free(p->again);
    free(p);
}
