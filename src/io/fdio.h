/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fdio: what the ports on one descriptor (io/fd.c, io/std.c) are made of. Private to io/.
 */
#ifndef IO_FDIO_H
#define IO_FDIO_H

#include "io/port.h"

#include "base/container.h"

struct fdio {
    struct port port;
    struct layer layer;
    struct watch watch; /* its fd is read, written and waited for, and closed with the port; -1: none */
    bool shared;        /* a socket that other processes have as well */
    bool shut;          /* our direction of the socket is ended */
    bool ended;         /* the other one is: a read of it told */
};

/* Takes `fd` under watch; -1: none. */
void fdio_init(struct fdio *f, struct loop *loop, int fd, const struct layer_ops *ops, unsigned caps);

/* Parts for the ops: read(2) and write(2); recv(2) and send(2), which never block. */
ssize_t fdio_read(struct layer *l, void *data, size_t size, struct meta *meta);
ssize_t fdio_write(struct layer *l, const void *data, size_t size, const struct meta *meta);
ssize_t fdio_recv(struct layer *l, void *data, size_t size, struct meta *meta);
ssize_t fdio_send(struct layer *l, const void *data, size_t size, const struct meta *meta);
int fdio_shut_socket(struct layer *l);
void fdio_touch(struct layer *l);
int fdio_fd(const struct layer *l, unsigned i);

/* What a socket that others share with us may be moved by (IO_RAWFD, or nothing): where it blocks, so does splice(2). */
unsigned fdio_shared_caps(int fd);

/* Closes the descriptor. */
void fdio_free(struct layer *l);

#endif
