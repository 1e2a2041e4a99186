/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ask: what a client says before the connection is what it is for. A proxy is asked to bring it further: SOCKS 4, 4a
 * (de-facto standards), SOCKS 5 (RFC 1928, 1929), and the CONNECT of HTTP (RFC 9110, 9.3.6). A server is asked for TLS
 * (proto/starttls.h).
 *
 * Pure: it makes what is to be sent and takes what came, in pieces of any size. A protocol is a row (struct ask_kind).
 */
#ifndef PROTO_ASK_H
#define PROTO_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum {
    ASK_HOST = 255,     /* bytes of a host's name, of a user's and of a password */
    ASK_OUT = 4096,     /* bytes that there may be to be sent */
    ASK_IN = 16 * 1024, /* bytes of all answers; who sends more is refused */
    ASK_WHY = 192,
    ASK_HASH = 64, /* bytes of the longest hash */
};

/* What ask_take() returns besides 0. */
enum {
    ASK_DONE = 1,
    ASK_AGAIN = 2, /* it is known now what is to be said, in a connection anew */
    ASK_FAILED = -1,
};

struct ask_kind;

/* What the other side has told of how one logs in there: from one connection to the next. All zero: nothing. */
struct ask_known {
    unsigned char *head; /* of the answer that told it; NULL: none did */
    size_t n;
    unsigned uses; /* answers to it */
    bool fresh;    /* no connection began with it */
};

struct ask {
    const struct ask_kind *kind;
    const char *host; /* where to; a name, or an IPv4 or IPv6 literal without brackets */
    uint16_t port;
    const char *user, *password; /* NULL: none */

    struct addr *relay; /* SOCKS5: it is to pass on datagrams, and says where; NULL: it is to connect */

    unsigned char out[ASK_OUT]; /* to be sent next: who has sent it sets nout to 0 */
    size_t nout;
    char why[ASK_WHY];       /* ASK_FAILED: in words; text of the proxy is made safe */
    struct ask_known *known; /* NULL: nothing outlives the connection */
    char nonce[17];          /* digits that nobody knows before; for Digest */
    /* The hash called `name` ("MD5", "SHA2-256"). Returns its length, or ASK_FAILED after ask_fail(). NULL: there are none. */
    int (*hash)(struct ask *a, const char *name, const void *data, size_t n,
                unsigned char out[static ASK_HASH]);
    /* The kind's own: */
    unsigned step;
    unsigned code; /* of an answer of several lines that is not over; 0: there is none */
    bool offered;  /* what is wanted was */
    bool old;      /* what was known may have changed */
    bool ends;     /* an end of the connection now is no answer: in another one it may be given */
    size_t skip;   /* bytes of an answer that say nothing */
};

struct ask_kind {
    const char *name;  /* as --proxy-type and --starttls have it */
    const char *title; /* for messages: "SOCKS5", "SMTP server" */
    uint16_t port;     /* where such proxies mostly listen */
    bool tls;          /* it is spoken within TLS */
    bool alone;        /* nothing may stand behind the answer: what is granted begins on our side */
    /* Makes the first of `out`. Returns 0, or ASK_FAILED: this cannot be asked for so. */
    int (*begin)(struct ask *a);
    /* Takes what came: `in` is all that was not used yet; it uses whole answers only (`*used` bytes). */
    int (*take)(struct ask *a, const unsigned char *in, size_t n, size_t *used);
};

extern const struct ask_kind ask_socks4, ask_socks4a, ask_socks5, ask_http, ask_https;

/* The row of an enum proxy_type, or NULL past the end. */
const struct ask_kind *ask_row(size_t i);

/* Keeps the head of an answer, in place of another one; and frees what is kept. */
void ask_learn(struct ask_known *k, const void *head, size_t n);
void ask_forget(struct ask_known *k);

/* For kinds: appends to `out`, what fits; and why it failed, returning ASK_FAILED. */
void ask_put(struct ask *a, const void *data, size_t n);
void ask_put_port(struct ask *a);
int ask_fail(struct ask *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
