/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/child.h"

#include <sys/wait.h>

#include "test_io_rig.h"

enum { MANY = 200 };

struct kid {
    struct rig *rig;
    struct child *child;
    int *left; /* of those that are waited for */
    int ended, stopped, status;
};

/* A process that does as `task` says and is in the loop's care. */
enum task { EXITS, IS_KILLED, STOPS, WAITS };

static void on_ended(void *ctx, int status)
{
    struct kid *k = ctx;

    k->ended++;
    k->status = status;
    if (--*k->left == 0)
        loop_stop(k->rig->loop);
}

static void on_stopped(void *ctx)
{
    struct kid *k = ctx;

    k->stopped++;
    assert_int_equal(child_kill(k->child, SIGCONT), 0);
}

/* The two ways to wait: a descriptor, and SIGCHLD, which those take who hear of stops. */
static const struct child_ops by_pidfd = {.ended = on_ended};
static const struct child_ops by_signal = {.ended = on_ended, .stopped = on_stopped};
static const struct child_ops *const ways[] = {&by_pidfd, &by_signal};

static pid_t process(enum task task)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    setpgid(0, 0);
    if (task == STOPS)
        raise(SIGSTOP);
    if (task == IS_KILLED)
        raise(SIGKILL);
    while (task == WAITS)
        pause();
    _exit(3);
}

static void begin(struct kid *k, struct rig *r, const struct child_ops *ops, enum task task, int *left)
{
    pid_t pid;

    *k = (struct kid){.rig = r, .left = left, .status = -1};
    k->child = child_new(r->loop, ops, k, NULL);
    assert_non_null(k->child);
    pid = process(task);
    child_begin(k->child, pid);
}

static void end_rig(struct rig *r)
{
    rig_free(r);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void each_end_is_told(void **state)
{
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct rig *r = rig_new();
        struct kid kids[2];
        int left = 2;

        begin(&kids[0], r, ways[way], EXITS, &left);
        begin(&kids[1], r, ways[way], IS_KILLED, &left);
        rig_run(r);
        assert_true(WIFEXITED(kids[0].status));
        assert_int_equal(WEXITSTATUS(kids[0].status), 3);
        assert_true(WIFSIGNALED(kids[1].status));
        assert_int_equal(WTERMSIG(kids[1].status), SIGKILL);
        child_free(kids[0].child);
        child_free(kids[1].child);
        end_rig(r);
    }
}

/* Nobody comes too late, and many signals may become one. */
static void many_that_end_before_the_loop_looks(void **state)
{
    static struct kid kids[MANY];

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct rig *r = rig_new();
        int left = MANY;

        for (int i = 0; i < MANY; i++) {
            siginfo_t info;

            begin(&kids[i], r, ways[way], EXITS, &left);
            assert_int_equal(waitid(P_PID, (id_t)child_pid(kids[i].child), &info, WEXITED | WNOWAIT), 0);
        }
        rig_run(r);
        for (int i = 0; i < MANY; i++) {
            assert_int_equal(kids[i].ended, 1);
            child_free(kids[i].child);
        }
        end_rig(r);
    }
}

static void a_number_stays_taken_until_it_is_freed(void **state)
{
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct rig *r = rig_new();
        struct kid k;
        int left = 1;
        pid_t pid;

        begin(&k, r, ways[way], EXITS, &left);
        pid = child_pid(k.child);
        rig_run(r);
        assert_int_equal(kill(pid, 0), 0);
        assert_int_equal(child_kill(k.child, SIGTERM), 0);
        child_free(k.child);
        assert_int_equal(kill(pid, 0), -1);
        end_rig(r);
    }
}

struct gone {
    struct job job;
    struct rig *rig;
    pid_t pid;
};

static void stop_when_gone(struct job *j)
{
    struct gone *g = container_of(j, struct gone, job);

    if (kill(g->pid, 0) < 0)
        loop_stop(g->rig->loop);
    else
        loop_soon(g->rig->loop, j);
}

static void the_forgotten_are_reaped(void **state)
{
    (void)state;
    for (size_t way = 0; way < 2; way++) {
        struct rig *r = rig_new();
        struct gone g = {.job.run = stop_when_gone, .rig = r};
        struct kid k;
        int left = 2;

        begin(&k, r, ways[way], WAITS, &left);
        g.pid = child_pid(k.child);
        child_kill_group(k.child, SIGTERM); /* it may not lead one yet */
        child_kill(k.child, SIGTERM);
        child_free(k.child);
        loop_soon(r->loop, &g.job);
        rig_run(r);
        assert_int_equal(k.ended, 0);
        end_rig(r);
    }
}

static void what_is_left_at_the_end_is_let_go(void **state)
{
    struct rig *r = rig_new();
    struct kid kids[2];
    int left = 3;
    pid_t pids[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(&kids[i], r, ways[i], WAITS, &left);
        pids[i] = child_pid(kids[i].child);
        child_free(kids[i].child);
    }
    rig_free(r);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kill(pids[i], SIGKILL), 0);
        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
    }
}

static void one_that_stops_is_told_and_goes_on(void **state)
{
    struct rig *r = rig_new();
    struct kid k;
    int left = 1;

    (void)state;
    begin(&k, r, &by_signal, STOPS, &left);
    rig_run(r);
    assert_int_equal(k.stopped, 1);
    assert_int_equal(k.status, 3 << 8);
    child_free(k.child);
    end_rig(r);
}

/* Who started us may have done so; then the system would keep no status. */
static void signals_of_children_that_were_ignored(void **state)
{
    struct rig *r = rig_new();
    struct kid k;
    int left = 1;

    (void)state;
    signal(SIGCHLD, SIG_IGN);
    begin(&k, r, &by_pidfd, EXITS, &left);
    rig_run(r);
    assert_int_equal(k.status, 3 << 8);
    child_free(k.child);
    end_rig(r);
    signal(SIGCHLD, SIG_DFL);
}

static void one_that_never_began(void **state)
{
    struct rig *r = rig_new();
    struct child *c = child_new(r->loop, &by_pidfd, NULL, NULL);

    (void)state;
    assert_int_equal(child_pid(c), 0);
    assert_int_equal(child_kill_group(c, SIGTERM), -1);
    child_free(c);
    child_free(NULL);
    end_rig(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_is_told),
        cmocka_unit_test(many_that_end_before_the_loop_looks),
        cmocka_unit_test(a_number_stays_taken_until_it_is_freed),
        cmocka_unit_test(the_forgotten_are_reaped),
        cmocka_unit_test(what_is_left_at_the_end_is_let_go),
        cmocka_unit_test(one_that_stops_is_told_and_goes_on),
        cmocka_unit_test(signals_of_children_that_were_ignored),
        cmocka_unit_test(one_that_never_began),
    };

    return cmocka_run_group_tests_name("child", tests, rig_crowd, NULL) +
           cmocka_run_group_tests_name("child, poll", tests, rig_poll, NULL);
}
