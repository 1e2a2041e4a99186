/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pty:COMMAND [ARG...], words as for exec.
 *
 * The program's three streams are the terminal, which controls a session of its own. We keep its side open until it runs:
 * without anybody there it would be hung up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "end/end.h"
#include "end/program.h"
#include "end/rows.h"
#include "io/remote.h"
#include "io/terminal.h"

/* As the system makes terminals; characters are UTF-8 everywhere by now. */
static void set_modes(int slave)
{
#ifdef IUTF8
    struct termios t;

    if (tcgetattr(slave, &t) < 0)
        return;
    t.c_iflag |= IUTF8;
    (void)tcsetattr(slave, TCSANOW, &t);
#else
    (void)slave;
#endif
}

/* Returns the master, or -1. */
static int make_terminal(int *slave, struct err *why)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (master < 0)
        return err_sys(why, STATUS_LOCAL, errno, "pty");
    *slave = grantpt(master) == 0 && unlockpt(master) == 0 ? terminal_open_slave(master) : -1;
    if (*slave >= 0 && fcntl(*slave, F_SETFL, 0) == 0) {
        set_modes(*slave);
        return master;
    }
    err_sys(why, STATUS_LOCAL, errno, "pty");
    if (*slave >= 0)
        close(*slave);
    close(master);
    return -1;
}

static struct remote *remote_of(const struct end *e)
{
    return e->whom != NULL ? port_remote(e->whom->port) : NULL;
}

static void remote_changed(struct remote *r, void *ctx)
{
    struct end *e = ctx;

    if (r->rows > 0 && r->columns > 0)
        terminal_resize(e->in, (unsigned short)r->rows, (unsigned short)r->columns);
}

/* The peer is at a terminal that it tells of (telnet). */
static void follow_remote(struct end *e)
{
    struct remote *r = remote_of(e);

    if (r == NULL)
        return;
    remote_watch(r, remote_changed, e);
    remote_changed(r, e);
}

static int open_pty(struct end *e, struct peer *peer, struct err *why)
{
    int slave = -1, result;
    const int master = make_terminal(&slave, why);
    const struct program_way way = {
        .fds = {slave, slave, slave}, .place = SPAWN_TERMINAL, .last = terminal_last};

    if (master < 0)
        return -1;
    e->in = e->out = terminal_master(e->ends->loop, master);
    follow_remote(e);
    result = program_start(e, e->spec->words, peer, &way, why);
    close(slave);
    if (result == 0)
        end_ready(e);
    return result;
}

static void close_pty(struct end *e, bool reset)
{
    struct remote *r = remote_of(e);

    if (r != NULL)
        remote_watch(r, NULL, NULL);
    program_close(e, reset);
}

const struct end_kind end_pty = {
    .name = "pty",
    .syntax = "COMMAND",
    .help = "a program on a terminal of its own",
    .descriptors = 2,
    .process = true,
    .choosy = true,
    .parse = program_parse,
    .open = open_pty,
    .close = close_pty,
};
