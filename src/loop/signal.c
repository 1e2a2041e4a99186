/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Holds one of the program's mutable globals: the signal pipe, and which signals arrived. A handler has no
 * other way to reach its loop.
 */
#include "loop/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum { SIGNALS = 65 };

static struct {
    int pipe[2];
    volatile sig_atomic_t open;
    volatile sig_atomic_t arrived[SIGNALS];
    unsigned char caught[SIGNALS];
} signals = {.pipe = {-1, -1}};

static void on_signal(int signo)
{
    int saved = errno;

    signals.arrived[signo] = 1;
    /* A full pipe is fine: it wakes the loop all the same, and `arrived` remembers which. */
    if (write(signals.pipe[1], "", 1) < 0)
        errno = saved;
    errno = saved;
}

int signal_open(struct err *e)
{
    if (signals.open)
        return signals.pipe[0];
    if (pipe2(signals.pipe, O_NONBLOCK | O_CLOEXEC) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "signal pipe");
    signals.open = 1;
    return signals.pipe[0];
}

void signal_close(void)
{
    if (!signals.open)
        return;
    for (int i = 1; i < SIGNALS; i++) {
        if (signals.caught[i])
            signal(i, i == SIGCHLD ? SIG_DFL : SIG_IGN);
        signals.caught[i] = 0;
        signals.arrived[i] = 0;
    }
    close(signals.pipe[0]);
    close(signals.pipe[1]);
    signals.open = 0;
}

int signal_catch(int signo, struct err *e)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (signo <= 0 || signo >= SIGNALS)
        return err_sys(e, STATUS_LOCAL, EINVAL, "signal %d", signo);
    sigfillset(&sa.sa_mask);
    if (sigaction(signo, &sa, NULL) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "signal %d", signo);
    signals.caught[signo] = 1;
    return 0;
}

/* A storm may fill the pipe as fast as it is read. */
static void empty_pipe(void)
{
    char drop[4096];

    for (int i = 0; i < 32 && read(signals.pipe[0], drop, sizeof drop) == sizeof drop; i++)
        continue;
}

int signal_next(int after)
{
    if (after == 0)
        empty_pipe();
    for (int i = after + 1; i < SIGNALS; i++) {
        if (signals.arrived[i]) {
            signals.arrived[i] = 0;
            return i;
        }
    }
    return 0;
}
