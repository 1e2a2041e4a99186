/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/input.h"
#include "console/console_conf.h"
#include "console/mark.h"
#include "console/view.h"
#include "svc/bridge.h"

enum { MOST = 16 };

static const struct name *const tables[] = {
    clock_names, color_names, eol_names, input_mode_names, slow_names, mark_names, view_mode_names,
};

static void there_and_back(const struct name *names)
{
    size_t i = 0;

    for (; names[i].word != NULL; i++) {
        int value = -1;

        assert_in_range(i, 0, MOST);
        assert_true(names_find(names, names[i].word, strlen(names[i].word), &value));
        assert_int_equal(value, names[i].value);
        assert_string_equal(names_word(names, value), names[i].word);
        assert_string_equal(names_row((void *)(uintptr_t)names, i), names[i].word);
    }
    assert_true(i > 1);
    assert_null(names_row((void *)(uintptr_t)names, i));
    assert_null(names_row((void *)(uintptr_t)names, i + 1));
}

static void every_word_has_a_value_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        there_and_back(tables[i]);
}

static void what_is_not_there(void **state)
{
    int value = 99;

    (void)state;
    assert_false(names_find(eol_names, "L", 1, &value));
    assert_false(names_find(eol_names, "", 0, &value));
    assert_false(names_find(eol_names, "crlfs", 5, &value));
    assert_false(names_find(eol_names, "cx", 2, &value));
    assert_int_equal(value, 99);
    assert_true(names_find(eol_names, "crlf,", 4, &value));
    assert_int_equal(value, EOL_CRLF);
    assert_null(names_word(eol_names, 99));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_has_a_value_of_its_own),
        cmocka_unit_test(what_is_not_there),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
