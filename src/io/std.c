/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/std.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/container.h"
#include "io/fdio.h"
#include "loop/wait.h"

enum { PIPE_ROOM = 1024 * 1024 }; /* bytes in a pipe we share, where the kernel allows as much (pipe(7)) */

int std_sanitize(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return -1;
    }
    return 0;
}

/* On a description we share, another process may take what poll(2) promised; all that can be done is to ask
 * right before. */
static ssize_t read_shared(struct port *port, void *data, size_t size, struct meta *meta)
{
    if (wait_ready(container_of(port, struct fdio, port)->fd, LOOP_IN) == 0)
        return IO_AGAIN;
    return fdio_read(port, data, size, meta);
}

static ssize_t write_shared(struct port *port, const void *data, size_t size, const struct meta *meta)
{
    if (wait_ready(container_of(port, struct fdio, port)->fd, LOOP_OUT) == 0)
        return IO_AGAIN;
    return fdio_write(port, data, size < PIPE_BUF ? size : PIPE_BUF, meta);
}

/* Puts /dev/null in the place of `fd` with one call: a number that is free for a moment may become another thread's. What
 * closing the old one tells counts, so it goes last. Returns 0, or an errno. */
static int replace_with_null(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int old = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int failed = 0;

    if (null < 0 || old < 0 || dup2(null, fd) < 0) {
        /* No descriptor to spare: the one that this gives back is what /dev/null gets. */
        if (close(fd) < 0 && errno != EINTR)
            failed = errno;
        if (open("/dev/null", O_RDWR) < 0 && failed == 0)
            failed = errno;
    }
    if (old >= 0 && close(old) < 0 && errno != EINTR && failed == 0)
        failed = errno;
    if (null >= 0)
        close(null);
    return failed;
}

/* The shared descriptor is closed too, so that who reads our output sees its end, and stays taken. */
static int shut_output(struct port *port)
{
    struct fdio *f = container_of(port, struct fdio, port);
    int failed;

    loop_del(&f->watch);
    if (f->fd != f->shared)
        close(f->fd);
    f->fd = -1;
    failed = replace_with_null(f->shared);
    return failed != 0 ? port_fail(port, failed) : 0;
}

static int shut_socket(struct port *port)
{
    fdio_shut_socket(port);
    return shut_output(port);
}

static void free_std(struct port *port)
{
    struct fdio *f = container_of(port, struct fdio, port);

    loop_del(&f->watch);
    if (f->fd == f->shared)
        f->fd = -1;
    fdio_free(port);
}

static const struct layer_ops own_ops = {
    .name = "standard stream",
    .caps = IO_STREAM | IO_HALFCLOSE | IO_RAWFD,
    .read = fdio_read,
    .write = fdio_write,
    .shut = shut_output,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_std,
};

static const struct layer_ops socket_ops = {
    .name = "standard stream",
    .caps = IO_STREAM | IO_HALFCLOSE | IO_RAWFD,
    .read = fdio_recv,
    .write = fdio_send,
    .shut = shut_socket,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_std,
};

static const struct layer_ops shared_ops = {
    .name = "standard stream",
    .caps = IO_STREAM | IO_HALFCLOSE,
    .read = read_shared,
    .write = write_shared,
    .shut = shut_output,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_std,
};

static bool is_stream_socket(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

/* A description of our own of what `fd` stands for, or -1. */
static int reopen(int fd, int access)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static struct port *open_std(struct loop *loop, int fd, int access)
{
    const struct layer_ops *ops = &shared_ops;
    struct fdio *f;
    struct stat st;
    int own = fd;

    if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode))) {
        ops = &own_ops; /* never blocks, and its offset must stay the shared one */
    } else if (is_stream_socket(fd)) {
        ops = &socket_ops;
    } else {
        if (S_ISFIFO(st.st_mode))
            (void)fcntl(fd, F_SETPIPE_SZ, PIPE_ROOM); /* fewer wake-ups; a smaller one serves as well */
        own = reopen(fd, access);
        if (own >= 0)
            ops = &own_ops;
        else
            own = fd;
    }
    f = fdio_new(loop, own, ops);
    f->shared = fd;
    return &f->port;
}

struct port *std_input(struct loop *loop)
{
    return open_std(loop, STDIN_FILENO, O_RDONLY);
}

struct port *std_output(struct loop *loop)
{
    return open_std(loop, STDOUT_FILENO, O_WRONLY);
}
