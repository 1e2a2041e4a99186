/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/container.h"
#include "base/mem.h"
#include "loop/loop.h"

enum { UNKNOWN = 255 << 8 }; /* the status of one that somebody else has waited for */

struct child {
    struct list place; /* among the loop's */
    struct loop *loop;
    const struct child_ops *ops;
    void *ctx;
    pid_t pid;
    bool ended;
    struct watch watch; /* of its pidfd; without one its descriptor is -1 */
    struct job look;
};

static const struct child_ops forgotten = {0};

static void leave_pidfd(struct child *c)
{
    if (c->watch.fd < 0)
        return;
    loop_del(&c->watch);
    close(c->watch.fd);
    c->watch.fd = -1;
}

static void release_child(struct child *c)
{
    leave_pidfd(c);
    loop_job_del(&c->look);
    list_del(&c->place);
    free(c);
}

/* Takes the process off the system's table, if it has ended. */
static bool reap_child(const struct child *c)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG) < 0 || info.si_pid != 0;
}

static void end_child(struct child *c, int status)
{
    c->ended = true;
    leave_pidfd(c);
    if (c->ops == &forgotten)
        child_free(c);
    else
        c->ops->ended(c->ctx, status);
}

/* It may end right after the stop, and both be told by one signal. */
static void stop_child(struct child *c)
{
    siginfo_t info;

    (void)waitid(P_PID, (id_t)c->pid, &info, WSTOPPED | WNOHANG); /* so that it is not told again */
    loop_soon(c->loop, &c->look);
    c->ops->stopped(c->ctx);
}

static void look_at_child(struct child *c)
{
    int stops = c->ops->stopped != NULL ? WSTOPPED : 0;
    siginfo_t info = {0};

    if (c->ended)
        return;
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | stops | WNOHANG | WNOWAIT) < 0)
        end_child(c, UNKNOWN);
    else if (info.si_pid == 0)
        return;
    else if (info.si_code == CLD_EXITED)
        end_child(c, (info.si_status & 0xff) << 8);
    else if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED)
        end_child(c, info.si_status | (info.si_code == CLD_DUMPED ? 0x80 : 0));
    else if (stops != 0)
        stop_child(c);
}

static void run_look(struct job *j)
{
    look_at_child(container_of(j, struct child, look));
}

static unsigned want_end(struct watch *w)
{
    (void)w;
    return LOOP_IN;
}

static void fire_end(struct watch *w, unsigned events)
{
    (void)events;
    look_at_child(container_of(w, struct child, watch));
}

/* What a child's end brings about may free others: they are looked at one by one, later. */
static void on_sigchld(void *ctx, int signo)
{
    struct loop *l = ctx;
    struct list *ahead;
    struct child *c;

    (void)signo;
    list_each(c, ahead, &loop_children(l)->list, struct child, place)
    {
        if (c->pid != 0 && c->watch.fd < 0 && !c->ended)
            loop_soon(l, &c->look);
    }
}

static void clear_children(struct loop *l)
{
    struct list *ahead;
    struct child *c;

    list_each(c, ahead, &loop_children(l)->list, struct child, place)
    {
        (void)reap_child(c);
        release_child(c);
    }
}

struct child *child_new(struct loop *l, const struct child_ops *ops, void *ctx, struct err *e)
{
    struct children *all = loop_children(l);
    struct child *c;

    /* Always: who started us may have had SIGCHLD ignored, and then no status is kept. */
    if (all->clear == NULL && loop_signal(l, SIGCHLD, on_sigchld, l, e) < 0)
        return NULL;
    all->clear = clear_children;
    c = mem_alloc(sizeof *c);
    c->loop = l;
    c->ops = ops;
    c->ctx = ctx;
    c->watch = (struct watch){.fd = -1, .want = want_end, .fire = fire_end};
    c->look.run = run_look;
    list_add(&all->list, &c->place);
    return c;
}

static int open_pidfd(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    return -1;
#endif
}

void child_begin(struct child *c, pid_t pid)
{
    c->pid = pid;
    if (c->ops->stopped == NULL)
        c->watch.fd = open_pidfd(pid);
    if (c->watch.fd >= 0)
        loop_add(c->loop, &c->watch);
    else
        loop_soon(c->loop, &c->look); /* its signal may have come already */
}

pid_t child_pid(const struct child *c)
{
    return c->pid;
}

/* A number of 0 or below would be other processes. */
static int send_signal(pid_t pid, pid_t to, int signo)
{
    if (pid > 0)
        return kill(to, signo);
    errno = ESRCH;
    return -1;
}

int child_kill(const struct child *c, int signo)
{
    return send_signal(c->pid, c->pid, signo);
}

int child_kill_group(const struct child *c, int signo)
{
    return send_signal(c->pid, -c->pid, signo);
}

void child_free(struct child *c)
{
    if (c == NULL)
        return;
    if (c->pid == 0 || reap_child(c)) {
        release_child(c);
        return;
    }
    c->ops = &forgotten;
    c->ctx = NULL;
}
