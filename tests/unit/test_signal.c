/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/signal.h"

#include <signal.h>
#include <sys/wait.h>

#include "test_io_rig.h"

static unsigned seen[65];
static int budget;

static bool is_ignored(int signo)
{
    struct sigaction sa;

    assert_int_equal(sigaction(signo, NULL, &sa), 0);
    return sa.sa_handler == SIG_IGN;
}

static void note(void *ctx, int signo)
{
    seen[signo]++;
    loop_stop(((struct rig *)ctx)->loop);
}

static void called_from_the_loop(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    memset(seen, 0, sizeof seen);
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note, r, NULL), 0);
    assert_int_equal(loop_signal(r->loop, SIGUSR2, note, r, NULL), 0);
    raise(SIGUSR1);
    raise(SIGUSR2);
    assert_int_equal(seen[SIGUSR1], 0);
    rig_run(r);
    assert_int_equal(seen[SIGUSR1], 1);
    assert_int_equal(seen[SIGUSR2], 1);
    rig_free(r);
    assert_true(is_ignored(SIGUSR1));
    assert_true(is_ignored(SIGUSR2));
}

/* More arrivals than a pipe holds: none blocks, and no signal is forgotten. */
static void a_storm_before_the_loop_looks(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    memset(seen, 0, sizeof seen);
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note, r, NULL), 0);
    assert_int_equal(loop_signal(r->loop, SIGUSR2, note, r, NULL), 0);
    for (int i = 0; i < 70000; i++)
        raise(SIGUSR1);
    raise(SIGUSR2);
    errno = 0;
    raise(SIGUSR1);
    assert_int_equal(errno, 0);
    rig_run(r);
    assert_true(seen[SIGUSR1] >= 1);
    assert_int_equal(seen[SIGUSR2], 1);
    rig_free(r);
}

static void note_and_raise(void *ctx, int signo)
{
    (void)ctx;
    seen[signo]++;
    if (budget-- > 0)
        raise(signo);
    else
        loop_stop(((struct rig *)ctx)->loop);
}

static void arrivals_while_handlers_run(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    memset(seen, 0, sizeof seen);
    budget = 20;
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note_and_raise, r, NULL), 0);
    raise(SIGUSR1);
    rig_run(r);
    assert_int_equal(seen[SIGUSR1], 21);
    rig_free(r);
}

static void count_turn(struct watch *w, unsigned events)
{
    char c[8];

    (void)events;
    assert_true(read(w->fd, c, sizeof c) > 0);
    loop_stop(w->loop);
}

/* Signals that never cease must not keep the loop from its descriptors. */
static void a_storm_starves_nobody(void **state)
{
    struct rig *r = rig_new();
    int fds[2];
    struct watch w = {.want = rig_want_in, .fire = count_turn};

    (void)state;
    memset(seen, 0, sizeof seen);
    budget = 100000;
    rig_pipe(fds);
    w.fd = fds[0];
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note_and_raise, r, NULL), 0);
    rig_settle(r);
    loop_add(r->loop, &w);
    raise(SIGUSR1);
    assert_int_equal(write(fds[1], "x", 1), 1);
    rig_run(r);
    assert_in_range(seen[SIGUSR1], 0, 1000);
    loop_del(&w);
    close(fds[0]);
    close(fds[1]);
    rig_free(r);
}

static void caught_again_after_default(void **state)
{
    struct rig *r = rig_new();

    (void)state;
    memset(seen, 0, sizeof seen);
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note, r, NULL), 0);
    signal(SIGUSR1, SIG_DFL);
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note, r, NULL), 0);
    raise(SIGUSR1);
    rig_run(r);
    assert_int_equal(seen[SIGUSR1], 1);
    rig_free(r);
    r = rig_new();
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note, r, NULL), 0);
    raise(SIGUSR1);
    rig_run(r);
    assert_int_equal(seen[SIGUSR1], 2);
    rig_free(r);
}

static void what_cannot_be_caught(void **state)
{
    struct rig *r = rig_new();
    struct err e;

    (void)state;
    assert_int_equal(loop_signal(r->loop, SIGKILL, note, r, &e), -1);
    assert_string_equal(e.text, "signal 9: Invalid argument");
    assert_int_equal(loop_signal(r->loop, 0, note, r, &e), -1);
    assert_int_equal(loop_signal(r->loop, 65, note, r, &e), -1);
    assert_int_equal(loop_signal(r->loop, -1, note, r, &e), -1);
    rig_free(r);
}

static void nothing_caught(void **state)
{
    (void)state;
    signal_close();
    assert_int_equal(signal_open(NULL), signal_open(NULL));
    signal_close();
    signal_close();
}

struct hearer {
    struct signal_watch watch;
    struct rig *rig;
    unsigned heard, most;
};

static void hear(struct signal_watch *w)
{
    struct hearer *h = container_of(w, struct hearer, watch);

    if (++h->heard == h->most)
        loop_signal_del(w);
    loop_stop(h->rig->loop);
}

/* Besides who catches it, and without. */
static void any_number_hears(void **state)
{
    struct rig *r = rig_new();
    struct hearer hearers[] = {{.watch = {.signo = SIGUSR1, .run = hear}, .rig = r, .most = 2},
                               {.watch = {.signo = SIGUSR1, .run = hear}, .rig = r, .most = 1},
                               {.watch = {.signo = SIGUSR2, .run = hear}, .rig = r, .most = 9}};

    (void)state;
    memset(seen, 0, sizeof seen);
    assert_int_equal(loop_signal(r->loop, SIGUSR1, note, r, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(loop_signal_add(r->loop, &hearers[i].watch, NULL), 0);
    for (int i = 0; i < 3; i++) {
        raise(SIGUSR1);
        rig_run(r);
    }
    raise(SIGUSR2);
    rig_run(r);
    assert_int_equal(seen[SIGUSR1], 3);
    assert_int_equal(hearers[0].heard, 2);
    assert_int_equal(hearers[1].heard, 1);
    assert_int_equal(hearers[2].heard, 1);
    loop_signal_del(&hearers[2].watch);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(called_from_the_loop),        cmocka_unit_test(a_storm_before_the_loop_looks),
        cmocka_unit_test(arrivals_while_handlers_run), cmocka_unit_test(a_storm_starves_nobody),
        cmocka_unit_test(caught_again_after_default),  cmocka_unit_test(any_number_hears),
        cmocka_unit_test(what_cannot_be_caught),       cmocka_unit_test(nothing_caught),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
