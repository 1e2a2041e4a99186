/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * usage: what --help, --version and --list-sockopts print.
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

/* The same to `out`, one each. */
void usage_help(FILE *out);
void usage_version(FILE *out);
void usage_sockopts(FILE *out);

#endif
