/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command: THE table of what can be said to the prompt itself: `~name arguments`.
 *
 * Help, completion and the manual's section come from the table. A command is a row and a function.
 */
#ifndef CONSOLE_COMMAND_H
#define CONSOLE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "term/complete.h"

struct console;
struct talker;

struct command {
    const char *name;
    const char *alias; /* another name: "." for quit; NULL: none */
    const char *args;  /* what help shows behind the name: "[N | all]"; NULL: it has none */
    const char *help;  /* a few words: at most 25 columns */
    const char *doc;   /* for the manual: mdoc(7) */
    /* Offers words for argument number `index` (from 0), as far as typed: complete_add(). NULL: nothing. */
    void (*complete)(struct console *c, struct complete *to, size_t index, const char *typed);
    /* Does it; `args` is what follows the name and a blank, as it was typed. 0, or -1 with `e`, which is shown. */
    int (*run)(struct console *c, const char *args, struct err *e);
};

/* Row `i`, or NULL past the end; the one with this name or alias, or the only one whose name begins so, or
 * NULL. */
const struct command *command_row(size_t i);
const struct command *command_find(const char *name);

/* Runs a line that begins with the escape character, which is not doubled. Returns 0, or -1 with `e` (unknown command with
 * the nearest name, bad arguments, failures); nothing of it is ever sent. */
int command_run(struct console *c, const char *line, struct err *e);

/* Offers words for `line`, which begins with the escape character, up to `cursor`; `to` is zeroed. */
void command_complete(struct console *c, const char *line, size_t cursor, struct complete *to);

/* A console comes and goes: the state that commands keep in c->commands (repeats, files, shells). */
void commands_init(struct console *c);
void commands_clear(struct console *c);

/* True while something is being sent that commands began: lines are still taken, to be able to end it. */
bool commands_busy(const struct console *c);

/* The name of what a command sends to `t` (NULL: to anybody) and will be done with by itself; NULL: nothing. */
const char *commands_sending(const struct console *c, const struct talker *t);

/* Stops what would go on for ever sending to `t`; NULL: to anybody. */
void commands_stop_endless(struct console *c, const struct talker *t);

/* What ~stop and ^C do: stops all that commands began, and says so. False: there is nothing. */
bool commands_stop(struct console *c);

/* True while a shell that was asked for has the terminal. */
bool commands_lent(const struct console *c);

/* A peer or sender came; or it leaves, and everything about it is to be let go (taps, files being sent). */
void commands_joined(struct console *c, struct talker *t);
void commands_left(struct console *c, struct talker *t);

#endif
