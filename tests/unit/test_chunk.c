/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/chunk.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void data_is_a_copy(void **state)
{
    char text[] = "hello";
    struct chunk *c;

    (void)state;
    c = chunk_new(text, 5);
    text[0] = 'x';
    assert_int_equal(c->refs, 1);
    assert_int_equal(c->len, 5);
    assert_memory_equal(c->data, "hello", 5);
    chunk_unref(c);
}

/* That the last reference frees, and none before it, is what the sanitizers and valgrind see. */
static void references_are_counted(void **state)
{
    struct chunk *c;

    (void)state;
    c = chunk_new("ab", 2);
    for (unsigned i = 2; i <= 500; i++) {
        assert_ptr_equal(chunk_ref(c), c);
        assert_int_equal(c->refs, i);
    }
    for (unsigned i = 499; i >= 1; i--) {
        chunk_unref(c);
        assert_int_equal(c->refs, i);
        assert_memory_equal(c->data, "ab", 2);
    }
    chunk_unref(c);
    chunk_unref(NULL);
}

static void sizes(void **state)
{
    static unsigned char block[300000];
    static const size_t lens[] = {0, 1, 7, 8, 4096, 65536, sizeof block};

    (void)state;
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (unsigned char)(i * 7);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct chunk *c = chunk_new(lens[i] > 0 ? block : NULL, lens[i]);

        assert_int_equal(c->len, lens[i]);
        if (lens[i] > 0)
            assert_memory_equal(c->data, block, lens[i]);
        chunk_unref(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_a_copy),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
