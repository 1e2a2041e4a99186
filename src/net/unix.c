/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* The path of `a` as a string, newly allocated, or NULL when it has none in the file system. */
static char *path_of(const struct addr *a)
{
    size_t head = offsetof(struct sockaddr_un, sun_path);
    size_t n = a->len > head ? a->len - head : 0;

    if (n == 0 || a->un.sun_path[0] == '\0')
        return NULL;
    return mem_strndup(a->un.sun_path, strnlen(a->un.sun_path, n));
}

/* True when no process has a socket bound there. A datagram socket asks: a live socket of that type takes no
 * notice of it, and any other type answers EPROTOTYPE, so that nobody's only connection is used up. */
static bool dead(const struct addr *a)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused;

    if (fd < 0)
        return false;
    refused = connect(fd, &a->sa, a->len) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

/* Makes room for a bind() that found the path in use. Returns 0 when a dead socket was removed. */
static int make_room(const struct addr *a, const char *path, const char *what, struct err *e)
{
    char text[ADDR_TEXT];
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_sys(e, STATUS_LOCAL, errno, "%s %s", what, addr_format(a, text));
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, STATUS_LOCAL, "%s %s: the file exists and is not a socket", what,
                       addr_format(a, text));
    if (!dead(a))
        return err_sys(e, STATUS_LOCAL, EADDRINUSE, "%s %s", what, addr_format(a, text));
    if (unlink(path) < 0 && errno != ENOENT)
        return err_sys(e, STATUS_LOCAL, errno, "remove the dead socket %s", addr_format(a, text));
    log_info("removed the dead socket %s", addr_format(a, text));
    return 0;
}

int unix_bind(int fd, const struct addr *a, const char *what, struct unix_path *own, struct err *e)
{
    char text[ADDR_TEXT];
    char *path = path_of(a);
    struct stat st;
    int r = bind(fd, &a->sa, a->len);

    if (r < 0 && errno == EADDRINUSE && path != NULL) {
        if (make_room(a, path, what, e) < 0) {
            free(path);
            return -1;
        }
        r = bind(fd, &a->sa, a->len);
    }
    if (r < 0) {
        free(path);
        return err_sys(e, STATUS_LOCAL, errno, "%s %s", what, addr_format(a, text));
    }
    if (path == NULL || lstat(path, &st) < 0) {
        free(path);
        return 0;
    }
    own->path = path;
    own->dev = st.st_dev;
    own->ino = st.st_ino;
    return 0;
}

void unix_remove(struct unix_path *own)
{
    struct stat st;

    if (own->path == NULL)
        return;
    if (lstat(own->path, &st) == 0 && st.st_dev == own->dev && st.st_ino == own->ino && unlink(own->path) < 0)
        log_debug("remove our socket: %s", strerror(errno));
    free(own->path);
    own->path = NULL;
}
