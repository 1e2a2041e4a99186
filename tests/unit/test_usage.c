/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/usage.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/options.h"
#include "base/log.h"
#include "net/sockopt.h"

enum { COLUMNS = 80, LINES = 48 };

/* What `write` prints; freed by the caller. */
static char *printed(void (*write)(FILE *))
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    write(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void help_fits(void **state)
{
    char *text = printed(usage_help), *rest = text, *line;
    int lines = 0;

    (void)state;
    while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
        lines++;
        if (strlen(line) > COLUMNS)
            fail_msg("too long: %s", line);
        assert_true(line[0] == '\0' || line[strlen(line) - 1] != ' ');
    }
    assert_in_range(lines, 30, LINES);
    free(text);
}

/* The place of "--NAME" as a whole word. */
static const char *find_option(const char *text, const char *name)
{
    char word[64];
    const char *at = text;

    snprintf(word, sizeof word, "--%s", name);
    while ((at = strstr(at, word)) != NULL) {
        at += strlen(word);
        if (strchr(" \n)[,", *at) != NULL)
            return at - strlen(word);
    }
    return NULL;
}

static void help_has_every_option(void **state)
{
    char *text = printed(usage_help);
    const struct option_row *row;
    char ch[8];

    (void)state;
    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        if (option_target(row)->rare)
            continue;
        if (find_option(text, row->name) == NULL)
            fail_msg("--%s is not in --help", row->name);
        if (row->alias == NULL && strstr(text, row->help) == NULL)
            fail_msg("the help of --%s is not in --help", row->name);
        snprintf(ch, sizeof ch, " -%c, ", row->ch);
        if (row->ch != 0 && strstr(text, ch) == NULL)
            fail_msg("-%c is not in --help", row->ch);
    }
    for (enum option_group g = 0; g < OPTION_GROUPS; g++)
        assert_non_null(strstr(text, option_group(g)));
    free(text);
}

static char *topic(const char *name, struct err *e)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    if (usage_topic(out, name, e) < 0)
        fputs("none", out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void what_is_rare_is_in_the_help_on_all(void **state)
{
    struct err e;
    char *text = topic("all", &e);
    const struct option_row *row;

    (void)state;
    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        if (find_option(text, row->name) == NULL)
            fail_msg("--%s is not in --help all", row->name);
    }
    free(text);
}

/* All ways to name an option show it, a group all that are in it. */
static void topics_are_told_in_full(void **state)
{
    static const char *const names[] = {"-q", "q", "--quit-after", "quit-after", "quit"};
    const struct option_row *row;
    struct err e;
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        text = topic(names[i], &e);
        assert_memory_equal(text, "-q, --quit-after SECS\n    Quit this long after the end", 53);
        free(text);
    }
    text = topic("recv-only", &e);
    assert_memory_equal(text, "-d, --no-stdin, --recv-only\n", 28);
    free(text);
    text = topic("time", &e);
    for (size_t i = 0; (row = option_row(i)) != NULL; i++)
        assert_int_equal(row->group == OPTION_TIME, find_option(text, row->name) != NULL &&
                                                        strstr(text, "--time KIND") == NULL &&
                                                        row->group == OPTION_TIME);
    free(text);
    text = topic("--time", &e);
    assert_memory_equal(text, "--time KIND\n", 12);
    free(text);
}

static void unknown_topics_are_refused(void **state)
{
    struct err e;
    char *text = topic("nosuch", &e);

    (void)state;
    assert_string_equal(text, "none");
    assert_int_equal(e.status, STATUS_LOCAL);
    assert_non_null(strstr(e.text, "Socket"));
    free(text);
}

/* No macro and no escape is left, and no row too long. */
static void every_option_is_plain(void **state)
{
    const struct option_row *row;

    (void)state;
    for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
        char name[80], *text, *rest, *line;
        struct err e;

        snprintf(name, sizeof name, "--%s", row->name);
        rest = text = topic(name, &e);
        assert_null(strstr(text, "\\&"));
        assert_null(strstr(text, ".Fl"));
        while ((line = strsep(&rest, "\n")) != NULL) {
            assert_in_range(strlen(line), 0, COLUMNS);
            assert_true(line[0] == '\0' || line[strlen(line) - 1] != ' ');
        }
        free(text);
    }
}

static void version_names_the_program(void **state)
{
    char *text = printed(usage_version);

    (void)state;
    assert_memory_equal(text, "pollcat ", 8);
    assert_non_null(strstr(text, "GPL-3.0-or-later"));
    assert_non_null(strstr(text, "prompt"));
    free(text);
}

static void sockopts_are_listed(void **state)
{
    char *text = printed(usage_sockopts);
    const char *name, *arg, *help;
    char entry[128];

    (void)state;
    for (size_t i = 0; (name = sockopt_row(i, &arg, &help)) != NULL; i++) {
        snprintf(entry, sizeof entry, "%s=%s", name, arg);
        if (strstr(text, entry) == NULL || strstr(text, help) == NULL)
            fail_msg("%s is not listed", name);
    }
    free(text);
}

static bool count_line(void *ctx, enum log_level level, const char *line)
{
    if (level == LOG_ERROR && strstr(line, "standard output") != NULL)
        ++*(int *)ctx;
    return true;
}

static void full_output_is_an_error(void **state)
{
    int kept = dup(STDOUT_FILENO), full = open("/dev/full", O_WRONLY | O_CLOEXEC), lines = 0, result;

    (void)state;
    assert_true(kept >= 0);
    if (full < 0) {
        close(kept);
        skip();
    }
    fflush(stdout);
    assert_int_equal(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
    log_set_sink(count_line, &lines);
    result = usage_print(CONF_HELP);
    log_set_sink(NULL, NULL);
    assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    clearerr(stdout);
    close(kept);
    close(full);
    assert_int_equal(result, STATUS_LOCAL);
    assert_int_equal(lines, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_fits),
        cmocka_unit_test(help_has_every_option),
        cmocka_unit_test(what_is_rare_is_in_the_help_on_all),
        cmocka_unit_test(topics_are_told_in_full),
        cmocka_unit_test(unknown_topics_are_refused),
        cmocka_unit_test(every_option_is_plain),
        cmocka_unit_test(version_names_the_program),
        cmocka_unit_test(sockopts_are_listed),
        cmocka_unit_test(full_output_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
