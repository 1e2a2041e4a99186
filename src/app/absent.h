/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * absent: options that other netcats have and pollcat does not, with what to do instead.
 */
#ifndef APP_ABSENT_H
#define APP_ABSENT_H

#include "base/err.h"

/* Fills `e` and returns -1 when the short option `ch` (0: none) or the long one `name` (NULL: none; up to its `=`) is one
 * of these; 0 otherwise. */
int absent_check(int ch, const char *name, struct err *e);

#endif
