/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * commands: what the commands of the prompt share. Private to console/command*.c.
 */
#ifndef CONSOLE_COMMANDS_H
#define CONSOLE_COMMANDS_H

#include "console/console.h"
#include "console/task.h"
#include "record/formats.h"
#include "term/complete.h"

struct child;

struct commands {
    struct record *save, *log; /* NULL: none */
    struct task *bar;          /* whose progress stands in the prompt */
    const struct child *guest; /* the shell that has the terminal; NULL: none */
};

/* Fills `e` with what was probably meant. Returns -1. */
int command_unknown(const struct console *c, const char *name, struct err *e);

/* Arguments */

/* Splits `args` into words (to be freed with words_free()): at least `least`, at most `most`, NULL in place of those that
 * are not there. 0, or -1 with `e`: how command `name` is used. */
int args_take(struct console *c, const char *name, const char *args, size_t least, size_t most, char **words,
              struct err *e);
void args_free(char **words, size_t n);

/* "usage: ~to N | all". Returns -1. */
int args_usage(struct console *c, const char *name, struct err *e);

/* What `typed` stands for among names, or -1 with `e`, which says what it could have been: "unknown mode 'foo'...". */
int args_choice(const char *what, const char *typed, const char *(*name)(void *ctx, size_t i), void *ctx,
                size_t *choice, struct err *e);

/* The path that a word means: a leading "~/" is the home directory. The caller frees it. */
char *args_path(const char *word);

/* Opens a regular file for reading: the descriptor and its size, or -1 with `e`. */
int args_open(const char *path, long long *size, struct err *e);

/* The talker whose number or name is `word`; without one (NULL) the one that lines go to or the only one. */
int args_talker(struct console *c, const char *word, struct talker **t, struct err *e);

/* The same for what concerns sockets: a datagram socket that nobody spoke to yet is one. */
int args_peer(struct console *c, const char *word, struct peer **p, struct err *e);

/* Completers */

void complete_from(struct complete *to, const char *typed, const char *(*name)(void *ctx, size_t i),
                   void *ctx);
void complete_files(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_talkers(struct console *c, struct complete *to, size_t index, const char *typed);
/* A list of them, parted by commas. */
void complete_at(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_commands(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_to(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_join(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_input(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_view(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_again(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_eol(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_time(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_set(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_opt(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_allow(struct console *c, struct complete *to, size_t index, const char *typed);
void complete_deny(struct console *c, struct complete *to, size_t index, const char *typed);

/* Handlers: see the table in console/command.c. */

int command_help(struct console *c, const char *args, struct err *e);

int command_peers(struct console *c, const char *args, struct err *e);
int command_name(struct console *c, const char *args, struct err *e);
int command_to(struct console *c, const char *args, struct err *e);
int command_at(struct console *c, const char *args, struct err *e);
int command_join(struct console *c, const char *args, struct err *e);
int command_close(struct console *c, const char *args, struct err *e);
int command_reset(struct console *c, const char *args, struct err *e);
int command_break(struct console *c, const char *args, struct err *e);
int command_eof(struct console *c, const char *args, struct err *e);
int command_pause(struct console *c, const char *args, struct err *e);
int command_resume(struct console *c, const char *args, struct err *e);
int command_keys(struct console *c, const char *args, struct err *e);
int command_quit(struct console *c, const char *args, struct err *e);

int command_send(struct console *c, const char *args, struct err *e);
int command_save(struct console *c, const char *args, struct err *e);
int command_save_over(struct console *c, const char *args, struct err *e);
int command_log(struct console *c, const char *args, struct err *e);
int command_source(struct console *c, const char *args, struct err *e);
int command_stop(struct console *c, const char *args, struct err *e);

int command_input(struct console *c, const char *args, struct err *e);
int command_view(struct console *c, const char *args, struct err *e);
int command_again(struct console *c, const char *args, struct err *e);
int command_eol(struct console *c, const char *args, struct err *e);
int command_time(struct console *c, const char *args, struct err *e);
int command_set(struct console *c, const char *args, struct err *e);
int command_secret(struct console *c, const char *args, struct err *e);
int command_paste(struct console *c, const char *args, struct err *e);
int command_repeat(struct console *c, const char *args, struct err *e);

int command_opt(struct console *c, const char *args, struct err *e);
int command_allow(struct console *c, const char *args, struct err *e);
int command_deny(struct console *c, const char *args, struct err *e);
int command_info(struct console *c, const char *args, struct err *e);
int command_cert(struct console *c, const char *args, struct err *e);
int command_tls(struct console *c, const char *args, struct err *e);
int command_connect(struct console *c, const char *args, struct err *e);

int command_shell(struct console *c, const char *args, struct err *e);

/* Runs a program that has the terminal until it ends. Takes `file`, NULL or one of edit_start(), if it starts. */
int guest_start(struct console *c, char *const *argv, char *file, struct err *e);

/* Has the user's editor change `line`; when it ended, with the status of waitpid(2), the prompt has what it left. */
int edit_start(struct console *c, const char *line, struct err *e);
void edit_done(struct console *c, const char *file, int status);

/* Does with the files that the options name what ~log and ~source would. 0, or -1 with `e`. */
int files_begin(struct console *c, struct err *e);

/* What the state of command_files.c and command_shell.c needs when peers and consoles come and go. */
void files_joined(struct console *c, struct talker *t);
void files_left(struct console *c, struct talker *t);
void files_clear(struct console *c);
void shell_clear(struct console *c);

#endif
