/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * program: the ends that are programs.
 *
 * Standard input and output are two pipes (or the peer's socket, where that is asked for; or a terminal, end/pty.c), standard
 * error is ours. A program outlives its end: whoever is gone is the end of its input, nothing more.
 */
#ifndef END_PROGRAM_H
#define END_PROGRAM_H

#include <stdbool.h>

#include "loop/spawn.h"

struct end;
struct end_spec;
struct ends;
struct err;
struct peer;
struct port;

enum { PROGRAM_DESCRIPTORS = 3 };

/* As the hooks of struct end_kind; the first reads COMMAND [ARG...]. `argv` ends with NULL. */
int program_parse(struct end_spec *spec, const char *rest, struct err *e);
int program_open(struct end *e, char *const *argv, struct peer *peer, struct err *why);
void program_close(struct end *e, bool reset);

/* How a program is joined to us. */
struct program_way {
    int fds[3]; /* what it gets as struct spawn says; the caller's, and not needed any more afterwards */
    enum spawn_place place;
    void (*last)(
        struct port *in); /* it has ended: what there is in e->in is the last; NULL: there is no e->in */
};

/* Starts one, and remembers it in e->state until it ends. Returns 0, or -1 with `why`. */
int program_start(struct end *e, char *const *argv, const struct peer *peer, const struct program_way *way,
                  struct err *why);

/* When all ends are closed: waits for programs that still run, as long as they take when `patient` and nothing stops the
 * loop; hangs them up, and kills after two seconds those that are left. */
void programs_stop(struct ends *ends, bool patient);

#endif
