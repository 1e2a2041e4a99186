/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define UPGRADE "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"

/* The example of RFC 6455, 1.3. */
static void example(void **state)
{
    static const unsigned char nonce[] = "the sample nonce";
    static const struct websocket_terms terms = {.path = "/chat", .protocol = "chat, superchat"};
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n" UPGRADE
                                 "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
    struct websocket_deal deal;
    char key[WEBSOCKET_KEY], *text;

    (void)state;
    websocket_key(nonce, key);
    assert_string_equal(key, KEY);
    assert_true(websocket_agrees(&terms, key, answer, sizeof answer - 1, &deal));
    assert_string_equal(deal.protocol, "chat");
    text = websocket_request(&terms, "::1%lo", 8080, key);
    assert_string_equal(text, "GET /chat HTTP/1.1\r\nHost: [::1]:8080\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n\r\n");
    free(text);
}

static void both_sides_agree(void **state)
{
    static const char *fields[] = {"X-One: 1"};
    static const struct websocket_terms asks = {.path = "/a?b", .protocol = "x, y", .origin = "http://o"};
    static const struct websocket_terms has = {
        .path = "/a", .protocol = "z,y", .origin = "http://o", .fields = fields, .nfields = 1};
    char *request = websocket_request(&asks, "h", 0, KEY), *answer;
    struct websocket_deal deal;

    (void)state;
    answer = websocket_answer(&has, request, strlen(request), &deal);
    assert_int_equal(deal.status, WEBSOCKET_UPGRADED);
    assert_string_equal(deal.protocol, "y");
    assert_non_null(strstr(answer, "\r\nX-One: 1\r\n"));
    assert_true(websocket_agrees(&asks, KEY, answer, strlen(answer), &deal));
    assert_string_equal(deal.protocol, "y");
    free(request);
    free(answer);
}

static void what_is_wrong(void **state)
{
    static const struct {
        const char *answer, *why;
    } rows[] = {
        {"HTTP/1.1 302 Else\x1bwhere\r\n\r\n", "302 Else"},
        {"SSH-2.0\r\n\r\n", "does not speak HTTP"},
        {"HTTP/1.1 101 Fine\r\n\r\n", "for no WebSocket"},
        {"HTTP/1.1 101 Fine\r\n" UPGRADE "\r\n", "not to this request"},
        {"HTTP/1.1 101 Fine\r\n" UPGRADE "Sec-WebSocket-Accept: " ACCEPT
         "\r\nSec-WebSocket-Extensions: x\r\n\r\n",
         "extensions"},
        {"HTTP/1.1 101 Fine\r\n" UPGRADE "Sec-WebSocket-Accept: " ACCEPT
         "\r\nSec-WebSocket-Protocol: x\r\n\r\n",
         "subprotocol 'x'"},
    };
    static const struct websocket_terms none = {0};
    struct websocket_deal deal;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(websocket_agrees(&none, KEY, rows[i].answer, strlen(rows[i].answer), &deal));
        assert_non_null(strstr(deal.why, rows[i].why));
        assert_null(strchr(deal.why, '\x1b'));
    }
}

static void what_can_be_asked_for(void **state)
{
    char text[40];

    (void)state;
    assert_null(websocket_bad_path("/a/b?c=%20"));
    assert_non_null(websocket_bad_path("a"));
    assert_non_null(websocket_bad_path("/a b"));
    assert_non_null(websocket_bad_path("/\xc3\xa9"));
    assert_null(websocket_bad_field("X-A: b"));
    assert_non_null(websocket_bad_field("X-A"));
    assert_non_null(websocket_bad_field(": b"));
    assert_non_null(websocket_bad_field("X-A: b\r\nX-C: d"));
    assert_null(websocket_bad_protocol("a, b"));
    assert_non_null(websocket_bad_protocol("a,,b"));
    assert_non_null(websocket_bad_protocol(""));
    assert_string_equal(websocket_code(1011, text, sizeof text), "1011, internal error");
    assert_string_equal(websocket_code(4711, text, sizeof text), "4711");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example),
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(what_is_wrong),
        cmocka_unit_test(what_can_be_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
