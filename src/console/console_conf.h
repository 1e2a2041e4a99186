/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * console_conf: the service `prompt`, and what the command line says of it.
 */
#ifndef CONSOLE_CONSOLE_CONF_H
#define CONSOLE_CONSOLE_CONF_H

#include "svc/bridge.h"

struct console_conf {
    const struct bridge_conf *bridge;
    const char *prompt;  /* --prompt; NULL: none but the peer's unfinished line */
    const char *history; /* --history; NULL: the default place */
    bool no_history;
    bool raw;                          /* show what arrives as it is */
    int view, input, eol, time, color; /* the value of a name, and 1; 0: not given */
    const char *marks;                 /* --marks, for mark_parse(); NULL: none */
    const char *escape;                /* --escape-char: one character, or "none"; NULL: ~ */
    bool allow_colors;                 /* the peers' own pass */
};

/* auto, always, never. */
extern const struct name color_names[];

/* Its conf is a struct console_conf. */
extern const struct service service_prompt;

#endif
