/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/window.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/container.h"

void window_set(int fd, unsigned short rows, unsigned short columns)
{
    const struct winsize size = {.ws_row = rows, .ws_col = columns};

    (void)ioctl(fd, TIOCSWINSZ, &size); /* a window of another size serves as well */
}

/* Any of the standard streams may be the terminal we are at; one that has no size is none. */
static void take_ours(struct window *w)
{
    struct winsize size;

    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
        if (ioctl(i, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
            window_set(w->fd, size.ws_row, size.ws_col);
            return;
        }
    }
    window_set(w->fd, 24, 80);
}

static void ours_changed(struct signal_watch *s)
{
    take_ours(container_of(s, struct window, resized));
}

void window_follow(struct window *w, struct loop *loop, int fd)
{
    struct err e;

    w->fd = fd;
    w->resized.signo = SIGWINCH;
    w->resized.run = ours_changed;
    (void)loop_signal_add(loop, &w->resized, &e); /* it keeps its size then */
    take_ours(w);
}

void window_leave(struct window *w)
{
    loop_signal_del(&w->resized);
}
