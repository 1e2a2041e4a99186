/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/fds.h"
#include "loop/loop.h"

extern char **environ;

enum { STREAMS = 3, REPORT = STREAMS };

/* All that the new process needs to know, made before there is one: until it executes the program it has our memory. */
struct plan {
    const struct spawn *s;
    char **env;
    unsigned long files; /* its limit of descriptors; 0: ours */
    int report;          /* where it writes the errno of what failed */
};

/* The new process. Nothing here may allocate, or change what is ours. */

static int arrange_streams(const int from[STREAMS])
{
    int at[STREAMS];

    /* None may be overwritten before it is used. */
    for (int i = 0; i < STREAMS; i++) {
        at[i] = from[i] >= 0 ? from[i] : open("/dev/null", O_RDWR | O_CLOEXEC);
        if (at[i] >= 0 && at[i] < STREAMS && at[i] != i)
            at[i] = fcntl(at[i], F_DUPFD_CLOEXEC, STREAMS);
        if (at[i] < 0)
            return -1;
    }
    for (int i = 0; i < STREAMS; i++) {
        if ((at[i] == i ? fcntl(i, F_SETFD, 0) : dup2(at[i], i)) < 0)
            return -1;
    }
    return 0;
}

static int take_place(enum spawn_place place)
{
    switch (place) {
    case SPAWN_GROUP:
        return setpgid(0, 0);
    case SPAWN_FOREGROUND:
        if (setpgid(0, 0) < 0)
            return -1;
        (void)tcsetpgrp(STDIN_FILENO, getpgrp()); /* no controlling terminal: then there is nothing to have */
        return 0;
    case SPAWN_SESSION:
        return setsid() < 0 ? -1 : 0;
    case SPAWN_TERMINAL:
        return setsid() < 0 ? -1 : ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    }
    return 0;
}

/* The report stays, until the program is executed. */
static int close_others(int report)
{
    if (report != REPORT && (dup2(report, REPORT) < 0 || fcntl(REPORT, F_SETFD, FD_CLOEXEC) < 0))
        return -1;
    fds_close_from(REPORT + 1);
    return 0;
}

static int lower_limit(unsigned long files)
{
    struct rlimit limit;

    if (files == 0)
        return 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -1;
    limit.rlim_cur = files;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

/* All are blocked until none is caught: a handler of ours would run in our memory. */
static int free_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int signo = 1; signo < NSIG; signo++)
        (void)sigaction(signo, &action, NULL); /* of some it cannot be changed */
    sigemptyset(&none);
    return pthread_sigmask(SIG_SETMASK, &none, NULL) == 0 ? 0 : -1;
}

static _Noreturn void become_program(const struct plan *p)
{
    int report = p->report, sys;

    if (arrange_streams(p->s->fds) == 0 && take_place(p->s->place) == 0 && close_others(report) == 0) {
        report = REPORT;
        if (lower_limit(p->files) == 0 && free_signals() == 0)
            execvpe(p->s->argv[0], p->s->argv, p->env);
    }
    sys = errno;
    if (write(report, &sys, sizeof sys) < 0)
        _exit(126);
    _exit(spawn_status(sys));
}

/* Ours */

/* vfork(2): copying the tables of our memory would cost more than all the rest. */
static pid_t start_process(const struct plan *p)
{
    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */

    if (pid == 0)
        become_program(p); /* NOLINT(clang-analyzer-unix.Vfork): it makes system calls alone */
    return pid;
}

static pid_t start_undisturbed(const struct plan *p)
{
    sigset_t all, before;
    pid_t pid;
    int sys;

    sigfillset(&all);
    sys = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (sys != 0) {
        errno = sys;
        return -1;
    }
    pid = start_process(p);
    sys = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* it was set before */
    errno = sys;
    return pid;
}

/* "NAME=..." or "NAME" speaks of this variable. */
static bool same_name(const char *change, const char *variable)
{
    size_t n = strcspn(change, "=");

    return strncmp(change, variable, n) == 0 && variable[n] == '=';
}

static bool is_changed(const char *const *changes, const char *variable)
{
    for (; *changes != NULL; changes++) {
        if (same_name(*changes, variable))
            return true;
    }
    return false;
}

/* Our environment with the changes; the strings are not copied. Freed with free(3). */
static char **make_env(const char *const *changes)
{
    static const char *const none[] = {NULL};
    size_t n = 0, most = 1;
    char **env;

    if (changes == NULL)
        changes = none;
    for (char **v = environ; v != NULL && *v != NULL; v++)
        most++;
    for (const char *const *change = changes; *change != NULL; change++)
        most++;
    env = mem_alloc(most * sizeof *env);
    for (char **v = environ; v != NULL && *v != NULL; v++) {
        if (!is_changed(changes, *v))
            env[n++] = *v;
    }
    for (; *changes != NULL; changes++) {
        if (strchr(*changes, '=') != NULL)
            env[n++] = (char *)(uintptr_t)*changes; /* execve(2) does not change it */
    }
    return env;
}

/* The errno that the new process told, or 0 when it executes the program: then the pipe is closed. */
static int read_report(int fd)
{
    int sys = 0;
    ssize_t n;

    do
        n = read(fd, &sys, sizeof sys);
    while (n < 0 && errno == EINTR);
    return n == 0 ? 0 : n == sizeof sys ? sys : EIO;
}

static void wait_for_end(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* Returns 0, or an errno. */
static int start_child(struct child *c, struct plan *p)
{
    int report[2], sys;
    pid_t pid;

    if (pipe2(report, O_CLOEXEC) < 0)
        return errno;
    p->report = report[1];
    pid = start_undisturbed(p);
    sys = errno;
    close(report[1]);
    if (pid > 0) {
        sys = read_report(report[0]);
        if (sys == 0)
            child_begin(c, pid);
        else
            wait_for_end(pid);
    }
    close(report[0]);
    return sys;
}

struct child *spawn_start(struct loop *l, const struct spawn *s, const struct child_ops *ops, void *ctx,
                          struct err *e)
{
    struct plan plan = {.s = s, .files = loop_children(l)->files};
    struct child *c = child_new(l, ops, ctx, e);
    int sys;

    if (c == NULL)
        return NULL;
    plan.env = make_env(s->env);
    sys = start_child(c, &plan);
    free(plan.env);
    if (sys == 0)
        return c;
    child_free(c);
    err_sys(e, STATUS_LOCAL, sys, "%s", s->argv[0]);
    return NULL;
}

int spawn_status(int sys)
{
    return sys == ENOENT || sys == ENOTDIR ? 127 : 126;
}

void spawn_raise_limit(struct loop *l)
{
    struct rlimit limit;
    rlim_t before;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
        return;
    before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) /* the old limit serves as well */
        loop_children(l)->files = before;
}
