/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    LINE = 1024,                         /* bytes of a line that are held until it ends */
    RECORD = LINE * 4 + ADDR_TEXT + 128, /* a line made safe, with what stands before it */
    GATHER = 64 * 1024,                  /* bytes of records that are written at once */
    STAMP = 32,
};

/* One direction of one peer. */
struct ear {
    struct tap tap;
    struct transcript *owner;
    struct link *link;
    struct peer *peer;
    uint32_t number; /* of who speaks; 0: none */
    bool sent, messages;
    char stamp[STAMP]; /* when the held line began */
    size_t held;
    char *line; /* of LINE bytes; NULL: nothing is held */
    struct ear *next;
};

struct transcript {
    struct transcript_opts opts;
    struct loop *loop;
    char *path;
    int fd;
    uint64_t size;
    struct ear *ears, *speaking; /* of whom something is held */
    char *out;                   /* records to be written */
    size_t nout;
    struct err err;
    bool failed;
    struct job told;
};

/* Writing */

static void run_told(struct job *j)
{
    struct transcript *x = container_of(j, struct transcript, told);

    x->opts.failed(x->opts.ctx, x, &x->err);
}

static void fail(struct transcript *x, int sys)
{
    x->failed = true;
    err_sys(&x->err, STATUS_LOCAL, sys, "%s", x->path);
    loop_soon(x->loop, &x->told);
}

static void put(struct transcript *x, const void *data, size_t n)
{
    for (const char *p = data; n > 0 && !x->failed;) {
        ssize_t r = write(x->fd, p, n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0) {
            fail(x, errno);
            return;
        }
        x->size += (uint64_t)r;
        p += r;
        n -= (size_t)r;
    }
}

static void flush(struct transcript *x)
{
    put(x, x->out, x->nout);
    x->nout = 0;
}

static void stamp_format(char text[static STAMP])
{
    struct timespec now = {0};
    struct tm tm = {0};
    size_t n;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    n = strftime(text, STAMP, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(text + n, STAMP - n, ".%03d", (int)(now.tv_nsec / 1000000));
}

/* "[1] 192.0.2.7 port 80: " */
static void put_record(struct transcript *x, const char *stamp, char mark, uint32_t number, const char *name,
                       const char *text, bool goes_on)
{
    char label[16] = "";
    int n;

    if (x->nout + RECORD > GATHER)
        flush(x);
    if (number > 0)
        snprintf(label, sizeof label, "[%u] ", (unsigned)number);
    n = snprintf(x->out + x->nout, RECORD, "%s %c %s%s%s%s%s\n", stamp, mark, label, name,
                 name[0] != '\0' && text[0] != '\0' ? ": " : "", text, goes_on ? "\\" : "");
    x->nout += n > 0 && n < RECORD ? (size_t)n : 0;
}

/* Lines */

static void put_line(struct ear *r, const char *name, const char *data, size_t n, bool goes_on)
{
    char safe[LINE * 4 + 1];

    put_record(r->owner, r->stamp, r->sent ? '>' : '<', r->number, name,
               text_safe_bytes(data, n, safe, sizeof safe), goes_on);
}

static void drop_line(struct ear *r)
{
    r->held = 0;
    free(r->line);
    r->line = NULL;
}

/* Writes the line that is held as far as it came. */
static void let_go(struct ear *r)
{
    char name[ADDR_TEXT];

    if (r->held > 0)
        put_line(r, peer_name(r->peer, name), r->line, r->held, true);
    drop_line(r);
    if (r->owner->speaking == r)
        r->owner->speaking = NULL;
}

/* A line and, before it, what was held of it. Without its end, CR included. */
static void end_line(struct ear *r, const char *name, const char *data, size_t n)
{
    if (r->held == 0) {
        put_line(r, name, data, n > 0 && data[n - 1] == '\r' ? n - 1 : n, false);
        return;
    }
    memcpy(r->line + r->held, data, n);
    n += r->held;
    put_line(r, name, r->line, n > 0 && r->line[n - 1] == '\r' ? n - 1 : n, false);
    r->held = 0;
}

/* Holds what has no end yet; what is too long goes in parts. */
static void hold(struct ear *r, const char *name, const char *data, size_t n)
{
    while (r->held + n >= LINE) {
        size_t room = LINE - r->held, part;

        if (r->line == NULL)
            r->line = mem_alloc(LINE);
        memcpy(r->line + r->held, data, room);
        part = utf8_whole(r->line, LINE);
        put_line(r, name, r->line, part, true);
        memmove(r->line, r->line + part, LINE - part);
        r->held = LINE - part;
        data += room;
        n -= room;
    }
    if (n == 0)
        return;
    if (r->line == NULL)
        r->line = mem_alloc(LINE);
    memcpy(r->line + r->held, data, n);
    r->held += n;
}

static void see_lines(struct ear *r, const char *name, const char *data, size_t n)
{
    const char *end = data + n, *newline;

    while (data < end && (newline = memchr(data, '\n', (size_t)(end - data))) != NULL) {
        size_t len = (size_t)(newline - data);

        if (r->held + len >= LINE) {
            size_t most = len;

            hold(r, name, data, most);
            end_line(r, name, "", 0);
        } else {
            end_line(r, name, data, len);
        }
        data = newline + 1;
        stamp_format(r->stamp);
    }
    hold(r, name, data, (size_t)(end - data));
}

static const char *who(const struct ear *r, const struct meta *meta, char name[static ADDR_TEXT])
{
    return meta != NULL && meta->peer.len > 0 ? addr_format(&meta->peer, name) : peer_name(r->peer, name);
}

static void listen_lines(struct ear *r, const char *data, size_t n, const struct meta *meta)
{
    struct transcript *x = r->owner;
    char name[ADDR_TEXT];

    if (r->messages && meta != NULL && meta->peer.len > 0 && x->opts.number != NULL)
        r->number = x->opts.number(x->opts.ctx, r->peer, meta, r->sent);
    if (x->speaking != NULL && x->speaking != r)
        let_go(x->speaking);
    if (r->held == 0)
        stamp_format(r->stamp);
    who(r, meta, name);
    if (r->messages && n == 0)
        put_line(r, name, "", 0, false);
    see_lines(r, name, data, n);
    if (r->messages && r->held > 0)
        end_line(r, name, "", 0);
    x->speaking = r->held > 0 ? r : NULL;
    if (r->held == 0)
        drop_line(r);
    flush(x);
}

/* Of what is secret the record has the size. */
static void hush_line(struct ear *r, size_t n, const struct meta *meta)
{
    char name[ADDR_TEXT], text[64];

    if (r->owner->speaking != NULL)
        let_go(r->owner->speaking);
    stamp_format(r->stamp);
    snprintf(text, sizeof text, "(a secret of %zu bytes)", n);
    put_line(r, who(r, meta, name), text, strlen(text), false);
    flush(r->owner);
}

static void see(struct tap *t, const void *data, size_t n, const struct meta *meta)
{
    struct ear *r = container_of(t, struct ear, tap);

    if (r->owner->failed)
        return;
    if (r->owner->opts.kind == TRANSCRIPT_BYTES)
        put(r->owner, data, n);
    else if (meta != NULL && meta->secret)
        hush_line(r, n, meta);
    else
        listen_lines(r, data, n, meta);
}

/* Ears */

void transcript_add(struct transcript *x, const struct talker *t, struct link *k, bool sent)
{
    struct ear *r;

    for (r = x->ears; r != NULL; r = r->next) {
        if (r->link == k)
            return;
    }
    r = mem_alloc(sizeof *r);
    r->tap.see = see;
    r->owner = x;
    r->link = k;
    r->peer = t->peer;
    r->number = t->meta == NULL && t->shown ? t->number : 0;
    r->sent = sent;
    r->messages = (port_caps(t->peer->port) & IO_MSG) != 0;
    r->next = x->ears;
    x->ears = r;
    link_tap_add(k, &r->tap);
}

static void ear_free(struct ear *r)
{
    let_go(r);
    link_tap_del(r->link, &r->tap);
    free(r);
}

void transcript_del(struct transcript *x, const struct peer *p)
{
    for (struct ear **at = &x->ears, *r; (r = *at) != NULL;) {
        if (r->peer != p) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        ear_free(r);
    }
    flush(x);
}

void transcript_note(struct transcript *x, const struct talker *t, const char *text)
{
    char stamp[STAMP], name[ADDR_TEXT] = "";

    if (x->opts.kind != TRANSCRIPT_LINES)
        return;
    if (x->speaking != NULL)
        let_go(x->speaking);
    stamp_format(stamp);
    if (t != NULL)
        talker_name(t, name);
    put_record(x, stamp, '#', t != NULL && t->shown ? t->number : 0, name, text, false);
    flush(x);
}

/* The file */

const char *transcript_path(const struct transcript *x)
{
    return x->path;
}

uint64_t transcript_size(const struct transcript *x)
{
    return x->size;
}

/* A file, or a device that takes everything or nothing; what could make us wait is refused. */
static int open_file(const char *path, enum transcript_kind kind, struct err *e)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, how | (kind == TRANSCRIPT_BYTES ? O_TRUNC : O_APPEND), 0600);
    struct stat st;

    if (fd < 0)
        return err_sys(e, STATUS_LOCAL, errno, "%s", path);
    if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)) && !isatty(fd))
        return fd;
    close(fd);
    return err_set(e, STATUS_LOCAL, "%s: not a regular file", path);
}

struct transcript *transcript_open(struct loop *loop, const char *path, const struct transcript_opts *opts,
                                   struct err *e)
{
    int fd = open_file(path, opts->kind, e);
    struct transcript *x;

    if (fd < 0)
        return NULL;
    x = mem_alloc(sizeof *x);
    x->opts = *opts;
    x->loop = loop;
    x->path = mem_strdup(path);
    x->fd = fd;
    x->told.run = run_told;
    if (opts->kind == TRANSCRIPT_LINES)
        x->out = mem_alloc(GATHER);
    return x;
}

int transcript_close(struct transcript *x, struct err *e)
{
    int result = 0;

    while (x->ears != NULL) {
        struct ear *r = x->ears;

        x->ears = r->next;
        ear_free(r);
    }
    flush(x);
    if (close(x->fd) < 0 && !x->failed)
        fail(x, errno);
    if (x->failed) {
        *e = x->err;
        result = -1;
    }
    loop_job_del(&x->told);
    free(x->path);
    free(x->out);
    free(x);
    return result;
}
