/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * console_conf: the service `prompt`, and what the command line says of it.
 */
#ifndef CONSOLE_CONSOLE_CONF_H
#define CONSOLE_CONSOLE_CONF_H

#include "svc/bridge.h"

struct join_conf;

struct console_conf {
    const struct bridge_conf *bridge;
    const struct join_conf *join; /* how talkers are joined to ends */
    bool watch;                   /* each that comes is, and what passes is shown */
    const char *prompt;           /* --prompt; NULL: none but the peer's unfinished line */
    const char *history;          /* --history; NULL: the default place */
    const char *log, *commands;   /* files that ~log and ~source begin with; NULL: none */
    bool no_history;
    bool no_input;                     /* without a prompt: standard input is not read */
    bool raw;                          /* show what arrives as it is */
    bool keys;                         /* what is typed goes out key by key */
    int view, input, eol, time, color; /* the value of a name, and 1; 0: not given */
    const char *marks;                 /* --marks, for mark_parse(); NULL: none */
    const char *escape;                /* --escape-char: one character, or "none"; NULL: ~ */
    bool tell_joined;                  /* who connects is told by a line of the log */
    bool allow_colors;                 /* the peers' own pass */
    const struct relay_kind *relay;    /* at the prompt: peers are among themselves; NULL: they are not */
    const void *relay_conf;            /* for it */
};

/* auto, always, never. */
extern const struct name color_names[];

struct view;

/* Something is said of how what arrives is shown; of what is read. */
bool console_conf_shows(const struct console_conf *conf);
bool console_conf_reads(const struct console_conf *conf);

/* Sets what is said of a view, which is to be shown at a terminal or not. */
void console_conf_view(const struct console_conf *conf, bool terminal, struct view *v);

/* The conf of each is a struct console_conf. The second is for where there is no prompt. */
extern const struct service service_prompt, service_plain;

#endif
