/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop/timer.h"

#include "loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 200 };

static const struct timer *earliest(const struct timer *all)
{
    const struct timer *first = NULL;

    for (int i = 0; i < N; i++)
        if (all[i].place != 0 && (first == NULL || all[i].at < first->at))
            first = &all[i];
    return first;
}

static void check_heap(const struct timers *t)
{
    for (size_t i = 1; i <= t->count; i++) {
        assert_int_equal(t->heap[i]->place, i);
        if (i > 1)
            assert_true(t->heap[i / 2]->at <= t->heap[i]->at);
    }
}

static void random_sets_and_dels(void **state)
{
    static struct timer all[N];
    struct timers t = {0};
    uint32_t x = 7;

    (void)state;
    assert_null(timers_first(&t));
    for (int round = 0; round < 20000; round++) {
        struct timer *one;

        x = x * 1664525u + 1013904223u;
        one = &all[(x >> 8) % N];
        if (x >> 30 == 0 && one->place != 0) {
            timers_del(&t, one);
            assert_int_equal(one->place, 0);
        } else {
            int64_t at = x >> 20;

            if (one->place != 0)
                timers_del(&t, one);
            one->at = at;
            timers_set(&t, one);
        }
        if (round % 50 == 0)
            check_heap(&t);
        if (earliest(all) == NULL)
            assert_null(timers_first(&t));
        else
            assert_int_equal(timers_first(&t)->at, earliest(all)->at);
    }
    for (int64_t last = -1; t.count > 0;) {
        struct timer *first = timers_first(&t);

        assert_true(first->at >= last);
        last = first->at;
        timers_del(&t, first);
    }
    timers_clear(&t);
    assert_null(timers_first(&t));
}

/* As loop_timer_set() moves one: its time is changed while it is in. */
static void moving_while_it_is_in(void **state)
{
    static struct timer all[N];
    struct timers t = {0};
    uint32_t x = 3;

    (void)state;
    for (int i = 0; i < N; i++) {
        all[i].at = i;
        timers_set(&t, &all[i]);
    }
    for (int round = 0; round < 5000; round++) {
        struct timer *one;

        x = x * 1664525u + 1013904223u;
        one = &all[(x >> 8) % N];
        one->at = x >> 20;
        timers_set(&t, one);
        assert_int_equal(t.count, N);
        if (round % 20 == 0)
            check_heap(&t);
    }
    check_heap(&t);
    timers_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sets_and_dels),
        cmocka_unit_test(moving_while_it_is_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
