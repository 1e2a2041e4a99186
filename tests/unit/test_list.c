/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
    int value;
    struct list place;
};

static void assert_order(struct list *head, const int *values, size_t n)
{
    struct list *ahead;
    struct item *item;
    size_t i = 0;

    list_each(item, ahead, head, struct item, place)
    {
        assert_true(i < n);
        assert_int_equal(item->value, values[i++]);
    }
    assert_int_equal(i, n);
}

static void order_is_kept(void **state)
{
    struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
    struct list head;

    (void)state;
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head, struct item, place));
    assert_null(list_last(&head, struct item, place));
    list_add(&head, &b.place);
    list_add(&head, &c.place);
    list_push(&head, &a.place);
    assert_order(&head, (int[]){1, 2, 3}, 3);
    assert_ptr_equal(list_first(&head, struct item, place), &a);
    assert_ptr_equal(list_last(&head, struct item, place), &c);
    assert_ptr_equal(list_next(&head, &a, struct item, place), &b);
    assert_null(list_next(&head, &c, struct item, place));
}

static void a_place_goes_once(void **state)
{
    struct item a = {.value = 1}, b = {.value = 2};
    struct list head;

    (void)state;
    list_init(&head);
    list_del(&a.place);
    list_add(&head, &a.place);
    list_add(&head, &b.place);
    assert_true(list_in(&a.place));
    list_del(&a.place);
    list_del(&a.place);
    assert_false(list_in(&a.place));
    assert_order(&head, (int[]){2}, 1);
}

static void the_present_one_may_go(void **state)
{
    struct item items[4] = {{.value = 1}, {.value = 2}, {.value = 3}, {.value = 4}};
    struct list head, *ahead;
    struct item *item;

    (void)state;
    list_init(&head);
    for (size_t i = 0; i < 4; i++)
        list_add(&head, &items[i].place);
    list_each(item, ahead, &head, struct item, place)
    {
        if (item->value % 2 == 1)
            list_del(&item->place);
    }
    assert_order(&head, (int[]){2, 4}, 2);
}

static void all_move_at_once(void **state)
{
    struct item items[2] = {{.value = 1}, {.value = 2}};
    struct list head, other;

    (void)state;
    list_init(&head);
    list_move(&other, &head);
    assert_true(list_empty(&other));
    for (size_t i = 0; i < 2; i++)
        list_add(&head, &items[i].place);
    list_move(&other, &head);
    assert_true(list_empty(&head));
    assert_order(&other, (int[]){1, 2}, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(a_place_goes_once),
        cmocka_unit_test(the_present_one_may_go),
        cmocka_unit_test(all_move_at_once),
    };

    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
