/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * serve: what a proxy hears from a client, and what it answers: SOCKS 4, 4a (de-facto standards), SOCKS 5 (RFC 1928, 1929),
 * and HTTP: CONNECT (RFC 9110, 9.3.6) and requests in absolute form (RFC 9112, 3.2.2).
 *
 * The other side of proto/ask.h, and pure as that: it takes what came, in pieces of any size, and makes what is to be sent. A
 * protocol is a row (struct serve_kind).
 */
#ifndef PROTO_SERVE_H
#define PROTO_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "proto/http_body.h"

enum {
    SERVE_HOST = 255,     /* bytes of a host's name */
    SERVE_HASH = 64,      /* bytes of the longest hash */
    SERVE_OUT = 1024,     /* bytes that there may be to be sent */
    SERVE_IN = 16 * 1024, /* bytes of a request that is not whole yet; one that needs more is refused */
    SERVE_WHY = 128,
};

/* What serve_take() returns besides 0. */
enum { SERVE_ASKED = 1, SERVE_REFUSED = -1 };

/* How it went to connect to whom the client asks for. */
enum serve_answer {
    SERVE_GRANTED,
    SERVE_FAILED,
    SERVE_NOT_ALLOWED,
    SERVE_NO_NETWORK,
    SERVE_NO_HOST,
    SERVE_NO_NAME,
    SERVE_NOBODY, /* the connection was refused */
    SERVE_LATE,
    SERVE_GIVEN_UP, /* by the client, which ended its direction */
    SERVE_ANSWERS
};

/* What a client wants of whom it names. */
enum serve_wish {
    SERVE_CONNECT,
    SERVE_BIND, /* a connection from there: answered once where we listen, and once more when it has come */
    SERVE_ASSOCIATE, /* datagrams: who is named is the client itself, where it is to send from */
    SERVE_WISHES
};

struct serve_kind;
struct siphash_key;

struct serve {
    const struct serve_kind *kind;
    const char *user, *password; /* who may; user NULL: everybody */
    /* The hash called `name` ("MD5", "SHA2-256"). Returns its length, or -1. NULL: there are none, and no Digest. */
    int (*hash)(const char *name, const void *data, size_t n, unsigned char out[SERVE_HASH]);
    int64_t now;                    /* ms, of a clock that never steps back */
    const struct siphash_key *seal; /* with `hash`: on what is given out to be hashed */
    bool no_chunks;                 /* a body is to say how long it is */

    /* SERVE_ASKED: what, and whom for. */
    enum serve_wish wish;
    char host[SERVE_HOST +
              1]; /* a name, or an IPv4 or IPv6 literal without brackets; without blanks and control bytes */
    uint16_t port;
    char verb[16]; /* for people: CONNECT, GET */
    bool plain;    /* a request of HTTP: the answer is the server's own */
    char *ahead;   /* goes to the server before all that follows; NULL: nothing does */
    size_t nahead;
    struct http_body body; /* what follows it of the request */

    unsigned char out[SERVE_OUT]; /* to be sent next: who has sent it sets nout to 0 */
    size_t nout;
    char why[SERVE_WHY]; /* SERVE_REFUSED: in words; `out` says it to the client */
    unsigned step;       /* the kind's own */
};

struct serve_kind {
    const char *name; /* as --proxy-type has it */
    /* Takes what came: `in` is all that was not used yet; it uses whole requests only (`*used` bytes). */
    int (*take)(struct serve *s, const unsigned char *in, size_t n, size_t *used);
    /* Puts how it went into `out`; `at` is the address that is told with it, NULL: none is. */
    void (*answer)(struct serve *s, enum serve_answer how, const struct addr *at);
    /* SERVE_IN bytes were no whole request: puts that into `out`. */
    void (*too_long)(struct serve *s);
};

extern const struct serve_kind serve_any, serve_http, serve_socks4, serve_socks5;

/* Row `i`, or NULL past the end; the one for a name (proto/proxy_type.h, or any), or NULL. */
const struct serve_kind *serve_row(size_t i);
const struct serve_kind *serve_find(const char *name);

/* As the hooks of the kind, which serve_any makes another; what is longer than SERVE_IN is refused. */
int serve_take(struct serve *s, const unsigned char *in, size_t n, size_t *used);
void serve_tell(struct serve *s, enum serve_answer how, const struct addr *at);

/* Frees what it holds, and wipes it. */
void serve_clear(struct serve *s);

/* For kinds: appends to `out`, what fits; notes why it is refused, returning SERVE_REFUSED; takes a host's name, false when it
 * is none. */
void serve_put(struct serve *s, const void *data, size_t n);
int serve_refuse(struct serve *s, const char *why);
bool serve_take_host(struct serve *s, const void *name, size_t n);

/* True when they are the same; how long it takes does not tell where they differ. */
bool serve_is_same(const void *given, size_t n, const char *expected);

#endif
