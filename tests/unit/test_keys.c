/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "term/keys.h"

static struct keys keys;

static void begin(const char *text)
{
    keys_clear(&keys);
    keys_add(&keys, text, strlen(text));
}

static void add(const char *text)
{
    keys_add(&keys, text, strlen(text));
}

static void expect(const char *text)
{
    for (; *text != '\0'; text++)
        assert_int_equal(keys_next(&keys, true), (unsigned char)*text);
}

static void gives_what_was_typed(void **state)
{
    (void)state;
    keys_clear(&keys);
    assert_int_equal(keys_state(&keys, true), KEYS_NONE);
    assert_int_equal(keys_next(&keys, true), -1);
    begin("ab");
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    expect("a");
    add("c");
    expect("bc");
    assert_int_equal(keys_next(&keys, true), -1);
    assert_int_equal(keys_state(&keys, true), KEYS_NONE);
}

static void reads_a_descriptor(void **state)
{
    int fd[2];

    (void)state;
    keys_clear(&keys);
    assert_int_equal(pipe(fd), 0);
    assert_int_equal(write(fd[1], "xyz", 3), 3);
    assert_int_equal(keys_read(&keys, fd[0]), 3);
    close(fd[1]);
    assert_int_equal(keys_read(&keys, fd[0]), 0);
    close(fd[0]);
    assert_int_equal(keys_read(&keys, fd[0]), -1);
    expect("xyz");
}

static void holds_a_cut_character(void **state)
{
    (void)state;
    begin("\xe6\x97");
    assert_int_equal(keys_state(&keys, true), KEYS_KEY);
    assert_int_equal(keys_state(&keys, false), KEYS_READY);
    add("\xa5");
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    begin("\xe6x");
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    begin("\xff");
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
}

static void holds_an_escape(void **state)
{
    (void)state;
    begin("\033");
    assert_int_equal(keys_state(&keys, true), KEYS_KEY);
    add("[");
    assert_int_equal(keys_state(&keys, true), KEYS_KEY);
    add("D");
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    begin("\033");
    keys_force(&keys);
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    expect("\033");
}

static void holds_a_paste(void **state)
{
    (void)state;
    begin("\033[200~one\rtwo");
    assert_int_equal(keys_state(&keys, true), KEYS_PASTE);
    add("three\033[20");
    assert_int_equal(keys_state(&keys, true), KEYS_PASTE);
    add("1~x");
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    expect("\033[200~one\rtwothree\033[201~x");
}

static void ends_a_paste_by_force(void **state)
{
    (void)state;
    begin("\033[200~one");
    assert_int_equal(keys_state(&keys, true), KEYS_PASTE);
    keys_force(&keys);
    assert_int_equal(keys_state(&keys, true), KEYS_READY);
    expect("\033[200~one\033[201~");
    assert_int_equal(keys_next(&keys, true), -1);
}

static void bounds_a_paste(void **state)
{
    static char block[1024 * 1024];
    int blocks = 0;

    (void)state;
    memset(block, 'x', sizeof block);
    begin("\033[200~");
    while (keys_state(&keys, true) == KEYS_PASTE) {
        keys_add(&keys, block, sizeof block);
        blocks++;
    }
    assert_int_equal(blocks, KEYS_PASTE_MOST / sizeof block);
    assert_memory_equal(keys.data + keys.end - 6, "\033[201~", 6);
}

static void peeks(void **state)
{
    (void)state;
    begin("\xc3x");
    assert_int_equal(keys_peek(&keys), 0xc3);
    expect("?x");
    assert_int_equal(keys_peek(&keys), -1);
}

static void gives_characters_alone(void **state)
{
    (void)state;
    begin("a\u00e9\u65e5\U0001f600");
    expect("a\u00e9\u65e5\U0001f600");
    begin("\xff\x80\xc3(\xe6\x97z\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf4\x90\x80\x80");
    expect("?"
           "?"
           "?("
           "??z"
           "??"
           "???"
           "???"
           "????");
    begin("\xff\xfe");
    assert_int_equal(keys_next(&keys, false), 0xff);
    assert_int_equal(keys_next(&keys, true), KEYS_INVALID);
}

static void skips_a_character(void **state)
{
    (void)state;
    begin("\u65e5\xffx");
    keys_skip(&keys);
    assert_int_equal(keys_peek(&keys), 0xff);
    keys_skip(&keys);
    expect("x");
}

static int clear(void **state)
{
    (void)state;
    keys_clear(&keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(gives_what_was_typed, clear),
        cmocka_unit_test_teardown(reads_a_descriptor, clear),
        cmocka_unit_test_teardown(holds_a_cut_character, clear),
        cmocka_unit_test_teardown(holds_an_escape, clear),
        cmocka_unit_test_teardown(holds_a_paste, clear),
        cmocka_unit_test_teardown(ends_a_paste_by_force, clear),
        cmocka_unit_test_teardown(bounds_a_paste, clear),
        cmocka_unit_test_teardown(peeks, clear),
        cmocka_unit_test_teardown(gives_characters_alone, clear),
        cmocka_unit_test_teardown(skips_a_character, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
