/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/end.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/options.h"

static void words(void **state)
{
    static const struct {
        const char *text, *kind, *host, *port;
    } rows[] = {
        {"localhost:80", "tcp", "localhost", "80"},
        {"localhost:http", "tcp", "localhost", "http"},
        {"[::1]:80", "tcp", "::1", "80"},
        {"tcp:[::1]:80", "tcp", "::1", "80"},
        {"tcp:unix:80", "tcp", "unix", "80"}, /* a host of that name */
        {"unix:80", "unix", "80", NULL},
        {"unix:/a:b", "unix", "/a:b", NULL},
        {"udp:[::1]:53", "udp", "::1", "53"},
        {"unix-dgram:/a:b", "unix-dgram", "/a:b", NULL},
        {"seqpacket:@name", "seqpacket", "@name", NULL},
        {"echo:", "echo", NULL, NULL},
        {"discard:", "discard", NULL, NULL},
        {"exec:80", "exec", NULL, NULL},
        {"tcp:exec:80", "tcp", "exec", "80"},
        {"sh:a:80", "sh", NULL, NULL},
        {"file:/a:b", "file", "/a:b", NULL},
        {"append:80", "append", "80", NULL},
        {"read:./x", "read", "./x", NULL},
        {"pty:a 'b c'", "pty", NULL, NULL},
        {"tty:/dev/x:y", "tty", "/dev/x:y", NULL},
        {"tty:x,115200,8n1,raw", "tty", "x", NULL},
        {"fd:2", "fd", "2", NULL},
        {"fd:0,1", "fd", "0,1", NULL},
        {"-", "fd", "0,1", NULL},
        {"STDIO", "fd", "0,1", NULL},
        {"TCP:h:80", "tcp", "h", "80"},
        {"TCP4:h:80", "tcp", "h", "80"},
        {"tcp6-connect:h:80", "tcp", "h", "80"},
        {"UNIX-CONNECT:/x", "unix", "/x", NULL},
        {"SYSTEM:x", "sh", NULL, NULL},
        {"system:80", "tcp", "system", "80"}, /* a host of that name */
        {"open:80", "tcp", "open", "80"},
        {"Create:x", "file", "x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct end_spec spec;
        struct err e;

        assert_int_equal(end_parse(&spec, rows[i].text, &e), 0);
        assert_string_equal(spec.kind->name, rows[i].kind);
        assert_int_equal(spec.host != NULL, rows[i].host != NULL);
        assert_int_equal(spec.port != NULL, rows[i].port != NULL);
        assert_true(rows[i].host == NULL || strcmp(spec.host, rows[i].host) == 0);
        assert_true(rows[i].port == NULL || strcmp(spec.port, rows[i].port) == 0);
        end_spec_clear(&spec);
    }
}

static void no_ends(void **state)
{
    static const char *const texts[] = {
        "",
        "echo",
        "host",
        "host:",
        "host:0",
        "host:65536",
        ":80",
        "::1",
        "tcp:",
        "tcp:host",
        "unix:",
        "host:no-port",
        "exce:sleep",
        "echo:x",
        "discard:x",
        "[::1]",
        "tcp:80",
        "tcp:h:0",
        "exec:",
        "exec: ",
        "exec:'x",
        "exec:''",
        "sh:",
        "pty:",
        "pty:'x",
        "tty:",
        "tty:,9600",
        "tty:x,",
        "tty:x,9600,,raw",
        "tty:x,0",
        "tty:x,-9600",
        "tty:x,slow",
        "fd:",
        "fd:x",
        "fd:1,",
        "fd:1,2,3",
        "fd:-1",
        "fd:99999999999",
        "fd:987654",
        "--",
        "TCP-LISTEN:80",
        "TCP4-LISTEN:80,fork",
        "OPEN:/x",
        "PIPE",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct end_spec spec;
        struct err e = {.text = ""};

        assert_int_equal(end_parse(&spec, texts[i], &e), -1);
        assert_null(spec.kind);
        assert_int_equal(e.status, STATUS_LOCAL);
        assert_true(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    }
}

/* What is no kind and no HOST:PORT is answered with all there are. */
static void rows_are_told(void **state)
{
    const struct option_row *to = option_find("to");
    const struct end_kind *kind;
    struct end_spec spec;
    char name[32];
    struct err e;

    (void)state;
    assert_int_equal(end_parse(&spec, "x", &e), -1);
    for (size_t i = 0; (kind = end_row(i)) != NULL; i++) {
        snprintf(name, sizeof name, "%s:", kind->name);
        assert_ptr_equal(end_read_word(name).kind, kind);
        assert_non_null(kind->help);
        if (kind->open == NULL)
            continue;
        assert_non_null(strstr(to->words, name));
        assert_non_null(strstr(e.text, name));
    }
}

static void commands(void **state)
{
    struct end_spec spec;
    struct err e;

    (void)state;
    assert_int_equal(end_parse(&spec, "exec:a 'b c' d\\ e ''", &e), 0);
    assert_string_equal(spec.words[0], "a");
    assert_string_equal(spec.words[1], "b c");
    assert_string_equal(spec.words[2], "d e");
    assert_string_equal(spec.words[3], "");
    assert_null(spec.words[4]);
    end_spec_clear(&spec);
    assert_int_equal(end_parse(&spec, "sh:echo 'x", &e), 0);
    assert_string_equal(spec.words[0], "/bin/sh");
    assert_string_equal(spec.words[2], "echo 'x");
    assert_null(spec.words[3]);
    end_spec_clear(&spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(no_ends),
        cmocka_unit_test(commands),
        cmocka_unit_test(rows_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
