/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/loop.h"

#include "base/container.h"
#include "test_io_rig.h"

enum { MANY = 40 };

struct end {
    struct watch watch;
    int other;
    unsigned wanted, seen, fired;
    void (*then)(struct end *);
    struct end *all;
};

static unsigned want(struct watch *w)
{
    return container_of(w, struct end, watch)->wanted;
}

static void fire(struct watch *w, unsigned events)
{
    struct end *e = container_of(w, struct end, watch);

    e->seen |= events;
    e->fired++;
    if (e->then != NULL)
        e->then(e);
}

static void end_open(struct rig *r, struct end *e, unsigned wanted, void (*then)(struct end *))
{
    int fds[2];

    rig_pair(fds, SOCK_STREAM);
    *e = (struct end){.watch = {.fd = fds[0], .want = want, .fire = fire}, .other = fds[1]};
    e->wanted = wanted;
    e->then = then;
    loop_add(r->loop, &e->watch);
}

static void end_close(struct end *e)
{
    if (e->watch.fd >= 0)
        loop_close(&e->watch);
    if (e->other >= 0)
        close(e->other);
}

static void say(const struct end *e)
{
    assert_int_equal(write(e->other, "x", 1), 1);
}

static void stop(struct end *e)
{
    loop_stop(e->watch.loop);
}

static void quiet(struct end *e)
{
    e->wanted = 0;
}

static void one_watch_both_ways(void **state)
{
    struct rig *r = rig_new();
    struct end e;

    (void)state;
    end_open(r, &e, LOOP_IN, stop);
    say(&e);
    rig_run(r);
    assert_int_equal(e.seen, LOOP_IN);
    e.wanted = LOOP_OUT;
    e.seen = 0;
    loop_touch(&e.watch);
    rig_run(r);
    assert_int_equal(e.seen, LOOP_OUT);
    e.wanted = LOOP_OUT | LOOP_IN;
    e.seen = 0;
    loop_touch(&e.watch);
    loop_touch(&e.watch);
    rig_run(r);
    assert_int_equal(e.seen, LOOP_OUT | LOOP_IN);
    end_close(&e);
    rig_free(r);
}

/* More than one batch of the crowd at once. */
static void all_of_many_fire(void **state)
{
    struct rig *r = rig_new();
    enum { N = 300 };
    static struct end ends[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        end_open(r, &ends[i], LOOP_IN, quiet);
        say(&ends[i]);
    }
    rig_settle(r);
    for (int i = 0; i < N; i++) {
        assert_int_equal(ends[i].fired, 1);
        end_close(&ends[i]);
    }
    rig_free(r);
}

static void delete_all(struct end *e)
{
    for (int i = 0; i < MANY; i++)
        loop_del(&e->all[i].watch);
}

static void delete_others(struct end *e)
{
    for (int i = 0; i < MANY; i++)
        if (&e->all[i] != e)
            loop_del(&e->all[i].watch);
    e->wanted = 0;
}

static void delete_neighbours(struct end *e)
{
    long at = e - e->all;

    e->wanted = 0;
    if (at > 0)
        loop_del(&e[-1].watch);
    if (at < MANY - 1)
        loop_del(&e[1].watch);
}

static void move_others(struct end *e)
{
    struct loop *l = e->watch.loop;

    for (int i = 0; i < MANY; i++) {
        loop_del(&e->all[i].watch);
        e->all[i].wanted = 0;
        loop_add(l, &e->all[i].watch);
    }
}

static void close_others(struct end *e)
{
    for (int i = 0; i < MANY; i++) {
        if (&e->all[i] != e)
            loop_close(&e->all[i].watch);
    }
    e->wanted = 0;
}

static unsigned fired_of(void (*then)(struct end *), unsigned *twice)
{
    struct rig *r = rig_new();
    struct end ends[MANY];
    unsigned fired = 0;

    *twice = 0;
    for (int i = 0; i < MANY; i++) {
        end_open(r, &ends[i], LOOP_IN, then);
        ends[i].all = ends;
        say(&ends[i]);
    }
    rig_settle(r);
    for (int i = 0; i < MANY; i++) {
        fired += ends[i].fired > 0;
        *twice += ends[i].fired > 1;
        end_close(&ends[i]);
    }
    rig_free(r);
    return fired;
}

static void deleting_from_a_callback(void **state)
{
    unsigned twice;

    (void)state;
    assert_int_equal(fired_of(delete_all, &twice), 1);
    assert_int_equal(twice, 0);
    assert_int_equal(fired_of(delete_others, &twice), 1);
    assert_int_equal(twice, 0);
    assert_int_equal(fired_of(close_others, &twice), 1);
    assert_int_equal(twice, 0);
    assert_in_range(fired_of(delete_neighbours, &twice), MANY / 3, (MANY + 1) / 2);
    assert_int_equal(twice, 0);
    assert_int_equal(fired_of(move_others, &twice), 1);
    assert_int_equal(twice, 0);
}

/* Who comes next may have the number of who was closed, in the same turn or before it was ever waited for. */
static void numbers_come_again(void **state)
{
    struct rig *r = rig_new();
    struct end ends[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++)
        end_open(r, &ends[i], LOOP_IN, quiet);
    rig_settle(r);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            end_close(&ends[i]);
            end_open(r, &ends[i], LOOP_IN, quiet);
        }
    }
    for (int i = 0; i < MANY; i++)
        say(&ends[i]);
    rig_settle(r);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ends[i].fired, 1);
        end_close(&ends[i]);
    }
    rig_free(r);
}

/* Freed memory must not be looked at again: only a sanitizer or valgrind sees it. */
static void free_next(struct end *e)
{
    struct end **all = (struct end **)e->all;

    for (int i = 0; i < MANY; i++) {
        if (all[i] != NULL && all[i] != e) {
            end_close(all[i]);
            free(all[i]);
            all[i] = NULL;
        }
    }
    e->wanted = 0;
}

static void freeing_from_a_callback(void **state)
{
    struct rig *r = rig_new();
    struct end *ends[MANY];
    unsigned left = 0;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        ends[i] = calloc(1, sizeof *ends[i]);
        assert_non_null(ends[i]);
        end_open(r, ends[i], LOOP_IN, free_next);
        ends[i]->all = (struct end *)ends;
        say(ends[i]);
    }
    rig_settle(r);
    for (int i = 0; i < MANY; i++) {
        if (ends[i] == NULL)
            continue;
        left++;
        assert_int_equal(ends[i]->fired, 1);
        end_close(ends[i]);
        free(ends[i]);
    }
    assert_int_equal(left, 1);
    rig_free(r);
}

static void wanting_nothing_never_spins(void **state)
{
    struct rig *r = rig_new();
    struct end ends[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        end_open(r, &ends[i], i % 2 ? 0 : LOOP_IN, quiet);
        say(&ends[i]);
        close(ends[i].other);
        ends[i].other = -1;
    }
    rig_settle(r);
    rig_rest(r, 60);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(ends[i].fired, i % 2 ? 0 : 1);
        end_close(&ends[i]);
    }
    rig_free(r);
}

static void hang_up_alone(void **state)
{
    struct rig *r = rig_new();
    struct end e;

    (void)state;
    end_open(r, &e, LOOP_HUP, quiet);
    say(&e);
    rig_rest(r, 60);
    assert_int_equal(e.fired, 0);
    close(e.other);
    e.other = -1;
    rig_settle(r);
    assert_int_equal(e.fired, 1);
    assert_int_equal(e.seen & LOOP_HUP, LOOP_HUP);
    end_close(&e);
    rig_free(r);
}

/* epoll refuses files, and a descriptor it has already. */
static void what_epoll_refuses(void **state)
{
    struct rig *r = rig_new();
    struct end a, b, file = {0};

    (void)state;
    end_open(r, &a, LOOP_IN, quiet);
    b = (struct end){
        .watch = {.fd = a.watch.fd, .want = want, .fire = fire}, .wanted = LOOP_OUT, .then = quiet};
    loop_add(r->loop, &b.watch);
    file.watch = (struct watch){
        .fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), .want = want, .fire = fire};
    assert_true(file.watch.fd >= 0);
    file.wanted = LOOP_IN;
    file.then = quiet;
    loop_add(r->loop, &file.watch);
    say(&a);
    rig_settle(r);
    assert_int_equal(a.seen, LOOP_IN);
    assert_int_equal(b.seen, LOOP_OUT);
    assert_int_equal(file.seen & LOOP_IN, LOOP_IN);
    loop_del(&b.watch);
    loop_del(&file.watch);
    close(file.watch.fd);
    a.wanted = LOOP_IN;
    a.fired = 0;
    loop_touch(&a.watch);
    rig_settle(r);
    assert_int_equal(a.fired, 1);
    end_close(&a);
    rig_free(r);
}

static void touching_what_is_not_added(void **state)
{
    struct watch w = {.fd = -1};

    (void)state;
    loop_touch(&w);
    loop_del(&w);
    assert_false(list_in(&w.touched));
}

/* What ran, in order. */
static struct {
    char text[64];
    size_t len;
} order;

struct task {
    struct job job;
    struct loop *loop;
    char name;
    int again;
    struct task *drop;
    bool stops;
};

static void run_task(struct job *j)
{
    struct task *t = container_of(j, struct task, job);

    assert_true(order.len < sizeof order.text - 1);
    order.text[order.len++] = t->name;
    order.text[order.len] = '\0';
    if (t->drop != NULL)
        loop_job_del(&t->drop->job);
    if (t->again-- > 0)
        loop_soon(t->loop, j);
    else if (t->stops)
        loop_stop(t->loop);
}

static struct task task(struct rig *r, char name)
{
    return (struct task){.job = {.run = run_task}, .loop = r->loop, .name = name};
}

static void jobs_in_order_and_once(void **state)
{
    struct rig *r = rig_new();
    struct task a = task(r, 'a'), b = task(r, 'b'), c = task(r, 'c'), z = task(r, 'z');

    (void)state;
    order.len = 0;
    a.again = 2;
    a.drop = &c;
    z.stops = true;
    z.again = 3;
    loop_soon(r->loop, &a.job);
    loop_soon(r->loop, &b.job);
    loop_soon(r->loop, &a.job);
    loop_soon(r->loop, &c.job);
    loop_soon(r->loop, &z.job);
    rig_run(r);
    assert_string_equal(order.text, "abzazazz");
    loop_job_del(&c.job);
    rig_free(r);
}

/* A job that goes on for ever holds up neither descriptors nor timers. */
static void jobs_leave_room_for_others(void **state)
{
    struct rig *r = rig_new();
    struct task a = task(r, 'a');
    struct end e;

    (void)state;
    order.len = 0;
    a.again = 50;
    end_open(r, &e, LOOP_IN, stop);
    say(&e);
    loop_soon(r->loop, &a.job);
    rig_run(r);
    assert_in_range(order.len, 0, 3);
    loop_timer_set(r->loop, &r->rest, 0);
    e.wanted = 0;
    loop_touch(&e.watch);
    rig_run(r);
    assert_in_range(order.len, 0, 49);
    loop_job_del(&a.job);
    end_close(&e);
    rig_free(r);
}

static void run_finally(struct job *j)
{
    struct task *t = container_of(j, struct task, job);

    order.text[order.len++] = t->name;
    order.text[order.len] = '\0';
    if (t->drop != NULL)
        loop_finally(t->loop, &t->drop->job);
    if (t->stops)
        loop_stop(t->loop);
}

static void finish_later(struct job *j)
{
    struct task *t = container_of(j, struct task, job);

    run_task(j);
    loop_finally(t->loop, &t->drop->job);
}

static void frees_come_last(void **state)
{
    struct rig *r = rig_new();
    struct task a = task(r, 'a'), b = task(r, 'b'), f = task(r, 'f'), g = task(r, 'g'), h = task(r, 'h');

    (void)state;
    order.len = 0;
    f.job.run = g.job.run = h.job.run = run_finally;
    a.job.run = finish_later;
    a.drop = &f;
    f.drop = &g;
    g.stops = true;
    loop_soon(r->loop, &a.job);
    loop_soon(r->loop, &b.job);
    rig_run(r);
    assert_string_equal(order.text, "abfg");
    loop_finally(r->loop, &h.job);
    rig_free(r);
    assert_string_equal(order.text, "abfgh");
}

struct alarm {
    struct timer timer;
    struct rig *rig;
    char name;
    struct alarm *clears, *moves;
    int64_t to;
    int again;
    bool stops;
    int64_t at;
};

static void ring(struct timer *t)
{
    struct alarm *a = container_of(t, struct alarm, timer);

    order.text[order.len++] = a->name;
    order.text[order.len] = '\0';
    assert_false(loop_timer_pending(t));
    a->at = rig_clock(CLOCK_MONOTONIC);
    if (a->clears != NULL)
        loop_timer_clear(&a->clears->timer);
    if (a->moves != NULL)
        loop_timer_set(a->rig->loop, &a->moves->timer, a->to);
    if (a->again-- > 0)
        loop_timer_set(a->rig->loop, t, 1);
    if (a->stops)
        loop_stop(a->rig->loop);
}

static struct alarm alarm_of(struct rig *r, char name)
{
    return (struct alarm){.timer = {.fire = ring}, .rig = r, .name = name};
}

static void timers_in_order(void **state)
{
    struct rig *r = rig_new();
    struct alarm a = alarm_of(r, 'a'), b = alarm_of(r, 'b'), c = alarm_of(r, 'c'), d = alarm_of(r, 'd'),
                 e = alarm_of(r, 'e');
    int64_t start;

    (void)state;
    order.len = 0;
    a.clears = &b;
    a.moves = &e;
    a.to = 150;
    d.again = 2;
    d.stops = e.stops = true;
    loop_timer_set(r->loop, &c.timer, 40000);
    loop_timer_set(r->loop, &a.timer, 30000);
    loop_timer_set(r->loop, &d.timer, 50000);
    loop_timer_set(r->loop, &d.timer, -5);
    for (int i = 0; i < 3; i++)
        rig_run(r);
    start = rig_clock(CLOCK_MONOTONIC);
    loop_timer_set(r->loop, &c.timer, 120);
    loop_timer_set(r->loop, &a.timer, 60);
    loop_timer_set(r->loop, &b.timer, 90);
    loop_timer_set(r->loop, &e.timer, 70);
    assert_true(loop_timer_pending(&b.timer));
    rig_run(r);
    assert_false(loop_timer_pending(&b.timer));
    assert_string_equal(order.text, "dddace");
    assert_true(a.at - start >= 60);
    assert_true(c.at - start >= 120);
    assert_true(e.at - a.at >= 150);
    loop_timer_clear(&b.timer);
    rig_free(r);
}

/* Time that passes before the loop waits is not waited for again. The machine may be slow, but not each time. */
static void timers_after_a_long_turn(void **state)
{
    struct rig *r = rig_new();
    struct alarm a = alarm_of(r, 'a');
    int64_t start, took = 400;

    (void)state;
    a.stops = true;
    for (int tries = 0; tries < 20 && took >= 400; tries++) {
        order.len = 0;
        start = rig_clock(CLOCK_MONOTONIC);
        while (rig_clock(CLOCK_MONOTONIC) - start < 400)
            continue;
        loop_timer_set(r->loop, &a.timer, 1);
        rig_run(r);
        took = a.at - start - 400;
        assert_true(loop_now(r->loop) >= start + 400);
    }
    assert_true(took < 400);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_watch_both_ways),
        cmocka_unit_test(all_of_many_fire),
        cmocka_unit_test(deleting_from_a_callback),
        cmocka_unit_test(numbers_come_again),
        cmocka_unit_test(freeing_from_a_callback),
        cmocka_unit_test(wanting_nothing_never_spins),
        cmocka_unit_test(hang_up_alone),
        cmocka_unit_test(what_epoll_refuses),
        cmocka_unit_test(touching_what_is_not_added),
        cmocka_unit_test(jobs_in_order_and_once),
        cmocka_unit_test(jobs_leave_room_for_others),
        cmocka_unit_test(frees_come_last),
        cmocka_unit_test(timers_in_order),
        cmocka_unit_test(timers_after_a_long_turn),
    };
    int failed = cmocka_run_group_tests_name("poll", tests, rig_poll, NULL);

    return failed + cmocka_run_group_tests_name("crowd", tests, rig_crowd, NULL);
}
