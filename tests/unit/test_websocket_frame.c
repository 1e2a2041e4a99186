/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/websocket_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char mask[WEBSOCKET_MASK] = {0x37, 0xfa, 0x21, 0x3d};

/* The examples of RFC 6455, 5.7. */
static void examples(void **state)
{
    static const unsigned char plain[] = {0x81, 0x05, 'H', 'e', 'l', 'l', 'o'};
    static const unsigned char masked[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    static const unsigned char first[] = {0x01, 0x03, 'H', 'e', 'l'};
    static const unsigned char rest[] = {0x80, 0x02, 'l', 'o'};
    unsigned char frame[5 + WEBSOCKET_FRAME_HEAD];

    (void)state;
    assert_int_equal(websocket_frame(frame, WEBSOCKET_IS_TEXT, true, NULL, "Hello", 5), sizeof plain);
    assert_memory_equal(frame, plain, sizeof plain);
    assert_int_equal(websocket_frame(frame, WEBSOCKET_IS_TEXT, true, mask, "Hello", 5), sizeof masked);
    assert_memory_equal(frame, masked, sizeof masked);
    assert_int_equal(websocket_frame(frame, WEBSOCKET_IS_TEXT, false, NULL, "Hel", 3), sizeof first);
    assert_memory_equal(frame, first, sizeof first);
    assert_int_equal(websocket_frame(frame, WEBSOCKET_MORE, true, NULL, "lo", 2), sizeof rest);
    assert_memory_equal(frame, rest, sizeof rest);
}

static void check_length(size_t n, const void *head, size_t nhead)
{
    unsigned char *data = malloc(n + 1), *frame = malloc(n + WEBSOCKET_FRAME_HEAD);

    assert_non_null(data);
    assert_non_null(frame);
    for (size_t i = 0; i < n; i++)
        data[i] = (unsigned char)(i * 7);
    assert_int_equal(websocket_frame(frame, WEBSOCKET_IS_BINARY, true, NULL, data, n), nhead + n);
    assert_memory_equal(frame, head, nhead);
    assert_memory_equal(frame + nhead, data, n);
    assert_int_equal(websocket_frame(frame, WEBSOCKET_IS_BINARY, true, mask, data, n),
                     nhead + sizeof mask + n);
    assert_int_equal(frame[1], ((const unsigned char *)head)[1] | 0x80);
    assert_memory_equal(frame + nhead, mask, sizeof mask);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(frame[nhead + sizeof mask + i] ^ mask[i % sizeof mask], data[i]);
    free(data);
    free(frame);
}

static void lengths(void **state)
{
    (void)state;
    check_length(0, "\x82\0", 2);
    check_length(7, "\x82\7", 2);
    check_length(125, "\x82\x7d", 2);
    check_length(126, "\x82\x7e\0\x7e", 4);
    check_length(65535, "\x82\x7e\xff\xff", 4);
    check_length(65536, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(examples), cmocka_unit_test(lengths)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
