/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * terminal: a port on a serial line or terminal, or on the side of a pseudo-terminal that its program does not have.
 *
 * The hang-up of the other side is the end of what comes. There is no half-close: ending our direction waits until what
 * was written is out, and then what has come by that time is the last. All descriptors are non-blocking already.
 */
#ifndef IO_TERMINAL_H
#define IO_TERMINAL_H

#include <termios.h>

#include "io/port.h"

struct terminal_modes {
    struct termios termios;
    unsigned speed; /* bits a second, of both directions; 0: it is not known, or stays as it is */
};

/* Reads the modes of a terminal, or sets them at once. Return 0, or -1 with errno; EINVAL: it has no such speed. */
int terminal_get_modes(int fd, struct terminal_modes *m);
int terminal_set_modes(int fd, const struct terminal_modes *m);

/* A line, to which `before` is given back when the port is released. What was written is out when the line has sent it; it
 * fails when the line takes nothing for ten seconds. Takes `fd`. */
struct port *terminal_line(struct loop *loop, int fd, const struct terminal_modes *before);

/* The master of a pseudo-terminal, whose release hangs up. Its window has the size of ours (io/window.h). What was written is out when the program has read it and then is
 * silent for a moment, or after three seconds. Takes `fd`. */
struct port *terminal_master(struct loop *loop, int fd);

/* Its window has this size from now on, whatever becomes of ours. */
void terminal_resize(struct port *p, unsigned short rows, unsigned short columns);

/* What is there now is the last that the port gives, whoever else has the other side open. */
void terminal_last(struct port *p);

/* Opens the other side of a master. Returns a descriptor, or -1 with errno. */
int terminal_open_slave(int master);

#endif
