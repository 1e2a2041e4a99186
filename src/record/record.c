/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/reopen.h"
#include "loop/wait.h"

enum { GATHER = 64 * 1024 }; /* bytes that are written at once; more goes as it comes */
enum { STALL = 2000 };       /* ms that all wait for a reader of standard error before it is given up */

struct record {
    struct record_opts opts;
    struct observer observer;
    struct loop *loop;
    char *path;
    int fd;
    uint64_t size;
    char *out; /* to be written; NULL: nothing was gathered yet */
    size_t nout;
    void *state;
    struct err err;
    bool failed;
    struct job told;
};

/* Writing */

static void run_told(struct job *j)
{
    struct record *r = container_of(j, struct record, told);

    r->opts.failed(r->opts.ctx, r, &r->err);
}

static void fail(struct record *r, int sys)
{
    r->failed = true;
    err_sys(&r->err, STATUS_LOCAL, sys, "%s", r->path);
    loop_soon(r->loop, &r->told);
}

static void write_out(struct record *r, const char *p, size_t n)
{
    while (n > 0 && !r->failed) {
        ssize_t done = write(r->fd, p, n);

        if (done < 0 && (errno == EINTR || (errno == EAGAIN && wait_room(r->fd, STALL))))
            continue;
        if (done < 0) {
            fail(r, errno);
            return;
        }
        r->size += (uint64_t)done;
        p += done;
        n -= (size_t)done;
    }
}

static void flush(struct record *r)
{
    write_out(r, r->out, r->nout);
    r->nout = 0;
}

void record_put(struct record *r, const void *data, size_t n)
{
    if (r->nout + n > GATHER)
        flush(r);
    if (n > GATHER / 2) {
        flush(r);
        write_out(r, data, n);
        return;
    }
    if (r->out == NULL)
        r->out = mem_alloc(GATHER);
    if (n > 0)
        memcpy(r->out + r->nout, data, n);
    r->nout += n;
}

void *record_state(struct record *r)
{
    return r->state;
}

/* Observing */

static struct record *record_of(struct observed *o)
{
    return container_of(o->by, struct record, observer);
}

static void begin_direction(struct observed *o)
{
    const struct record *r = record_of(o);

    if (r->opts.format->each > 0)
        o->own = mem_alloc(r->opts.format->each);
}

static void leave_direction(struct observed *o)
{
    struct record *r = record_of(o);

    if (r->opts.format->leave != NULL)
        r->opts.format->leave(r, o->own, o->peer);
    flush(r);
    free(o->own);
}

static void see_data(struct observed *o, const void *data, size_t n, const struct meta *meta)
{
    struct record *r = record_of(o);
    const struct meta *from = meta != NULL && meta->peer.len > 0 ? meta : NULL;
    char name[ADDR_TEXT];
    struct record_event e = {.peer = o->peer,
                             .name = name,
                             .sent = o->sent,
                             .message = (port_caps(o->peer->port) & IO_MSG) != 0,
                             .secret = meta != NULL && meta->secret};

    if (r->failed)
        return;
    if (r->opts.number != NULL)
        e.number = r->opts.number(r->opts.ctx, o->peer, from, o->sent);
    if (from != NULL)
        addr_format(&from->peer, name);
    else
        peer_name(o->peer, name);
    r->opts.format->data(r, o->own, &e, data, n);
    flush(r);
}

/* A piece of a direction that has no link, and is told apart by the name of whom it is for. */
static void see_put_in(struct observer *o, struct peer *p, const char *to, const void *data, size_t n,
                       bool secret)
{
    struct record *r = container_of(o, struct record, observer);
    const struct record_event e = {
        .peer = p,
        .number = r->opts.number != NULL ? r->opts.number(r->opts.ctx, p, NULL, true) : 0,
        .name = to,
        .sent = true,
        .message = (port_caps(p->port) & IO_MSG) != 0,
        .secret = secret};
    void *each;

    if (r->failed)
        return;
    each = mem_alloc(r->opts.format->each + 1);
    r->opts.format->data(r, each, &e, data, n);
    if (r->opts.format->leave != NULL)
        r->opts.format->leave(r, each, p);
    flush(r);
    free(each);
}

void record_note(struct record *r, uint32_t number, const char *name, const char *text)
{
    const struct record_event e = {.number = number, .name = name};

    if (r->opts.format->event == NULL)
        return;
    r->opts.format->event(r, &e, text);
    flush(r);
}

void record_peer(struct record *r, struct peer *p, struct link *in, struct link *out)
{
    if (in != NULL)
        observe_link(&r->observer, p, in, false);
    if (out != NULL)
        observe_link(&r->observer, p, out, true);
}

/* The file */

const char *record_path(const struct record *r)
{
    return r->path;
}

uint64_t record_size(const struct record *r)
{
    return r->size;
}

/* A file, or a device that takes everything or nothing; what could make us wait is refused. */
static int open_file(const char *path, bool appends, bool keep, struct err *e)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, how | O_APPEND | (appends || keep ? 0 : O_TRUNC),
                  0600); /* others may write to it, too */
    struct stat st;

    if (fd < 0)
        return err_sys(e, STATUS_LOCAL, errno, "%s", path);
    if (fstat(fd, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)) || isatty(fd))
        err_set(e, STATUS_LOCAL, "%s: not a regular file", path);
    else if (keep && !appends && st.st_size > 0)
        err_sys(e, STATUS_LOCAL, EEXIST, "%s", path);
    else
        return fd;
    close(fd);
    return -1;
}

/* A pipe that nobody reads must not hold up all for good, nor keep signals from ending us. */
static int open_stderr(const char *path, struct err *e)
{
    struct stat st;
    int fd = fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) ? reopen_own(STDERR_FILENO, O_WRONLY)
                                                                    : -1;

    if (fd < 0)
        fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return fd >= 0 ? fd : err_sys(e, STATUS_LOCAL, errno, "%s", path);
}

struct record *record_open(struct loop *loop, const char *path, const struct record_opts *opts, struct err *e)
{
    int fd = opts->is_stderr ? open_stderr(path, e)
                             : open_file(path, opts->append || opts->format->appends, opts->keep, e);
    struct record *r;

    if (fd < 0)
        return NULL;
    r = mem_alloc(sizeof *r);
    r->opts = *opts;
    r->loop = loop;
    r->path = mem_strdup(path);
    r->fd = fd;
    r->told.run = run_told;
    if (opts->format->size > 0)
        r->state = mem_alloc(opts->format->size);
    r->observer = (struct observer){.sent = opts->format->sent,
                                    .begin = begin_direction,
                                    .data = see_data,
                                    .leave = leave_direction,
                                    .put_in = see_put_in};
    observe_add(opts->peers, &r->observer);
    return r;
}

int record_close(struct record *r, struct err *e)
{
    int result = 0;

    observe_del(r->opts.peers, &r->observer);
    flush(r);
    if (close(r->fd) < 0 && !r->failed)
        fail(r, errno);
    if (r->failed) {
        *e = r->err;
        result = -1;
    }
    loop_job_del(&r->told);
    free(r->state);
    free(r->path);
    free(r->out);
    free(r);
    return result;
}
