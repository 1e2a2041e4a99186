/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "io/fdio.h"

static ssize_t result(struct port *port, ssize_t n)
{
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return IO_AGAIN;
    return port_fail(port, errno);
}

ssize_t fdio_read(struct port *port, void *data, size_t size, struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = read(container_of(port, struct fdio, port)->fd, data, size);
    while (n < 0 && errno == EINTR);
    return n == 0 ? IO_EOF : result(port, n);
}

ssize_t fdio_write(struct port *port, const void *data, size_t size, const struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = write(container_of(port, struct fdio, port)->fd, data, size);
    while (n < 0 && errno == EINTR);
    return result(port, n);
}

ssize_t fdio_recv(struct port *port, void *data, size_t size, struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = recv(container_of(port, struct fdio, port)->fd, data, size, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n == 0 ? IO_EOF : result(port, n);
}

ssize_t fdio_send(struct port *port, const void *data, size_t size, const struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = send(container_of(port, struct fdio, port)->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return result(port, n);
}

int fdio_shut_socket(struct port *port)
{
    /* A connection that is gone already is the reader's news. */
    if (shutdown(container_of(port, struct fdio, port)->fd, SHUT_WR) < 0 && errno != ENOTCONN)
        return port_fail(port, errno);
    return 0;
}

void fdio_touch(struct port *port)
{
    loop_touch(&container_of(port, struct fdio, port)->watch);
}

int fdio_fd(const struct port *port)
{
    return container_of(port, const struct fdio, port)->fd;
}

static unsigned want(struct watch *w)
{
    return port_want(&container_of(w, struct fdio, watch)->port);
}

static void fire(struct watch *w, unsigned events)
{
    port_event(&container_of(w, struct fdio, watch)->port, events);
}

struct fdio *fdio_new(struct loop *loop, int fd, const struct layer_ops *ops)
{
    struct fdio *f = mem_alloc(sizeof *f);

    port_init(&f->port, ops, loop, NULL);
    f->fd = fd;
    f->watch.fd = fd;
    f->watch.want = want;
    f->watch.fire = fire;
    if (fd >= 0)
        loop_add(loop, &f->watch);
    return f;
}

void fdio_free(struct port *port)
{
    struct fdio *f = container_of(port, struct fdio, port);

    loop_del(&f->watch);
    if (f->fd >= 0)
        close(f->fd);
    free(f);
}

/* Closing a socket that holds unread bytes resets the connection, and what we sent last may be lost with it
 * (RFC 2525, 2.17): say that we end first, and read away what is there. */
static void free_socket(struct port *port)
{
    int fd = container_of(port, struct fdio, port)->fd;
    char drop[16 * 1024];

    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 64 && recv(fd, drop, sizeof drop, MSG_DONTWAIT) > 0; i++)
        continue;
    fdio_free(port);
}

static const struct layer_ops socket_ops = {
    .name = "socket",
    .caps = IO_STREAM | IO_HALFCLOSE | IO_RAWFD,
    .read = fdio_recv,
    .write = fdio_send,
    .shut = fdio_shut_socket,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_socket,
};

struct port *fd_socket(struct loop *loop, int fd)
{
    return &fdio_new(loop, fd, &socket_ops)->port;
}

static int shut_file(struct port *port)
{
    struct fdio *f = container_of(port, struct fdio, port);
    int fd = f->fd;

    loop_del(&f->watch);
    f->fd = -1;
    return close(fd) < 0 && errno != EINTR ? port_fail(port, errno) : 0;
}

static const struct layer_ops file_ops = {
    .name = "file",
    .caps = IO_STREAM | IO_HALFCLOSE | IO_RAWFD,
    .read = fdio_read,
    .write = fdio_write,
    .shut = shut_file,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = fdio_free,
};

struct port *fd_file(struct loop *loop, int fd)
{
    return &fdio_new(loop, fd, &file_ops)->port;
}

static ssize_t write_null(struct port *port, const void *data, size_t size, const struct meta *meta)
{
    (void)port, (void)data, (void)meta;
    return (ssize_t)size;
}

static ssize_t read_null(struct port *port, void *data, size_t size, struct meta *meta)
{
    (void)port, (void)data, (void)size, (void)meta;
    return IO_EOF;
}

static const struct layer_ops null_ops = {
    .name = "null",
    .caps = IO_STREAM,
    .read = read_null,
    .write = write_null,
    .free = fdio_free,
};

struct port *fd_null(struct loop *loop)
{
    return &fdio_new(loop, -1, &null_ops)->port;
}
