/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "io/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/mem.h"
#include "loop/wait.h"

enum { MEM_MAJOR = 1, NULL_MINOR = 3 }; /* /dev/null (null(4)) */

unsigned splice_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max / SPLICE_SHARE > SPLICE_PIPES)
        return 2 * SPLICE_PIPES;
    return 2 * ((unsigned)limit.rlim_max / SPLICE_SHARE);
}

void pipes_init(struct pipes *p, bool allowed)
{
    *p = (struct pipes){.allowed = allowed, .most = splice_descriptors() / 2};
#ifndef USE_SPLICE
    p->allowed = false;
#endif
}

void pipes_clear(struct pipes *p)
{
    while (p->count > 0) {
        p->count--;
        close(p->idle[p->count].fd[0]);
        close(p->idle[p->count].fd[1]);
    }
}

bool splice_refused(int error)
{
    return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

#ifdef USE_SPLICE

/* Makes a pipe as large as is allowed, where it is to be `large`. Returns its size. */
static size_t pipe_size(int fd, bool large)
{
    int size = large ? fcntl(fd, F_SETPIPE_SZ, SPLICE_ROOM) : -1;

    if (size < 0)
        size = fcntl(fd, F_GETPIPE_SZ);
    return size > 0 ? (size_t)size : 4096;
}

static bool pipes_are_out(const struct pipes *p)
{
    return p->used >= p->most;
}

static int take_pipe(struct splice *s)
{
    struct pipes *p = s->pipes;

    if (p->count == 0)
        return pipe2(s->pipe, O_NONBLOCK | O_CLOEXEC);
    p->count--;
    s->pipe[0] = p->idle[p->count].fd[0];
    s->pipe[1] = p->idle[p->count].fd[1];
    s->size = p->idle[p->count].size;
    return 0;
}

static int borrow_pipe(struct splice *s)
{
    const bool large = s->pipes->used < SPLICE_LARGE;

    s->size = 0;
    if (pipes_are_out(s->pipes) || take_pipe(s) < 0)
        return -1;
    s->pipes->used++;
    if (s->size == 0 || (large && s->size < SPLICE_ROOM))
        s->size = pipe_size(s->pipe[0], large);
    s->room = large || s->size < SPLICE_TRIAL ? s->size : SPLICE_TRIAL;
    return 0;
}

static void give_pipe_back(struct splice *s)
{
    struct pipes *p = s->pipes;

    p->used--;
    if (s->held == 0 && p->count < SPLICE_KEEP) {
        p->idle[p->count].fd[0] = s->pipe[0];
        p->idle[p->count].fd[1] = s->pipe[1];
        p->idle[p->count].size = s->size;
        p->count++;
    } else {
        close(s->pipe[0]);
        close(s->pipe[1]);
    }
    s->pipe[0] = s->pipe[1] = -1;
}

static bool is_null(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && major(st->st_rdev) == MEM_MAJOR && minor(st->st_rdev) == NULL_MINOR;
}

static bool is_tcp(int fd)
{
    int protocol = 0;
    socklen_t len = sizeof protocol;

    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 && protocol == IPPROTO_TCP;
}

/* Splicing into a file means a copy into the page cache, page by page: on disk file systems the large copies of
 * a buffer are faster, on tmpfs they are not. */
static bool takes_splice(int fd, const struct stat *st)
{
    struct statfs fs;

    if (S_ISSOCK(st->st_mode) || S_ISFIFO(st->st_mode))
        return true;
    if (S_ISREG(st->st_mode))
        return !(fcntl(fd, F_GETFL) & O_APPEND) && fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
    return is_null(st);
}

static bool gives_splice(const struct stat *st)
{
    return S_ISSOCK(st->st_mode) || S_ISFIFO(st->st_mode) || S_ISREG(st->st_mode);
}

struct splice *splice_open(struct pipes *p, const struct port *src, const struct port *dst, bool *again)
{
    struct splice s = {.in = port_fd(src, 0), .out = port_fd_written(dst), .pipe = {-1, -1}};
    struct stat in, out;
    struct splice *new;

    *again = pipes_are_out(p);
    if (*again || !p->allowed || !(port_caps(src) & port_caps(dst) & IO_RAWFD) || fstat(s.in, &in) < 0 ||
        fstat(s.out, &out) < 0 || !gives_splice(&in) || !takes_splice(s.out, &out))
        return NULL;
    s.from_pipe = S_ISFIFO(in.st_mode);
    s.discards = is_null(&out) && is_tcp(s.in);
    if (s.discards) {
        s.room = SPLICE_ROOM;
    } else if (s.from_pipe) {
        s.room = pipe_size(s.in, true);
    } else if (S_ISFIFO(out.st_mode)) {
        s.room = pipe_size(s.out, true);
    } else {
        s.pipes = p;
    }
    new = mem_alloc(sizeof *new);
    *new = s;
    if (s.discards)
        new->nowhere = mem_resize(NULL, SPLICE_ROOM);
    return new;
}

void splice_close(struct splice *s)
{
    if (s == NULL)
        return;
    if (s->pipe[0] >= 0)
        give_pipe_back(s);
    free(s->nowhere);
    free(s);
}

bool splice_has_room(const struct splice *s)
{
    return !s->full;
}

static ssize_t splice_result(ssize_t n)
{
    if (n >= 0)
        return n;
    return errno == EAGAIN ? IO_AGAIN : IO_ERROR;
}

static ssize_t splice_some(int from, int to, size_t size)
{
    ssize_t n;

    do
        n = splice(from, NULL, to, NULL, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (n < 0 && errno == EINTR);
    return splice_result(n);
}

/* What goes to /dev/null need not leave the socket (MSG_TRUNC, tcp(7)): nothing is written to `nowhere`. */
static ssize_t discard_some(int from, void *nowhere)
{
    ssize_t n;

    do
        n = recv(from, nowhere, SPLICE_ROOM, MSG_TRUNC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return splice_result(n);
}

/* EAGAIN may mean either end: the pipe tells which. Asked right after, it may have changed its mind; then the wait is
 * short. An error is the destination's when it can only be one of writing. */
static bool source_is_empty(const struct splice *s)
{
    return s->from_pipe ? wait_ready(s->in, LOOP_IN) == 0 : wait_ready(s->out, LOOP_OUT) != 0;
}

static struct splice_step step_straight(struct splice *s)
{
    ssize_t n = s->discards ? discard_some(s->in, s->nowhere) : splice_some(s->in, s->out, SPLICE_ROOM);
    struct splice_step step = {.got = n, .put = n};

    if (n > 0)
        return step;
    step.error = errno;
    if (n == 0) {
        step.got = IO_EOF;
        step.put = 0;
    } else if (n == IO_AGAIN && !source_is_empty(s)) {
        step.got = 0;
    } else if (n == IO_AGAIN) {
        step.put = 0;
    } else if (s->from_pipe || step.error == EPIPE) {
        step.got = 0;
    } else {
        step.put = 0;
    }
    return step;
}

struct splice_step splice_step(struct splice *s, bool read)
{
    struct splice_step step = {0};

    if (s->pipes == NULL)
        return read ? step_straight(s) : step;
    if (read && !s->full) {
        if (s->pipe[0] < 0 && borrow_pipe(s) < 0)
            return (struct splice_step){.short_of_pipes = true};
        step.got = splice_some(s->in, s->pipe[1], (s->proven ? s->room : SPLICE_TRIAL) - s->held);
        step.error = errno;
        if (step.got > 0)
            s->held += (size_t)step.got;
        else if (step.got == 0)
            step.got = IO_EOF;
        /* With something in the pipe, EAGAIN may mean that its slots are used up though its bytes are not. */
        s->full = s->held >= (s->proven ? s->room : SPLICE_TRIAL) || (step.got == IO_AGAIN && s->held > 0);
    }
    if (s->held > 0) {
        step.put = splice_some(s->pipe[0], s->out, s->held);
        if (step.put == IO_ERROR)
            step.error = errno;
        if (step.put > 0) {
            s->held -= (size_t)step.put;
            s->full = false;
            s->proven = true;
        }
    }
    if (s->held == 0 && s->pipe[0] >= 0)
        give_pipe_back(s);
    return step;
}

size_t splice_recover(struct splice *s, void *data)
{
    size_t done = 0;

    while (s->held > 0) {
        ssize_t n = read(s->pipe[0], (char *)data + done, s->held);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
        s->held -= (size_t)n;
    }
    return done;
}

#else

size_t splice_recover(struct splice *s, void *data)
{
    (void)s, (void)data;
    return 0;
}

struct splice *splice_open(struct pipes *p, const struct port *src, const struct port *dst, bool *again)
{
    (void)p, (void)src, (void)dst;
    *again = false;
    return NULL;
}

void splice_close(struct splice *s)
{
    (void)s;
}

bool splice_has_room(const struct splice *s)
{
    (void)s;
    return false;
}

struct splice_step splice_step(struct splice *s, bool read)
{
    (void)s, (void)read;
    return (struct splice_step){.got = IO_ERROR, .error = EINVAL};
}

#endif
