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
    struct watch watch;
    int fd;     /* what is read, written and waited for; closed with the port when not shared */
    int shared; /* the descriptor 0 or 1 behind it (io/std.c) */
};

/* A watched descriptor; -1: none. */
struct fdio *fdio_new(struct loop *loop, int fd, const struct layer_ops *ops);

/* Parts for the ops: read(2) and write(2); recv(2) and send(2), which never block. */
ssize_t fdio_read(struct port *port, void *data, size_t size, struct meta *meta);
ssize_t fdio_write(struct port *port, const void *data, size_t size, const struct meta *meta);
ssize_t fdio_recv(struct port *port, void *data, size_t size, struct meta *meta);
ssize_t fdio_send(struct port *port, const void *data, size_t size, const struct meta *meta);
int fdio_shut_socket(struct port *port);
void fdio_touch(struct port *port);
int fdio_fd(const struct port *port);

/* Closes the descriptor. */
void fdio_free(struct port *port);

#endif
