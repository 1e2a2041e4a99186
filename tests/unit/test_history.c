/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "term/history.h"

static char dir[64], file[128];

static struct {
    int count;
    char first[64], last[64];
} lines;

static int set_up(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test_history.XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/history", dir);
    memset(&lines, 0, sizeof lines);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static void count_line(void *ctx, const char *line)
{
    (void)ctx;
    if (lines.count++ == 0)
        snprintf(lines.first, sizeof lines.first, "%s", line);
    snprintf(lines.last, sizeof lines.last, "%s", line);
}

static void put_file(const char *text)
{
    FILE *f = fopen(file, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void expect_file(const char *text)
{
    char data[4096];
    FILE *f = fopen(file, "r");
    size_t n;

    assert_non_null(f);
    n = fread(data, 1, sizeof data - 1, f);
    data[n] = '\0';
    fclose(f);
    assert_string_equal(data, text);
}

static void appends_and_loads(void **state)
{
    struct history *h = history_new(file);
    struct err e;

    (void)state;
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    assert_int_equal(lines.count, 0);
    assert_true(history_add(h, "one"));
    assert_true(history_add(h, "two\nlines"));
    assert_int_equal(history_save(h, &e), 0);
    expect_file("one\ntwo\nlines\n");
    assert_true(history_add(h, "three"));
    assert_int_equal(history_save(h, &e), 0);
    assert_int_equal(history_save(h, &e), 0);
    expect_file("one\ntwo\nlines\nthree\n");
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    assert_int_equal(lines.count, 4);
    assert_string_equal(lines.first, "one");
    assert_string_equal(lines.last, "three");
    history_free(h);
}

static void leaves_out(void **state)
{
    struct history *h = history_new(file);
    struct err e;

    (void)state;
    put_file("before\n");
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    assert_false(history_add(h, "before"));
    assert_false(history_add(h, ""));
    assert_false(history_add(h, " secret"));
    assert_true(history_add(h, "one"));
    assert_false(history_add(h, "one"));
    assert_true(history_add(h, "two"));
    assert_true(history_add(h, "one"));
    assert_int_equal(history_save(h, &e), 0);
    expect_file("before\none\ntwo\none\n");
    history_free(h);
}

static void two_keep_each_others_lines(void **state)
{
    struct history *a = history_new(file), *b = history_new(file);
    struct err e;

    (void)state;
    history_load(a, count_line, NULL, &e);
    history_load(b, count_line, NULL, &e);
    history_add(a, "from a");
    history_add(b, "from b");
    assert_int_equal(history_save(b, &e), 0);
    assert_int_equal(history_save(a, &e), 0);
    expect_file("from b\nfrom a\n");
    history_free(a);
    history_free(b);
}

static void is_bounded(void **state)
{
    struct history *h = history_new(file);
    struct err e;
    char line[32];

    (void)state;
    for (int i = 0; i < HISTORY_LINES + 500; i++) {
        snprintf(line, sizeof line, "line %d", i);
        history_add(h, line);
    }
    assert_int_equal(history_save(h, &e), 0);
    history_load(h, count_line, NULL, &e);
    assert_int_equal(lines.count, HISTORY_LINES);
    assert_string_equal(lines.first, "line 500");
    assert_string_equal(lines.last, "line 1499");
    history_add(h, "one more");
    assert_int_equal(history_save(h, &e), 0);
    memset(&lines, 0, sizeof lines);
    history_load(h, count_line, NULL, &e);
    assert_int_equal(lines.count, HISTORY_LINES);
    assert_string_equal(lines.first, "line 501");
    assert_string_equal(lines.last, "one more");
    history_free(h);
}

static void leaves_long_lines_out_of_the_file(void **state)
{
    struct history *h = history_new(file);
    struct err e;
    char *line = malloc(HISTORY_LINE + 1);

    (void)state;
    assert_non_null(line);
    memset(line, 'x', HISTORY_LINE);
    line[HISTORY_LINE] = '\0';
    assert_true(history_add(h, line));
    assert_true(history_add(h, "short"));
    assert_int_equal(history_save(h, &e), 0);
    expect_file("short\n");
    free(line);
    history_free(h);
}

static void loads_a_file_without_last_newline(void **state)
{
    struct history *h = history_new(file);
    struct err e;

    (void)state;
    put_file("one\n\ntwo");
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.last, "two");
    history_free(h);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void ends_the_last_line_before_it_adds(void **state)
{
    struct history *h = history_new(file);
    struct err e;

    (void)state;
    put_file("first\nlast");
    history_add(h, "new");
    assert_int_equal(history_save(h, &e), 0);
    expect_file("first\nlast\nnew\n");
    history_free(h);
}

static void makes_its_place(void **state)
{
    struct history *h;
    struct err e;
    char path[256], state_home[128];

    (void)state;
    snprintf(state_home, sizeof state_home, "%s/a/b", dir);
    setenv("XDG_STATE_HOME", state_home, 1);
    h = history_new(NULL);
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    assert_true(history_is_first(h));
    history_free(h);
    h = history_new(NULL);
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    assert_false(history_is_first(h));
    history_free(h);
    snprintf(path, sizeof path, "%s/pollcat", state_home);
    assert_int_equal(mode_of(path), 0700);
    snprintf(path, sizeof path, "%s/pollcat/history", state_home);
    assert_int_equal(mode_of(path), 0600);

    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", dir, 1);
    h = history_new(NULL);
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    history_free(h);
    snprintf(path, sizeof path, "%s/.local/state/pollcat/history", dir);
    assert_int_equal(mode_of(path), 0600);

    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_null(history_new(NULL));
}

static void says_why_it_fails(void **state)
{
    struct history *h = history_new("/dev/null/history");
    struct err e;

    (void)state;
    err_clear(&e);
    assert_int_equal(history_load(h, count_line, NULL, &e), -1);
    assert_string_equal(e.text, "history /dev/null/history: Not a directory");
    history_add(h, "line");
    assert_int_equal(history_save(h, NULL), -1);
    history_free(h);

    h = history_new("/dev/null");
    assert_int_equal(history_load(h, count_line, NULL, &e), 0);
    history_add(h, "line");
    assert_int_equal(history_save(h, &e), 0);
    history_free(h);
    assert_int_equal(mode_of("/dev/null"), 0666);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(appends_and_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_keep_each_others_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_long_lines_out_of_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loads_a_file_without_last_newline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_the_last_line_before_it_adds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(makes_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_why_it_fails, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
