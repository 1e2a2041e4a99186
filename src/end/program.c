/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/words.h"
#include "end/end.h"
#include "end/program_env.h"
#include "io/fd.h"
#include "io/last.h"
#include "io/pass.h"
#include "loop/child.h"
#include "loop/spawn.h"

enum { GRACE = 2000 /* ms between a hang-up and the end */ };

struct program {
    struct list place; /* in ends->programs, while it runs */
    struct ends *ends;
    struct end *end; /* NULL: its peer is gone */
    struct child *child;
    void (*last)(struct port *in);
    bool on_terminal;
    char name[32];
};

/* What a shell would say. Where its terminal went because the peer did, a hang-up is how it ends. */
static int shell_status(const struct program *p, int status)
{
    if (p->on_terminal && p->end == NULL && WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP)
        return 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void tell_status(const struct program *p, int status)
{
    const int pid = (int)child_pid(p->child);

    if (WIFSIGNALED(status))
        log_info("%s (process %d) was ended by signal %d", p->name, pid, WTERMSIG(status));
    else
        log_info("%s (process %d) ended with status %d", p->name, pid, WEXITSTATUS(status));
}

static void free_program(struct program *p)
{
    list_del(&p->place);
    child_free(p->child);
    free(p);
}

static void program_ended(void *ctx, int status)
{
    struct program *p = ctx;
    struct ends *ends = p->ends;
    struct end *e = p->end;
    void (*last)(struct port *) = p->last;
    const int said = shell_status(p, status);

    tell_status(p, status);
    free_program(p);
    if (ends->ended != NULL)
        ends->ended(ends->ctx, said);
    if (ends->awaited && list_empty(&ends->programs))
        loop_stop(ends->loop);
    if (e == NULL)
        return;
    e->state = NULL;
    e->over = true;
    if (last != NULL)
        last(e->in);
    e->events->over(e);
}

static const struct child_ops program_ops = {.ended = program_ended};

/* Two pipes; of each we have one side, which never blocks. */
struct pipes {
    int in[2], out[2]; /* read, write */
};

static void close_pair(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

static int make_pipes(struct pipes *p, struct err *why)
{
    if (pipe2(p->in, O_CLOEXEC) < 0)
        return err_sys(why, STATUS_LOCAL, errno, "pipe");
    if (pipe2(p->out, O_CLOEXEC) < 0) {
        err_sys(why, STATUS_LOCAL, errno, "pipe");
        close_pair(p->in);
        return -1;
    }
    if (fcntl(p->in[1], F_SETFL, O_NONBLOCK) == 0 && fcntl(p->out[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    err_sys(why, STATUS_LOCAL, errno, "pipe");
    close_pair(p->in);
    close_pair(p->out);
    return -1;
}

int program_parse(struct end_spec *spec, const char *rest, struct err *e)
{
    const char *why;
    size_t n = 0;
    int got;

    spec->words = mem_alloc(sizeof *spec->words);
    while ((got = words_next(&rest, &spec->words[n], &why)) > 0) {
        spec->words = mem_resize(spec->words, (++n + 1) * sizeof *spec->words);
        spec->words[n] = NULL;
    }
    if (got < 0)
        return err_set(e, STATUS_LOCAL, "%s: %s: %.128s", spec->kind->name, why, rest);
    if (n == 0 || spec->words[0][0] == '\0')
        return err_set(e, STATUS_LOCAL, "%s: a command is missing", spec->kind->name);
    return 0;
}

/* Starts it with what is the program's side of the way. */
static int run_program(struct program *p, char *const *argv, const struct peer *peer,
                       const struct program_way *way, struct err *why)
{
    struct program_env env;
    const struct spawn spawn = {.argv = argv,
                                .env = program_env_make(&env, peer, way->place == SPAWN_TERMINAL),
                                .fds = {way->fds[0], way->fds[1], way->fds[2]},
                                .place = way->place};

    p->child = spawn_start(p->ends->loop, &spawn, &program_ops, p, why);
    program_env_clear(&env);
    if (p->child != NULL)
        return 0;
    if (why->sys != EMFILE && why->sys != ENFILE && why->sys != EAGAIN && why->sys != ENOMEM)
        why->status = (enum status)spawn_status(why->sys);
    return -1;
}

int program_start(struct end *e, char *const *argv, const struct peer *peer, const struct program_way *way,
                  struct err *why)
{
    struct program *p = mem_alloc(sizeof *p);

    p->ends = e->ends;
    snprintf(p->name, sizeof p->name, "%s", argv[0]);
    if (run_program(p, argv, peer, way, why) < 0) {
        free(p);
        return -1;
    }
    p->end = e;
    p->last = way->last;
    p->on_terminal = way->place == SPAWN_TERMINAL;
    list_add(&e->ends->programs, &p->place);
    e->state = p;
    return 0;
}

static int open_pipes(struct end *e, char *const *argv, const struct peer *peer, struct err *why)
{
    struct pipes pipes;
    struct program_way way = {.place = SPAWN_GROUP, .last = last_set};

    if (make_pipes(&pipes, why) < 0)
        return -1;
    way.fds[0] = pipes.in[0];
    way.fds[1] = pipes.out[1];
    way.fds[2] = STDERR_FILENO;
    if (program_start(e, argv, peer, &way, why) < 0) {
        close_pair(pipes.in);
        close_pair(pipes.out);
        return -1;
    }
    close(pipes.in[0]);
    close(pipes.out[1]);
    e->in = fd_file(e->ends->loop, pipes.out[0]);
    e->out = fd_file(e->ends->loop, pipes.in[1]);
    return 0;
}

/* The socket itself, as programs expect one: it waits. */
static int open_socket(struct end *e, char *const *argv, struct peer *peer, struct err *why)
{
    struct program_way way = {.place = SPAWN_GROUP};

    if (pass_begin(peer->port, why) < 0)
        return -1;
    way.fds[0] = way.fds[1] = port_fd(peer->port, 0);
    way.fds[2] = STDERR_FILENO;
    return program_start(e, argv, peer, &way, why);
}

int program_open(struct end *e, char *const *argv, struct peer *peer, struct err *why)
{
    const int result = e->ends->conf.direct && peer != NULL ? open_socket(e, argv, peer, why)
                                                            : open_pipes(e, argv, peer, why);

    if (result == 0)
        end_ready(e);
    return result;
}

void program_close(struct end *e, bool reset)
{
    struct program *p = e->state;

    (void)reset;
    if (p != NULL)
        p->end = NULL;
    if (e->in != e->out)
        port_free(e->in);
    port_free(e->out);
}

/* The end of all */

static void signal_all(struct ends *ends, int signo)
{
    struct program *p;
    struct list *ahead;

    list_each(p, ahead, &ends->programs, struct program, place)
    {
        (void)child_kill_group(p->child, signo); /* it may be ending */
        (void)child_kill_group(p->child, SIGCONT);
    }
}

static void time_is_up(struct timer *t)
{
    loop_stop(t->loop);
}

/* Waits until all have ended, or so many ms (0: any time), or something else stops the loop. */
static void wait_for_all(struct ends *ends, int64_t ms)
{
    struct timer limit = {.fire = time_is_up};
    struct err e;

    if (list_empty(&ends->programs))
        return;
    if (ms > 0)
        loop_timer_set(ends->loop, &limit, ms);
    ends->awaited = true;
    if (loop_run(ends->loop, &e) < 0)
        log_error("%s", e.text);
    ends->awaited = false;
    loop_timer_clear(&limit);
}

void programs_stop(struct ends *ends, bool patient)
{
    struct program *p;
    struct list *ahead;

    if (patient)
        wait_for_all(ends, 0);
    signal_all(ends, SIGHUP);
    wait_for_all(ends, GRACE);
    signal_all(ends, SIGKILL);
    wait_for_all(ends, GRACE);
    list_each(p, ahead, &ends->programs, struct program, place) free_program(p);
}
