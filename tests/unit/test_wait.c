/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/wait.h"

#include <signal.h>
#include <sys/time.h>

#include "test_io_rig.h"

static unsigned fired;

static void count(void *ctx, struct watch *w, unsigned events)
{
    (void)events;
    fired++;
    if (ctx != NULL)
        wait_set(ctx, w, 0);
}

static void single_descriptors(void **state)
{
    int fds[2];

    (void)state;
    rig_pipe(fds);
    assert_int_equal(wait_ready(fds[0], LOOP_IN), 0);
    assert_int_equal(wait_ready(fds[1], LOOP_OUT), LOOP_OUT);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(wait_ready(fds[0], LOOP_IN), LOOP_IN);
    assert_int_equal(wait_ready(fds[0], 0), 0);
    close(fds[1]);
    assert_int_equal(wait_ready(fds[0], LOOP_IN), LOOP_IN | LOOP_HUP);
    assert_int_equal(wait_ready(fds[0], LOOP_HUP), LOOP_HUP);
    close(fds[0]);
    assert_int_equal(wait_ready(fds[0], LOOP_IN), LOOP_HUP);
}

static void few_stand_in_the_poll_set_many_in_the_crowd(void **state)
{
    struct wait *s = wait_new(true, NULL);
    struct watch w[WAIT_DIRECT + 4] = {0};
    int fds[2];

    (void)state;
    assert_non_null(s);
    for (int i = 0; i < WAIT_DIRECT + 4; i++) {
        rig_pipe(fds);
        w[i].fd = fds[0];
        assert_int_equal(write(fds[1], "x", 1), 1);
        close(fds[1]);
        wait_set(s, &w[i], LOOP_IN);
        assert_int_equal(w[i].interest, LOOP_IN);
        assert_int_equal(w[i].slot < 0, i >= WAIT_DIRECT);
        assert_int_equal(w[0].slot < 0, i >= WAIT_DIRECT);
    }
    fired = 0;
    assert_int_equal(wait_for(s, -1, count, s), 0);
    assert_int_equal(fired, WAIT_DIRECT + 4);
    assert_int_equal(wait_for(s, 0, count, s), 0);
    assert_int_equal(fired, WAIT_DIRECT + 4);
    for (int i = 0; i < WAIT_DIRECT + 4; i++) {
        assert_int_equal(w[i].slot, 0);
        close(w[i].fd);
    }
    rig_pipe(fds);
    w[0].fd = fds[0];
    wait_set(s, &w[0], LOOP_IN);
    assert_true(w[0].slot > 0); /* the crowd is empty again */
    wait_set(s, &w[0], 0);
    close(fds[0]);
    close(fds[1]);
    wait_free(s);
}

/* Standard input and output may be one descriptor, and a file cannot be in an epoll set. */
static void those_the_crowd_refuses_are_polled(void **state)
{
    struct wait *s = wait_new(true, NULL);
    struct watch w[2 * WAIT_DIRECT] = {0};
    int fds[2], members = 0;

    (void)state;
    assert_non_null(s);
    rig_pipe(fds);
    assert_int_equal(write(fds[1], "x", 1), 1);
    for (int i = 0; i < 2 * WAIT_DIRECT; i++) {
        w[i].fd = fds[0];
        wait_set(s, &w[i], LOOP_IN);
    }
    for (int i = 0; i < 2 * WAIT_DIRECT; i++)
        members += w[i].slot < 0;
    assert_int_equal(members, 1);
    fired = 0;
    assert_int_equal(wait_for(s, -1, count, s), 0);
    assert_int_equal(fired, 2 * WAIT_DIRECT);
    close(fds[0]);
    close(fds[1]);
    wait_free(s);
}

static void drop_those_before_and_after(void *ctx, struct watch *w, unsigned events)
{
    struct wait *s = ctx;

    (void)events;
    fired++;
    wait_set(s, w, 0);
    wait_set(s, w - 1, 0);
    wait_set(s, w - 2, 0);
    wait_set(s, w + 1, LOOP_IN);
}

/* The packed set moves entries while it is walked: each fires at most once, and none that left. */
static void leaving_while_it_is_walked(void **state)
{
    struct wait *s = wait_new(false, NULL);
    struct watch w[12] = {0};
    int fds[2];

    (void)state;
    rig_pipe(fds);
    assert_int_equal(write(fds[1], "x", 1), 1);
    for (int i = 0; i < 12; i++)
        w[i].fd = fds[0];
    for (int i = 2; i < 11; i++)
        wait_set(s, &w[i], LOOP_IN);
    fired = 0;
    assert_int_equal(wait_for(s, 0, drop_those_before_and_after, s), 0);
    assert_int_equal(fired, 3);
    for (int i = 0; i < 12; i++)
        wait_set(s, &w[i], 0);
    wait_free(s);
    close(fds[0]);
    close(fds[1]);
}

static void nothing(int signo)
{
    (void)signo;
}

static void interrupted_wait_is_no_failure(void **state)
{
    struct sigaction sa = {.sa_handler = nothing}, old;
    struct itimerval soon = {.it_value = {.tv_usec = 5000}, .it_interval = {.tv_usec = 5000}}, never = {0};
    struct wait *s = wait_new(false, NULL);

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &sa, &old), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(wait_for(s, -1, count, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    wait_free(s);
}

static void waits_that_long(void **state)
{
    struct wait *s = wait_new(true, NULL);
    int64_t start = rig_clock(CLOCK_MONOTONIC);

    (void)state;
    assert_int_equal(wait_for(s, 30, count, NULL), 0);
    assert_true(rig_clock(CLOCK_MONOTONIC) - start >= 29);
    wait_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_descriptors),
        cmocka_unit_test(few_stand_in_the_poll_set_many_in_the_crowd),
        cmocka_unit_test(those_the_crowd_refuses_are_polled),
        cmocka_unit_test(leaving_while_it_is_walked),
        cmocka_unit_test(interrupted_wait_is_no_failure),
        cmocka_unit_test(waits_that_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
