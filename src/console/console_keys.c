/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Key by key: the terminal and one peer. What is typed goes to it as it is, and what arrives from it goes to the terminal as it
 * is. The line editor has gone meanwhile; the escape character behind Enter says what is for us.
 *
 * Where a layer knows of terminals (io/remote.h) the other side decides how it takes what is typed.
 */
#include "console/console.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/text.h"
#include "console/console_conf.h"
#include "console/watch.h"
#include "io/remote.h"
#include "loop/loop.h"
#include "term/modes.h"
#include "term/tty.h"

enum {
    KEYS = 4096,  /* bytes read at once */
    NOTE = 1024,  /* bytes of a line */
    FLUSH = 200,  /* ms that a stopped terminal is waited for */
    LOOK = 250,   /* ms between two looks for the foreground */
    STOP_KEY = 26 /* ^Z */
};

enum console_keys_state {
    KEYS_OFF,
    KEYS_ON,
    KEYS_ASKS, /* one command is typed, or what it started has the terminal */
};

struct console_keys {
    struct console *c;
    enum console_keys_state state;
    struct talker *to; /* whose the terminal is; NULL: nobody's */
    bool wanted;       /* by the user, whatever the other side says */
    bool away;         /* the terminal is not ours: we were stopped, or are in the background */
    bool escaped;      /* the escape character was typed behind Enter */
    bool fresh;        /* Enter was, or nothing yet */
    bool hides;        /* lines are typed without echo: the other side shows what is to be seen */
    struct tty tty;
    struct modes modes; /* what the peer left the terminal in */
    struct watch input;
    struct timer look; /* for the foreground */
    struct console_wait wait;
};

/* The terminal. */

static void put(struct console_keys *k, const char *text, size_t n)
{
    screen_put(k->c->sheet.screen, text, n);
}

/* What waited while the terminal was not the peer's. */
static void go_on_showing(struct console_keys *k)
{
    k->c->waits = false;
    port_event_soon(k->c->sink, LOOP_OUT);
}

static void take_terminal(struct console_keys *k)
{
    char text[MODES_TEXT];

    k->away = !tty_in_foreground(STDIN_FILENO);
    if (k->away) {
        loop_timer_set(k->c->svc->loop, &k->look, LOOK);
        return;
    }
    (void)tty_take_all(&k->tty, STDIN_FILENO); /* one that is gone tells so when it is read */
    put(k, text, modes_restore(&k->modes, text));
    loop_touch(&k->input);
    go_on_showing(k);
}

static void look_for_foreground(struct timer *t)
{
    take_terminal(container_of(t, struct console_keys, look));
}

/* As others expect it, at the beginning of a row. */
static void release_terminal(struct console_keys *k)
{
    char text[MODES_TEXT];

    loop_timer_clear(&k->look);
    if (k->away)
        return;
    put(k, text, modes_reset(&k->modes, text));
    put(k, "\r\n", 2);
    screen_flush(k->c->sheet.screen, FLUSH);
    tty_restore(&k->tty);
    k->away = true;
    loop_touch(&k->input);
}

bool console_keys_note(struct console_keys *k, const char *line)
{
    char text[NOTE + 16], safe[NOTE];

    if (k->state != KEYS_ON)
        return false;
    snprintf(text, sizeof text, "\rpollcat: %s", text_safe_string(line, safe, sizeof safe));
    put(k, text, strlen(text));
    put(k, "\r\n", 2);
    return true;
}

/* What others than the one who has the terminal send waits: where they leave it, they would be mistaken for it. */
static void hold_others(struct console_keys *k, bool held)
{
    for (struct talker *x = NULL; (x = talkers_after(&k->c->talkers, x)) != NULL;) {
        struct link *in = x != k->to && x->meta == NULL ? console_in(k->c, x) : NULL;

        if (in == NULL || (held ? in->paused : !x->stilled))
            continue;
        x->stilled = held;
        link_pause(in, held);
    }
    if (!held)
        watch_wake_all(k->c);
}

/* What is typed. */

static struct remote *remote_of(const struct talker *t)
{
    return t != NULL && t->meta == NULL ? port_remote(t->peer->port) : NULL;
}

static void send_keys(struct console_keys *k, const char *keys, size_t n)
{
    struct err e;

    if (n == 0)
        return;
    if (console_check_to(k->c, k->to, &e) < 0)
        console_keys_note(k, e.text);
    else
        console_send(k->c, k->to, keys, n, true);
}

static void help(struct console_keys *k)
{
    static const struct {
        char key[3];
        const char *what;
    } rows[] = {{".", "leave"},
                {":", "one command; :keys goes back to lines"},
                {"B", "send a BREAK"},
                {"^Z", "suspend"},
                {"?", "this list"}};
    char text[NOTE];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "%s%c%-2s  %s\r\n", i == 0 ? "\r\n" : "", k->c->escape, rows[i].key,
                 rows[i].what);
        put(k, text, strlen(text));
    }
    snprintf(text, sizeof text, "%c%c   send one %c\r\n", k->c->escape, k->c->escape, k->c->escape);
    put(k, text, strlen(text));
}

/* What stands before typed lines is that of lines for peers again. */
static void show_base(const struct console *c)
{
    prompt_set_text(c->prompt, c->conf->prompt != NULL ? c->conf->prompt : c->base);
}

/* A line at the bottom, for one command. */
static void ask(struct console_keys *k)
{
    const char escape[] = {k->c->escape, '\0'};

    release_terminal(k);
    k->state = KEYS_ASKS;
    prompt_set_text(k->c->prompt, "command: ");
    prompt_reclaim(k->c->prompt, false);
    prompt_set_line(k->c->prompt, escape);
}

/* A command that has no line. */
static void run_short(struct console_keys *k, const char *command)
{
    char line[32];
    struct err e;

    snprintf(line, sizeof line, "%c%s", k->c->escape, command);
    if (console_commands.run(k->c, line, &e) < 0)
        console_keys_note(k, e.text);
}

static void run_break(struct console_keys *k)
{
    char command[24];

    snprintf(command, sizeof command, "break %u", (unsigned)k->to->number);
    run_short(k, command);
}

/* The key behind the escape character. Returns false when it is one to be sent, and the escape character before it. */
static bool take_escaped(struct console_keys *k, char key)
{
    k->fresh = true;
    switch (key) {
    case '.':
        run_short(k, ".");
        return true;
    case '?':
        help(k);
        return true;
    case ':':
        ask(k);
        return true;
    case 'B':
        run_break(k);
        return true;
    case STOP_KEY:
        (void)raise(SIGTSTP); /* it is caught */
        return true;
    default:
        return false;
    }
}

/* Looks at a key. Returns how many bytes of `out` are to be sent for it. */
static size_t take_key(struct console_keys *k, char key, char out[static 2])
{
    const char escape = k->c->escape;
    const bool was_escaped = k->escaped, was_fresh = k->fresh;
    size_t n = 0;

    k->escaped = !was_escaped && was_fresh && escape != '\0' && key == escape;
    if (k->escaped || (was_escaped && take_escaped(k, key)))
        return 0;
    if (was_escaped && key != escape)
        out[n++] = escape;
    out[n++] = key;
    k->fresh = key == '\r' || key == '\n';
    return n;
}

static void take_keys(struct console_keys *k, const char *keys, size_t n);

/* What was read with the keys that ended the state they were for is typed ahead: whole lines are dealt with as they would be, the
 * rest stands in the line that is typed. */
static void type_ahead(struct console_keys *k, const char *keys, size_t n)
{
    char line[KEYS + 2];
    struct err e;

    while (n > 0 && k->state != KEYS_ON) {
        const size_t begin = k->state == KEYS_ASKS && keys[0] != k->c->escape;
        size_t length = 0;

        while (length < n && keys[length] != '\r' && keys[length] != '\n')
            length++;
        line[0] = k->c->escape;
        memcpy(line + begin, keys, length);
        line[begin + length] = '\0';
        if (length == n) {
            prompt_set_line(k->c->prompt, line);
            return;
        }
        prompt_set_line(k->c->prompt, "");
        if (!console_keys_typed(k, line) && console_input(k->c, line, &e) < 0)
            view_note(&k->c->view, e.text);
        keys += length + 1;
        n -= length + 1;
    }
    take_keys(k, keys, n);
}

static void take_keys(struct console_keys *k, const char *keys, size_t n)
{
    char out[2 * KEYS];
    size_t used = 0, i;

    for (i = 0; i < n && k->state == KEYS_ON; i++) {
        if (k->escaped) {
            send_keys(k, out, used);
            used = 0;
        }
        used += take_key(k, keys[i], out + used);
    }
    if (k->state == KEYS_ON)
        send_keys(k, out, used);
    else if (i < n)
        type_ahead(k, keys + i, n - i);
}

static bool is_stuck(const struct console_keys *k)
{
    return list_in(&k->wait.place);
}

static unsigned want_keys(struct watch *w)
{
    const struct console_keys *k = container_of(w, struct console_keys, input);

    return k->state == KEYS_ON && !k->away && !is_stuck(k) ? LOOP_IN : 0;
}

static void keys_came(struct watch *w, unsigned events)
{
    struct console_keys *k = container_of(w, struct console_keys, input);
    char keys[KEYS];
    ssize_t n;

    (void)events;
    if (k->state != KEYS_ON || k->away || is_stuck(k)) {
        loop_touch(w);
        return;
    }
    n = read(STDIN_FILENO, keys, sizeof keys);
    if (n > 0) {
        take_keys(k, keys, (size_t)n);
        if (k->state == KEYS_ON && console_full(k->c, k->to))
            console_wait_room(k->c, &k->wait);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        console_keys_end(k);
        console_input_ended(k->c, true);
    }
    loop_touch(w);
}

static void has_room(struct console_wait *w)
{
    loop_touch(&container_of(w, struct console_keys, wait)->input);
}

/* What arrives. */

ssize_t console_keys_show(struct console_keys *k, const struct talker *t, const void *data, size_t size)
{
    if (k->state == KEYS_OFF)
        return 0;
    if (t != k->to)
        return 0; /* what was on its way when the keys began */
    if (k->state == KEYS_ASKS || k->away) {
        k->c->waits = true;
        return IO_AGAIN;
    }
    put(k, data, size);
    modes_scan(&k->modes, data, size);
    return (ssize_t)size;
}

/* Beginning and ending. */

static int check_start(const struct console_keys *k, struct talker *t, struct err *e)
{
    const struct console *c = k->c;

    if (c->output != NULL)
        return err_set(e, STATUS_LOCAL, "keys: standard output is no terminal");
    if (t == NULL && c->talkers.count > 1)
        return err_set(e, STATUS_LOCAL, "keys go to one peer: %cto N, or %ckeys N", c->escape, c->escape);
    if (t == NULL)
        return err_set(e, STATUS_LOCAL, "nobody is connected");
    if (t->peer->datagram)
        return err_set(e, STATUS_LOCAL, "keys go to connections, not in datagrams");
    if (t->other != NULL)
        return err_set(e, STATUS_LOCAL, "keys go to who has no end");
    if (c->among != NULL)
        return err_set(e, STATUS_LOCAL, "keys go to one peer, and here all hear what is said");
    return console_check_to(c, t, e);
}

static void hide_lines(struct console_keys *k, bool hidden)
{
    if (hidden == k->hides)
        return;
    k->hides = hidden;
    if (!hidden)
        prompt_set_line(k->c->prompt, ""); /* nobody shows what was hidden */
    prompt_secret(k->c->prompt, hidden ? k->c->base : NULL);
}

static void lend_prompt(struct console_keys *k)
{
    prompt_lend(k->c->prompt);
    sheet_yield(&k->c->sheet);
    screen_hold(k->c->sheet.screen, false);
    take_terminal(k);
}

static int begin(struct console_keys *k, struct talker *t, struct err *e)
{
    struct console *c = k->c;
    char name[ADDR_TEXT], text[ADDR_TEXT + 80];

    if (t == NULL)
        t = c->talkers.to != NULL   ? c->talkers.to
            : c->talkers.count == 1 ? talkers_next(&c->talkers, NULL)
                                    : NULL;
    if (check_start(k, t, e) < 0)
        return -1;
    snprintf(text, sizeof text, "keys go to %s as they are typed%s", talker_name(t, name),
             c->escape != '\0' ? "; behind Enter " : "");
    if (c->escape != '\0')
        snprintf(text + strlen(text), sizeof text - strlen(text), "%c. leaves, %c? helps", c->escape,
                 c->escape);
    if (c->view.marks.labels)
        view_finish(&c->view, t);
    hide_lines(k, false);
    view_note(&c->view, text);
    k->to = t;
    k->state = KEYS_ON;
    k->escaped = false;
    k->fresh = true;
    k->modes = (struct modes){0};
    hold_others(k, true);
    lend_prompt(k);
    if (remote_of(t) != NULL)
        remote_host(remote_of(t), true);
    return 0;
}

int console_keys_start(struct console_keys *k, struct talker *t, struct err *e)
{
    if (begin(k, t, e) < 0)
        return -1;
    k->wanted = true;
    return 0;
}

void console_keys_end(struct console_keys *k)
{
    const enum console_keys_state before = k->state;

    if (before == KEYS_OFF)
        return;
    console_forget(&k->wait);
    release_terminal(k);
    k->state = KEYS_OFF;
    k->wanted = false;
    if (remote_of(k->to) != NULL)
        remote_host(remote_of(k->to), false);
    hold_others(k, false);
    k->to = NULL;
    if (before == KEYS_ON)
        prompt_reclaim(k->c->prompt, false);
    else
        show_base(k->c);
    go_on_showing(k);
}

void console_keys_lose(struct console_keys *k, struct talker *t)
{
    if (k->to != t)
        return;
    console_keys_end(k);
    if (k->c->svc->many)
        console_set_to(k->c, t);
}

bool console_keys_go_on(struct console_keys *k)
{
    if (k->state != KEYS_ASKS)
        return false;
    if (console_commands.lent(k->c))
        return true;
    show_base(k->c);
    k->state = KEYS_ON;
    lend_prompt(k);
    return true;
}

/* The escape character before it may have been left out. */
static void run_command(struct console_keys *k, const char *line)
{
    const size_t size = strlen(line) + 2;
    char *text = mem_alloc(size);
    struct err e;

    snprintf(text, size, "%c%s", k->c->escape, line);
    if (console_commands.run(k->c, text, &e) < 0 && e.text[0] != '\0')
        view_note(&k->c->view, e.text);
    free(text);
}

bool console_keys_typed(struct console_keys *k, const char *line)
{
    if (k->hides)
        prompt_secret(k->c->prompt, k->c->base);
    if (k->state != KEYS_ASKS)
        return false;
    if (line[0] == k->c->escape)
        line++;
    if (line[strspn(line, " \t")] != '\0')
        run_command(k, line);
    console_keys_go_on(k);
    return true;
}

/* What the other side says. */

static void remote_changed(struct remote *r, void *ctx)
{
    struct console_keys *k = ctx;
    struct talker *t = talkers_after(&k->c->talkers, NULL);
    struct err e;

    while (t != NULL && remote_of(t) != r)
        t = talkers_after(&k->c->talkers, t);
    if (t == NULL)
        return;
    if (k->c->talkers.count > 1 && k->to != t)
        return;
    if (r->keys && k->state == KEYS_OFF && begin(k, t, &e) < 0)
        view_note(&k->c->view, e.text);
    else if (!r->keys && k->to == t && !k->wanted)
        console_keys_end(k);
    if (k->state == KEYS_OFF)
        hide_lines(k, r->echoes && !r->keys);
}

static void tell_size(const struct talker *t)
{
    struct remote *r = remote_of(t);
    unsigned columns, rows;

    if (r != NULL && tty_size(STDIN_FILENO, &columns, &rows))
        remote_resize(r, columns, rows);
}

void console_keys_resized(void *console)
{
    const struct console *c = console;

    for (const struct talker *t = NULL; (t = talkers_after(&c->talkers, t)) != NULL;)
        tell_size(t);
}

void console_keys_joined(struct console_keys *k, struct talker *t)
{
    struct err e;

    if (remote_of(t) != NULL) {
        remote_watch(remote_of(t), remote_changed, k);
        tell_size(t);
    }
    if (k->state != KEYS_OFF)
        hold_others(k, true);
    else if (k->c->conf->keys && k->c->talkers.count == 1 && begin(k, t, &e) < 0)
        view_note(&k->c->view, e.text);
    if (k->to == t)
        k->wanted = true;
    else if (remote_of(t) != NULL)
        remote_changed(remote_of(t), k);
}

void console_keys_left(struct console_keys *k, struct talker *t)
{
    if (remote_of(t) != NULL)
        remote_watch(remote_of(t), NULL, NULL);
    console_keys_lose(k, t);
    if (k->c->talkers.count <= 1)
        hide_lines(k, false);
}

bool console_keys_begun(const struct console_keys *k)
{
    return k->state != KEYS_OFF;
}

/* Job control. */

bool console_keys_suspend(struct console_keys *k)
{
    if (k->state != KEYS_ON)
        return false;
    release_terminal(k);
    return true;
}

bool console_keys_resume(struct console_keys *k)
{
    if (k->state != KEYS_ON)
        return false;
    take_terminal(k);
    console_keys_resized(k->c);
    return true;
}

struct console_keys *console_keys_new(struct console *c)
{
    struct console_keys *k = mem_alloc(sizeof *k);

    k->c = c;
    k->look.fire = look_for_foreground;
    k->wait.room = has_room;
    k->input = (struct watch){.fd = STDIN_FILENO, .want = want_keys, .fire = keys_came};
    loop_add(c->svc->loop, &k->input);
    return k;
}

void console_keys_free(struct console_keys *k)
{
    console_keys_end(k);
    loop_timer_clear(&k->look);
    loop_del(&k->input);
    free(k);
}
