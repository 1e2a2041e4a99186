/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * console: the state of the service `prompt`, and what commands may do with it.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/input.h"
#include "base/list.h"
#include "console/talker.h"
#include "console/view.h"
#include "io/port.h"
#include "svc/bridge.h"
#include "svc/service.h"
#include "term/prompt.h"
#include "term/sheet.h"

struct chunk;
struct console_conf;
struct console_keys;
struct among;
struct commands; /* of command*.c */
struct task;

/* Who waits to send more. Embedded in its user's struct, zeroed before first use. */
struct console_wait {
    void (*room)(struct console_wait *); /* there is room, or nobody left to wait for: once */
    struct list place;                   /* the console's */
};

struct console {
    struct svc *svc; /* loop, peers, host, control */
    const struct console_conf *conf;
    struct bridge *bridge;
    struct talkers talkers;
    struct sheet sheet;
    struct view view;
    struct prompt *prompt;
    struct console_keys *keys; /* of console_keys.c */
    struct commands *commands; /* the commands' own */
    struct among *among;       /* peers are among themselves (console_among.c); NULL: they are not */
    struct list tasks;         /* what commands began (console/task.h), the newest first */
    struct watches *watches;   /* talkers that have ends (console/watch.h); NULL: there were none */

    enum input_mode input; /* console_set_input(); commands set these three: */
    enum eol eol;
    char escape; /* the first character of commands; 0: there are none */
    bool whole;  /* the next line typed is one message, newlines and all */

    struct port *sink;    /* what arrives */
    struct port *output;  /* standard output, when that is no terminal */
    struct chunk **early; /* typed before there was anybody: `nearly` of them */
    size_t nearly, early_size;
    struct pace pace;    /* of the talkers that lines can go to */
    struct timer idle;   /* until those to whom nothing is being sent give back what sending takes */
    struct list waiters; /* of struct console_wait */
    struct job wake, trim, finish;
    bool hush;    /* what is sent is a secret */
    bool ended;   /* no more lines will be sent */
    bool ending;  /* nor typed (but see `closed`): our direction ends once the commands that send are done */
    bool closed;  /* no more can be typed; what commands type may still go */
    bool leaving; /* the peer has ended: so does ours, with what commands still send */
    bool parting; /* the end of what is typed was asked for while there were pairs */
    bool quits;   /* the program ends once the screen is empty */
    bool waits;   /* a link waits for room on the screen */
    int64_t interrupted; /* loop time of the last ^C that found nothing to clear or stop; 0: never */
    char base[48];       /* the prompt that says whom lines go to */
};

/* What the console asks of the commands: all it knows of them. */
struct console_commands {
    /* Runs a line that begins with the escape character; offers words for it. */
    int (*run)(struct console *c, const char *line, struct err *e);
    void (*complete)(struct console *c, const char *line, size_t cursor, struct complete *to);
    /* Has `line` edited elsewhere. */
    int (*edit)(struct console *c, const char *line, struct err *e);
    /* The console begins, before there is a c->svc that others know; 0, or -1 with `e`. It ends, after either; a talker
     * came, or leaves. */
    int (*begin)(struct console *c, struct err *e);
    void (*end)(struct console *c);
    void (*joined)(struct console *c, struct talker *t);
    void (*left)(struct console *c, struct talker *t);
    /* Of what goes on: see console/command.h. */
    bool (*busy)(const struct console *c);
    const char *(*sending)(const struct console *c, const struct talker *t);
    void (*stop_endless)(struct console *c, const struct talker *t);
    bool (*stop)(struct console *c);
    bool (*lent)(const struct console *c);
};

extern const struct console_commands console_commands; /* in console/command.c */

/* For commands. */

/* Sends these bytes to `t`, or (NULL) to whom lines go now; each call is one message. What is sent is shown if the view says
 * so; `typed` when it stands on the screen already. */
void console_send(struct console *c, struct talker *t, const void *data, size_t n, bool typed);

/* The bytes of one line by the input mode and line end, then console_send(). 0, or -1 with `e` and (when it is malformed)
 * `fault`, which may be NULL: nothing was sent. */
int console_send_line(struct console *c, struct talker *t, const char *line, size_t n,
                      struct input_fault *fault, struct err *e);

/* Does with a line what Enter does: a command is run, `~~` sends one, anything else is sent. 0, or -1 with `e`. */
int console_input(struct console *c, const char *line, struct err *e);

/* True while `t` (NULL: whom lines go to) has enough to do, or it is not settled who that will be: wait with console_wait_room(). */
bool console_full(struct console *c, const struct talker *t);

/* Asks for w->room() when that changes; forgets it. */
void console_wait_room(struct console *c, struct console_wait *w);
void console_forget(struct console_wait *w);

/* Bytes sent to `t` (NULL: to all) that wait here. */
size_t console_held(const struct console *c, const struct talker *t);

/* A line of answer, made safe for the terminal. */
void console_say(struct console *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whom lines go to from now on; NULL: all. The prompt shows it. */
void console_set_to(struct console *c, struct talker *t);

/* What `t` is called from now on: talker_call(). The prompt shows it. */
void console_call(struct console *c, struct talker *t, const char *name);

/* What typed lines mean from now on. The prompt shows it. */
void console_set_input(struct console *c, enum input_mode mode);

/* 0 while lines can be sent; -1 with `e` when our direction has ended, or is about to. */
int console_check_open(const struct console *c, struct err *e);

/* The same for lines to `t`, or (NULL) to whom lines go now; also when that one has left. */
int console_check_to(const struct console *c, const struct talker *t, struct err *e);

/* Ends our direction to `t`; NULL: to all, and no more lines are sent to anybody. What commands send, and will be done with
 * by themselves, goes before, which is told. */
void console_end(struct console *c, struct talker *t);

/* What the end of a peer's direction does from now on: bridge_set_leave(), and for who has ended it already, too. */
void console_set_leave(struct console *c, bool leave);

/* Closes the connection of `t`, with RST when `reset`; a sender of datagrams is forgotten. `t` is gone when it returns. */
void console_close(struct console *c, struct talker *t, bool reset);

/* The number of `p` (`m` NULL), of who sends a datagram through it, heard by that, or of whom one is `sent` to; 0:
 * none. */
uint32_t console_number(struct console *c, struct peer *p, const struct meta *m, bool sent);

/* The links from and to t->peer, for taps and pauses; the second is made when there is none, and NULL when nothing can be
 * sent any more. */
struct link *console_in(struct console *c, struct talker *t);
struct link *console_out(struct console *c, struct talker *t);

/* No more will be typed; the terminal is `gone`, or the user said so. */
void console_input_ended(struct console *c, bool gone);

/* Key by key: console_keys.c. */

/* The prompt is there before it, and after it. */
struct console_keys *console_keys_new(struct console *c);
void console_keys_free(struct console_keys *k);

/* Begins with `t`; NULL: the one that lines go to, or the only one. Returns 0, or -1 with `e`. */
int console_keys_start(struct console_keys *k, struct talker *t, struct err *e);

/* Back to the line editor. Harmless when it is there. */
void console_keys_end(struct console_keys *k);

/* True between these. */
bool console_keys_begun(const struct console_keys *k);

/* Ends where `t` has them, which says no more: what is typed on is for it, or, when it has left, for nobody. */
void console_keys_lose(struct console_keys *k, struct talker *t);

/* A talker came, or leaves. */
void console_keys_joined(struct console_keys *k, struct talker *t);
void console_keys_left(struct console_keys *k, struct talker *t);

/* What arrived from `t` goes to the terminal. Returns `size`; 0: it is to be shown as ever; IO_AGAIN: not now. */
ssize_t console_keys_show(struct console_keys *k, const struct talker *t, const void *data, size_t size);

/* A line about something goes to a row of its own. False: it is to be shown as ever. */
bool console_keys_note(struct console_keys *k, const char *line);

/* A line was typed: the next one may be hidden, too. Returns true when it was the command that was asked for. */
bool console_keys_typed(struct console_keys *k, const char *line);

/* That line will not be typed, or the program that had the terminal has ended. Returns true when keys go on. */
bool console_keys_go_on(struct console_keys *k);

/* Around a stop by job control. False: it is the line editor that has the terminal. */
bool console_keys_suspend(struct console_keys *k);
bool console_keys_resume(struct console_keys *k);

/* For term/prompt.h: the terminal has another size, and all to whom that can be told are. */
void console_keys_resized(void *console);

/* Between console.c and console_*.c. */

/* Who sent a message of `meta` through `p`, who joins if nobody knew: the peer itself, or another who was heard there. */
struct talker *console_who(struct console *c, struct peer *p, const struct meta *meta);
extern const struct port_senders console_senders;

/* Puts what came from the other side behind what is to be sent to `t`; `meta` says what it is, or is NULL. Returns false when that
 * has no more room now, which console_passes() asks. */
bool console_pass(struct console *c, struct talker *t, const void *data, size_t n, const struct meta *meta);
bool console_passes(const struct talker *t);

/* Ends what is sent to `t` at once, whatever commands still send. */
void console_cut(struct console *c, struct talker *t);

/* Tells of a talker, behind its label. */
void console_tell(struct console *c, const struct talker *t, const char *what);

/* Has a talker come, and leave, who is none of c->talkers. */
void console_joins(struct console *c, struct talker *t);
void console_loses(struct console *c, struct talker *t);

/* What stands before lines, and the prompt, may have changed; `t` has no end any more. */
void console_parts(struct console *c, struct talker *t);

/* What was to be done before the end may be done: ends the program then, if it is to. */
void console_quit_if_done(struct console *c);

/* Puts what is said to `t` (NULL: to all) where it waits for them. */
void console_deliver(struct console *c, struct talker *t, struct chunk *chunk);

/* The same for all but `from`. */
void console_relay(struct console *c, const struct talker *from, struct chunk *chunk);

/* The same for `t`, if it has room; returns false when it has not. */
bool console_offer(struct console *c, struct talker *t, struct chunk *chunk);

/* True while all wait for somebody who has no room: console_wait_room(). */
bool console_full_for_all(struct console *c);

/* A task is over: our direction may have waited for that. */
void console_task_done(struct console *c);

/* Lines and tasks may have room again. */
void console_wake(struct console *c);

/* Not before the bridge is made. */
void console_init_sending(struct console *c);
void console_clear_sending(struct console *c);

/* What happens to slow peers, unless --slow-peer says otherwise. */
enum slow_peer among_slow(const struct console_conf *conf);

/* Makes c->among, when there is to be one; not before console_init_sending(). Its end. Without one none of the following, but
 * for among_say(), does anything. */
void among_open(struct console *c);
void among_close(struct console *c);

/* A talker came; goes; ended its direction; had no room for what was said. */
void among_join(struct console *c, struct talker *t);
void among_leave(struct console *c, struct talker *t);
void among_ended(struct console *c, struct talker *t);
void among_missed(struct console *c, struct talker *t);

/* What a talker sent: returns how much of it was taken, or IO_AGAIN; 0: it is to be shown as ever. */
ssize_t among_hear(struct console *c, struct talker *t, const void *data, size_t n, const struct meta *meta);

/* What we say to `t` (NULL: to all); and that we say no more. */
void among_say(struct console *c, struct talker *t, const void *data, size_t n);
void among_end(struct console *c);

/* What was typed early goes to the first who comes; who comes after the end is told of it. */
void console_greet(struct console *c, struct talker *t);

/* A line was typed: the prompt's way to all of the above (term/prompt.h). */
int console_typed(struct console *c, const char *text, unsigned how);

#endif
