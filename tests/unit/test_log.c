/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct caught {
    int n;
    enum log_level level;
    char line[4096];
};

static bool catch (void *ctx, enum log_level level, const char *line)
{
    struct caught *c = ctx;

    c->n++;
    c->level = level;
    snprintf(c->line, sizeof c->line, "%s", line);
    errno = EDOM;
    return true;
}

static int reset(void **state)
{
    (void)state;
    log_set_level(LOG_NOTICE);
    log_set_sink(NULL, NULL);
    return 0;
}

static void levels(void **state)
{
    static const int set[] = {-5, LOG_ERROR, LOG_NOTICE, LOG_INFO, LOG_DEBUG, 9};
    static const int lines[] = {1, 1, 2, 3, 4, 4};

    (void)state;
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        struct caught c = {0};

        log_set_sink(catch, &c);
        log_set_level(set[i]);
        log_error("e");
        assert_int_equal(c.level, LOG_ERROR);
        log_notice("n");
        log_info("i");
        log_debug("d");
        assert_int_equal(c.n, lines[i]);
        assert_true(log_shows(LOG_ERROR));
        for (int level = LOG_NOTICE; level <= LOG_DEBUG; level++)
            assert_int_equal(log_shows((enum log_level)level), level <= set[i]);
    }
}

static void lines_are_safe(void **state)
{
    struct caught c = {0};

    (void)state;
    log_set_sink(catch, &c);
    log_notice("%s port %d", "a\x1b[2J\r\n\tb", 80);
    assert_string_equal(c.line, "a\\x1b[2J\\x0d\\x0a\\x09b port 80");
    assert_int_equal(c.level, LOG_NOTICE);
}

static void long_lines_are_cut(void **state)
{
    struct caught c = {0};
    char text[3000];

    (void)state;
    log_set_sink(catch, &c);
    for (size_t n = 1000; n < sizeof text; n += 1 + n / 100) {
        memset(text, 'x', n);
        text[n] = '\0';
        log_notice("%s", text);
        assert_int_equal(strlen(c.line), n < 1024 ? n : 1023);
        assert_string_equal(c.line + strlen(c.line) - 3, n < 1024 ? "xxx" : "...");
        memset(text, '\x1b', n);
        log_notice("%s", text);
        assert_true(strlen(c.line) < 2048);
    }
}

static void errno_stays(void **state)
{
    struct caught c = {0};

    (void)state;
    log_set_sink(catch, &c);
    errno = ERANGE;
    log_notice("x");
    assert_int_equal(c.n, 1);
    assert_int_equal(errno, ERANGE);
    log_info("not shown");
    assert_int_equal(errno, ERANGE);
}

/* Puts `fd` in the place of standard error; returns what was there. */
static int swap(int fd)
{
    int saved = dup(STDERR_FILENO);

    assert_true(saved >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    return saved;
}

static void restore(int saved)
{
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
}

/* The ends of a way to the reader: [0] to read, [1] to write. */
static void make_pipe(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
}

static void make_socketpair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void make_pty(int ends[2])
{
    const char *name;

    ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(ends[0] >= 0);
    assert_int_equal(grantpt(ends[0]), 0);
    assert_int_equal(unlockpt(ends[0]), 0);
    name = ptsname(ends[0]);
    assert_non_null(name);
    ends[1] = open(name, O_RDWR | O_NOCTTY);
    assert_true(ends[1] >= 0);
}

static void (*const makers[])(int ends[2]) = {make_pipe, make_socketpair, make_pty};

/* Reads until `wanted` is at the end of what came. */
static void read_until(int fd, char *out, size_t size, const char *wanted)
{
    size_t n = 0;
    ssize_t got;

    out[0] = '\0';
    while (n < strlen(wanted) || strcmp(out + n - strlen(wanted), wanted) != 0) {
        got = read(fd, out + n, size - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
        out[n] = '\0';
    }
}

static void stderr_gets_whole_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        char out[256];
        int ends[2], saved;

        makers[i](ends);
        saved = swap(ends[1]);
        errno = ERANGE;
        log_notice("connect to %s", "x\ny");
        assert_int_equal(errno, ERANGE);
        log_error("two");
        restore(saved);
        read_until(ends[0], out, sizeof out, i == 2 ? "two\r\n" : "two\n");
        assert_string_equal(out, i == 2 ? "pollcat: connect to x\\x0ay\r\npollcat: two\r\n"
                                        : "pollcat: connect to x\\x0ay\npollcat: two\n");
        close(ends[0]);
        close(ends[1]);
    }
}

static void files_get_lines_at_their_offset(void **state)
{
    char out[64] = "";
    FILE *file = tmpfile();
    int saved;

    (void)state;
    assert_non_null(file);
    assert_int_equal(write(fileno(file), "head\n", 5), 5);
    saved = swap(fileno(file));
    log_notice("a");
    log_notice("b");
    restore(saved);
    assert_int_equal(pread(fileno(file), out, sizeof out - 1, 0), 5 + 22);
    assert_string_equal(out, "head\npollcat: a\npollcat: b\n");
    fclose(file);
}

/* Nobody reads: no line may block (the alarm would end the test), no flag of the descriptor changes. Once
 * there is room again, the loss is told. */
static void full_stderr_does_not_block(void **state)
{
    enum { LINES = 3000 };

    (void)state;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        static char out[2 * 1024 * 1024];
        char text[600];
        int ends[2], saved, flags;
        unsigned long lost = 0, shown = 0, ends_tried = 0;
        size_t n = 0;

        makers[i](ends);
        flags = fcntl(ends[1], F_GETFL);
        memset(text, 'x', sizeof text);
        text[sizeof text - 1] = '\0';
        saved = swap(ends[1]);
        alarm(20);
        for (int line = 0; line < LINES; line++)
            log_notice("%s", text);
        alarm(0);
        assert_int_equal(fcntl(ends[1], F_GETFL), flags);
        assert_int_equal(fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK), 0);
        /* A terminal hands over what it holds piece by piece: read, and try again, until the end is seen. */
        alarm(20);
        while (n < sizeof out - 4096 && strstr(out, "the end") == NULL) {
            ssize_t got;

            while ((got = read(ends[0], out + n, sizeof out - 1 - n)) > 0)
                n += (size_t)got;
            out[n] = '\0';
            if (strstr(out, "the end") == NULL) {
                ends_tried++;
                log_notice("the end");
            }
        }
        alarm(0);
        restore(saved);
        for (const char *p = out; (p = strstr(p, "pollcat: ")) != NULL; p++) {
            unsigned long told = strtoul(p + 9, NULL, 10);

            lost += told;
            shown += told == 0;
            if (told > 0 && strncmp(p + 9 + strspn(p + 9, "0123456789"), " line", 5) != 0)
                fail_msg("%.40s", p);
        }
        assert_true(lost > 0);
        /* In a pipe no line is torn: each is either there or told to be lost. */
        if (makers[i] == make_pipe)
            assert_int_equal(shown + lost, LINES + ends_tried);
        memset(out, 0, sizeof out);
        close(ends[0]);
        close(ends[1]);
    }
}

static void closed_stderr_is_survived(void **state)
{
    int ends[2], saved;
    char out[256];

    (void)state;
    saved = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    log_notice("lost");
    dup2(saved, STDERR_FILENO);
    close(saved);
    make_pipe(ends);
    saved = swap(ends[1]);
    log_notice("next");
    restore(saved);
    read_until(ends[0], out, sizeof out, "next\n");
    assert_string_equal(out, "pollcat: 1 line lost here\npollcat: next\n");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(levels, reset),
        cmocka_unit_test_setup(lines_are_safe, reset),
        cmocka_unit_test_setup(long_lines_are_cut, reset),
        cmocka_unit_test_setup(errno_stays, reset),
        cmocka_unit_test_setup(stderr_gets_whole_lines, reset),
        cmocka_unit_test_setup(files_get_lines_at_their_offset, reset),
        cmocka_unit_test_setup(full_stderr_does_not_block, reset),
        cmocka_unit_test_setup(closed_stderr_is_survived, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
