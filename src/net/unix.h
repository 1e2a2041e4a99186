/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unix: binding a UNIX socket to a path, and removing the path afterwards. Private to net/.
 *
 * Only a dead socket, one that no process has open, is ever removed to make room, under a lock: a file beside it that
 * is gone when unix_bind() returns. At the end only the very file that bind(2) made is removed, while its socket is
 * still open: from then on it is for the next one to say whose it is. Abstract and unnamed addresses leave nothing
 * behind (unix(7)).
 */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include <sys/stat.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/message.h"

/* A path that we made and have to remove. */
struct unix_path {
    char *path; /* NULL: none */
    dev_t dev;
    ino_t ino;
};

/* Binds `fd` to `a` and fills `own`, which must be zeroed. An error is told as `failed`. Returns 0, or -1 with `e`
 * (STATUS_LOCAL). */
int unix_bind(int fd, const struct addr *a, enum message_id failed, struct unix_path *own, struct err *e);

/* Leaves the path where it is, from now on nobody's. */
void unix_leave(struct unix_path *own);

/* Removes the path, when it is still ours, and clears `own`. Best called before the socket is closed: a dead one may be taken
 * away by others, and a new one have its inode. */
void unix_remove(struct unix_path *own);

#endif
