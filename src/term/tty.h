/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tty: the modes of the terminal that is typed on: as the user had them, or key by key without echo.
 *
 * Never waits for a stopped terminal to take its output, unlike readline's own way to do it. While it is taken, a crash
 * (SIGSEGV, SIGABRT and the like) gives it back before the program dies of it.
 */
#ifndef TERM_TTY_H
#define TERM_TTY_H

#include <stdbool.h>
#include <termios.h>

#include "base/crash.h"

/* Zeroed at the start. */
struct tty {
    int fd;
    bool raw;   /* taken by tty_take() or tty_take_all(), and not given back */
    bool all;   /* by tty_take_all() */
    bool smart; /* it knows escape sequences */
    struct termios user;
    struct crash_care care;
};

/* Every key at once, no echo; signals and flow control stay the user's. Returns 0 or -1 with errno. */
int tty_take(struct tty *t, int fd);

/* The same without signals, flow control and what becomes of output: every byte is what it is, in both directions. */
int tty_take_all(struct tty *t, int fd);

/* The size of the terminal. Returns false when it is not known. */
bool tty_size(int fd, unsigned *columns, unsigned *rows);

/* The modes as they were. Harmless when they are. Safe in a signal handler. */
void tty_restore(struct tty *t);

/* The same once more, when another program changed them since and did not put them back. */
void tty_undo(const struct tty *t);

/* Whether the terminal breaks rows anew when its width changes, as far as the environment tells which it is: no terminal
 * says so itself. */
bool tty_reflows(void);

/* False while we are a job in the background of the terminal that controls us. */
bool tty_in_foreground(int fd);

/* True when both descriptors are the same terminal. */
bool tty_same(int one, int other);

#endif
