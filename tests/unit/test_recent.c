/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/recent.h"

#include <stdlib.h>
#include <string.h>

#include "test_io_rig.h"

static unsigned char byte_at(uint64_t i)
{
    return (unsigned char)(i * 7 + i / 256);
}

/* Whatever the sizes of what comes, the last of it is kept, and it is known how much came before. */
static void the_last_is_kept(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 100, 1000, 4095, 4096, 4097, 10000};
    unsigned char data[10000];

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct recent *r = NULL;
        uint64_t came = 0;

        for (int i = 0; i < 12; i++) {
            size_t n = sizes[(s + (size_t)i % 2) % (sizeof sizes / sizeof sizes[0])], len;

            for (size_t k = 0; k < n; k++)
                data[k] = byte_at(came + k);
            recent_put(&r, data, n);
            came += n;
            len = came < RECENT_MOST ? (size_t)came : RECENT_MOST;
            assert_int_equal(r->len, len);
            assert_int_equal(r->before, came - len);
            for (size_t k = 0; k < len; k++)
                assert_int_equal(r->data[k], byte_at(r->before + k));
        }
        assert_true(r->room <= RECENT_MOST);
        free(r);
    }
}

static void nothing_needs_no_room(void **state)
{
    struct recent *r = NULL;

    (void)state;
    recent_put(&r, "", 0);
    assert_null(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_is_kept),
        cmocka_unit_test(nothing_needs_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
