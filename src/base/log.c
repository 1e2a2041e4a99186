/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Holds one of the program's mutable globals, `state`: the level, the sink, the words and the
 * count of lost lines.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/reopen.h"
#include "base/text.h"

/* A line, what may stand before it and the newline stay within PIPE_BUF: a pipe takes all or nothing. */
enum { RAW_MAX = 1024, LINE_MAX_SAFE = 2048 };

static struct {
    int level;
    log_sink *sink;
    void *ctx;
    const struct message_catalogue *catalogue;
    const char *name; /* NULL: pollcat */
    int hidden;       /* lines of this level and above that are no messages are not shown; with a catalogue */
    unsigned long lost; /* lines dropped since the last that was shown */
    bool torn;          /* the last one was cut in the middle */
    bool status;        /* a status is drawn where the next line goes */
} state;

/* Descriptor 2 is shared with the shell, so its flags are not ours to change. For what knows no RWF_NOWAIT a
 * description of our own can be non-blocking. */
static ssize_t write_reopened(const char *text, size_t n)
{
    int fd = reopen_own(STDERR_FILENO, O_WRONLY);
    int sys;
    ssize_t got;

    if (fd < 0)
        return write(STDERR_FILENO, text, n);
    got = write(fd, text, n);
    sys = errno;
    close(fd);
    errno = sys;
    return got;
}

static ssize_t write_nowait(const char *text, size_t n)
{
    struct stat st;

    if (fstat(STDERR_FILENO, &st) != 0)
        return -1;
    if (S_ISREG(st.st_mode))
        return write(STDERR_FILENO, text, n);
    if (S_ISSOCK(st.st_mode))
        return send(STDERR_FILENO, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
#ifdef RWF_NOWAIT
    struct iovec iov = {(void *)(uintptr_t)text, n};
    ssize_t got = pwritev2(STDERR_FILENO, &iov, 1, -1, RWF_NOWAIT);

    if (got >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ESPIPE && errno != ENOSYS))
        return got;
#endif
    return write_reopened(text, n);
}

static void show_stderr(const char *line, bool bare)
{
    const char *name = state.name != NULL ? state.name : "pollcat";
    char out[LINE_MAX_SAFE + 128];
    size_t n = 0;
    ssize_t got;

    if (state.torn)
        out[n++] = '\n';
    if (state.status)
        n += (size_t)snprintf(out + n, sizeof out - n, "\r\033[K");
    state.status = false;
    if (state.lost > 0)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s: %lu line%s lost here\n", name, state.lost,
                              state.lost == 1 ? "" : "s");
    n += (size_t)snprintf(out + n, sizeof out - n, "%s%s%s\n", bare ? "" : name, bare ? "" : ": ", line);
    do {
        got = write_nowait(out, n);
    } while (got < 0 && errno == EINTR);
    if (got == (ssize_t)n) {
        state.lost = 0;
        state.torn = false;
        return;
    }
    state.lost++;
    if (got > 0)
        state.torn = true;
}

void log_text(enum log_level level, bool bare, const char *text)
{
    char line[LINE_MAX_SAFE];

    text_safe_string(text, line, sizeof line);
    if (state.sink == NULL || !state.sink(state.ctx, level, line))
        show_stderr(line, bare);
}

__attribute__((format(printf, 2, 0))) static void show(enum log_level level, const char *format, va_list args)
{
    char raw[RAW_MAX];
    int sys = errno;
    int n;

    if (!log_shows(level))
        return;
    n = vsnprintf(raw, sizeof raw, format, args);
    if (n < 0)
        return;
    if ((size_t)n >= sizeof raw)
        memcpy(raw + sizeof raw - 4, "...", 4);
    log_text(level, false, raw);
    errno = sys;
}

void log_status(const char *text)
{
    char out[256];
    int n = text != NULL ? snprintf(out, sizeof out, "\r%.200s\033[K", text)
                         : snprintf(out, sizeof out, "\n");

    if ((text != NULL || state.status) && write_nowait(out, (size_t)n) >= 0)
        state.status = text != NULL;
}

void log_set_level(int level)
{
    state.level = level;
}

void log_set_sink(log_sink *sink, void *ctx)
{
    state.sink = sink;
    state.ctx = ctx;
}

void log_set_catalogue(const struct message_catalogue *c, const char *name, enum log_level others)
{
    state.catalogue = c;
    state.name = name;
    state.hidden = (int)others + 1;
}

const struct message_catalogue *log_catalogue(void)
{
    return state.catalogue;
}

bool log_level_shows(enum log_level level)
{
    return level == LOG_ERROR || (int)level <= state.level;
}

bool log_shows(enum log_level level)
{
    return log_level_shows(level) && (state.catalogue == NULL || (int)level < state.hidden);
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show(LOG_ERROR, format, args);
    va_end(args);
}

void log_notice(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show(LOG_NOTICE, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show(LOG_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show(LOG_DEBUG, format, args);
    va_end(args);
}
