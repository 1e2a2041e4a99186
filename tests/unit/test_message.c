/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"

static char line[2048];

static bool catch (void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    snprintf(line, sizeof line, "%d %s", level, text);
    return true;
}

static void place(const char *name, size_t n, const struct message *m, char *out, size_t size)
{
    (void)m;
    snprintf(out, size, "<%.*s>", (int)n, name);
}

static const struct message_text texts[MESSAGES] = {
    [MESSAGE_CONNECTED] = {.text = "to {host} {remote-port} [{service}]{nothing", .level = LOG_INFO},
    [MESSAGE_IDLE] = {.text = "{seconds}s", .level = LOG_INFO, .status = STATUS_OK + 1},
    [MESSAGE_CLOSED] = {.text = "{sent}/{received}", .level = LOG_NOTICE},
};

static const struct message_text unix_texts[MESSAGES] = {
    [MESSAGE_CONNECTED] = {.text = "", .level = LOG_NOTICE},
    [MESSAGE_LISTENING] = {.text = "at {local}", .level = LOG_NOTICE},
};

static const struct message_catalogue other = {
    .texts = texts, .unix_texts = unix_texts, .others = LOG_ERROR, .place = place};

static int set_up(void **state)
{
    (void)state;
    line[0] = '\0';
    log_set_level(LOG_NOTICE);
    log_set_sink(catch, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    log_set_level(LOG_NOTICE);
    message_set_catalogue(&message_own, "pollcat");
    return 0;
}

static struct addr at(const char *host, uint16_t port)
{
    struct addr a = {0};

    if (addr_parse(&a, host, port) < 0)
        assert_int_equal(addr_set_unix(&a, host), 0);
    return a;
}

static void ours_are_as_ever(void **state)
{
    struct addr local = at("127.0.0.1", 80), remote = at("::1", 0);
    struct message m = {.local = &local, .remote = &remote, .why = "why", .limit = 7};
    struct err e;

    (void)state;
    message(MESSAGE_LISTENING, &m);
    assert_string_equal(line, ""); /* not without -v */
    log_set_level(LOG_INFO);
    message(MESSAGE_LISTENING, &m);
    assert_string_equal(line, "1 listening on 127.0.0.1 port 80");
    message(MESSAGE_TURNED_AWAY, &m);
    assert_string_equal(line, "1 refused connection from ::1: limit of 7 peers reached");
    message(MESSAGE_CONNECTED, &m);
    assert_string_equal(line, "1 connected to ::1 from 127.0.0.1 port 80");
    m.peer = "bob";
    message(MESSAGE_CONNECTED, &m);
    assert_string_equal(line, "1 connected to bob from 127.0.0.1 port 80");
    errno = EDOM;
    line[0] = '\0';
    message(MESSAGE_SUMMARY, &m);
    assert_string_equal(line, "");
    assert_int_equal(message_err(&e, STATUS_NETWORK, EPERM, MESSAGE_SEND_FAILED, &m), -1);
    assert_string_equal(e.text, "send to bob: why");
    assert_int_equal(e.status, STATUS_NETWORK);
    assert_int_equal(e.sys, EPERM);
    assert_int_equal(message_err(NULL, STATUS_NETWORK, EPERM, MESSAGE_SEND_FAILED, &m), -1);
    assert_int_equal(errno, EDOM);
}

static void reasons_are_kept(void **state)
{
    char host[1500];
    struct message m = {.peer = host, .why = "Connection refused"};
    struct err e;

    (void)state;
    for (size_t n = 200; n < sizeof host - 1; n++) {
        memset(host, 'x', n);
        host[n] = '\0';
        message_err(&e, STATUS_NETWORK, 1, MESSAGE_SEND_FAILED, &m);
        assert_true(strlen(e.text) < sizeof e.text);
        if (n < 400) /* what one place holds */
            assert_string_equal(e.text + strlen(e.text) - 20, ": Connection refused");
    }
    m.why = host;
    memset(host, 'y', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    message_err(&e, STATUS_NETWORK, 1, MESSAGE_SEND_FAILED, &m);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void dialects_word_them(void **state)
{
    struct addr remote = at("127.0.0.1", 80), path = at("/x\x1b", 0);
    struct message m = {.remote = &remote, .host = "h", .sent = 1, .received = UINT64_MAX, .ms = 1500};
    struct err e;

    (void)state;
    message_set_catalogue(&other, "other");
    message(MESSAGE_CONNECTED, &m);
    assert_string_equal(line, "");
    message(MESSAGE_CLOSED, &m);
    assert_string_equal(line, "0 1/18446744073709551615");
    message_err(&e, STATUS_NETWORK, 0, MESSAGE_IDLE, &m);
    assert_string_equal(e.text, ""); /* quiet, and no failure */
    assert_int_equal(e.status, STATUS_OK);
    log_set_level(LOG_INFO);
    message_err(&e, STATUS_NETWORK, 0, MESSAGE_IDLE, &m);
    assert_string_equal(e.text, "1.5s");
    message(MESSAGE_CONNECTED, &m);
    assert_string_equal(line, "1 to h 80 [<service>]<nothing>");
    m.local = &path;
    message(MESSAGE_LISTENING, &m);
    assert_string_equal(line, "0 at /x\\x1b");
    line[0] = '\0';
    message(MESSAGE_CONNECTED, &m); /* not of UNIX sockets */
    message(MESSAGE_ACCEPTED, &m);  /* never */
    log_info("a line without an id");
    log_notice("another");
    assert_string_equal(line, "");
    assert_false(log_shows(LOG_NOTICE));
    assert_true(message_shows(MESSAGE_CONNECTED));
    assert_false(message_shows(MESSAGE_ACCEPTED));
    log_error("one that is always shown");
    assert_string_equal(line, "-1 one that is always shown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ours_are_as_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reasons_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dialects_word_them, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
