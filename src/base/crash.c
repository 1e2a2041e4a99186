/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crash.h"

#include <signal.h>
#include <stdlib.h>

/* And what else ends the program on the spot: a limit of time, an alarm. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGXCPU, SIGALRM};

enum { CRASHES = sizeof crashes / sizeof crashes[0], STACK = 16 * 1024 };

/* What the handler needs: what is to be put right, and who handled the signals before. */
static struct {
    struct list cares; /* of struct crash_care */
    struct sigaction before[CRASHES];
    bool caught;
    bool at_exit;      /* exit(3) runs them as well */
    char stack[STACK]; /* of the handler: the program's own may be what overflowed */
} crash = {.cares = {&crash.cares, &crash.cares}};

/* Each once: what one does may crash again. */
static void run_all(bool handler)
{
    while (!list_empty(&crash.cares)) {
        struct crash_care *care = list_first(&crash.cares, struct crash_care, place);

        list_del(&care->place);
        care->run(care, handler);
    }
}

static void leave_crashes(void)
{
    for (int i = 0; i < CRASHES && crash.caught; i++)
        sigaction(crashes[i], &crash.before[i], NULL);
    crash.caught = false;
}

/* Nothing is called here that is not safe in a handler. The signal is left to who had it before: a fault happens once more
 * on return, what was sent by someone is sent again. */
static void on_crash(int signo, siginfo_t *info, void *context)
{
    (void)context;
    run_all(true);
    leave_crashes();
    if (info->si_code <= 0 || signo == SIGXCPU)
        raise(signo);
}

static void on_exit_run(void)
{
    run_all(false);
}

static void give_stack(void)
{
    stack_t now, ours = {.ss_sp = crash.stack, .ss_size = STACK};

    if (sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) != 0)
        sigaltstack(&ours, NULL);
}

static void catch_crashes(void)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (!crash.at_exit)
        crash.at_exit = atexit(on_exit_run) == 0;
    give_stack();
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASHES; i++) {
        sigaction(crashes[i], &action, &crash.before[i]);
        if (crash.before[i].sa_handler == SIG_IGN)
            sigaction(crashes[i], &crash.before[i], NULL);
    }
    crash.caught = true;
}

void crash_care(struct crash_care *care)
{
    if (!list_in(&care->place))
        list_add(&crash.cares, &care->place);
    if (!crash.caught)
        catch_crashes();
}

void crash_forget(struct crash_care *care)
{
    if (list_in(&care->place))
        list_del(&care->place);
    if (list_empty(&crash.cares))
        leave_crashes();
}
