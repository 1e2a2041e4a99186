/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BLOCK = 100, KEEP = 3 };

static void block_comes_back(void **state)
{
    struct pool p;
    void *a;

    (void)state;
    pool_init(&p, BLOCK, KEEP);
    a = pool_get(&p);
    memset(a, 0xff, BLOCK);
    pool_put(&p, a);
    assert_int_equal(p.nfree, 1);
    assert_ptr_equal(pool_get(&p), a);
    assert_int_equal(p.nfree, 0);
    pool_put(&p, a);
    pool_clear(&p);
}

static void blocks_in_use_differ(void **state)
{
    unsigned char *blocks[20];
    struct pool p;

    (void)state;
    pool_init(&p, BLOCK, KEEP);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 20; i++) {
            blocks[i] = pool_get(&p);
            memset(blocks[i], (int)i, BLOCK);
        }
        for (size_t i = 0; i < 20; i++) {
            for (size_t j = 0; j < BLOCK; j++)
                assert_int_equal(blocks[i][j], i);
        }
        for (size_t i = 0; i < 20; i++)
            pool_put(&p, blocks[i]);
        assert_int_equal(p.nfree, KEEP);
    }
    pool_clear(&p);
}

static void clear_leaves_it_usable(void **state)
{
    struct pool p;

    (void)state;
    pool_init(&p, BLOCK, KEEP);
    pool_clear(&p);
    pool_put(&p, pool_get(&p));
    pool_clear(&p);
    assert_int_equal(p.nfree, 0);
    assert_null(p.free);
    pool_put(&p, pool_get(&p));
    assert_int_equal(p.nfree, 1);
    pool_put(&p, NULL);
    assert_int_equal(p.nfree, 1);
    pool_clear(&p);
}

static void keeping_none(void **state)
{
    struct pool p;

    (void)state;
    pool_init(&p, BLOCK, 0);
    pool_put(&p, pool_get(&p));
    assert_int_equal(p.nfree, 0);
}

/* Smaller than the pointer that a free block holds. */
static void tiny_blocks(void **state)
{
    struct pool p;
    void *a, *b;

    (void)state;
    for (size_t size = 0; size <= sizeof(void *); size++) {
        pool_init(&p, size, KEEP);
        a = pool_get(&p);
        b = pool_get(&p);
        pool_put(&p, a);
        pool_put(&p, b);
        assert_ptr_equal(pool_get(&p), b);
        assert_ptr_equal(pool_get(&p), a);
        free(a);
        free(b);
    }
}

static void large_blocks_begin_with_a_page(void **state)
{
    struct pool p;
    void *blocks[KEEP];

    (void)state;
    pool_init(&p, 256 * 1024, KEEP);
    for (int i = 0; i < KEEP; i++) {
        blocks[i] = pool_get(&p);
        assert_int_equal((uintptr_t)blocks[i] % 4096, 0);
    }
    for (int i = 0; i < KEEP; i++)
        pool_put(&p, blocks[i]);
    pool_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_comes_back),
        cmocka_unit_test(blocks_in_use_differ),
        cmocka_unit_test(clear_leaves_it_usable),
        cmocka_unit_test(keeping_none),
        cmocka_unit_test(tiny_blocks),
        cmocka_unit_test(large_blocks_begin_with_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
