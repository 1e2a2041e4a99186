/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/near.h"

#include <limits.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void distances(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"", "a", 1},
        {"abc", "", 3},
        {"abc", "abc", 0},
        {"abc", "abd", 1},   /* replaced */
        {"abc", "ac", 1},    /* deleted */
        {"ac", "abc", 1},    /* inserted */
        {"abc", "acb", 1},   /* swapped */
        {"abcd", "badc", 2}, /* swapped twice */
        {"ca", "abc", 3},    /* no letter is changed twice */
        {"kitten", "sitting", 3},
        {"listen", "silent", 4},
        {"nodealy", "nodelay", 1},
        {"verb", "verbose", 1}, /* the beginning */
        {"ve", "verbose", 1},
        {"v", "verbose", 6},
        {"verbose", "verb", 3},
        {"abc", "xyz", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(near_distance(rows[i].a, rows[i].b), rows[i].distance);
}

static void long_names_are_never_near(void **state)
{
    char longest[64], over[65];

    (void)state;
    memset(longest, 'a', 63);
    longest[63] = '\0';
    memset(over, 'a', 64);
    over[64] = '\0';
    assert_int_equal(near_distance(longest, longest), 0);
    assert_int_equal(near_distance("b", longest), 63);
    assert_int_equal(near_distance(longest, "b"), 63);
    assert_int_equal(near_distance(over, over), UINT_MAX);
    assert_int_equal(near_distance("aa", over), UINT_MAX);
    assert_int_equal(near_distance(over, "aa"), UINT_MAX);
}

static const char *const names[] = {"listen", "listing",   "udp", "udp-connected",
                                    "echo",   "keepalive", "k",   NULL};

static const char *name(void *ctx, size_t i)
{
    const char *const *list = ctx;

    return list[i];
}

static void finds(void **state)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"listen", "listen"},
        {"lisetn", "listen"},
        {"listin", "listen"}, /* as far as listing: the first wins */
        {"listng", "listing"},
        {"ehco", "echo"},
        {"eco", "echo"},
        {"udq", "udp"},
        {"udp-", "udp"}, /* one letter too many; also the beginning of the next */
        {"udp-c", "udp-connected"},
        {"kepealive", "keepalive"},
        {"kipeelive", "keepalive"}, /* 3 of 9 */
        {"kipeelivo", NULL},        /* 4 of 9 */
        {"eo", NULL},               /* 2 of 2 */
        {"zebra", NULL},
        {"lostinn", "listing"}, /* 2 of 7 */
        {"lostan", "listen"},   /* 2 of 6 */
        {"lostn", NULL},        /* 2 of 5 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *found = near_find(rows[i].text, name, (void *)(uintptr_t)names);

        if (rows[i].found == NULL)
            assert_null(found);
        else
            assert_string_equal(found != NULL ? found : rows[i].text, rows[i].found);
    }
    assert_null(near_find("x", name, (void *)(uintptr_t)&names[7]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(long_names_are_never_near),
        cmocka_unit_test(finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
