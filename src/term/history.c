/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/history.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    FILE_MOST = HISTORY_LINES * HISTORY_LINE, /* bytes of a file that are looked at, from its end */
    LOCK_TRIES = 40,                          /* of 5 ms; then it is done without */
};

struct history {
    char *path;
    bool ours;   /* the default place: its directories are made */
    bool made;   /* there was none before */
    char *last;  /* the line kept last */
    char *fresh; /* lines to be appended, each with its newline */
    size_t nfresh;
};

static char *default_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char path[PATH_MAX];
    int n;

    if (state != NULL && state[0] == '/')
        n = snprintf(path, sizeof path, "%s/pollcat/history", state);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, sizeof path, "%s/.local/state/pollcat/history", home);
    else
        return NULL;
    return n > 0 && (size_t)n < sizeof path ? mem_strdup(path) : NULL;
}

struct history *history_new(const char *path)
{
    char *name = path != NULL ? mem_strdup(path) : default_path();
    struct history *h;

    if (name == NULL)
        return NULL;
    h = mem_alloc(sizeof *h);
    h->path = name;
    h->ours = path == NULL;
    return h;
}

void history_free(struct history *h)
{
    if (h == NULL)
        return;
    free(h->path);
    free(h->last);
    free(h->fresh);
    free(h);
}

/* Makes the directories above the file; what fails shows when the file is opened. */
static void make_directories(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static int open_file(struct history *h, struct err *e)
{
    const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = open(h->path, flags);

    if (fd < 0 && errno == ENOENT) {
        if (h->ours)
            make_directories(h->path);
        fd = open(h->path, flags | O_CREAT, 0600);
        h->made = fd >= 0;
    }
    if (fd < 0)
        err_sys(e, STATUS_LOCAL, errno, "history %s", h->path);
    return fd;
}

static void lock(int fd)
{
    const struct timespec pause = {.tv_nsec = 5000000L};

    for (int i = 0; i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK; i++)
        nanosleep(&pause, NULL);
}

/* The file's last bytes, allocated; `*n` is 0 when it is none of the kind that can be read again. */
static char *read_file(int fd, size_t *n)
{
    struct stat st;
    off_t from = 0;
    char *data;

    *n = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return NULL;
    if (st.st_size > FILE_MOST)
        from = st.st_size - FILE_MOST;
    data = mem_alloc((size_t)(st.st_size - from));
    while (from < st.st_size) {
        ssize_t got = pread(fd, data + *n, (size_t)(st.st_size - from), from);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        *n += (size_t)got;
        from += got;
    }
    return data;
}

/* Where the last HISTORY_LINES lines of `data` begin. */
static size_t last_lines(const char *data, size_t n)
{
    size_t lines = 0, i = n;

    if (i > 0 && data[i - 1] == '\n')
        i--;
    for (; i > 0; i--) {
        if (data[i - 1] == '\n' && ++lines == HISTORY_LINES)
            return i;
    }
    return 0;
}

static void each_line(struct history *h, const char *data, size_t n, void (*add)(void *ctx, const char *line),
                      void *ctx)
{
    for (size_t i = 0; i < n;) {
        const char *end = memchr(data + i, '\n', n - i);
        size_t len = end != NULL ? (size_t)(end - data) - i : n - i;
        char *line = mem_strndup(data + i, len);

        i += len + 1;
        if (line[0] == '\0') {
            free(line);
            continue;
        }
        add(ctx, line);
        free(h->last);
        h->last = line;
    }
}

bool history_is_first(const struct history *h)
{
    return h->ours && h->made;
}

int history_load(struct history *h, void (*add)(void *ctx, const char *line), void *ctx, struct err *e)
{
    int fd = open_file(h, e);
    size_t n, from;
    char *data;

    if (fd < 0)
        return -1;
    data = read_file(fd, &n);
    close(fd);
    if (n > 0) {
        from = last_lines(data, n);
        each_line(h, data + from, n - from, add, ctx);
    }
    free(data);
    return 0;
}

bool history_add(struct history *h, const char *line)
{
    size_t len = strlen(line);

    if (len == 0 || line[0] == ' ' || (h->last != NULL && strcmp(h->last, line) == 0))
        return false;
    free(h->last);
    h->last = mem_strdup(line);
    if (len < HISTORY_LINE) {
        h->fresh = mem_resize(h->fresh, h->nfresh + len + 1);
        memcpy(h->fresh + h->nfresh, line, len);
        h->fresh[h->nfresh + len] = '\n';
        h->nfresh += len + 1;
    }
    return true;
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

/* The last line has no end: somebody else wrote it. */
static bool is_unfinished(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last;

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* Cuts the file to its last lines. They move towards its beginning, so no room is needed for them. */
static void shorten(int fd)
{
    size_t n, from;
    char *data = read_file(fd, &n);
    size_t done = 0;

    from = n > 0 ? last_lines(data, n) : 0;
    if (from > 0 && fcntl(fd, F_SETFL, 0) == 0) {
        while (done < n - from) {
            ssize_t put = pwrite(fd, data + from + done, n - from - done, (off_t)done);

            if (put < 0 && errno == EINTR)
                continue;
            if (put <= 0)
                break;
            done += (size_t)put;
        }
        if (done == n - from && ftruncate(fd, (off_t)done) < 0)
            log_debug("history: %s", strerror(errno)); /* old lines stay behind the new ones */
    }
    free(data);
}

int history_save(struct history *h, struct err *e)
{
    int fd, result = 0;

    if (h->nfresh == 0)
        return 0;
    fd = open_file(h, e);
    if (fd < 0)
        return -1;
    lock(fd);
    if ((is_unfinished(fd) && write_all(fd, "\n", 1) < 0) || write_all(fd, h->fresh, h->nfresh) < 0)
        result = err_sys(e, STATUS_LOCAL, errno, "history %s", h->path);
    else
        shorten(fd);
    close(fd);
    h->nfresh = 0;
    return result;
}
