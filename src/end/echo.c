/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * echo: what a peer sends goes back to it (RFC 862).
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "end/end.h"
#include "end/rows.h"
#include "io/fd.h"

static int parse_echo(struct end_spec *spec, const char *rest, struct err *e)
{
    (void)spec;
    return rest[0] == '\0' ? 0 : err_set(e, STATUS_LOCAL, "echo: takes nothing, not '%.128s'", rest);
}

/* As a peer it is a pipe. */
static int open_pipe(struct end *e, struct err *why)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
        return err_sys(why, STATUS_LOCAL, errno, "pipe");
    e->in = fd_file(e->ends->loop, fd[0]);
    e->out = fd_file(e->ends->loop, fd[1]);
    return 0;
}

static int open_echo(struct end *e, struct peer *peer, struct err *why)
{
    if (peer != NULL)
        e->out = peer->port;
    else if (open_pipe(e, why) < 0)
        return -1;
    end_ready(e);
    return 0;
}

static void close_echo(struct end *e, bool reset)
{
    (void)reset;
    if (e->in == NULL)
        return;
    port_free(e->in);
    port_free(e->out);
}

const struct end_kind end_echo = {
    .name = "echo",
    .syntax = "",
    .help = "what a peer sends goes back to it (RFC 862)",
    .parse = parse_echo,
    .open = open_echo,
    .close = close_echo,
};
