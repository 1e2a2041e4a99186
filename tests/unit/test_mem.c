/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

/* The address sanitizer would end the program by itself. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void alloc_zeroes(void **state)
{
    unsigned char *p;

    (void)state;
    for (int round = 0; round < 3; round++) {
        p = mem_alloc(1000);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 1000);
        free(p);
    }
}

static void nothing_is_something(void **state)
{
    void *a, *b;

    (void)state;
    a = mem_alloc(0);
    b = mem_resize(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    b = mem_resize(b, 0);
    assert_non_null(b);
    free(a);
    free(b);
}

static void resize_keeps(void **state)
{
    char *p;

    (void)state;
    p = mem_resize(NULL, 4);
    memcpy(p, "abc", 4);
    p = mem_resize(p, 100000);
    assert_string_equal(p, "abc");
    p = mem_resize(p, 4);
    assert_string_equal(p, "abc");
    free(p);
}

static void strdup_copies(void **state)
{
    char text[] = "abc";
    char *p;

    (void)state;
    p = mem_strdup(text);
    text[0] = 'x';
    assert_string_equal(p, "abc");
    free(p);
}

/* A child asks for too much; the parent sees its exit status and its last words. */
static void out_of_memory_ends_the_program(void **state)
{
    volatile size_t much = SIZE_MAX / 4;
    char said[256] = "";
    int ends[2], status;
    size_t n = 0;
    ssize_t got;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        free(mem_resize(NULL, much));
        _exit(99);
    }
    close(ends[1]);
    while (n < sizeof said - 1 && (got = read(ends[0], said + n, sizeof said - 1 - n)) > 0)
        n += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), STATUS_LOCAL);
    assert_non_null(strstr(said, "pollcat: out of memory\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_zeroes),
        cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(resize_keeps),
        cmocka_unit_test(strdup_copies),
        cmocka_unit_test(out_of_memory_ends_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
