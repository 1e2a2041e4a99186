/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/tty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/container.h"

static int set_modes(int fd, const struct termios *modes)
{
    int result;

    do
        result = tcsetattr(fd, TCSANOW, modes);
    while (result < 0 && errno == EINTR);
    return result;
}

/* Bracketed paste and colours off, and a new line for the shell; and what a program may have left that had all of it. */
static void calm(int fd, bool all)
{
    static const char off[] = "\033[?2004l\033[m\r\n";
    static const char all_off[] =
        "\030\033[?47;1;9;1000;1002;1003;1005;1006;1015l\033[?7;25h\033[4l\033>\033(B\017";

    if (all && write(fd, all_off, sizeof all_off - 1) < 0)
        (void)!write(STDERR_FILENO, all_off, sizeof all_off - 1);
    if (write(fd, off, sizeof off - 1) < 0)
        (void)!write(STDERR_FILENO, off, sizeof off - 1);
}

/* In exit(3), because memory is out or the like, who has not all of it puts it right itself. */
static void put_right(struct crash_care *care, bool handler)
{
    struct tty *t = container_of(care, struct tty, care);

    if (!handler && !t->all)
        return;
    tty_restore(t);
    if (t->smart)
        calm(t->fd, t->all);
}

static bool is_smart(void)
{
    const char *term = getenv("TERM");

    return term != NULL && strcmp(term, "dumb") != 0;
}

/* Takes it with the modes that `change` makes of the user's. */
static int take(struct tty *t, int fd, void (*change)(struct termios *modes))
{
    struct termios modes;

    if (tcgetattr(fd, &modes) < 0)
        return -1;
    t->fd = fd;
    /* A shell may have left our own modes in place while we were stopped: those are not the user's. */
    if (!t->raw)
        t->user = modes;
    change(&modes);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    if (set_modes(fd, &modes) < 0)
        return -1;
    t->raw = true;
    t->smart = is_smart();
    t->care.run = put_right;
    crash_care(&t->care);
    return 0;
}

static void change_some(struct termios *modes)
{
    modes->c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    modes->c_iflag &= ~(tcflag_t)(ICRNL | INLCR | ISTRIP | INPCK);
    modes->c_cc[VLNEXT] = _POSIX_VDISABLE;
#ifdef VDISCARD
    modes->c_cc[VDISCARD] = _POSIX_VDISABLE;
#endif
#ifdef VDSUSP
    modes->c_cc[VDSUSP] = _POSIX_VDISABLE;
#endif
}

static void change_all(struct termios *modes)
{
    modes->c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    modes->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INPCK | INLCR | IGNCR | ICRNL | IXON |
                                  IXOFF | IXANY);
    modes->c_oflag &= ~(tcflag_t)OPOST;
}

int tty_take(struct tty *t, int fd)
{
    t->all = false;
    return take(t, fd, change_some);
}

int tty_take_all(struct tty *t, int fd)
{
    t->all = true;
    return take(t, fd, change_all);
}

bool tty_size(int fd, unsigned *columns, unsigned *rows)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
        return false;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return true;
}

void tty_restore(struct tty *t)
{
    if (t->raw)
        set_modes(t->fd, &t->user);
    t->raw = false;
    crash_forget(&t->care);
}

void tty_undo(const struct tty *t)
{
    (void)set_modes(t->fd, &t->user); /* they could be set before */
}

bool tty_in_foreground(int fd)
{
    pid_t group = tcgetpgrp(fd); /* -1: it does not control us */

    return group < 0 || group == getpgrp();
}

bool tty_same(int one, int other)
{
    struct stat a, b;

    return isatty(one) && isatty(other) && fstat(one, &a) == 0 && fstat(other, &b) == 0 &&
           a.st_rdev == b.st_rdev;
}

bool tty_reflows(void)
{
    static const char *const signs[] = {"TMUX",         "VTE_VERSION",      "KITTY_WINDOW_ID",
                                        "WEZTERM_PANE", "ALACRITTY_LOG",    "KONSOLE_VERSION",
                                        "WT_SESSION",   "ITERM_SESSION_ID", "GHOSTTY_RESOURCES_DIR"};
    static const char *const kinds[] = {"tmux", "foot", "alacritty", "xterm-kitty", "xterm-ghostty"};
    const char *term = getenv("TERM");

    if (getenv("STY") != NULL)
        return false; /* screen does not, wherever it runs */
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (getenv(signs[i]) != NULL)
            return true;
    }
    for (size_t i = 0; term != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(term, kinds[i], strlen(kinds[i])) == 0)
            return true;
    }
    return false;
}
