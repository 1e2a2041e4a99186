/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "base/reopen.h"
#include "loop/wait.h"

enum {
    SHARED_WRITE = 512, /* bytes a description that blocks takes at once, having said that it is ready */
    PAUSE = 5,          /* ms between the attempts of screen_flush() */
};

struct screen {
    struct loop *loop;
    struct watch watch;
    void (*room)(void *ctx);
    void *ctx;
    char *data;
    size_t start, end, size; /* what waits: data[start..end) */
    bool shared;             /* the description is not ours: writes may block */
    bool dead;               /* the terminal is gone */
    bool lost;
    bool awaited; /* that it is empty */
    bool held;    /* another program has the terminal */
    bool paper;
    struct job put; /* on paper: tells of it */
};

static int open_again(int fd)
{
    const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const char *name = ttyname(fd);
    int own = reopen_own(fd, O_WRONLY);

    if (own < 0 && name != NULL)
        own = open(name, flags);
    if (own < 0 && fd == STDIN_FILENO)
        own = open("/dev/tty", flags);
    if (own >= 0 && !isatty(own)) {
        close(own);
        own = -1;
    }
    return own;
}

static void drop(struct screen *s)
{
    free(s->data);
    s->data = NULL;
    s->start = s->end = s->size = 0;
}

/* Returns the count written, 0 when the terminal takes nothing now. */
static size_t write_some(struct screen *s)
{
    size_t n = s->end - s->start;
    ssize_t done;

    if (s->shared) {
        if (!(wait_ready(s->watch.fd, LOOP_OUT) & LOOP_OUT))
            return 0;
        if (n > SHARED_WRITE)
            n = SHARED_WRITE;
    }
    done = write(s->watch.fd, s->data + s->start, n);
    if (done < 0 && errno != EAGAIN && errno != EINTR)
        s->dead = true;
    if (s->dead)
        drop(s);
    if (done <= 0)
        return 0;
    s->start += (size_t)done;
    if (s->start == s->end)
        drop(s);
    return (size_t)done;
}

static unsigned want_output(struct watch *w)
{
    struct screen *s = container_of(w, struct screen, watch);

    return s->end > s->start && !s->held ? LOOP_OUT : 0;
}

static void terminal_ready(struct watch *w, unsigned events)
{
    struct screen *s = container_of(w, struct screen, watch);
    bool was_full = screen_full(s);

    (void)events;
    if (s->end > s->start)
        write_some(s);
    if (s->room != NULL && ((was_full && !screen_full(s)) || ((s->lost || s->awaited) && s->end == s->start)))
        s->room(s->ctx);
}

struct screen *screen_open(struct loop *loop, int fd, void (*room)(void *ctx), void *ctx, struct err *e)
{
    struct screen *s;
    bool shared = false;
    int own;

    if (!isatty(fd)) {
        err_sys(e, STATUS_LOCAL, errno, "terminal");
        return NULL;
    }
    own = open_again(fd);
    if (own < 0) {
        own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        shared = true;
    }
    if (own < 0) {
        err_sys(e, STATUS_LOCAL, errno, "terminal");
        return NULL;
    }
    s = mem_alloc(sizeof *s);
    *s = (struct screen){.loop = loop, .room = room, .ctx = ctx, .shared = shared};
    s->watch = (struct watch){.fd = own, .want = want_output, .fire = terminal_ready};
    loop_add(loop, &s->watch);
    return s;
}

static void run_put(struct job *j)
{
    struct screen *s = container_of(j, struct screen, put);

    s->room(s->ctx);
}

struct screen *screen_paper(struct loop *loop, void (*room)(void *ctx), void *ctx)
{
    struct screen *s = mem_alloc(sizeof *s);

    *s = (struct screen){.loop = loop, .room = room, .ctx = ctx, .paper = true, .put = {.run = run_put}};
    return s;
}

char *screen_take(struct screen *s, size_t *n)
{
    char *data = s->data;

    *n = s->end;
    s->data = NULL;
    drop(s);
    loop_job_del(&s->put);
    return data;
}

void screen_close(struct screen *s)
{
    if (s->paper) {
        loop_job_del(&s->put);
    } else {
        loop_del(&s->watch);
        close(s->watch.fd);
    }
    drop(s);
    free(s);
}

void screen_put(struct screen *s, const void *data, size_t n)
{
    size_t held = s->end - s->start;

    if (n == 0 || s->dead)
        return;
    if (held + n > SCREEN_MOST) {
        s->lost = true;
        return;
    }
    if (s->end + n > s->size) {
        if (held > 0)
            memmove(s->data, s->data + s->start, held);
        s->start = 0;
        s->end = held;
        if (held + n > s->size) {
            size_t size = held + n < 4096 ? 4096 : (held + n) * 2;

            s->data = mem_resize(s->data,
                                 size); /* which may exit, and then the terminal is put right through us */
            s->size = size;
        }
    }
    memcpy(s->data + s->end, data, n);
    s->end += n;
    if (s->paper)
        loop_soon(s->loop, &s->put);
    else
        loop_touch(&s->watch);
}

bool screen_full(const struct screen *s)
{
    return s->end - s->start >= SCREEN_FULL;
}

size_t screen_room(const struct screen *s)
{
    size_t held = s->end - s->start;

    return held < SCREEN_MOST ? SCREEN_MOST - held : 0;
}

bool screen_is_empty(struct screen *s)
{
    s->awaited = s->end > s->start;
    return !s->awaited;
}

bool screen_torn(struct screen *s)
{
    bool torn = s->lost && s->end == s->start;

    if (torn)
        s->lost = false;
    return torn;
}

void screen_hold(struct screen *s, bool held)
{
    s->held = held;
    loop_touch(&s->watch);
}

void screen_flush(struct screen *s, int ms)
{
    const struct timespec pause = {.tv_nsec = PAUSE * 1000000L};
    int idle = 0;

    while (s->end > s->start && idle < ms && !s->held) {
        if (write_some(s) > 0) {
            idle = 0;
            continue;
        }
        nanosleep(&pause, NULL);
        idle += PAUSE;
    }
}

static ssize_t put_stream(void *cookie, const char *data, size_t n)
{
    screen_put(cookie, data, n);
    return (ssize_t)n;
}

FILE *screen_stream(struct screen *s)
{
    const cookie_io_functions_t functions = {.write = put_stream};
    FILE *stream = fopencookie(s, "w", functions);

    if (stream != NULL)
        setvbuf(stream, NULL, _IOFBF, BUFSIZ);
    return stream;
}
