/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/tty.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_modes(int fd, const struct termios *modes)
{
    int result;

    do
        result = tcsetattr(fd, TCSANOW, modes);
    while (result < 0 && errno == EINTR);
    return result;
}

int tty_take(struct tty *t, int fd)
{
    struct termios modes;

    if (tcgetattr(fd, &modes) < 0)
        return -1;
    t->fd = fd;
    /* A shell may have left our own modes in place while we were stopped: those are not the user's. */
    if (!t->raw)
        t->user = modes;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | ISTRIP | INPCK);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    modes.c_cc[VLNEXT] = _POSIX_VDISABLE;
#ifdef VDISCARD
    modes.c_cc[VDISCARD] = _POSIX_VDISABLE;
#endif
#ifdef VDSUSP
    modes.c_cc[VDSUSP] = _POSIX_VDISABLE;
#endif
    if (set_modes(fd, &modes) < 0)
        return -1;
    t->raw = true;
    return 0;
}

void tty_restore(struct tty *t)
{
    if (t->raw)
        set_modes(t->fd, &t->user);
    t->raw = false;
}

bool tty_same(int one, int other)
{
    struct stat a, b;

    return isatty(one) && isatty(other) && fstat(one, &a) == 0 && fstat(other, &b) == 0 &&
           a.st_rdev == b.st_rdev;
}
