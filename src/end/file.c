/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file:PATH, append:PATH: what a peer sends is written there. read:PATH: what is there is sent to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "end/end.h"
#include "end/rows.h"
#include "io/fd.h"

enum { MODE = 0666 /* less what umask(2) takes */ };

static int parse_path(struct end_spec *spec, const char *rest, struct err *e)
{
    if (rest[0] == '\0')
        return err_set(e, STATUS_LOCAL, "%s: a path is missing", spec->kind->name);
    spec->host = mem_strdup(rest);
    return 0;
}

static int open_path(const struct end *e, int flags, struct err *why)
{
    int fd;

    do
        fd = open(e->spec->host, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, MODE);
    while (fd < 0 && errno == EINTR);
    return fd >= 0 ? fd : err_sys(why, STATUS_LOCAL, errno, "%s", e->spec->host);
}

static int open_to_write(struct end *e, int flags, struct err *why)
{
    int fd = open_path(e, flags | O_WRONLY | O_CREAT, why);

    if (fd < 0)
        return -1;
    e->out = fd_file(e->ends->loop, fd);
    end_ready(e);
    return 0;
}

static int open_file(struct end *e, struct peer *peer, struct err *why)
{
    (void)peer;
    return open_to_write(e, O_TRUNC, why);
}

static int open_append(struct end *e, struct peer *peer, struct err *why)
{
    (void)peer;
    return open_to_write(e, O_APPEND, why);
}

/* Its end is the end of all; what the peer sends is not for anybody. */
static int open_read(struct end *e, struct peer *peer, struct err *why)
{
    int fd = open_path(e, O_RDONLY, why);

    (void)peer;
    if (fd < 0)
        return -1;
    e->in = fd_file(e->ends->loop, fd);
    e->out = fd_null(e->ends->loop);
    e->over = true;
    end_ready(e);
    return 0;
}

static void close_file(struct end *e, bool reset)
{
    (void)reset;
    port_free(e->in);
    port_free(e->out);
}

const struct end_kind end_file = {
    .name = "file",
    .syntax = "PATH",
    .help = "what comes is written there, over what was there",
    .descriptors = 1,
    .mute = true,
    .once = true, /* a second peer would write over what the first sent */
    .parse = parse_path,
    .open = open_file,
    .close = close_file,
};

const struct end_kind end_append = {
    .name = "append",
    .syntax = "PATH",
    .help = "what comes is written behind what is there",
    .descriptors = 1,
    .mute = true,
    .parse = parse_path,
    .open = open_append,
    .close = close_file,
};

const struct end_kind end_read = {
    .name = "read",
    .syntax = "PATH",
    .help = "what is there is sent",
    .descriptors = 1,
    .parse = parse_path,
    .open = open_read,
    .close = close_file,
};
