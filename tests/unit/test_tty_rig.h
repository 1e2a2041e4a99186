/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rig: a pseudo-terminal whose master is what a person sees, for the tests of what is shown.
 */
#ifndef TEST_TTY_RIG_H
#define TEST_TTY_RIG_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct rig_tty {
    int master, terminal;
};

/* `flags` are those of open(2) that the master gets besides. What is written comes out as it is. */
static inline void rig_tty_open(struct rig_tty *t, int flags)
{
    struct termios modes;

    t->master = posix_openpt(O_RDWR | O_NOCTTY | flags);
    assert_true(t->master >= 0);
    assert_int_equal(grantpt(t->master), 0);
    assert_int_equal(unlockpt(t->master), 0);
    t->terminal = open(ptsname(t->master), O_RDWR | O_NOCTTY);
    assert_true(t->terminal >= 0);
    assert_int_equal(tcgetattr(t->terminal, &modes), 0);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    assert_int_equal(tcsetattr(t->terminal, TCSANOW, &modes), 0);
}

static inline void rig_tty_close(struct rig_tty *t)
{
    close(t->terminal);
    if (t->master >= 0)
        close(t->master);
}

#endif
