/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/usage.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "app/options.h"
#include "base/log.h"
#include "base/plain.h"
#include "net/sockopt.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "(unknown version)"
#endif

enum {
    TITLE = 8,  /* columns of a group's title */
    NAMES = 26, /* columns of an option's names */
    HALF = 35,  /* columns of an option that shares its line */
    LINE = 512,
    INDENT = 4,
    COLUMNS = 80,
};

/* "-p, --source-port PORT" */
static void names_format(const struct option_row *row, char *text, size_t size)
{
    char ch[8] = "    "; /* long names stand below each other */

    if (row->ch != 0)
        snprintf(ch, sizeof ch, "-%c, ", row->ch);
    snprintf(text, size, "%s--%s%s%s%s", ch, row->name,
             row->arg == NULL ? ""
             : row->optional  ? "[="
                              : " ",
             row->arg != NULL ? row->arg : "", row->optional ? "]" : "");
}

/* A short entry, for half a line. Returns its length, or 0 when it is too long or there is none. */
static size_t half_format(const struct option_row *row, enum option_group g, char text[static LINE])
{
    char names[LINE / 2];
    int n;

    if (row == NULL || row->help == NULL || row->group != g)
        return 0;
    names_format(row, names, sizeof names);
    n = snprintf(text, LINE, "%s  %s", names + (row->ch != 0 ? 0 : 4), row->help);
    return n > 0 && n <= HALF ? (size_t)n : 0;
}

/* The first row from `i` on that --help shows; option_count() past the end. */
static size_t next_shown(size_t i)
{
    const struct option_row *row;

    while ((row = option_row(i)) != NULL && (row->help == NULL || row->rare))
        i++;
    return i;
}

/* One line, of one entry or two. Returns the row after those. */
static size_t print_line(FILE *out, size_t i, const char *title)
{
    const struct option_row *row = option_row(i);
    const size_t beside = next_shown(i + 1);
    char text[LINE], second[LINE];

    if (half_format(row, row->group, text) > 0 && half_format(option_row(beside), row->group, second) > 0) {
        fprintf(out, "%-*s %-*s %s\n", TITLE, title, HALF, text, second);
        return beside + 1;
    }
    names_format(row, text, sizeof text);
    fprintf(out, "%-*s %-*s %s\n", TITLE, title, NAMES, text, row->help);
    return i + 1;
}

void usage_help(FILE *out)
{
    enum option_group last = OPTION_GROUPS;
    const struct option_row *row;

    fputs("Usage: pollcat [OPTION...] HOST PORT         (or HOST:PORT, [IPV6]:PORT)\n"
          "       pollcat -l [OPTION...] [HOST] PORT\n"
          "       pollcat -U [-l] [OPTION...] PATH\n"
          "       pollcat [OPTION...] KIND:REST         (exec:COMMAND, ws://HOST; see --to)\n\n",
          out);
    for (size_t i = next_shown(0); (row = option_row(i)) != NULL;) {
        i = next_shown(print_line(out, i, row->group != last ? option_group(row->group) : ""));
        last = row->group;
    }
    fputs("TIME is in seconds or has a unit: ms s m h. SIZE may have one: k m g.\n"
          "--help GROUP has more, in full (--help socket); --help all has everything.\n",
          out);
}

int usage_first(void)
{
    fputs("pollcat connects, listens, and lets you type while data arrives: a netcat with a prompt.\n"
          "pollcat HOST PORT   pollcat -l PORT   pollcat -l PORT >file\n"
          "pollcat --help shows all options, pollcat --help TOPIC one of them in full.\n",
          stderr);
    return STATUS_LOCAL;
}

/* What is in the manual. */

/* "-q, --quit-after SECS", with other names */
static void print_option(FILE *out, const struct option_row *row)
{
    const struct option_row *other;
    char names[LINE];

    names_format(row, names, sizeof names);
    fputs(names + (row->ch != 0 ? 0 : 4), out);
    for (size_t i = 0; (other = option_row(i)) != NULL; i++) {
        if (other->alias != NULL && option_target(other) == row)
            fprintf(out, ", --%s", other->name);
    }
    fputc('\n', out);
    plain_print(out, row->doc, INDENT, COLUMNS);
}

static bool print_group(FILE *out, const char *title)
{
    const struct option_row *row;
    bool any = false;

    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        if (row->alias != NULL ||
            (strcasecmp(title, "all") != 0 && strcasecmp(option_group(row->group), title) != 0))
            continue;
        if (any)
            fputc('\n', out);
        print_option(out, row);
        any = true;
    }
    return any;
}

/* The option of this name, or the only one that begins so. */
static const struct option_row *find_named(const char *name)
{
    const struct option_row *row, *found = NULL;

    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        const bool letter = name[0] != '\0' && name[1] == '\0' && row->ch == name[0];

        if (letter || strcmp(row->name, name) == 0)
            return option_target(row);
        if (strncmp(row->name, name, strlen(name)) != 0)
            continue;
        if (found != NULL && found != option_target(row))
            return NULL;
        found = option_target(row);
    }
    return found;
}

static int no_topic(const char *topic, struct err *e)
{
    char groups[LINE] = "";

    for (enum option_group g = 0; g < OPTION_GROUPS; g++) {
        const size_t n = strlen(groups);

        snprintf(groups + n, sizeof groups - n, " %s", option_group(g));
    }
    return err_set(
        e, STATUS_LOCAL,
        "no help on '%.64s': it is neither an option nor one of: all%s; 'man pollcat' has the rest, "
        "~help at the prompt the commands",
        topic, groups);
}

int usage_topic(FILE *out, const char *topic, struct err *e)
{
    const char *name = topic + strspn(topic, "-");
    const struct option_row *row;

    if (name == topic && print_group(out, topic))
        return 0;
    row = find_named(name);
    if (row == NULL)
        return no_topic(topic, e);
    print_option(out, row);
    return 0;
}

void usage_version(FILE *out)
{
    static const char features[] = ""
#ifdef USE_EPOLL
                                   " epoll"
#endif
#ifdef USE_SPLICE
                                   " splice"
#endif
#ifdef SOCK_SEQPACKET
                                   " seqpacket"
#endif
#ifdef USE_OPENSSL
                                   " tls"
#endif
#ifdef USE_WSLAY
                                   " websocket"
#endif
                                   " prompt";

    fprintf(out, "pollcat %s\nLicence GPL-3.0-or-later; there is no warranty.\nFeatures:%s\n",
            PACKAGE_VERSION, features);
}

void usage_sockopts(FILE *out)
{
    const char *name, *arg, *help;

    for (size_t i = 0; (name = sockopt_row(i, &arg, &help)) != NULL; i++) {
        char text[LINE];

        snprintf(text, sizeof text, "%s=%s", name, arg);
        fprintf(out, "%-30s %s\n", text, help);
    }
}

/* The exit status, now that all is printed. */
static int finish_printing(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_OK;
    log_error("standard output: %s", strerror(errno));
    return STATUS_LOCAL;
}

int usage_print(enum conf_action action)
{
    if (action == CONF_HELP)
        usage_help(stdout);
    else if (action == CONF_VERSION)
        usage_version(stdout);
    else if (action == CONF_LIST_SOCKOPTS)
        usage_sockopts(stdout);
    return finish_printing();
}

static int show_topic(const char *topic)
{
    struct err e;

    if (usage_topic(stdout, topic, &e) == 0)
        return finish_printing();
    log_error("%s", e.text);
    return (int)e.status;
}

int usage_show(const struct conf *c)
{
    const struct dialect *d = c->dialect;

    if (c->action == CONF_HELP && c->topic != NULL && d->help == NULL)
        return show_topic(c->topic);
    if (c->action == CONF_VERSION && d->version != NULL) {
        fputs(d->version, stderr);
        return STATUS_OK;
    }
    if (c->action != CONF_HELP || d->help == NULL)
        return usage_print(c->action);
    fwrite(d->help, 1, strlen(d->help), d->help_on_stderr ? stderr : stdout);
    return finish_printing();
}

int usage_refuse(const struct conf *c, const struct err *e)
{
    if (e->text[0] != '\0')
        message(c->unknown ? MESSAGE_UNKNOWN : MESSAGE_USAGE, &(struct message){.text = e->text});
    if (c->unknown && c->dialect->usage != NULL)
        fwrite(c->dialect->usage, 1, strlen(c->dialect->usage), stderr);
    return (int)e->status;
}
