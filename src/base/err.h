/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * err: an error as a value: what failed, on whom, why, and the exit status it deserves.
 *
 * Functions below the application layer neither print nor exit. They return -1 (or NULL), having filled a
 * struct err that their caller owns. The text is one line without the program's name and without a newline.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/* The exit statuses of the program, the same in every mode. SIGINT and SIGTERM show as 130 and 143. */
enum status {
    STATUS_OK = 0,       /* done */
    STATUS_NETWORK = 1,  /* refused, timed out, reset, unreachable, data lost on the way */
    STATUS_LOCAL = 2,    /* bad usage, name not found, address in use, output failed */
    STATUS_HANGUP = 129, /* the terminal is gone, as SIGHUP shows */
};

struct err {
    enum status status;
    int sys;        /* errno, or 0 */
    char text[336]; /* empty: end with the status, but quietly */
};

/* Fills `e` from a printf format. Returns -1, so that a caller can return it. `e` may be NULL. */
int err_set(struct err *e, enum status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of errno value `sys` behind it; a long text is cut to let that in.
 * Returns -1. */
int err_sys(struct err *e, enum status status, int sys, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Empties `e`: status OK, no text. */
void err_clear(struct err *e);

#endif
