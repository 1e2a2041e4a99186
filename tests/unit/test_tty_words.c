/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/tty_words.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The modes of a terminal that somebody used, then those words. */
static struct terminal_modes modes_of(const char *one, const char *other)
{
    struct terminal_modes m = {.speed = 0};
    struct err e;

    memset(&m.termios, 0xff, sizeof m.termios);
    tty_words_begin(&m);
    if (one != NULL)
        assert_int_equal(tty_words_take(&m, one, &e), 0);
    if (other != NULL)
        assert_int_equal(tty_words_take(&m, other, &e), 0);
    return m;
}

static void raw_without_words(void **state)
{
    const struct terminal_modes m = modes_of(NULL, NULL);
    const struct termios *t = &m.termios;

    (void)state;
    assert_int_equal(m.speed, 0);
    assert_int_equal(t->c_iflag & (ICRNL | INLCR | IGNCR | ISTRIP | IXON | IXOFF | IXANY | PARMRK | INPCK),
                     0);
    assert_int_equal(t->c_oflag & OPOST, 0);
    assert_int_equal(t->c_lflag & (ECHO | ECHONL | ICANON | ISIG | IEXTEN), 0);
    assert_int_equal(t->c_cflag & (CSIZE | PARENB | CSTOPB | CLOCAL | CREAD), CS8 | CLOCAL | CREAD);
    assert_int_equal(t->c_cc[VMIN], 1);
    assert_int_equal(t->c_cc[VTIME], 0);
}

static void frames(void **state)
{
    static const struct {
        const char *word;
        tcflag_t flags;
    } rows[] = {
        {"8n1", CS8},          {"8N2", CS8 | CSTOPB},          {"7e1", CS7 | PARENB},
        {"5n2", CS5 | CSTOPB}, {"6O1", CS6 | PARENB | PARODD}, {"8o2", CS8 | PARENB | PARODD | CSTOPB},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct terminal_modes m = modes_of("7o2", rows[i].word);

        assert_int_equal(m.termios.c_cflag & (CSIZE | PARENB | PARODD | CSTOPB), rows[i].flags);
        assert_int_equal(m.speed, 0);
    }
}

static void speeds(void **state)
{
    (void)state;
    assert_int_equal(modes_of("9600", NULL).speed, 9600);
    assert_int_equal(modes_of("b4000000", NULL).speed, 4000000);
    assert_int_equal(modes_of("250000", NULL).speed, 250000);
    assert_int_equal(modes_of("9600", "115200").speed, 115200);
}

static void flags(void **state)
{
    (void)state;
    assert_true(modes_of("echo", NULL).termios.c_lflag & ECHO);
    assert_true(modes_of("echo=1", NULL).termios.c_lflag & ECHO);
    assert_false(modes_of("echo", "echo=0").termios.c_lflag & ECHO);
    assert_true(modes_of("cooked", NULL).termios.c_lflag & ICANON);
    assert_true(modes_of("cooked", NULL).termios.c_iflag & ICRNL);
    assert_false(modes_of("cooked", "raw").termios.c_lflag & ICANON);
    assert_true(modes_of("rtscts", NULL).termios.c_cflag & CRTSCTS);
    assert_int_equal(modes_of("xonxoff", NULL).termios.c_iflag & (IXON | IXOFF), IXON | IXOFF);
    assert_false(modes_of("clocal=0", NULL).termios.c_cflag & CLOCAL);
    assert_int_equal(modes_of("cs7", NULL).termios.c_cflag & CSIZE, CS7);
    assert_true(modes_of("cs7", "hupcl").termios.c_cflag & HUPCL);
}

static void no_words(void **state)
{
    static const char *const words[] = {
        "",    "0",   "9k",  "-1",   "echo=2", "echo=",  "=1",   "ech", "echoo",
        "9n1", "8x1", "8n3", "8n1x", "b",      "bb9600", "bits", "4n1", "99999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct terminal_modes m = modes_of(NULL, NULL), before = m;
        struct err e;

        assert_int_equal(tty_words_take(&m, words[i], &e), -1);
        assert_int_equal(e.status, STATUS_LOCAL);
        assert_non_null(strstr(e.text, "rtscts"));
        assert_memory_equal(&m, &before, sizeof m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_without_words),
        cmocka_unit_test(frames),
        cmocka_unit_test(speeds),
        cmocka_unit_test(flags),
        cmocka_unit_test(no_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
