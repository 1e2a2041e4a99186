/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Holds one of the program's mutable globals: `active`, the prompt that readline, which has no user data, calls
 * back, and whose terminal the hook of atexit(3) puts right.
 *
 * The line is hidden when the first bytes of a burst are to be shown and drawn again in a job, at most once in
 * REDRAW milliseconds. Before readline sees a key the line is drawn, so that its idea of the screen holds.
 */
#include "svc/prompt.h"

#include <stdio.h>

#include <readline/history.h>
#include <readline/readline.h>

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "svc/history.h"
#include "svc/keys.h"
#include "svc/tty.h"

enum {
    KEYS_TURN = 256,       /* keys looked at before the loop goes on */
    REDRAW = 20,           /* ms between two drawings of the line while much arrives */
    PATIENCE_KEY = 50,     /* ms for the rest of an escape sequence to come */
    PATIENCE_PASTE = 1000, /* ms without a byte of an unfinished paste */
    COLUMNS_LEAST = 4,     /* readline is never told of fewer */
    FLUSH = 200,           /* ms that a stopped terminal is waited for */
};

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

struct prompt {
    struct loop *loop;
    struct view *view;
    struct prompt_opts opts;
    FILE *stream; /* readline's way to the screen */
    struct tty tty;
    struct watch input;
    struct keys keys;
    sigjmp_buf top;        /* where a key that is aborted ends */
    bool reading;          /* readline has a key */
    int last;              /* the byte that readline was given last */
    struct timer patience; /* with an unfinished key */
    struct timer calm;     /* until the line may be drawn again */
    struct job draw;       /* draws the line */
    struct job more;       /* goes on with the keys */
    int64_t drawn;         /* loop time of the last drawing */
    struct history *history;
    unsigned columns; /* the width of the terminal */
    bool editing;     /* there is a line; false after the end of what is typed */
    bool hidden;      /* it is not on the screen */
    bool pasting;     /* bracketed pastes were asked for */
    bool utf8;        /* how characters are encoded */
    bool plain;       /* the locale was C, and we took UTF-8 */
};

static struct prompt *active;

/* Readline's own, declared in none of its headers; NULL where it is not to be had. */
extern sigjmp_buf _rl_top_level __attribute__((weak));

#define PROMPT_OF(pointer, member) ((struct prompt *)((char *)(pointer)-offsetof(struct prompt, member)))

/* The line on the screen. */

static void put(struct prompt *p, const char *text)
{
    screen_put(p->view->screen, text, strlen(text));
}

/* In the middle of a search or a count readline shows a prompt of its own. */
static bool is_busy(void)
{
    return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG) != 0;
}

static void set_prompt(struct prompt *p)
{
    const struct tail *tail = &p->view->tail;
    const char *base = p->opts.text != NULL ? p->opts.text : "";
    char *text = tail->len > 0 ? tail_format(tail->text, tail->len) : tail_format(base, strlen(base));

    rl_set_prompt(text);
    free(text);
    p->view->stale = false;
}

static void draw(struct prompt *p)
{
    loop_job_del(&p->draw);
    loop_timer_clear(&p->calm);
    if (!p->hidden || !p->editing)
        return;
    if (p->view->stale && !is_busy())
        set_prompt(p);
    if (p->view->stands && !p->view->stale)
        rl_on_new_line_with_prompt();
    else
        rl_on_new_line();
    rl_redisplay();
    fflush(p->stream);
    p->hidden = p->view->stands = false;
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
    draw(PROMPT_OF(j, draw));
}

static void fire_calm(struct timer *t)
{
    draw(PROMPT_OF(t, calm));
}

/* Takes the empty line and its prompt away, for good. */
static void clear_line(struct prompt *p)
{
    if (!p->view->dumb)
        rl_clear_visible_line();
    else if (rl_display_prompt[0] != '\0')
        rl_crlf();
}

void prompt_hide(struct prompt *p)
{
    if (p->hidden || !p->editing)
        return;
    if (!p->view->dumb)
        rl_clear_visible_line();
    else if (rl_end == 0 && p->view->tail.len > 0 && !p->view->stale)
        p->view->stands = true;
    else if (rl_end > 0 || rl_display_prompt[0] != '\0')
        rl_crlf();
    fflush(p->stream);
    p->hidden = true;
    draw_later(p);
}

void prompt_redraw(struct prompt *p)
{
    if (!p->editing || p->hidden)
        return;
    put(p, "\r\n");
    p->hidden = true;
    draw_later(p);
}

unsigned prompt_columns(const struct prompt *p)
{
    return p->columns;
}

/* Asks for the size of the terminal. Readline divides by zero where there are next to no columns. */
static void measure(struct prompt *p)
{
    int rows, columns;

    rl_reset_screen_size();
    rl_get_screen_size(&rows, &columns);
    p->columns = columns > 0 ? (unsigned)columns : 1;
    if (columns < COLUMNS_LEAST)
        rl_set_screen_size(rows, COLUMNS_LEAST);
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
    struct view *v = p->view;

    draw(p);
    if (v->tail.len == 0 && rl_end == 0)
        clear_line(p);
    fflush(p->stream);
    v->midline = v->tail.len > 0 || rl_end > 0;
    view_answered(v);
    v->line = p->editing = false;
    rl_callback_handler_remove();
    release_terminal(p);
    keys_clear(&p->keys);
    loop_timer_clear(&p->patience);
    loop_touch(&p->input);
}

/* Readline has a line, or NULL at the end. It has moved to the next row of the screen, unless there was nothing
 * in this one, and draws the prompt anew when we return. */
static void line_typed(char *line)
{
    struct prompt *p = active;

    if (line == NULL) {
        end_input(p);
        p->opts.end(p->opts.ctx, false);
        return;
    }
    if (line[0] == '\0' && rl_display_prompt[0] == '\0')
        put(p, "\r\n");
    view_answered(p->view);
    set_prompt(p);
    if (p->history != NULL ? history_add(p->history, line) : line[0] != '\0' && line[0] != ' ')
        add_history(line);
    p->opts.line(p->opts.ctx, line);
    free(line);
}

/* Readline aborts a key that means nothing with longjmp(3), and when that key was pushed back, as at the end of a
 * search, to a frame that has returned. It redraws just before: that is the time to make it jump to read_key(). */
static void redisplay(void)
{
    if (_rl_top_level != NULL && active->reading)
        memcpy(_rl_top_level, active->top, sizeof active->top);
    rl_redisplay();
}

static void read_key(struct prompt *p)
{
    p->reading = true;
    if (sigsetjmp(p->top, 0) == 0)
        rl_callback_read_char();
    else
        rl_redisplay();
    p->reading = false;
}

static void feed_keys(struct prompt *p)
{
    enum keys_state state = KEYS_NONE;

    loop_timer_clear(&p->patience);
    for (int i = 0; i < KEYS_TURN && p->editing && !p->opts.full(p->opts.ctx); i++) {
        state = keys_state(&p->keys, p->utf8);
        if (state != KEYS_READY)
            break;
        draw(p);
        read_key(p);
        /* A prompt that could not be shown during a search can be now. */
        if (p->editing && p->view->stale && !is_busy())
            prompt_hide(p);
    }
    fflush(p->stream);
    loop_touch(&p->input);
    if (!p->editing || p->opts.full(p->opts.ctx))
        return;
    if (state == KEYS_READY)
        loop_soon(p->loop, &p->more);
    else if (state != KEYS_NONE)
        loop_timer_set(p->loop, &p->patience, state == KEYS_KEY ? PATIENCE_KEY : PATIENCE_PASTE);
}

static void run_more(struct job *j)
{
    feed_keys(PROMPT_OF(j, more));
}

static void fire_patience(struct timer *t)
{
    struct prompt *p = PROMPT_OF(t, patience);

    keys_force(&p->keys);
    feed_keys(p);
}

void prompt_room(struct prompt *p)
{
    loop_soon(p->loop, &p->more);
}

static unsigned want_input(struct watch *w)
{
    struct prompt *p = PROMPT_OF(w, input);

    return p->editing && !p->opts.full(p->opts.ctx) ? LOOP_IN : 0;
}

static void fire_input(struct watch *w, unsigned events)
{
    struct prompt *p = PROMPT_OF(w, input);
    ssize_t n;

    (void)events;
    if (!p->editing)
        return;
    n = keys_read(&p->keys, STDIN_FILENO);
    if (n > 0) {
        feed_keys(p);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        end_input(p);
        p->opts.end(p->opts.ctx, true);
    }
}

/* Readline's reading: never waits. */
static int next_key(FILE *stream)
{
    (void)stream;
    return active->last = keys_next(&active->keys);
}

/* Readline asks after an escape, whether it begins a sequence, and to insert much text at once. In the latter
 * case it must not meet a key of another kind, which it would push back. */
static int has_key(void)
{
    int c = keys_peek(&active->keys);
    Keymap map = rl_get_keymap();

    if (c < 0 || active->last == 0x1b)
        return c >= 0;
    return map[c].type == ISFUNC && map[c].function == rl_insert;
}

/* Setting up. */

static char *complete_nothing(const char *text, int state)
{
    (void)text;
    (void)state;
    return NULL;
}

static void keep_modes(void)
{
}

static void take_modes(int meta)
{
    (void)meta;
}

/* Readline takes over the locale of the environment before each line. */
static int before_line(void)
{
    if (active->plain)
        setlocale(LC_CTYPE, "C.UTF-8");
    return 0;
}

/* Characters are UTF-8 wherever the system can do it, also in the C locale. */
static void start_locale(struct prompt *p)
{
    if (setlocale(LC_CTYPE, "") == NULL)
        setlocale(LC_CTYPE, "C.UTF-8");
    rl_initialize();
    rl_variable_bind("bell-style", "none"); /* it would be written to standard error, and wait */
    if (MB_CUR_MAX == 1 && strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0 &&
        setlocale(LC_CTYPE, "C.UTF-8") != NULL) {
        p->plain = true;
        rl_variable_bind("convert-meta", "off");
        rl_variable_bind("input-meta", "on");
        rl_variable_bind("output-meta", "on");
    }
    p->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void start_readline(struct prompt *p)
{
    const char *paste;

    rl_readline_name = "pollcat";
    rl_instream = stdin;
    rl_outstream = p->stream;
    rl_catch_signals = rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_getc_function = next_key;
    rl_input_available_hook = has_key;
    rl_prep_term_function = take_modes;
    rl_deprep_term_function = keep_modes;
    rl_startup_hook = before_line;
    rl_completion_entry_function = complete_nothing;
    rl_inhibit_completion = 1;
    start_locale(p);
    rl_redisplay_function =
        redisplay; /* before it is initialised this would keep it from using the terminal */
    rl_tty_set_echoing(1);
    stifle_history(HISTORY_LINES);
    measure(p);
    p->view->dumb = rl_get_termcap("up") == NULL;
    paste = rl_variable_value("enable-bracketed-paste");
    p->pasting = !p->view->dumb && paste != NULL && strcmp(paste, "on") == 0;
}

static void stop_readline(void)
{
    rl_instream = rl_outstream = NULL;
    rl_getc_function = rl_getc;
    rl_redisplay_function = rl_redisplay;
    rl_input_available_hook = NULL;
    rl_startup_hook = NULL;
    clear_history();
}

static void take_terminal(struct prompt *p)
{
    tty_take(&p->tty, STDIN_FILENO);
    if (p->pasting)
        put(p, paste_on);
}

static void restore_at_exit(void)
{
    if (active == NULL || !active->tty.raw)
        return;
    release_terminal(active);
    screen_flush(active->view->screen, FLUSH);
}

static void load_line(void *ctx, const char *line)
{
    (void)ctx;
    add_history(line);
}

static void start_history(struct prompt *p)
{
    struct err e;

    if (p->opts.no_history)
        return;
    p->history = history_new(p->opts.history);
    if (p->history != NULL && history_load(p->history, load_line, NULL, &e) < 0)
        log_notice("%s", e.text);
}

static void save_history(struct prompt *p)
{
    /* That it can not be written was said at the start. */
    if (p->history != NULL)
        history_save(p->history, NULL);
    history_free(p->history);
}

/* Signals. */

static void resized(void *ctx, int signo)
{
    struct prompt *p = active;
    const char *clear;

    (void)ctx;
    (void)signo;
    if (p == NULL)
        return;
    prompt_hide(p);
    clear = rl_get_termcap("cd");
    if (p->editing && !p->view->dumb)
        put(p, clear != NULL ? clear : "\033[J");
    measure(p);
}

/* A new line without the old one's state: changes to lines of the history are taken back as after Enter. */
bool prompt_interrupt(struct prompt *p)
{
    char *text;

    if (!p->editing || (rl_end == 0 && !is_busy()))
        return false;
    draw(p);
    keys_clear(&p->keys);
    rl_callback_sigcleanup();
    rl_revert_line(1, 0);
    rl_free_line_state();
    clear_line(p);
    set_prompt(p);
    text = mem_strdup(rl_prompt);
    rl_callback_handler_install(text, line_typed);
    free(text);
    fflush(p->stream);
    return true;
}

void prompt_suspend(struct prompt *p)
{
    prompt_hide(p);
    release_terminal(p);
    screen_flush(p->view->screen, FLUSH);
}

void prompt_resume(struct prompt *p)
{
    if (!p->editing)
        return;
    take_terminal(p);
    measure(p);
    prompt_redraw(p);
    draw_later(p);
}

struct prompt *prompt_new(struct loop *loop, struct view *view, const struct prompt_opts *opts, struct err *e)
{
    FILE *stream = screen_stream(view->screen);
    struct prompt *p;

    if (stream == NULL) {
        err_sys(e, STATUS_LOCAL, errno, "terminal");
        return NULL;
    }
    if (loop_signal(loop, SIGWINCH, resized, NULL, e) < 0) {
        fclose(stream);
        return NULL;
    }
    active = p = mem_alloc(sizeof *p);
    *p = (struct prompt){.loop = loop, .view = view, .opts = *opts, .stream = stream};
    p->input = (struct watch){.fd = STDIN_FILENO, .want = want_input, .fire = fire_input};
    p->patience.fire = fire_patience;
    p->calm.fire = fire_calm;
    p->draw.run = run_draw;
    p->more.run = run_more;
    view->line = p->editing = true;
    start_readline(p);
    start_history(p);
    atexit(restore_at_exit);
    take_terminal(p);
    rl_callback_handler_install("", line_typed);
    p->hidden = view->stale = true;
    draw(p);
    loop_add(loop, &p->input);
    return p;
}

/* The unfinished line and what was typed stay, with the cursor below them; a prompt of our own does not. */
static void leave_line(struct prompt *p)
{
    bool shown = p->view->tail.len > 0 || rl_end > 0;

    draw(p);
    if (shown) {
        rl_point = rl_end;
        rl_redisplay();
    } else {
        clear_line(p);
    }
    fflush(p->stream);
    rl_callback_handler_remove();
    view_answered(p->view);
    p->view->line = false;
    p->view->midline = shown;
}

void prompt_free(struct prompt *p)
{
    if (p->editing)
        leave_line(p);
    p->editing = false;
    release_terminal(p);
    save_history(p);
    stop_readline();
    loop_del(&p->input);
    loop_timer_clear(&p->patience);
    loop_timer_clear(&p->calm);
    loop_job_del(&p->draw);
    loop_job_del(&p->more);
    keys_clear(&p->keys);
    fclose(p->stream);
    active = NULL;
    free(p);
}
