/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fd:N, fd:IN,OUT: descriptors that we were started with; `-` is fd:0,1.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/num.h"
#include "end/end.h"
#include "end/rows.h"
#include "io/fd.h"
#include "io/std.h"

/* The number at the start of `*text`, which then points behind it; -1: there is none. */
static int take_number(const char **text)
{
    char digits[12];
    const size_t n = strspn(*text, "0123456789");
    int64_t value;

    if (n == 0 || n >= sizeof digits)
        return -1;
    memcpy(digits, *text, n);
    digits[n] = '\0';
    if (num_parse(digits, 0, INT_MAX, &value) < 0)
        return -1;
    *text += n;
    return (int)value;
}

/* The two numbers; the second is that of the first where there is one alone. Returns 0, or -1. */
static int read_numbers(const char *rest, int *in, int *out)
{
    *in = *out = take_number(&rest);
    if (*in >= 0 && *rest == ',') {
        rest++;
        *out = take_number(&rest);
    }
    return *in >= 0 && *out >= 0 && *rest == '\0' ? 0 : -1;
}

static int parse_descriptor(struct end_spec *spec, const char *rest, struct err *e)
{
    int fd[2];

    if (read_numbers(rest, &fd[0], &fd[1]) < 0)
        return err_set(e, STATUS_LOCAL, "fd: '%.64s' is no number, and no IN,OUT", rest);
    for (int i = 0; i < 2; i++) {
        if (fcntl(fd[i], F_GETFD) < 0)
            return err_sys(e, STATUS_LOCAL, errno, "fd:%d", fd[i]);
    }
    spec->host = mem_strdup(rest);
    return 0;
}

/* A stream in both directions is one port over a descriptor of its own. Returns 1 when it was that, or -1. */
static int open_socket(struct end *e, int fd, struct err *why)
{
    int type = 0, own;
    socklen_t len = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
        return 0;
    if (type != SOCK_STREAM)
        return err_set(why, STATUS_LOCAL, "fd:%d is no stream", fd);
    own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return err_sys(why, STATUS_LOCAL, errno, "fd:%d", fd);
    e->in = e->out = fd_shared_socket(e->ends->loop, own);
    return 1;
}

/* What is only written to is not read from, and the other way round. */
static void open_streams(struct end *e, int in, int out)
{
    if ((fcntl(in, F_GETFL) & O_ACCMODE) != O_WRONLY)
        e->in = std_open(e->ends->loop, in, O_RDONLY);
    if ((fcntl(out, F_GETFL) & O_ACCMODE) != O_RDONLY)
        e->out = std_open(e->ends->loop, out, O_WRONLY);
    else
        e->out = fd_null(e->ends->loop);
}

static int open_descriptor(struct end *e, struct peer *peer, struct err *why)
{
    int in, out, is_socket = 0;

    (void)peer;
    (void)read_numbers(e->spec->host, &in, &out); /* it was read before */
    if (in == out)
        is_socket = open_socket(e, in, why);
    if (is_socket < 0)
        return -1;
    if (is_socket == 0)
        open_streams(e, in, out);
    end_ready(e);
    return 0;
}

static void close_descriptor(struct end *e, bool reset)
{
    (void)reset;
    if (e->in != e->out)
        port_free(e->in);
    port_free(e->out);
}

const struct end_kind end_descriptor = {
    .name = "fd",
    .syntax = "IN,OUT",
    .help = "descriptors that we were started with",
    .descriptors = 2,
    .once = true,
    .parse = parse_descriptor,
    .open = open_descriptor,
    .close = close_descriptor,
};
