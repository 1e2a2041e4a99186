/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * usage: what --help, --version and --list-sockopts print, and what nothing at all.
 */
#ifndef APP_USAGE_H
#define APP_USAGE_H

#include <stdio.h>

#include "app/conf.h"

/* Prints to standard output what `action` asks for. Returns the exit status: STATUS_LOCAL, with a line on standard
 * error, when the output failed. */
int usage_print(enum conf_action action);

/* The same for conf->action, as its dialect has it. */
int usage_show(const struct conf *c);

/* Tells what is wrong with the command line, as the dialect does. Returns the exit status. */
int usage_refuse(const struct conf *c, const struct err *e);

/* Tells a first user, on standard error, what this is. Returns the exit status. */
int usage_first(void);

/* Prints all that is told of one group of options, or of one option, as a user names it: "time", "-q", "quit-after". 0, or -1
 * with `e`: there is none. */
int usage_topic(FILE *out, const char *topic, struct err *e);

/* The same to `out`, one each. */
void usage_help(FILE *out);
void usage_version(FILE *out);
void usage_sockopts(FILE *out);

#endif
