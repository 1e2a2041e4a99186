/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "app/absent.h"
#include "app/mode.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/num.h"
#include "net/sockopt.h"

enum { LONG = 256 /* above every char: getopt_long's value of a long option */ };

const struct option_row *option_find(const char *name)
{
    const struct option_row *row = option_row(0);

    /* Each start looks up all aliases: most rows differ in the first letter. */
    for (const struct option_row *end = row + option_count(); row < end; row++) {
        if (row->name[0] == name[0] && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const struct option_row *option_target(const struct option_row *row)
{
    return row->alias != NULL ? option_find(row->alias) : row;
}

const char *option_words(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "%s", row->words != NULL ? row->words : "");
    for (const struct name *name = row->names; name != NULL && name->word != NULL; name++) {
        size_t n = strlen(text);

        snprintf(text + n, size - n, "%s%s", n > 0 ? " " : "", name->word);
    }
    return text;
}

const char *option_group(enum option_group g)
{
    static const char *const titles[OPTION_GROUPS] = {
        [OPTION_MODE] = "Mode", [OPTION_ADDRESS] = "Address", [OPTION_LISTEN] = "Peers",
        [OPTION_DATA] = "Data", [OPTION_TIME] = "Time",       [OPTION_SOCKET] = "Socket",
        [OPTION_TLS] = "TLS",   [OPTION_PROMPT] = "Prompt",   [OPTION_OTHER] = "Other",
    };

    return titles[g];
}

/* Names for near_find(). */
static const char *row_name(void *ctx, size_t i)
{
    const char *const *names = ctx;

    return names[i];
}

static const char *mode_name(void *ctx, size_t i)
{
    const struct mode *m = mode_row(i);

    (void)ctx;
    return m != NULL ? m->name : NULL;
}

enum { MEANT = 64 };

/* " (did you mean X?)" into `text`, or nothing. */
static const char *meant(const char *dashes, const char *near, char text[static MEANT])
{
    text[0] = '\0';
    if (near != NULL)
        snprintf(text, MEANT, " (did you mean %s%s?)", dashes, near);
    return text;
}

static int bad_value(const struct option_row *row, const char *arg, const char *wanted, struct err *e)
{
    return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is not %s", row->name, arg, wanted);
}

/* As strtonum(3) has it. */
static int bad_noun(const struct option_row *row, const char *arg, struct err *e)
{
    const char *digits = arg + strspn(arg, " \t+-");
    bool number = digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';
    int64_t value;
    bool small = num_parse(arg, INT64_MIN, row->min - 1, &value) == 0 || strchr(arg, '-') != NULL;

    return err_set(e, STATUS_LOCAL, "%s %s: %.64s", row->noun,
                   !number ? "invalid"
                   : small ? "too small"
                           : "too large",
                   arg);
}

static int bad_number(const struct option_row *row, const char *arg, const char *what, struct err *e)
{
    char wanted[96];

    if (row->noun != NULL)
        return bad_noun(row, arg, e);
    snprintf(wanted, sizeof wanted, "a %s from %lld to %lld", what, (long long)row->min, (long long)row->max);
    return bad_value(row, arg, wanted, e);
}

/* Times as Ncat has them: more than nothing, and none that was meant in milliseconds. */
static int parse_named_time(const struct option_row *row, const char *arg, int64_t *value, struct err *e)
{
    const bool never = row->min < 0 && strcmp(arg, "-1") == 0;

    if (num_parse_time(arg, never ? row->min : 1, row->max, value) != 0)
        return err_set(e, STATUS_LOCAL,
                       "Invalid %s \"%.64s\" (must be greater than 0 and less than 2147483s).", row->noun,
                       arg);
    if (*value < 100 * 1000 || arg[strspn(arg, "0123456789.")] != '\0')
        return 0;
    return err_set(
        e, STATUS_LOCAL,
        "Since April 2010, the default unit for %s is seconds, so your time of \"%.16s\" is %.1f minutes. "
        "Use \"%.16sms\" for %.16s milliseconds.",
        row->noun, arg, (double)*value / 60000, arg, arg);
}

/* The number that `arg` stands for, as the row's type says. */
static int parse_number(const struct option_row *row, const char *arg, int64_t *value, struct err *e)
{
    if (arg == NULL) {
        *value = row->max;
    } else if (row->type == OPTION_TIME_MS && row->noun != NULL) {
        return parse_named_time(row, arg, value, e);
    } else if (row->type == OPTION_TIME_MS) {
        if (num_parse_time(arg, row->min, row->max, value) != 0)
            return bad_value(row, arg, "a time such as 1.5, 200ms, 10s, 2m or 1h", e);
    } else if (row->type == OPTION_SIZE) {
        if (num_parse_size(arg, row->min, row->max, value) != 0)
            return bad_number(row, arg, "size", e);
    } else if (num_parse(arg, row->min, row->max, value) != 0) {
        return bad_number(row, arg, "number", e);
    } else if (row->type == OPTION_SECONDS) {
        *value *= 1000;
    }
    return 0;
}

/* The table of socket options knows what is right; the message says which of our options was wrong. */
static int add_sockopt(const struct option_fields *to, const struct option_row *row, const char *arg,
                       struct err *e)
{
    const char *text = arg;
    char made[128];
    struct err why;
    int64_t number;

    if (row->noun != NULL && row->min < row->max && parse_number(row, arg, &number, e) != 0)
        return -1;

    if (row->sockopt != NULL) {
        snprintf(made, sizeof made, "%s=%s", row->sockopt, arg != NULL ? arg : "on");
        text = made;
    }
    to->sockopt(to->at, text);
    if (sockopt_check(&text, 1, &why) == 0)
        return 0;
    if (row->noun != NULL)
        return err_set(e, why.status, "%s %.64s", row->noun, arg);
    return err_set(e, why.status, "--%s: %.200s", row->name, why.text);
}

static int check_mode_name(const struct option_row *row, const char *arg, struct err *e)
{
    const char *near = near_find(arg, mode_name, NULL), *name;
    char names[128] = "", text[MEANT];

    if (mode_find(arg) != NULL)
        return 0;
    if (near != NULL)
        return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is not a mode%s", row->name, arg,
                       meant("", near, text));
    for (size_t i = 0, n = 0; (name = mode_name(NULL, i)) != NULL && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, " %s", name);
    return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is none of:%s", row->name, arg, names);
}

static int set_word(const struct option_row *row, const char *arg, int *field, struct err *e)
{
    char words[256];
    int value;

    if (!names_find(row->names, arg, strlen(arg), &value))
        return err_set(e, STATUS_LOCAL, "--%s: '%.64s' is none of: %s", row->name, arg,
                       option_words(row, words, sizeof words));
    *field = value + 1;
    return 0;
}

static void add_to_texts(struct option_texts *texts, const char *arg)
{
    texts->list = mem_resize(texts->list, (texts->n + 1) * sizeof *texts->list);
    texts->list[texts->n++] = arg;
}

static int set_value(const struct option_fields *to, const struct option_row *row, const char *arg,
                     struct err *e)
{
    void *field = (char *)to->at + row->field;
    int64_t value;

    switch (row->type) {
    case OPTION_TRAIT:
        return 0;
    case OPTION_FLAG:
        *(bool *)field = true;
        return 0;
    case OPTION_COUNT:
        *(int *)field += 1;
        return 0;
    case OPTION_INT:
        if (parse_number(row, arg, &value, e) != 0)
            return -1;
        *(int *)field = (int)value;
        return 0;
    case OPTION_SIZE:
    case OPTION_TIME_MS:
    case OPTION_SECONDS:
        return parse_number(row, arg, field, e);
    case OPTION_ABSENT:
        return err_set(e, STATUS_LOCAL, "%s", row->help);
    case OPTION_MODE_NAME:
        if (check_mode_name(row, arg, e) != 0)
            return -1;
        *(const char **)field = arg;
        return 0;
    case OPTION_STRING:
        *(const char **)field = arg;
        return 0;
    case OPTION_WORD:
        return set_word(row, arg, field, e);
    case OPTION_ACTION:
        *(int *)field = (int)row->min;
        return 0;
    case OPTION_TEXTS:
        add_to_texts(field, arg);
        return 0;
    case OPTION_SOCKOPT:
        return add_sockopt(to, row, arg, e);
    case OPTION_OPERAND:
        break;
    }
    return -1;
}

/* Ncat has another option of the same letter: an argument that would be odd here gives the confusion away. */
static void hint(const struct option_row *row, const char *arg)
{
    int64_t value;
    bool odd;

    if (row->ncat == NULL)
        return;
    if (row->type == OPTION_TIME_MS)
        odd = num_parse_time(arg, 1000, row->max, &value) == 0 && arg[strspn(arg, "0123456789.")] != '\0';
    else
        odd = num_parse(arg, row->max + 1, INT64_MAX, &value) == 0;
    if (odd)
        log_notice("hint: %s", row->ncat);
}

/* The rows that are read by, those of a dialect first. */
static const struct option_row *row_at(const struct option_dialect *d, size_t i)
{
    return i < d->nrows ? &d->rows[i] : option_row(i - d->nrows);
}

static int argument_of(const struct option_row *row)
{
    if (row->arg == NULL)
        return no_argument;
    return row->optional ? optional_argument : required_argument;
}

/* A name of ours that the dialect gave to another. */
static bool is_shadowed(const struct option_dialect *d, size_t i)
{
    for (size_t k = 0; k < d->nrows && k < i; k++) {
        if (d->rows[k].name != NULL && strcmp(d->rows[k].name, row_at(d, i)->name) == 0)
            return true;
    }
    return false;
}

static bool is_given_whole(const char *name, char **argv)
{
    const size_t n = strlen(name);

    for (; *argv != NULL; argv++) {
        if (strncmp(*argv, "--", 2) == 0 && strncmp(*argv + 2, name, n) == 0 &&
            ((*argv)[2 + n] == '\0' || (*argv)[2 + n] == '='))
            return true;
    }
    return false;
}

/* True when row `i`, which has this name, is read by it. */
static bool is_there(const struct option_dialect *d, size_t i, const char *name, char **argv)
{
    if (d->nrows == 0)
        return true;
    return !is_shadowed(d, i) && (!d->whole || i < d->nrows || is_given_whole(name, argv));
}

/* Adds `n` rows, whose first is row_at(d, `from`). Returns the end of them. */
static struct option *add_long(const struct option_dialect *d, const struct option_row *row, size_t n,
                               size_t from, char **argv, struct option *out)
{
    for (const size_t end = from + n; from < end; from++, row++) {
        if (row->name != NULL && is_there(d, from, row->name, argv))
            *out++ = (struct option){row->name, argument_of(option_target(row)), NULL, LONG + (int)from};
    }
    return out;
}

/* `argv` ends with NULL. */
static void build_long(const struct option_dialect *d, char **argv, struct option *out)
{
    out = add_long(d, d->rows, d->nrows, 0, argv, out);
    out = add_long(d, option_row(0), option_count(), d->nrows, argv, out);
    memset(out, 0, sizeof *out);
}

static const struct option_row *row_of(const struct option_dialect *d, int got)
{
    const struct option_row *row;

    if (got >= LONG)
        return row_at(d, (size_t)(got - LONG));
    if (got == 0 || (d->letters != NULL && strchr(d->letters, got) == NULL))
        return NULL;
    for (size_t i = 0; (row = row_at(d, i)) != NULL; i++) {
        if (row->ch == got)
            return row;
    }
    return NULL;
}

const struct option_row *option_lettered(const struct option_dialect *d, int letter)
{
    const struct option_row *row = row_of(d, letter);

    return row != NULL ? option_target(row) : NULL;
}

static char *add_short(const struct option_dialect *d, const struct option_row *row, size_t n, char *out)
{
    for (; n-- > 0; row++) {
        if (row->ch == 0 || (d->nrows > 0 && row != row_of(d, row->ch)))
            continue;
        *out++ = (char)row->ch;
        if (option_target(row)->arg != NULL)
            *out++ = ':';
    }
    return out;
}

static void build_short(const struct option_dialect *d, char *out)
{
    *out++ = ':'; /* a missing argument is told from an unknown option */
    out = add_short(d, d->rows, d->nrows, out);
    out = add_short(d, option_row(0), option_count(), out);
    *out = '\0';
}

/* A long option that getopt_long() does not take: unknown, or the beginning of several. */
static int unknown_long(const char *text, struct err *e)
{
    const char *names[OPTIONS_MAX + 1], *first = NULL;
    const struct option_row *row;
    char name[64], near[MEANT];
    size_t n = 0, length = strcspn(text, "=");

    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    while ((row = option_row(n)) != NULL) {
        names[n++] = row->name;
        if (strncmp(row->name, name, length) != 0)
            continue;
        if (first != NULL)
            return err_set(e, STATUS_LOCAL, "--%s may be --%s or --%s; try 'pollcat --help'", name, first,
                           row->name);
        first = row->name;
    }
    names[n] = NULL;
    meant("--", near_find(name, row_name, names), near);
    return err_set(e, STATUS_LOCAL, "unknown option --%s%s; try 'pollcat --help'", name, near);
}

static const char *long_name(const char *word)
{
    return word != NULL && strncmp(word, "--", 2) == 0 ? word + 2 : "";
}

/* Why getopt_long() returned ':' or '?'. `word` is the argument it was reading, or NULL. */
static int bad_option(int got, int opt, const char *word, struct err *e)
{
    static const struct option_dialect ours;
    const struct option_row *row = row_of(&ours, opt);

    if (row == NULL && absent_check(opt, long_name(word), e) < 0)
        return -1;
    if (row == NULL && opt != 0)
        return err_set(e, STATUS_LOCAL, "unknown option -%c; try 'pollcat --help'", opt);
    if (row == NULL)
        return unknown_long(long_name(word), e);
    if (opt < LONG)
        return err_set(e, STATUS_LOCAL, "-%c needs an argument; try 'pollcat --help'", opt);
    return err_set(e, STATUS_LOCAL, "--%s %s; try 'pollcat --help'", row->name,
                   got == ':' ? "needs an argument" : "takes no argument");
}

/* The same, as getopt(3) itself would say it. */
static int bad_option_plain(int got, int opt, const char *word, struct err *e)
{
    const int n = (int)strcspn(long_name(word), "=");

    if (opt != 0 && opt < LONG && got == ':')
        return err_set(e, STATUS_LOCAL, "option requires an argument -- '%c'", opt);
    if (opt != 0 && opt < LONG)
        return err_set(e, STATUS_LOCAL, "invalid option -- '%c'", opt);
    if (opt == 0)
        return err_set(e, STATUS_LOCAL, "unrecognized option '--%.*s'", n, long_name(word));
    return err_set(e, STATUS_LOCAL, "option '--%.*s' %s", n, long_name(word),
                   got == ':' ? "requires an argument" : "doesn't allow an argument");
}

void options_add(struct options *o, const struct option_row *row)
{
    o->traits |= row->gives;
    for (size_t i = 0; i < o->ngiven; i++) {
        if (o->given[i] == row)
            return;
    }
    o->given[o->ngiven++] = row;
}

/* Who typed the letter reads the letter. Returns -1. */
static int name_as_typed(const struct option_row *row, int letter, struct err *e)
{
    const struct err why = *e;
    char name[MEANT];
    const int n = snprintf(name, sizeof name, "--%s:", row->name);

    if (strncmp(why.text, name, (size_t)n) == 0)
        snprintf(e->text, sizeof e->text, "-%c:%s", letter, why.text + n);
    return -1;
}

int options_parse(const struct option_fields *to, struct options *o, int argc, char **argv, struct err *e)
{
    static const struct option_dialect none;
    const struct option_dialect *d = to->dialect != NULL ? to->dialect : &none;
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 2];
    int got;

    memset(o, 0, sizeof *o);
    build_long(d, argv, longs);
    build_short(d, shorts);
    opterr = 0;
    optind = 0; /* start anew: this may be the second call */
    while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row;

        if (got == '?' || got == ':') {
            const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : NULL;

            o->unknown = true;
            return (d->plain ? bad_option_plain : bad_option)(got, optopt, word, e);
        }
        /* What begins one of ours may be all of another's. */
        if (got >= LONG && !d->plain &&
            absent_check(0, long_name(argv[optind - 1 - (optarg == argv[optind - 1])]), e) < 0)
            return -1;
        row = option_target(row_of(d, got));
        if (got < LONG && optarg != NULL)
            hint(row, optarg);
        if (set_value(to, row, optarg, e) != 0)
            return got < LONG ? name_as_typed(row, got, e) : -1;
        options_add(o, row);
        if (row->type == OPTION_MODE_NAME)
            o->mode = mode_find(optarg);
        if (row->type == OPTION_ACTION)
            break;
    }
    o->next = optind;
    return 0;
}

/* With these, what a proxy speaks is said of one that others are. */
#define NO_PROXY                                                                                     \
    (TRAIT_VIA | TRAIT_JOIN | TRAIT_ECHO | TRAIT_BROKER | TRAIT_CHAT | TRAIT_PASS | TRAIT_MESSAGES | \
     TRAIT_DGRAM | TRAIT_SELF | TRAIT_PROBE | TRAIT_END)

uint64_t options_traits(const struct options *o)
{
    uint64_t traits = o->traits | (o->mode != NULL ? o->mode->gives : 0);

    /* A UNIX stream socket cannot connect to itself. */
    if ((traits & TRAIT_UNIX) != 0 && (traits & TRAIT_SELF) != 0)
        traits |= TRAIT_DGRAM | TRAIT_MESSAGES;
    /* Who listens and says what a proxy speaks is one, where nothing else is said of peers. */
    if ((traits & TRAIT_PROXY_TYPE) != 0 && (traits & TRAIT_LISTEN) != 0 && (traits & NO_PROXY) == 0)
        traits |= TRAIT_SERVE | TRAIT_JOIN;
    /* Who does not connect has ends that do. */
    if ((traits & TRAIT_STARTTLS) != 0 && (traits & (TRAIT_LISTEN | TRAIT_END)) == 0)
        traits |= TRAIT_TLS;
    return traits;
}

static int bits(uint64_t set)
{
    int n = 0;

    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

/* The option that asks for a trait, and for little else. */
static const char *giver(uint64_t trait)
{
    const struct option_row *best = NULL, *row;

    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        if ((row->gives & trait) != 0 && (best == NULL || bits(row->gives) < bits(best->gives)))
            best = row;
    }
    return best != NULL ? best->name : "mode";
}

/* As it is written on a command line; an option of a dialect may have its letter alone. */
static const char *written(const struct option_row *row, char text[static MEANT])
{
    if (row->name != NULL)
        snprintf(text, MEANT, "%s%s", row->type == OPTION_OPERAND ? "" : "--", row->name);
    else
        snprintf(text, MEANT, "-%c", row->ch);
    return text;
}

/* Which of the options given, or else --mode, brings one of `traits`. */
static const char *culprit(const struct options *o, uint64_t traits, char text[static MEANT])
{
    if (o->mode != NULL)
        snprintf(text, MEANT, "--mode %s", o->mode->name);
    else /* what follows from several */
        snprintf(text, MEANT, "--proxy-type with --listen");
    for (size_t i = o->ngiven; i-- > 0;) {
        if ((o->given[i]->gives & traits) != 0)
            written(o->given[i], text);
    }
    return text;
}

/* The one message for all that does not go together. */
static int refuse(const char *what, const char *verb, const char *other, struct err *e)
{
    return err_set(e, STATUS_LOCAL, "%s %s %s", what, verb, other);
}

static int check_needs(const char *what, uint64_t missing, struct err *e)
{
    char other[MEANT];

    if (missing == 0)
        return 0;
    snprintf(other, sizeof other, "--%s", giver(missing & (~missing + 1)));
    return refuse(what, "needs", other, e);
}

/* What no single row can say. */
static const struct {
    uint64_t when, unless, needs;
    const char *what;
} rules[] = {
    {TRAIT_UNIX | TRAIT_SOURCE, TRAIT_LISTEN | TRAIT_SELF, TRAIT_DGRAM, "--source with --unixsock"},
    {TRAIT_RETRY | TRAIT_LISTEN, 0, TRAIT_JOIN, "--retry with --listen"},
};

/* What has no socket has no options of sockets. */
static uint64_t excluded(const struct option_row *row)
{
    return row->excludes | (row->type == OPTION_SOCKOPT ? TRAIT_END : 0);
}

static int check_row(const struct options *o, const struct option_row *row, uint64_t traits, struct err *e)
{
    const uint64_t clash = excluded(row) & traits;
    char what[MEANT], other[MEANT];

    written(row, what);
    if ((row->unless & traits) != 0)
        return 0;
    if (check_needs(what, row->needs & ~traits, e) != 0)
        return -1;
    return clash == 0 ? 0 : refuse(what, "excludes", culprit(o, clash, other), e);
}

static int check_mode(const struct options *o, const struct mode *m, uint64_t traits, struct err *e)
{
    char what[MEANT], other[MEANT];

    if (m == NULL || (m->excludes & traits) == 0)
        return 0;
    culprit(o, m == o->mode ? 0 : m->when, what);
    return refuse(what, "excludes", culprit(o, m->excludes & traits, other), e);
}

int options_check(const struct options *o, struct err *e)
{
    const uint64_t traits = options_traits(o);

    if (check_mode(o, o->mode, traits, e) != 0 || check_mode(o, mode_choose(traits), traits, e) != 0)
        return -1;
    for (size_t i = 0; i < o->ngiven; i++) {
        if (check_row(o, o->given[i], traits, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if ((traits & rules[i].when) != rules[i].when || (traits & rules[i].unless) != 0)
            continue;
        if (check_needs(rules[i].what, rules[i].needs & ~traits, e) != 0)
            return -1;
    }
    return 0;
}
