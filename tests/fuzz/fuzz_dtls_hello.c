/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto/dtls_hello.h: what is read of a datagram is within it, a record is never longer than what is there, and what is
 * answered has the form of a HelloVerifyRequest.
 */
#include "proto/dtls_hello.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_within(const uint8_t *data, size_t size, const unsigned char *p, size_t n)
{
    return p >= data && p + n <= data + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned char cookie[DTLS_COOKIE] = "fifteen letters";
    unsigned char answer[DTLS_VERIFY];
    struct dtls_hello h;
    const size_t record = dtls_record_size(data, size);

    require(record == 0 || (record >= DTLS_RECORD_HEAD && record <= size));
    if (!dtls_hello_read(&h, data, size))
        return 0;
    require(dtls_clear_type(data, size) == DTLS_HANDSHAKE && record > 0);
    require(is_within(data, size, h.sequence, 6) && is_within(data, size, h.random, DTLS_RANDOM));
    require(h.cookie == NULL || is_within(data, size, h.cookie, DTLS_COOKIE));
    dtls_verify_write(&h, cookie, answer);
    require(dtls_clear_type(answer, sizeof answer) == DTLS_HANDSHAKE);
    require(dtls_record_size(answer, sizeof answer) == DTLS_VERIFY &&
            !dtls_hello_read(&h, answer, sizeof answer));
    require(memcmp(answer + DTLS_VERIFY - DTLS_COOKIE, cookie, DTLS_COOKIE) == 0);
    return 0;
}
