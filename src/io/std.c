/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/std.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/reopen.h"
#include "io/fdio.h"
#include "loop/wait.h"

enum { PIPE_ROOM = 1024 * 1024 }; /* bytes in a pipe we share, where the kernel allows as much (pipe(7)) */

struct stream {
    struct fdio f;
    int shared; /* the descriptor 0 or 1 behind it */
};

/* Takes the lowest free descriptor: with /dev/null, or in a tree that has none (a bare chroot) with a pipe that has
 * ended. Returns it, or -1. */
static int open_null(void)
{
    int ends[2];
    int fd = open("/dev/null", O_RDWR);

    if (fd >= 0 || errno != ENOENT || pipe2(ends, 0) < 0)
        return fd;
    close(ends[1]);
    return ends[0];
}

int std_sanitize(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open_null() < 0)
            return -1;
    }
    return 0;
}

/* On a description we share, another process may take what poll(2) promised; all that can be done is to ask
 * right before. */
static ssize_t read_shared(struct layer *l, void *data, size_t size, struct meta *meta)
{
    if (wait_ready(container_of(l, struct fdio, layer)->watch.fd, LOOP_IN) == 0)
        return IO_AGAIN;
    return fdio_read(l, data, size, meta);
}

static ssize_t write_shared(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    if (wait_ready(container_of(l, struct fdio, layer)->watch.fd, LOOP_OUT) == 0)
        return IO_AGAIN;
    return fdio_write(l, data, size < PIPE_BUF ? size : PIPE_BUF, meta);
}

/* Puts /dev/null in the place of `fd` with one call: a number that is free for a moment may become another thread's. What
 * closing the old one tells counts, so it goes last. Returns 0, or an errno. */
static int replace_with_null(int fd)
{
    int null = open_null();
    int old = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int failed = 0;

    if (null < 0 || old < 0 || dup2(null, fd) < 0) {
        /* No descriptor to spare: the one that this gives back is what /dev/null gets. */
        if (close(fd) < 0 && errno != EINTR)
            failed = errno;
        if (open_null() < 0 && failed == 0)
            failed = errno;
    }
    if (old >= 0 && close(old) < 0 && errno != EINTR && failed == 0)
        failed = errno;
    if (null >= 0)
        close(null);
    return failed;
}

/* The shared descriptor is closed too, so that who reads our output sees its end, and stays taken. */
static int shut_output(struct layer *l)
{
    struct stream *s = container_of(l, struct stream, f.layer);
    int failed;

    if (s->f.watch.fd < 0)
        return 0;
    loop_del(&s->f.watch);
    if (s->f.watch.fd != s->shared)
        close(s->f.watch.fd);
    s->f.watch.fd = -1;
    failed = replace_with_null(s->shared);
    return failed != 0 ? layer_fail(l, failed) : 0;
}

static int shut_socket(struct layer *l)
{
    if (container_of(l, struct stream, f.layer)->f.watch.fd >= 0)
        fdio_shut_socket(l);
    return shut_output(l);
}

static void free_stream(struct layer *l)
{
    struct stream *s = container_of(l, struct stream, f.layer);

    loop_del(&s->f.watch);
    if (s->f.watch.fd == s->shared)
        s->f.watch.fd = -1;
    fdio_free(l);
}

static const struct layer_ops own_ops = {
    .name = "standard stream",
    .read = fdio_read,
    .write = fdio_write,
    .shut = shut_output,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_stream,
};

static const struct layer_ops socket_ops = {
    .name = "standard stream",
    .read = fdio_recv,
    .write = fdio_send,
    .shut = shut_socket,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_stream,
};

static const struct layer_ops shared_ops = {
    .name = "standard stream",
    .read = read_shared,
    .write = write_shared,
    .shut = shut_output,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_stream,
};

static bool is_stream_socket(int fd)
{
    int type = 0;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

struct port *std_open(struct loop *loop, int fd, int access)
{
    const struct layer_ops *ops = &shared_ops;
    unsigned caps = IO_STREAM | IO_HALFCLOSE;
    struct stream *s = mem_alloc(sizeof *s);
    struct stat st;
    int own = fd;

    if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode))) {
        ops = &own_ops; /* never blocks, and its offset must stay the shared one */
        caps |= IO_RAWFD;
    } else if (is_stream_socket(fd)) {
        ops = &socket_ops;
        caps |= fdio_shared_caps(fd);
    } else {
        if (S_ISFIFO(st.st_mode))
            (void)fcntl(fd, F_SETPIPE_SZ, PIPE_ROOM); /* fewer wake-ups; a smaller one serves as well */
        own = reopen_own(fd, access);
        if (own >= 0) {
            ops = &own_ops;
            caps |= IO_RAWFD;
        } else {
            own = fd;
        }
    }
    s->shared = fd;
    fdio_init(&s->f, loop, own, ops, caps);
    return &s->f.port;
}

struct port *std_input(struct loop *loop)
{
    return std_open(loop, STDIN_FILENO, O_RDONLY);
}

struct port *std_output(struct loop *loop)
{
    return std_open(loop, STDOUT_FILENO, O_WRONLY);
}
