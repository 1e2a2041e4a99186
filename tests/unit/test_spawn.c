/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/spawn.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "test_io_rig.h"
#include "test_valgrind.h"

enum { ANSWER = 4096 };

/* What a program wrote to the pipe that stands where `fds` says PIPE, and how it ended. */
struct run {
    struct rig *rig;
    int status;
    char said[ANSWER];
};

enum { PIPE = -2 };

static void on_ended(void *ctx, int status)
{
    struct run *r = ctx;

    r->status = status;
    loop_stop(r->rig->loop);
}

static const struct child_ops ops = {.ended = on_ended};

static void run_in(struct rig *rig, struct run *r, struct spawn s)
{
    struct child *c;
    int fds[2];
    size_t n = 0;
    ssize_t got;

    *r = (struct run){.rig = rig, .status = -1};
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    for (int i = 0; i < 3; i++) {
        if (s.fds[i] == PIPE)
            s.fds[i] = fds[1];
    }
    c = spawn_start(rig->loop, &s, &ops, r, NULL);
    assert_non_null(c);
    close(fds[1]);
    while ((got = read(fds[0], r->said + n, ANSWER - 1 - n)) > 0)
        n += (size_t)got;
    close(fds[0]);
    rig_run(rig);
    child_free(c);
}

static void run(struct run *r, struct spawn s)
{
    struct rig *rig = rig_new();

    run_in(rig, r, s);
    rig_free(rig);
}

#define SHELL(script) ((char *[]){"sh", "-c", script, NULL})

static void streams_and_status(void **state)
{
    struct run r;

    (void)state;
    run(&r, (struct spawn){.argv = SHELL("cat; echo out; echo err >&2; exit 7"), .fds = {-1, PIPE, PIPE}});
    assert_string_equal(r.said, "out\nerr\n");
    assert_int_equal(r.status, 7 << 8);
}

/* Sources that are targets of others, too. */
static void streams_in_another_order(void **state)
{
    int one[2], other[2], saved[2] = {fcntl(0, F_DUPFD_CLOEXEC, 3), fcntl(1, F_DUPFD_CLOEXEC, 3)};
    char said[8] = "";
    struct run r;

    (void)state;
    rig_pipe(one);
    rig_pipe(other);
    dup2(one[1], 0);
    dup2(other[1], 1);
    run(&r, (struct spawn){.argv = SHELL("echo zero >&0; echo one >&1; echo two >&2"), .fds = {PIPE, 0, 1}});
    dup2(saved[0], 0);
    dup2(saved[1], 1);
    assert_string_equal(r.said, "zero\n");
    assert_int_equal(read(one[0], said, sizeof said), 4);
    assert_memory_equal(said, "one\n", 4);
    assert_int_equal(read(other[0], said, sizeof said), 4);
    assert_memory_equal(said, "two\n", 4);
    for (int i = 0; i < 2; i++) {
        close(one[i]);
        close(other[i]);
        close(saved[i]);
    }
}

static void no_other_descriptor(void **state)
{
    struct run r;

    (void)state;
    for (int fd = 40; fd < 60; fd++)
        assert_int_equal(dup2(2, fd), fd);
    run(&r, (struct spawn){
                .argv = SHELL("for n in 3 4 5 6 40 59; do [ -e /proc/$$/fd/$n ] && echo $n; done; true"),
                .fds = {-1, PIPE, 2}});
    for (int fd = 40; fd < 60; fd++)
        close(fd);
    assert_string_equal(r.said, "");
    assert_int_equal(r.status, 0);
}

/* The two below the first that programs may use are the C library's own. */
static unsigned long long signals_in(const char *status, const char *name)
{
    const char *found = strstr(status, name);

    assert_non_null(found);
    return strtoull(found + strlen(name), NULL, 16) & ~(3ULL << (32 - 1));
}

static void signals_are_as_by_default(void **state)
{
    sigset_t some, before;
    struct run r;

    (void)state;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigprocmask(SIG_BLOCK, &some, &before);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    run(&r, (struct spawn){.argv = (char *[]){"cat", "/proc/self/status", NULL}, .fds = {-1, PIPE, 2}});
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    assert_true(signals_in(r.said, "SigBlk:\t") == 0);
    assert_true(signals_in(r.said, "SigIgn:\t") == 0);
    sigprocmask(SIG_SETMASK, NULL, &some);
    assert_true(sigismember(&some, SIGUSR1));
    assert_false(sigismember(&some, SIGUSR2));
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Both the raised one and the one from before. */
static void the_limit_we_were_started_with(void **state)
{
    struct rlimit before, low, now;
    struct rig *rig;
    struct run r;

    (void)state;
    if (rig_in_valgrind())
        skip();
    rig = rig_new();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 77;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    spawn_raise_limit(rig->loop);
    spawn_raise_limit(rig->loop);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    assert_true(now.rlim_cur == before.rlim_max);
    run_in(rig, &r, (struct spawn){.argv = SHELL("ulimit -n"), .fds = {-1, PIPE, 2}});
    assert_string_equal(r.said, "77\n");
    rig_free(rig);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void group_and_session(void **state)
{
    char *const *argv = SHELL("read pid name state parent group session rest </proc/$$/stat;"
                              "echo $((group == $$)) $((session == $$))");
    struct run r;

    (void)state;
    run(&r, (struct spawn){.argv = argv, .fds = {-1, PIPE, 2}, .place = SPAWN_GROUP});
    assert_string_equal(r.said, "1 0\n");
    run(&r, (struct spawn){.argv = argv, .fds = {-1, PIPE, 2}, .place = SPAWN_FOREGROUND});
    assert_string_equal(r.said, "1 0\n");
    run(&r, (struct spawn){.argv = argv, .fds = {-1, PIPE, 2}, .place = SPAWN_SESSION});
    assert_string_equal(r.said, "1 1\n");
}

static void a_terminal_of_its_own(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
    char said[8] = "";
    struct run r;

    (void)state;
    assert_int_equal(unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    run(&r, (struct spawn){
                .argv = SHELL("echo here >/dev/tty"), .fds = {slave, PIPE, 2}, .place = SPAWN_TERMINAL});
    assert_int_equal(r.status, 0);
    assert_int_equal(read(master, said, sizeof said), 6);
    assert_memory_equal(said, "here\r\n", 6);
    close(slave);
    close(master);
}

static void environment(void **state)
{
    struct run r;

    (void)state;
    setenv("POLLCAT_A", "ours", 1);
    setenv("POLLCAT_AB", "stays", 1);
    setenv("POLLCAT_GONE", "ours", 1);
    run(&r,
        (struct spawn){.argv = SHELL("echo $POLLCAT_A $POLLCAT_AB ${POLLCAT_GONE-gone} $POLLCAT_NEW"),
                       .env = (const char *[]){"POLLCAT_A=theirs", "POLLCAT_GONE", "POLLCAT_NEW=new", NULL},
                       .fds = {-1, PIPE, 2}});
    assert_string_equal(r.said, "theirs stays gone new\n");
    assert_string_equal(getenv("POLLCAT_A"), "ours");
}

static void assert_fails(struct rig *rig, char *program, int sys, int status)
{
    struct spawn s = {.argv = (char *[]){program, NULL}, .fds = {-1, -1, -1}};
    struct err e;

    assert_null(spawn_start(rig->loop, &s, &ops, NULL, &e));
    assert_int_equal(e.sys, sys);
    assert_int_equal(spawn_status(e.sys), status);
    assert_non_null(strstr(e.text, program));
}

static void what_cannot_be_executed(void **state)
{
    struct rig *rig = rig_new();

    (void)state;
    assert_fails(rig, "pollcat-there-is-none", ENOENT, 127);
    assert_fails(rig, "/none/at/all", ENOENT, 127);
    assert_fails(rig, "/dev/null/none", ENOTDIR, 127);
    assert_fails(rig, "/proc/self/status", EACCES, 126);
    assert_fails(rig, "/", EACCES, 126);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
    rig_free(rig);
}

static void no_descriptors_left(void **state)
{
    struct rig *rig = rig_new();
    struct rlimit before, low;

    (void)state;
    child_free(child_new(rig->loop, &ops, NULL, NULL)); /* has its pipe for signals */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_fails(rig, "/bin/sh", EMFILE, 126);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_and_status),
        cmocka_unit_test(streams_in_another_order),
        cmocka_unit_test(no_other_descriptor),
        cmocka_unit_test(signals_are_as_by_default),
        cmocka_unit_test(the_limit_we_were_started_with),
        cmocka_unit_test(group_and_session),
        cmocka_unit_test(a_terminal_of_its_own),
        cmocka_unit_test(environment),
        cmocka_unit_test(what_cannot_be_executed),
        cmocka_unit_test(no_descriptors_left),
    };

    return cmocka_run_group_tests_name("spawn", tests, rig_crowd, NULL);
}
