/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ~!command and ~!: the shell.
 *
 * A command is a child in a process group of its own, so that keys that end it are not those that end us; its output
 * comes through a pipe that is read while there is room for more. A shell has the terminal to itself, while the loop goes
 * on: what arrives waits on the screen until it ends.
 */
#include "console/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/child.h"
#include "loop/spawn.h"

enum { ERRORS = 1024 }; /* bytes of a line of the command's errors that are held */

struct shell {
    struct task task;
    struct child *child;
    struct watch out, errors;
    bool ended;   /* the child did */
    bool stopped; /* asked to end */
    bool blocked; /* there is no room for more output; nor, on the screen, for errors */
    bool hushed;
    int status;
    unsigned char *piece;
    size_t most;
    size_t held;
    char line[ERRORS];
};

static void close_watch(struct watch *w)
{
    if (w->fd < 0)
        return;
    loop_del(w);
    close(w->fd);
    w->fd = -1;
}

/* Errors */

static void say_line(struct shell *s, const char *text, size_t n)
{
    console_say(s->task.c, "%.*s", (int)n, text);
}

/* Returns false at the end, or when there is nothing now. */
static bool read_errors(struct shell *s)
{
    ssize_t n = read(s->errors.fd, s->line + s->held, sizeof s->line - s->held);
    char *start = s->line, *newline;

    if (n < 0)
        return errno == EINTR;
    if (n > 0)
        s->held += (size_t)n;
    while ((newline = memchr(start, '\n', (size_t)(s->line + s->held - start))) != NULL) {
        say_line(s, start, (size_t)(newline - start));
        start = newline + 1;
    }
    s->held -= (size_t)(start - s->line);
    memmove(s->line, start, s->held);
    if (s->held == sizeof s->line || (n == 0 && s->held > 0)) {
        say_line(s, s->line, s->held);
        s->held = 0;
    }
    if (n == 0)
        close_watch(&s->errors);
    return n > 0;
}

static unsigned want_errors(struct watch *w)
{
    return container_of(w, struct shell, errors)->hushed ? 0 : LOOP_IN;
}

/* The end */

static void tell_end(const struct shell *s)
{
    if (s->stopped)
        return;
    if (WIFSIGNALED(s->status))
        log_notice("%s: ended by signal %d", s->task.name, WTERMSIG(s->status));
    else if (WEXITSTATUS(s->status) != 0)
        log_notice("%s: status %d", s->task.name, WEXITSTATUS(s->status));
}

static void check_end(struct shell *s)
{
    if (!s->ended || s->out.fd >= 0 || s->task.over)
        return;
    while (s->errors.fd >= 0 && read_errors(s))
        continue;
    tell_end(s);
    task_end(&s->task);
}

static void fire_errors(struct watch *w, unsigned events)
{
    struct shell *s = container_of(w, struct shell, errors);

    (void)events;
    s->hushed = task_waits_screen(&s->task);
    if (!s->hushed)
        (void)read_errors(s);
}

/* Output */

static unsigned want_out(struct watch *w)
{
    return container_of(w, struct shell, out)->blocked ? 0 : LOOP_IN;
}

static void fire_out(struct watch *w, unsigned events)
{
    struct shell *s = container_of(w, struct shell, out);
    ssize_t n;

    (void)events;
    if (task_waits(&s->task)) {
        s->blocked = true;
        return;
    }
    n = read(w->fd, s->piece, s->most);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n > 0) {
        task_send(&s->task, s->piece, (size_t)n, false);
        return;
    }
    close_watch(w);
    check_end(s);
}

static void shell_step(struct task *t)
{
    struct shell *s = container_of(t, struct shell, task);

    s->blocked = s->hushed = false;
    if (s->out.fd >= 0)
        loop_touch(&s->out);
    if (s->errors.fd >= 0)
        loop_touch(&s->errors);
}

/* A second time it is not asked. */
static bool shell_stop(struct task *t)
{
    struct shell *s = container_of(t, struct shell, task);

    (void)child_kill_group(s->child, s->stopped ? SIGKILL : SIGTERM); /* nobody may be left in it */
    s->stopped = true;
    close_watch(&s->out);
    close_watch(&s->errors);
    check_end(s);
    return !t->over;
}

static void shell_free(struct task *t)
{
    struct shell *s = container_of(t, struct shell, task);

    close_watch(&s->out);
    close_watch(&s->errors);
    if (!s->ended)
        (void)child_kill_group(s->child, SIGTERM);
    child_free(s->child);
    free(s->piece);
}

static const struct task_ops shell_ops = {.step = shell_step, .stop = shell_stop, .free = shell_free};

static void shell_ended(void *ctx, int status)
{
    struct shell *s = ctx;

    s->ended = true;
    s->status = status;
    check_end(s);
}

static const struct child_ops shell_child = {.ended = shell_ended};

/* Starting */

static void watch_pipe(struct loop *loop, struct watch *w, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    w->fd = fd;
    if (flags >= 0)
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK); /* a pipe of our own: nothing to fail */
    loop_add(loop, w);
}

static struct child *spawn_command(struct shell *s, const char *command, int out, int errors, struct err *e)
{
    char *copy = mem_strdup(command);
    struct spawn spawn = {.argv = (char *[]){"/bin/sh", "-c", copy, NULL}, .fds = {-1, out, errors}};
    struct child *child = spawn_start(s->task.c->svc->loop, &spawn, &shell_child, s, e);

    free(copy);
    return child;
}

/* Two pipes, the reading ends first in each. */
static int open_pipes(int out[2], int errors[2], struct err *e)
{
    bool first = pipe2(out, O_CLOEXEC) == 0;

    if (first && pipe2(errors, O_CLOEXEC) == 0)
        return 0;
    err_sys(e, STATUS_LOCAL, errno, "pipe");
    if (first) {
        close(out[0]);
        close(out[1]);
    }
    return -1;
}

static int start_command(struct console *c, const char *command, struct err *e)
{
    struct shell *s;
    int out[2], errors[2];

    if (open_pipes(out, errors, e) < 0)
        return -1;
    s = mem_alloc(sizeof *s);
    s->task.c = c;
    s->child = spawn_command(s, command, out[1], errors[1], e);
    close(out[1]);
    close(errors[1]);
    if (s->child == NULL) {
        close(out[0]);
        close(errors[0]);
        free(s);
        return -1;
    }
    s->task.ops = &shell_ops;
    s->out = (struct watch){.want = want_out, .fire = fire_out};
    s->errors = (struct watch){.want = want_errors, .fire = fire_errors};
    task_start(c, &s->task, command);
    s->most = task_piece(&s->task);
    s->piece = mem_alloc(s->most);
    watch_pipe(c->svc->loop, &s->out, out[0]);
    watch_pipe(c->svc->loop, &s->errors, errors[0]);
    return 0;
}

/* ~! alone and ^X^E: a shell or an editor that has the terminal. */

struct guest {
    struct task task;
    struct child *child;
    char *file; /* what the editor edits; NULL: it is a shell */
};

/* Gives the terminal to a process group. Who is not in the foreground is stopped for it, but for this. */
static void give_terminal(pid_t group)
{
    sigset_t set, old;

    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    if (pthread_sigmask(SIG_BLOCK, &set, &old) != 0)
        return;
    (void)tcsetpgrp(STDIN_FILENO, group); /* no controlling terminal: then there is nothing to give */
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void take_terminal(struct console *c, bool killed)
{
    give_terminal(getpgrp());
    prompt_reclaim(c->prompt, killed);
    c->commands->guest = NULL;
}

static void guest_step(struct task *t)
{
    (void)t; /* it does as it likes */
}

static void guest_free(struct task *t)
{
    struct guest *g = container_of(t, struct guest, task);

    child_free(g->child);
    if (g->file != NULL)
        (void)unlink(g->file);
    free(g->file);
}

static const struct task_ops guest_ops = {.types = true, .step = guest_step, .free = guest_free};

/* It stops itself when asked to suspend: there is nothing to go back to. */
static void guest_stopped(void *ctx)
{
    struct guest *g = ctx;

    give_terminal(child_pid(g->child));
    (void)child_kill_group(g->child, SIGCONT); /* it may have ended since */
}

static void guest_ended(void *ctx, int status)
{
    struct guest *g = ctx;
    struct console *c = g->task.c;

    take_terminal(c, WIFSIGNALED(status));
    if (g->file != NULL)
        edit_done(c, g->file, status);
    task_end(&g->task);
    console_keys_go_on(c->keys);
    if (c->svc->ending)
        c->svc->host.quit(c->svc->host.ctx, NULL);
}

static const struct child_ops guest_child = {.ended = guest_ended, .stopped = guest_stopped};

int guest_start(struct console *c, char *const *argv, char *file, struct err *e)
{
    /* Standard output and error may be files: the guest speaks on the terminal. */
    struct spawn spawn = {
        .argv = argv, .fds = {STDIN_FILENO, STDIN_FILENO, STDIN_FILENO}, .place = SPAWN_FOREGROUND};
    struct guest *g = mem_alloc(sizeof *g);

    prompt_lend(c->prompt);
    g->child = spawn_start(c->svc->loop, &spawn, &guest_child, g, e);
    if (g->child == NULL) {
        give_terminal(getpgrp());
        prompt_reclaim(c->prompt, false);
        free(g);
        return -1;
    }
    c->commands->guest = g->child;
    g->task.ops = &guest_ops;
    g->file = file;
    task_start(c, &g->task, file != NULL ? "the editor" : argv[0]);
    return 0;
}

static int run_shell(struct console *c, struct err *e)
{
    const char *path = getenv("SHELL");
    char *copy = mem_strdup(path != NULL && path[0] == '/' ? path : "/bin/sh");
    char *const argv[] = {copy, NULL};
    int r = guest_start(c, argv, NULL, e);

    free(copy);
    return r;
}

void shell_clear(struct console *c)
{
    const struct child *guest = c->commands->guest;

    if (guest == NULL)
        return;
    (void)child_kill_group(guest, SIGHUP); /* it may have ended */
    (void)child_kill_group(guest, SIGCONT);
    take_terminal(c, true);
}

int command_shell(struct console *c, const char *args, struct err *e)
{
    if (args[strspn(args, " \t")] == '\0')
        return run_shell(c, e);
    if (console_check_to(c, NULL, e) < 0)
        return -1;
    if (list_empty(&c->talkers.all))
        return err_set(e, STATUS_LOCAL, "nobody is connected");
    return start_command(c, args, e);
}
