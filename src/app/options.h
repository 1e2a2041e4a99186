/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options: what the table of options is made of, and its reader.
 *
 * getopt_long(3), --help, the OPTIONS section of the manual and the completions of three shells all come from
 * option_row(). An option is a row of app/option_rows.c and, where no field fits, a field of struct conf, of which
 * nothing else is known here. What goes together is said by traits (app/mode.h), never by code.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/mode.h"
#include "base/err.h"
#include "base/names.h"

enum option_group {
    OPTION_MODE,
    OPTION_ADDRESS,
    OPTION_LISTEN,
    OPTION_DATA,
    OPTION_TIME,
    OPTION_SOCKET,
    OPTION_TLS,
    OPTION_PROMPT,
    OPTION_OTHER,
    OPTION_GROUPS,
};

enum { OPTIONS_MAX = 160 }; /* rows, with those of a dialect and an address */

/* What an option does with its argument. */
enum option_type {
    OPTION_TRAIT,     /* nothing but what `gives` says */
    OPTION_FLAG,      /* bool field becomes true */
    OPTION_COUNT,     /* int field grows by one */
    OPTION_INT,       /* int field, from min to max */
    OPTION_SIZE,      /* int64_t field, bytes */
    OPTION_TIME_MS,   /* int64_t field, milliseconds */
    OPTION_STRING,    /* const char * field */
    OPTION_WORD,      /* int field becomes the value of the argument in `names`, and 1 */
    OPTION_ACTION,    /* int field becomes `min`; nothing behind it is read */
    OPTION_MODE_NAME, /* const char * field, a row of app/mode.h */
    OPTION_SECONDS,   /* int64_t field, milliseconds, given in whole seconds */
    OPTION_ABSENT,    /* refused; `help` is why */
    OPTION_TEXTS,     /* struct option_texts field, one text more */
    OPTION_SOCKOPT,   /* one text more for the sockets: the argument, or `sockopt`=ARGUMENT (=on without) */
    OPTION_OPERAND,   /* in no table: an address that is KIND:REST (app/address.h) */
};

/* All arguments of an option that may be given again and again. */
struct option_texts {
    const char **list; /* to be freed */
    size_t n;
};

/* Where an argument comes from, for completion. */
enum option_value {
    VALUE_ANY,
    VALUE_MODE,
    VALUE_WORDS,   /* mostly one of `names` or `words` */
    VALUE_SOCKOPT, /* a text for net/sockopt.h */
    VALUE_FILE,
    VALUE_END, /* see end/kind.h; one of `words` */
    VALUE_HOST,
    VALUE_PORT,
};

struct option_row {
    int ch;           /* the short option; 0: none */
    const char *name; /* the long option */
    const char *arg;  /* what its argument is called; NULL: it has none */
    bool optional;    /* the argument may be left out, and is joined by `=`; OPTION_INT is `max` without it */
    enum option_group group;
    enum option_type type;
    size_t field;     /* offset in struct conf */
    int64_t min, max; /* of the number; above max, OPTION_SOCKOPT gives the hint `ncat` */
    enum option_value value;
    const struct name *names;
    const char *words; /* set apart by spaces */
    const char *sockopt;
    const char *alias; /* the row that this one is another name of; only ch and name are its own */
    uint64_t gives, needs, excludes; /* traits */
    uint64_t unless;                 /* a trait with which it needs and excludes nothing */
    const char *noun; /* what a number or time is called that is wrong, where the program speaks a dialect */
    const char *ncat; /* a hint for who means Ncat's option of the same letter */
    bool rare;        /* its place is in --help GROUP, not on the screen of --help */
    const char *help; /* for --help, a few words */
    const char *doc;  /* for the manual: mdoc(7) */
};

/* What a dialect (app/dialect.h) says of options. All zero: nothing. */
struct option_dialect {
    const char *letters;           /* the short options there are; NULL: all of ours */
    const struct option_row *rows; /* what means something else; an alias names a row of option_row() */
    size_t nrows;
    bool plain; /* what is wrong is told in the words of getopt(3) and strtonum(3) */
    bool
        whole; /* long options of ours are there only when they are given in full: the others can be shortened */
};

/* What was given, for checks that come after the reading. */
struct options {
    uint64_t traits;                             /* of the options; options_traits() has all */
    const struct mode *mode;                     /* --mode, or NULL */
    const struct option_row *given[OPTIONS_MAX]; /* each row once, in the order given; no aliases */
    size_t ngiven;
    struct option_row address; /* of an address that is KIND:REST, called `word` */
    char word[24];
    int next;     /* argv[next] is the first operand */
    bool unknown; /* reading failed for an option that there is not, or that has no argument */
};

/* Row `i`, or NULL past the end, where all of them stand one after the other; how many there are; the row with this long
 * name, or NULL. */
const struct option_row *option_row(size_t i);
size_t option_count(void);
const struct option_row *option_find(const char *name);

/* The row of a short option under a dialect, or NULL: it has none. */
const struct option_row *option_lettered(const struct option_dialect *d, int letter);

/* The row that says what `row` does: itself, or the one it is an alias of. */
const struct option_row *option_target(const struct option_row *row);

/* The words that an argument of VALUE_WORDS may be, set apart by spaces: `text`. */
const char *option_words(const struct option_row *row, char *text, size_t size);

/* The title of a group. */
const char *option_group(enum option_group g);

/* Where what is given goes: the struct that rows have offsets of, whose defaults are set; and a text for the sockets, which
 * is to be copied. */
struct option_fields {
    void *at;
    void (*sockopt)(void *at, const char *text);
    const struct option_dialect *dialect; /* NULL: none */
};

/* Reads the options of `argv` into `to`, and permutes operands behind them. Stops early at an
 * OPTION_ACTION. Returns 0, or -1 with `e`. */
int options_parse(const struct option_fields *to, struct options *o, int argc, char **argv, struct err *e);

/* Adds a row to those that were given. */
void options_add(struct options *o, const struct option_row *row);

/* The traits of this run: those of the options and of --mode. */
uint64_t options_traits(const struct options *o);

/* Holds what was given against the traits of this run. Returns 0, or -1 with `e`: "--a needs --b" or
 * "--a excludes --b". */
int options_check(const struct options *o, struct err *e);

#endif
