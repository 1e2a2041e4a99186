/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

void secret_hide(const char *arg)
{
    char *text = (char *)arg; /* argv is ours to write (C11, 5.1.2.2.1) */

    memset(text, '*', strlen(text));
}

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DELETE = 127 };

/* Reads keys to the end of a line. Returns its length, or -1: it was given up, or is too long. */
static ssize_t read_line(int fd, char *answer, size_t size)
{
    size_t n = 0;
    char key;

    for (;;) {
        ssize_t r = read(fd, &key, 1);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0 || key == CTRL_C || (key == CTRL_D && n == 0) || n == size)
            return -1;
        if (key == '\n' || key == '\r')
            break;
        if (key == BACKSPACE || key == DELETE)
            n -= n > 0;
        else if (key == CTRL_U)
            n = 0;
        else
            answer[n++] = key;
    }
    if (n == size)
        return -1;
    answer[n] = '\0';
    return (ssize_t)n;
}

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        return; /* the question is not seen; an answer may come all the same */
}

/* A signal would leave the terminal without its echo: those that end a program wait until it is back. */
static ssize_t ask_hidden(int fd, const char *prompt, char *answer, size_t size)
{
    struct termios before, hidden;
    sigset_t ends, old;
    ssize_t n;

    if (tcgetattr(fd, &before) < 0)
        return -1;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigaddset(&ends, SIGTSTP);
    sigprocmask(SIG_BLOCK, &ends, &old);
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
    tcsetattr(fd, TCSAFLUSH, &hidden);
    say(fd, prompt);
    n = read_line(fd, answer, size);
    tcsetattr(fd, TCSAFLUSH, &before);
    say(fd, "\n");
    sigprocmask(SIG_SETMASK, &old, NULL);
    return n;
}

int secret_ask(const char *prompt, char *answer, size_t size, struct err *e)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return err_set(e, STATUS_LOCAL, "%sthere is no terminal to ask at", prompt);
    n = ask_hidden(fd, prompt, answer, size);
    close(fd);
    return n < 0 ? err_set(e, STATUS_LOCAL, "%sno answer", prompt) : 0;
}
