/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * plain: the manual's text (mdoc(7), as the tables of options and commands have it) as plain text.
 *
 * Knows the macros that those tables use, and no others.
 */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <stdio.h>

/* Prints `doc` filled to `columns`, each row behind `indent` blanks. */
void plain_print(FILE *out, const char *doc, int indent, int columns);

#endif
