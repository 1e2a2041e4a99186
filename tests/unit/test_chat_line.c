/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/chat_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The lines of `n` bytes that come in pieces of `most`, each behind | or (a part) +; to be freed. */
static char *lines(const char *data, size_t n, size_t most)
{
    struct chat_line l = {0};
    char *out = calloc(4, n + 2), *text;
    size_t used = 0, len;
    bool whole, part;

    for (size_t i = 0; i < n;) {
        i += chat_line_put(&l, data + i, n - i < most ? n - i : most, &whole);
        if (!whole)
            continue;
        assert_non_null(text = chat_line_take(&l, &len, &part));
        out[used++] = part ? '+' : '|';
        memcpy(out + used, text, len);
        used += len;
        free(text);
    }
    while ((text = chat_line_take(&l, &len, &part)) != NULL) {
        out[used++] = part ? '+' : '|';
        memcpy(out + used, text, len);
        used += len;
        free(text);
    }
    chat_line_clear(&l);
    return out;
}

static void check(const char *data, const char *want)
{
    for (size_t most = 1; most <= 5000; most = most < 4 ? most + 1 : most * 3) {
        char *got = lines(data, strlen(data), most);

        assert_string_equal(got, want);
        free(got);
    }
}

static void ends_of_lines(void **state)
{
    (void)state;
    check("", "");
    check("a\nb\r\n\nc", "|a|b||c");
    check("a\rb\r\r\n\r", "|a\rb\r|\r"); /* a CR that ends no line is a part of it */
}

static void check_long(size_t n, const char *end, size_t first, size_t rest)
{
    char data[3 * CHAT_LINE], want[3 * CHAT_LINE] = "|";

    memset(data, 'x', n);
    strcpy(data + n, end);
    memset(want + 1, 'x', first);
    if (rest > 0) {
        want[first + 1] = '+';
        memset(want + first + 2, 'x', rest);
    }
    check(data, want);
}

static void long_lines(void **state)
{
    (void)state;
    check_long(CHAT_LINE, "\n", CHAT_LINE, 0);
    check_long(CHAT_LINE, "\r\n", CHAT_LINE, 0);
    check_long(CHAT_LINE, "", CHAT_LINE, 0);
    check_long(CHAT_LINE + 1, "\n", CHAT_LINE, 1);
    check_long(CHAT_LINE + 1, "\r\n", CHAT_LINE, 1);
    check_long(2 * CHAT_LINE, "\r\n", CHAT_LINE, CHAT_LINE);
}

static void no_character_is_cut(void **state)
{
    char data[CHAT_LINE + 16], want[CHAT_LINE + 16] = "|";

    (void)state;
    memset(data, 'x', CHAT_LINE - 1);
    strcpy(data + CHAT_LINE - 1, "\xe2\x82\xac\n");
    memset(want + 1, 'x', CHAT_LINE - 1);
    strcpy(want + CHAT_LINE, "+\xe2\x82\xac");
    check(data, want);
}

static void only_the_first_cut_is_told(void **state)
{
    struct chat_line l = {0};
    char data[3 * CHAT_LINE];
    size_t n = 0, len;
    bool whole, part;
    unsigned cuts = 0;

    (void)state;
    memset(data, 'x', sizeof data);
    while (n < sizeof data) {
        n += chat_line_put(&l, data + n, sizeof data - n, &whole);
        cuts += l.cut_now;
        if (whole)
            free(chat_line_take(&l, &len, &part));
    }
    chat_line_clear(&l);
    assert_int_equal(cuts, 1);
}

static void safe(void **state)
{
    size_t n;
    char *text = chat_line_safe("<1> ", "a\x1b\0\xff\xc3", 5, "\r\n", &n);

    (void)state;
    assert_string_equal(text, "<1> a\\x1b\\x00\\xff\\xc3\r\n");
    assert_int_equal(n, strlen(text));
    free(text);
}

static void names(void **state)
{
    static const char *const right[] = {"a", "A-b_9", "0x", "-", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const wrong[] = {
        "", "7", "a b", "<a>", "\xc3\xa4", "a\n", "abcdefghijklmnopqrstuvwxyz0123456"};

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_true(chat_name_is_right(right[i]));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(chat_name_is_right(wrong[i]));
    assert_true(chat_name_is("Alice", "aLICE"));
    assert_false(chat_name_is("Alice", "Alic"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_of_lines),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(no_character_is_cut),
        cmocka_unit_test(only_the_first_cut_is_told),
        cmocka_unit_test(safe),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
