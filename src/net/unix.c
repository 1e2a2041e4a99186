/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define LOCK_ENDING ".pollcat-lock"

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
static bool is_dead_socket(const struct addr *a)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused;

    if (fd < 0)
        return false;
    refused = connect(fd, &a->sa, a->len) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int fail_bind(const struct addr *a, enum message_id failed, int sys, const char *why, struct err *e)
{
    return message_err(e, STATUS_LOCAL, sys, failed, &(struct message){.local = a, .why = why});
}

/* Returns 0 when a dead socket is at `path`, or nothing any more. */
static int check_dead(const struct addr *a, const char *path, enum message_id failed, struct err *e)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : fail_bind(a, failed, errno, strerror(errno), e);
    if (!S_ISSOCK(st.st_mode))
        return fail_bind(a, failed, 0, "the file exists and is not a socket", e);
    if (!is_dead_socket(a))
        return fail_bind(a, failed, EADDRINUSE, strerror(EADDRINUSE), e);
    return 0;
}

/* The lock beside a path that is in use, while it is looked at and bound anew: of two who find it dead, the slower
 * would otherwise remove what the faster has just bound. Its file is removed by who holds the lock, and nobody else: a
 * lock got on a file that has no name any more is none. What is left by one who was killed is taken over. */
struct lock {
    int fd;
    char *path;
};

static void fail_lock(struct lock *l, const struct addr *a, enum message_id failed, int sys, struct err *e)
{
    char text[ADDR_TEXT];

    if (l->fd >= 0)
        close(l->fd);
    free(l->path);
    if (sys == EWOULDBLOCK) /* somebody binds it now */
        fail_bind(a, failed, EADDRINUSE, strerror(EADDRINUSE), e);
    else
        err_sys(e, STATUS_LOCAL, sys, "lock %s", addr_format(a, text));
}

static int lock_path(struct lock *l, const char *path, const struct addr *a, enum message_id failed,
                     struct err *e)
{
    size_t size = strlen(path) + sizeof LOCK_ENDING;
    struct stat st = {0};

    l->path = mem_alloc(size);
    snprintf(l->path, size, "%s%s", path, LOCK_ENDING);
    do {
        l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
        if (l->fd < 0 || flock(l->fd, LOCK_EX | LOCK_NB) < 0 || fstat(l->fd, &st) < 0) {
            fail_lock(l, a, failed, errno, e);
            return -1;
        }
        if (st.st_nlink == 0)
            close(l->fd);
    } while (st.st_nlink == 0);
    return 0;
}

static void unlock_path(struct lock *l)
{
    if (unlink(l->path) < 0)
        log_debug("remove %s: %s", l->path, strerror(errno));
    close(l->fd);
    free(l->path);
}

static int remove_dead(const struct addr *a, const char *path, struct err *e)
{
    char text[ADDR_TEXT];

    if (unlink(path) == 0)
        log_info("removed the dead socket %s", addr_format(a, text));
    else if (errno != ENOENT)
        return err_sys(e, STATUS_LOCAL, errno, "remove the dead socket %s", addr_format(a, text));
    return 0;
}

static int bind_once(int fd, const struct addr *a, enum message_id failed, struct err *e)
{
    if (bind(fd, &a->sa, a->len) == 0)
        return 0;
    return fail_bind(a, failed, errno, strerror(errno), e);
}

/* Binds where a socket may lie dead. One that is not needs no lock. */
static int bind_anew(int fd, const struct addr *a, const char *path, enum message_id failed, struct err *e)
{
    struct lock l;
    bool bound;

    if (check_dead(a, path, failed, e) < 0 || lock_path(&l, path, a, failed, e) < 0)
        return -1;
    bound = check_dead(a, path, failed, e) == 0 && remove_dead(a, path, e) == 0 &&
            bind_once(fd, a, failed, e) == 0;
    unlock_path(&l);
    return bound ? 0 : -1;
}

int unix_bind(int fd, const struct addr *a, enum message_id failed, struct unix_path *own, struct err *e)
{
    char *path = path_of(a);
    struct stat st;
    int r = bind_once(fd, a, failed, e);

    if (r < 0 && e->sys == EADDRINUSE && path != NULL)
        r = bind_anew(fd, a, path, failed, e);
    if (r < 0 || path == NULL || lstat(path, &st) < 0) {
        free(path);
        return r;
    }
    own->path = path;
    own->dev = st.st_dev;
    own->ino = st.st_ino;
    return 0;
}

void unix_leave(struct unix_path *own)
{
    free(own->path);
    own->path = NULL;
}

void unix_remove(struct unix_path *own)
{
    struct stat st;

    if (own->path == NULL)
        return;
    if (lstat(own->path, &st) == 0 && st.st_dev == own->dev && st.st_ino == own->ino && unlink(own->path) < 0)
        log_debug("remove our socket: %s", strerror(errno));
    unix_leave(own);
}
