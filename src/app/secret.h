/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * secret: what is not to be seen: passwords on the command line, and typed ones.
 */
#ifndef APP_SECRET_H
#define APP_SECRET_H

#include <stddef.h>

#include "base/err.h"

/* Overwrites an argument of the command line, which others can read (/proc/PID/cmdline, proc(5)). */
void secret_hide(const char *arg);

/* Asks at the terminal, whatever standard input is, without an echo. Returns 0, or -1 with `e`: there is no terminal, it was
 * ended, or is longer than `size` allows with its NUL. */
int secret_ask(const char *prompt, char *answer, size_t size, struct err *e);

#endif
