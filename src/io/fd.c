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

static ssize_t fd_result(struct layer *l, ssize_t n)
{
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return IO_AGAIN;
    return layer_fail(l, errno);
}

ssize_t fdio_read(struct layer *l, void *data, size_t size, struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = read(container_of(l, struct fdio, layer)->watch.fd, data, size);
    while (n < 0 && errno == EINTR);
    return n == 0 ? IO_EOF : fd_result(l, n);
}

ssize_t fdio_write(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = write(container_of(l, struct fdio, layer)->watch.fd, data, size);
    while (n < 0 && errno == EINTR);
    return fd_result(l, n);
}

ssize_t fdio_recv(struct layer *l, void *data, size_t size, struct meta *meta)
{
    struct fdio *f = container_of(l, struct fdio, layer);
    ssize_t n;

    (void)meta;
    if (f->ended) /* and stays so */
        return IO_EOF;
    do
        n = recv(f->watch.fd, data, size, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    f->ended = n == 0;
    return n == 0 ? IO_EOF : fd_result(l, n);
}

ssize_t fdio_send(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    ssize_t n;

    (void)meta;
    do
        n = send(container_of(l, struct fdio, layer)->watch.fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return fd_result(l, n);
}

int fdio_shut_socket(struct layer *l)
{
    struct fdio *f = container_of(l, struct fdio, layer);

    /* A connection that is gone already is the reader's news. */
    if (!f->shut && shutdown(f->watch.fd, SHUT_WR) < 0 && errno != ENOTCONN)
        return layer_fail(l, errno);
    f->shut = true;
    return 0;
}

void fdio_touch(struct layer *l)
{
    loop_touch(&container_of(l, struct fdio, layer)->watch);
}

int fdio_fd(const struct layer *l, unsigned i)
{
    return i == 0 ? container_of(l, const struct fdio, layer)->watch.fd : -1;
}

static unsigned fd_want(struct watch *w)
{
    return port_want(&container_of(w, struct fdio, watch)->port);
}

static void fd_ready(struct watch *w, unsigned events)
{
    layer_event(&container_of(w, struct fdio, watch)->layer, events);
}

void fdio_init(struct fdio *f, struct loop *loop, int fd, const struct layer_ops *ops, unsigned caps)
{
    port_init(&f->port, loop, &f->layer, ops, caps);
    f->watch.fd = fd;
    f->watch.want = fd_want;
    f->watch.fire = fd_ready;
    if (fd >= 0)
        loop_add(loop, &f->watch);
}

static struct port *fdio_new(struct loop *loop, int fd, const struct layer_ops *ops, unsigned caps)
{
    struct fdio *f = mem_alloc(sizeof *f);

    fdio_init(f, loop, fd, ops, caps);
    return &f->port;
}

void fdio_free(struct layer *l)
{
    struct fdio *f = container_of(l, struct fdio, layer);

    loop_del(&f->watch);
    if (f->watch.fd >= 0)
        close(f->watch.fd);
    free(f);
}

/* Closing a socket that holds unread bytes resets the connection, and what we sent last may be lost with it
 * (RFC 2525, 2.17): say that we end first, and read away what is there. port_close() does it better. */
static void free_socket(struct layer *l)
{
    const bool ours = !l->port->closing && !l->port->given;
    struct fdio *f = container_of(l, struct fdio, layer);
    int fd = f->watch.fd;
    char drop[16 * 1024];

    if (ours)
        shutdown(fd, SHUT_WR);
    for (int i = 0; i < 64 && ours && recv(fd, drop, sizeof drop, MSG_DONTWAIT) > 0; i++)
        continue;
    if (!f->shared && !l->port->given)
        loop_close(&f->watch);
    fdio_free(l);
}

static const struct layer_ops socket_ops = {
    .name = "socket",
    .read = fdio_recv,
    .write = fdio_send,
    .shut = fdio_shut_socket,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = free_socket,
};

struct port *fd_socket(struct loop *loop, int fd)
{
    return fdio_new(loop, fd, &socket_ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
}

unsigned fdio_shared_caps(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 ? IO_RAWFD : 0;
}

struct port *fd_shared_socket(struct loop *loop, int fd)
{
    struct port *p = fdio_new(loop, fd, &socket_ops, IO_STREAM | IO_HALFCLOSE | fdio_shared_caps(fd));

    container_of(p, struct fdio, port)->shared = true;
    return p;
}

static int shut_file(struct layer *l)
{
    struct fdio *f = container_of(l, struct fdio, layer);
    int fd = f->watch.fd;

    if (fd < 0)
        return 0;
    loop_del(&f->watch);
    f->watch.fd = -1;
    return close(fd) < 0 && errno != EINTR ? layer_fail(l, errno) : 0;
}

static const struct layer_ops file_ops = {
    .name = "file",
    .read = fdio_read,
    .write = fdio_write,
    .shut = shut_file,
    .touch = fdio_touch,
    .fd = fdio_fd,
    .free = fdio_free,
};

struct port *fd_file(struct loop *loop, int fd)
{
    return fdio_new(loop, fd, &file_ops, IO_STREAM | IO_HALFCLOSE | IO_RAWFD);
}

static ssize_t write_null(struct layer *l, const void *data, size_t size, const struct meta *meta)
{
    (void)l, (void)data, (void)meta;
    return (ssize_t)size;
}

static ssize_t read_null(struct layer *l, void *data, size_t size, struct meta *meta)
{
    (void)l, (void)data, (void)size, (void)meta;
    return IO_EOF;
}

static const struct layer_ops null_ops = {
    .name = "null",
    .read = read_null,
    .write = write_null,
    .free = fdio_free,
};

struct port *fd_null(struct loop *loop)
{
    return fdio_new(loop, -1, &null_ops, IO_STREAM);
}
