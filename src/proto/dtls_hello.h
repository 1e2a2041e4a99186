/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dtls_hello: what a listener of DTLS (RFC 6347) must know of a client before it keeps anything of it: as much of a ClientHello
 * as stands before the cookie, and the HelloVerifyRequest that gives a client its cookie. Pure.
 */
#ifndef PROTO_DTLS_HELLO_H
#define PROTO_DTLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DTLS_RANDOM = 32,
    DTLS_COOKIE = 16,               /* bytes of those that we give */
    DTLS_RECORD_HEAD = 13,          /* bytes before what a record holds */
    DTLS_VERIFY = 28 + DTLS_COOKIE, /* bytes of a HelloVerifyRequest */
};

/* What the first record of a datagram holds. */
enum dtls_type { DTLS_CHANGE = 20, DTLS_ALERT = 21, DTLS_HANDSHAKE = 22, DTLS_DATA = 23 };

/* A ClientHello; what it points to is the datagram's. */
struct dtls_hello {
    const unsigned char *sequence; /* 6 bytes: the number of the record */
    const unsigned char *random;   /* DTLS_RANDOM bytes */
    const unsigned char
        *cookie; /* DTLS_COOKIE bytes, of the second hello; else NULL: the first, or no cookie of ours */
};

/* The type of a record in the clear that the datagram begins with; 0: it is none, or secret. */
int dtls_clear_type(const void *data, size_t n);

/* Reads a datagram. False: it does not begin with a ClientHello, or a first piece of one that has the cookie. */
bool dtls_hello_read(struct dtls_hello *h, const void *data, size_t n);

/* What a client is answered that has shown no cookie. */
void dtls_verify_write(const struct dtls_hello *h, const unsigned char cookie[static DTLS_COOKIE],
                       unsigned char out[static DTLS_VERIFY]);

/* Bytes of the record that `n` bytes begin with, its head included; 0: it is not all there. */
size_t dtls_record_size(const void *data, size_t n);

#endif
