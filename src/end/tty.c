/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tty:PATH[,SPEED][,WORDS]: a serial line or another terminal.
 *
 * It is ours alone while it is open, by the lock that other programs for serial lines respect (flock(2)).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"
#include "end/end.h"
#include "end/rows.h"
#include "end/tty_words.h"

/* The words of a text that commas part; the caller frees them. */
static char **split_words(const char *text)
{
    char **words = mem_alloc(sizeof *words);
    size_t n = 0;

    while (*text == ',') {
        const size_t length = strcspn(++text, ",");

        words = mem_resize(words, (n + 2) * sizeof *words);
        words[n++] = mem_strndup(text, length);
        words[n] = NULL;
        text += length;
    }
    return words;
}

static int take_words(const struct end_spec *spec, struct terminal_modes *m, struct err *e)
{
    for (char **word = spec->words; *word != NULL; word++) {
        if (tty_words_take(m, *word, e) < 0)
            return -1;
    }
    return 0;
}

static int parse_tty(struct end_spec *spec, const char *rest, struct err *e)
{
    const size_t n = strcspn(rest, ",");
    struct terminal_modes m = {.speed = 0};

    if (n == 0)
        return err_set(e, STATUS_LOCAL, "tty: a path is missing");
    spec->host = mem_strndup(rest, n);
    spec->words = split_words(rest + n);
    return take_words(spec, &m, e);
}

static int open_line(const char *path, struct err *why)
{
    int fd;

    do
        fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC); /* it waits for no modem */
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return err_sys(why, STATUS_LOCAL, errno, "%s", path);
    if (!isatty(fd))
        err_set(why, STATUS_LOCAL, "%s is no terminal", path);
    else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    else if (errno == EWOULDBLOCK)
        err_set(why, STATUS_LOCAL, "%s is in use", path);
    else
        err_sys(why, STATUS_LOCAL, errno, "%s", path);
    close(fd);
    return -1;
}

/* The modes that are asked for, and those to give back: what the line does when it is left stays as the words say. */
static int choose_modes(const struct end *e, int fd, struct terminal_modes *m, struct terminal_modes *before,
                        struct err *why)
{
    if (terminal_get_modes(fd, before) < 0)
        return err_sys(why, STATUS_LOCAL, errno, "%s", e->spec->host);
    *m = *before;
    m->speed = 0;
    tty_words_begin(m);
    if (take_words(e->spec, m, why) < 0)
        return -1;
    before->termios.c_cflag &= ~(tcflag_t)HUPCL;
    before->termios.c_cflag |= m->termios.c_cflag & HUPCL;
    return 0;
}

static int set_modes(const struct end *e, int fd, const struct terminal_modes *m, struct err *why)
{
    if (terminal_set_modes(fd, m) == 0)
        return 0;
    err_sys(why, STATUS_LOCAL, errno, "%s", e->spec->host);
    if (why->sys == EINVAL && m->speed != 0)
        err_set(why, STATUS_LOCAL, "%s has no speed of %u bits a second", e->spec->host, m->speed);
    return -1;
}

/* The line is made first: a signal that ends us while its modes are set must find whom to give them back. */
static int open_tty(struct end *e, struct peer *peer, struct err *why)
{
    struct terminal_modes m = {.speed = 0}, before;
    const int fd = open_line(e->spec->host, why);
    struct port *line;

    (void)peer;
    if (fd < 0)
        return -1;
    if (choose_modes(e, fd, &m, &before, why) < 0) {
        close(fd);
        return -1;
    }
    line = terminal_line(e->ends->loop, fd, &before);
    if (set_modes(e, fd, &m, why) < 0) {
        port_free(line);
        return -1;
    }
    e->in = e->out = line;
    e->over = true; /* its hang-up is the end of all */
    end_ready(e);
    return 0;
}

static void close_tty(struct end *e, bool reset)
{
    (void)reset;
    port_free(e->out);
}

const struct end_kind end_tty = {
    .name = "tty",
    .syntax = "PATH,SPEED,WORDS",
    .help = "a serial line or terminal",
    .descriptors = 1,
    .parse = parse_tty,
    .open = open_tty,
    .close = close_tty,
};
