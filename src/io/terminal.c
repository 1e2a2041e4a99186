/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/container.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "io/below.h"
#include "io/fdio.h"
#include "io/speed.h"
#include "io/window.h"

enum {
    REST = 64 * 1024, /* bytes that may be the last: more than a pseudo-terminal holds */
    FIRST_LOOK = 1,   /* ms until it is looked at again whether all is out, of which no descriptor tells */
    LAST_LOOK = 64,
    STALLED = 10000,  /* ms in which a line took nothing */
    QUIET = 100,      /* ms in which a program that has read all said nothing */
    ANSWERING = 3000, /* ms in all that it may take to read and answer */
    BREAK = 300,      /* ms that a BREAK lasts */
};

enum breaking { NO_BREAK, BREAK_WAITS, BREAK_LASTS };

struct terminal {
    struct fdio f; /* the first: fdio_free() releases it */
    bool master;
    bool ends;   /* our direction is to end when all is out */
    bool last;   /* what is there is the last */
    bool ended;  /* the end of it was given */
    size_t left; /* bytes of the last */
    enum breaking breaking;
    uint64_t unsent;
    int64_t since; /* loop time when the end or a BREAK was asked for, or bytes went out after that */
    int64_t heard; /* loop time when bytes came last */
    int64_t pause; /* ms between looks */
    struct timer look;
    struct terminal_modes before; /* of a line */
    struct crash_care care;       /* the same */
    struct window window;         /* of a master */
};

static struct terminal *terminal_of(struct layer *l)
{
    return container_of(l, struct terminal, f.layer);
}

int terminal_get_modes(int fd, struct terminal_modes *m)
{
    m->speed = speed_get(fd);
    return tcgetattr(fd, &m->termios);
}

int terminal_set_modes(int fd, const struct terminal_modes *m)
{
    int result;

    do
        result = tcsetattr(fd, TCSANOW, &m->termios);
    while (result < 0 && errno == EINTR);
    return result < 0 || m->speed == 0 || m->speed == speed_get(fd) ? result : speed_set(fd, m->speed);
}

int terminal_open_slave(int master)
{
    char name[64];
    const int sys = ptsname_r(master, name, sizeof name);

    if (sys == 0)
        return open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    errno = sys;
    return -1;
}

/* The end of what comes */

static ssize_t give_end(struct terminal *t)
{
    t->ended = true;
    return IO_EOF;
}

static ssize_t read_terminal(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct terminal *t = terminal_of(l);
    ssize_t n;

    (void)meta;
    if (t->last && t->left < size)
        size = t->left;
    if (size == 0)
        return give_end(t);
    do
        n = read(t->f.watch.fd, data, size);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        t->heard = loop_now(t->f.port.loop);
        t->left -= t->last ? (size_t)n : 0;
        return n;
    }
    if (n == 0 || errno == EIO || (errno == EAGAIN && t->last))
        return give_end(t);
    return errno == EAGAIN ? IO_AGAIN : layer_fail(l, errno);
}

/* The end is there to be read, though nothing tells of it. */
static size_t terminal_pending(const struct layer *l)
{
    const struct terminal *t = container_of(l, const struct terminal, f.layer);

    return t->last && !t->ended ? 1 + t->left : 0;
}

static void stop_break(struct terminal *t)
{
    if (t->breaking == BREAK_LASTS)
        (void)ioctl(t->f.watch.fd, TIOCCBRK); /* it could begin */
    t->breaking = NO_BREAK;
}

static void begin_last(struct terminal *t)
{
    if (t->last)
        return;
    stop_break(t);
    t->last = true;
    t->left = REST;
    loop_timer_clear(&t->look);
    port_event_soon(&t->f.port, LOOP_IN);
}

void terminal_last(struct port *p)
{
    begin_last(container_of(p, struct terminal, f.port));
}

/* There is no half-close in this direction either: what is there is the last. Of a pseudo-terminal the program is gone then,
 * which may have had enough: no more than a pipe that nobody reads. */
static ssize_t fail_writing(struct terminal *t, int error)
{
    begin_last(t);
    return layer_fail(&t->f.layer, t->master && error == EIO ? EPIPE : error);
}

static ssize_t write_terminal(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    ssize_t n;

    (void)meta;
    if (terminal_of(l)->breaking != NO_BREAK)
        return IO_AGAIN;
    do
        n = write(terminal_of(l)->f.watch.fd, data, size);
    while (n < 0 && errno == EINTR);
    if (n >= 0 || errno == EAGAIN)
        return n > 0 ? n : IO_AGAIN;
    return fail_writing(terminal_of(l), errno);
}

/* The end of our direction */

/* What the device itself still holds, where its driver tells. */
static bool device_is_empty(int fd)
{
#ifdef TIOCSERGETLSR
    int status;

    return ioctl(fd, TIOCSERGETLSR, &status) < 0 || (status & TIOCSER_TEMT) != 0;
#else
    (void)fd;
    return true;
#endif
}

static bool line_is_empty(struct terminal *t)
{
    const uint64_t unsent = below_unsent(&t->f.port);

    if (unsent < t->unsent)
        t->since = loop_now(t->f.port.loop);
    t->unsent = unsent;
    return unsent == 0 && device_is_empty(t->f.watch.fd);
}

static bool program_has_read(int master)
{
    int unread = 0, fd = terminal_open_slave(master);

    if (fd < 0)
        return true;
    if (ioctl(fd, FIONREAD, &unread) < 0)
        unread = 0;
    close(fd);
    return unread == 0;
}

static bool all_is_out(struct terminal *t)
{
    const int64_t now = loop_now(t->f.port.loop);

    if (!t->master)
        return line_is_empty(t);
    return now - t->since >= ANSWERING ||
           (now - t->since >= QUIET && now - t->heard >= QUIET && program_has_read(t->f.watch.fd));
}

static void look_later(struct terminal *t)
{
    t->pause = t->pause < LAST_LOOK ? 2 * t->pause : LAST_LOOK;
    loop_timer_set(t->f.port.loop, &t->look, t->pause);
}

static void begin_looking(struct terminal *t)
{
    t->since = loop_now(t->f.port.loop);
    t->unsent = UINT64_MAX;
    t->pause = FIRST_LOOK;
    loop_timer_set(t->f.port.loop, &t->look, t->pause);
}

static bool is_stalled(const struct terminal *t)
{
    return loop_now(t->f.port.loop) - t->since >= STALLED;
}

/* A BREAK. Nothing is taken while one waits for the line to be empty, nor while it lasts. A line that takes nothing gets it all the
 * same: that may be what it waits for. */

static int begin_break(struct layer *l)
{
    struct terminal *t = terminal_of(l);

    if (t->master || t->last || t->ends || t->f.port.error != 0)
        return -1;
    if (t->breaking == NO_BREAK) {
        t->breaking = BREAK_WAITS;
        begin_looking(t);
        layer_touch(l);
    }
    return 0;
}

static void end_break(struct terminal *t)
{
    stop_break(t);
    layer_event(&t->f.layer, LOOP_OUT);
    layer_touch(&t->f.layer);
}

static void go_on_breaking(struct terminal *t)
{
    if (t->breaking == BREAK_LASTS) {
        end_break(t);
    } else if (!line_is_empty(t) && !is_stalled(t)) {
        look_later(t);
    } else {
        if (ioctl(t->f.watch.fd, TIOCSBRK) < 0)
            log_notice("BREAK: %s", strerror(errno));
        t->breaking = BREAK_LASTS;
        loop_timer_set(t->f.port.loop, &t->look, BREAK);
    }
}

static void look_again(struct timer *timer)
{
    struct terminal *t = container_of(timer, struct terminal, look);

    if (t->breaking != NO_BREAK) {
        go_on_breaking(t);
        return;
    }
    look_later(t);
    layer_event(&t->f.layer, LOOP_OUT);
}

static int shut_terminal(struct layer *l)
{
    struct terminal *t = terminal_of(l);

    if (t->last || t->f.port.error != 0) {
        begin_last(t);
        return t->f.port.error == 0 ? 0 : IO_ERROR;
    }
    if (t->breaking != NO_BREAK)
        return IO_AGAIN;
    if (!t->ends) {
        t->ends = true;
        begin_looking(t);
    }
    if (all_is_out(t)) {
        begin_last(t);
        return 0;
    }
    if (t->master || !is_stalled(t))
        return IO_AGAIN;
    begin_last(t);
    return layer_fail_words(l, "it did not take the last %llu bytes", (unsigned long long)t->unsent);
}

/* There is room all the time: the timer tells when all is out. */
static unsigned terminal_want(struct layer *l, unsigned wanted)
{
    const struct terminal *t = terminal_of(l);

    return t->ends || t->breaking != NO_BREAK ? wanted & ~(unsigned)LOOP_OUT : wanted;
}

/* What is not out by now is given up: close(2) would wait for it. */
static void give_back(struct terminal *t)
{
    stop_break(t);
    if (below_unsent(&t->f.port) > 0)
        (void)tcflush(t->f.watch.fd, TCOFLUSH);
    (void)terminal_set_modes(t->f.watch.fd, &t->before); /* they could be set before */
}

static void give_back_at_once(struct crash_care *care, bool handler)
{
    const struct terminal *t = container_of(care, struct terminal, care);

    (void)handler;
    if (t->breaking == BREAK_LASTS)
        (void)ioctl(t->f.watch.fd, TIOCCBRK);
    (void)terminal_set_modes(t->f.watch.fd, &t->before);
}

static void free_terminal(struct layer *l)
{
    struct terminal *t = terminal_of(l);

    loop_timer_clear(&t->look);
    if (t->master)
        window_leave(&t->window);
    else
        give_back(t);
    crash_forget(&t->care);
    fdio_free(l);
}

static const struct layer_ops terminal_ops = {
    .name = "terminal",
    .read = read_terminal,
    .write = write_terminal,
    .pending = terminal_pending,
    .shut = shut_terminal,
    .want = terminal_want,
    .send_break = begin_break,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_terminal,
};

static struct terminal *terminal_new(struct loop *loop, int fd)
{
    struct terminal *t = mem_alloc(sizeof *t);

    fdio_init(&t->f, loop, fd, &terminal_ops, IO_STREAM);
    t->look.fire = look_again;
    return t;
}

struct port *terminal_line(struct loop *loop, int fd, const struct terminal_modes *before)
{
    struct terminal *t = terminal_new(loop, fd);

    t->before = *before;
    t->care.run = give_back_at_once;
    crash_care(&t->care);
    return &t->f.port;
}

struct port *terminal_master(struct loop *loop, int fd)
{
    struct terminal *t = terminal_new(loop, fd);

    t->master = true;
    window_follow(&t->window, loop, fd);
    return &t->f.port;
}

void terminal_resize(struct port *p, unsigned short rows, unsigned short columns)
{
    struct terminal *t = container_of(p, struct terminal, f.port);

    window_leave(&t->window);
    window_set(t->f.watch.fd, rows, columns);
}
