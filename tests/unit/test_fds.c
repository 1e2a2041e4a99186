/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/fds.h"

#include <sys/wait.h>

#include "test_io_rig.h"

enum { FIRST = 40 };

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static bool closes(int (*way)(int first))
{
    for (int fd = FIRST - 1; fd <= FIRST + 300; fd++) {
        if (dup2(STDIN_FILENO, fd) != fd)
            return false;
    }
    if (way(FIRST) < 0 || !is_open(STDIN_FILENO) || !is_open(FIRST - 1))
        return false;
    for (int fd = FIRST; fd <= FIRST + 300; fd++) {
        if (is_open(fd))
            return false;
    }
    return true;
}

/* In a process of its own: it would close what the tests need. */
static void assert_closes(int (*way)(int first))
{
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(closes(way) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int from(int first)
{
    fds_close_from(first);
    return 0;
}

static int each(int first)
{
    fds_close_each(first);
    return 0;
}

static void all_ways_close_the_same(void **state)
{
    (void)state;
    assert_closes(from);
    assert_closes(fds_close_listed);
    assert_closes(each);
    if (fds_close_range(1 << 20) == 0)
        assert_closes(fds_close_range);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_ways_close_the_same)};

    return cmocka_run_group_tests_name("fds", tests, NULL, NULL);
}
