/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/dtls_hello.h"

#include <string.h>

enum {
    CLIENT_HELLO = 1,
    HELLO_VERIFY_REQUEST = 3,
    HANDSHAKE_HEAD = 12,
    SESSION_MOST = 32,
    SECOND = 1,   /* the hello with the cookie is the client's second message: 0 was the first */
    MAJOR = 0xfe, /* 1.0 is fe ff, 1.2 is fe fd */
};

static unsigned get16(const unsigned char *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static unsigned get24(const unsigned char *p)
{
    return (unsigned)p[0] << 16 | get16(p + 1);
}

int dtls_clear_type(const void *data, size_t n)
{
    const unsigned char *p = data;

    return n >= DTLS_RECORD_HEAD && p[1] == MAJOR && get16(p + 3) == 0 ? p[0] : 0;
}

size_t dtls_record_size(const void *data, size_t n)
{
    const unsigned char *p = data;
    const size_t size = n >= DTLS_RECORD_HEAD ? DTLS_RECORD_HEAD + (size_t)get16(p + DTLS_RECORD_HEAD - 2)
                                              : 0;

    return size <= n ? size : 0;
}

/* A piece of a ClientHello. */
struct piece {
    const unsigned char *message; /* its head, and what follows */
    size_t whole, at, n;          /* bytes of the whole hello; where the piece begins, and how long it is */
    unsigned number;
};

/* Reads the record that `size` bytes begin with, which holds the piece alone. */
static bool read_piece(struct piece *x, const unsigned char *p, size_t size)
{
    const size_t record = dtls_record_size(p, size);
    const unsigned char *message = p + DTLS_RECORD_HEAD;

    if (dtls_clear_type(p, size) != DTLS_HANDSHAKE || record < DTLS_RECORD_HEAD + HANDSHAKE_HEAD ||
        message[0] != CLIENT_HELLO)
        return false;
    *x = (struct piece){.message = message,
                        .whole = get24(message + 1),
                        .number = get16(message + 4),
                        .at = get24(message + 6),
                        .n = get24(message + 9)};
    return record == DTLS_RECORD_HEAD + HANDSHAKE_HEAD + x->n && x->at + x->n <= x->whole;
}

bool dtls_hello_read(struct dtls_hello *h, const void *data, size_t n)
{
    const unsigned char *p = data, *at;
    size_t left, session, cookie;
    struct piece x;

    if (!read_piece(&x, p, n) || x.at > 0 || x.n < 2 + DTLS_RANDOM + 1)
        return false;
    h->sequence = p + 5;
    h->random = x.message + HANDSHAKE_HEAD + 2;
    at = h->random + DTLS_RANDOM;
    left = x.n - 2 - DTLS_RANDOM;
    session = at[0];
    if (session > SESSION_MOST || left < 1 + session + 1)
        return false;
    at += 1 + session;
    left -= 1 + session;
    cookie = at[0];
    if (left < 1 + cookie)
        return false;
    h->cookie = cookie == DTLS_COOKIE && x.number == SECOND ? at + 1 : NULL;
    return true;
}

void dtls_verify_write(const struct dtls_hello *h, const unsigned char cookie[static DTLS_COOKIE],
                       unsigned char out[static DTLS_VERIFY])
{
    /* Both versions are those of DTLS 1.0, whatever is agreed upon later. */
    static const unsigned char head[DTLS_VERIFY - DTLS_COOKIE] = {
        [0] = DTLS_HANDSHAKE,
        [1] = MAJOR,
        [2] = 0xff,
        [12] = DTLS_VERIFY - DTLS_RECORD_HEAD,
        [13] = HELLO_VERIFY_REQUEST,
        [16] = 3 + DTLS_COOKIE,
        [24] = 3 + DTLS_COOKIE,
        [25] = MAJOR,
        [26] = 0xff,
        [27] = DTLS_COOKIE,
    };

    memcpy(out, head, sizeof head);
    memcpy(out + 5, h->sequence, 6);
    memcpy(out + sizeof head, cookie, DTLS_COOKIE);
}
