/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialect: pollcat as another program: a row of what is different then.
 *
 * The program speaks the dialect whose name it is called by, or that --dialect NAME says before all else. A row is a file,
 * app/dialect_NAME.c. Nothing below app knows of it: messages are worded by its catalogue (base/message.h), the rest is
 * fields of struct conf, which other options might set as well.
 */
#ifndef APP_DIALECT_H
#define APP_DIALECT_H

#include "app/options.h"
#include "base/message.h"

struct conf;

/* What follows from the traits of a run that has all of these and none of those; looked at in turn, before our own rules. */
struct dialect_rule {
    uint64_t all, none;
    uint64_t gives;   /* more traits */
    const char *text; /* or it is wrong */
};

/* What was given besides options. */
struct dialect_operands {
    char **args;
    int n;
    uint64_t traits;
};

struct dialect {
    const char *name;
    const char *called; /* the names of the program that ask for it, set apart by spaces; NULL: none */
    const char *title;  /* stands before messages; NULL: the name that the program was called by */
    const struct message_catalogue *catalogue; /* NULL: our own */
    struct option_dialect options;
    const struct dialect_rule *rules; /* ended by a row with neither; NULL: none */
    const char *help;                 /* for -h; NULL: from the table of options */
    const char *version;              /* for --version, on standard error; NULL: our own */
    const char *usage;                /* told on standard error behind an error of usage; NULL: nothing is */
    bool help_on_stderr;              /* and not on standard output */
    char letter;                    /* where this letter is given, another row stands for this one; 0: none */
    const struct dialect *lettered; /* that, whose letters are asked */
    int status[3];                  /* what STATUS_OK, STATUS_NETWORK and STATUS_LOCAL become */
    bool few;                       /* there are no others: that of a program is its own */

    /* Each is optional: before options are read; in place of our own reading of operands, 0 or -1 with `e`; after all. */
    void (*begin)(struct conf *c);
    int (*operands)(struct conf *c, const struct dialect_operands *o, struct err *e);
    void (*derive)(struct conf *c, uint64_t traits);
};

extern const struct dialect dialect_nc, dialect_ncat;

/* The row named `name`, or NULL; row `i`, or NULL past the end. The first is our own. */
const struct dialect *dialect_find(const char *name);
const struct dialect *dialect_row(size_t i);

/* The dialect of a command line, from argv[0] and --dialect, which is taken away: `*argc` and `*argv` are then moved on. Its
 * words are in force from now on. NULL with `e`: there is no such dialect. */
const struct dialect *dialect_choose(int *argc, char ***argv, struct err *e);

/* Holds the traits of a run against the rules, and adds what follows. 0, or -1 with `e`. */
int dialect_check(const struct dialect *d, uint64_t *traits, struct err *e);

/* The exit status that `status` becomes. */
int dialect_status(const struct dialect *d, int status);

#endif
