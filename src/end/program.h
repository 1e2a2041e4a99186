/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * program: the ends that are programs.
 *
 * Standard input and output are two pipes, standard error is ours. A program outlives its end: whoever is gone is the end
 * of its input, nothing more.
 */
#ifndef END_PROGRAM_H
#define END_PROGRAM_H

#include <stdbool.h>

struct end;
struct ends;
struct err;
struct peer;

enum { PROGRAM_DESCRIPTORS = 3 };

/* As the hooks of struct end_kind; `argv` ends with NULL. */
int program_open(struct end *e, char *const *argv, const struct peer *peer, struct err *why);
void program_close(struct end *e, bool reset);

/* When all ends are closed: waits for programs that still run, as long as they take when `patient` and nothing stops the
 * loop; hangs them up, and kills after two seconds those that are left. */
void programs_stop(struct ends *ends, bool patient);

#endif
