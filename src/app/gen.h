/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gen: what is made from the tables of options and commands: two parts of the manual, and the completions of three
 * shells.
 *
 * The results are kept in the source tree; tests/lint/generated.py fails when they are out of step.
 */
#ifndef APP_GEN_H
#define APP_GEN_H

#include <stdio.h>

/* The lines between the two markers of doc/pollcat.1, in mdoc(7). */
void gen_man(FILE *out);

/* The same for the commands of the prompt, from their table. */
void gen_man_commands(FILE *out);

/* Copies a manual page and puts both between their markers. Returns 0, or -1 when a marker is missing. */
int gen_man_page(FILE *in, FILE *out);

/* Whole completion files. */
void gen_bash(FILE *out);
void gen_zsh(FILE *out);
void gen_fish(FILE *out);

#endif
