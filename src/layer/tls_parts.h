/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of TLS need of each other. Private to layer/tls*.
 */
#ifndef LAYER_TLS_PARTS_H
#define LAYER_TLS_PARTS_H

#include <stddef.h>

#include "base/pool.h"
#include "io/layer.h"
#include "layer/tls.h"
#include "layer/tls_load.h"
#include "loop/timer.h"

enum {
    TLS_TEXT = 200,       /* bytes of an explanation, with its end; a port keeps who it is of as well */
    TLS_PIN = 7 + 64 + 1, /* "sha256:HEX" */
    TLS_HASH = SHA256_DIGEST_LENGTH,
    TLS_FIRST = 56,        /* bytes of what the other side begins with */
    TLS_BLOCK = 17 * 4096, /* bytes of a read: four records, and whole pages */
};

/* A side made ready. */
struct tls {
    struct tls_lib lib;
    const struct tls_conf *conf;
    SSL_CTX *ctx;
    struct pool blocks; /* of TLS_BLOCK bytes */
    bool server;
    bool made_up; /* its certificate was */
    bool pinned;  /* it trusts `wanted` alone */
    unsigned char wanted[TLS_HASH];
    char pin[TLS_PIN];   /* of a listener's own key */
    unsigned char *alpn; /* as they are sent; NULL: none */
    unsigned alpn_size;
};

enum tls_trust {
    TLS_UNSEEN,   /* no certificate was shown */
    TLS_BELIEVED, /* it was not looked at */
    TLS_VERIFIED,
    TLS_PINNED,
};

/* Why a write waits. */
enum tls_wait {
    TLS_GOES_ON,
    TLS_FOR_PEER,   /* to say its part of a new handshake */
    TLS_FOR_READER, /* which comes behind bytes that are to be read first */
};

/* One connection. */
struct tls_layer {
    struct layer layer;
    struct tls *tls;
    SSL *ssl;
    BIO *in;        /* what the library reads: it looks into `came` */
    BUF_MEM came;   /* a block of tls->blocks with what came; data NULL: nothing */
    BIO *own, *net; /* a pair: what the library writes, and from where it is sent */
    char *name;     /* who the server is to be; NULL: nobody in particular */
    bool client;
    bool ended;     /* the connection below has */
    bool unheard;   /* a write below has failed */
    bool bye_heard; /* close_notify came */
    bool bye_said;  /* ours is on its way */
    size_t bye_size;
    size_t bye_left; /* bytes up to its end that are still to be written; what comes behind it is not */
    bool bye_waits;  /* for the other side to be silent */
    bool spoke;      /* there was data to write */
    size_t said;     /* bytes written before that */
    bool end_told;   /* the reader knows of its end, or of `why` */
    bool dry;        /* the last read got nothing */
    bool more;       /* the connection below gave all there was room for */
    bool keeps;      /* the library keeps its buffers */
    bool shaken;     /* the handshake is done */
    bool read_waits; /* for room to write */
    bool failed;     /* for `why`, after what was read before has been given */
    enum tls_wait write_waits;
    struct timer silence; /* while bye_waits */
    struct timer limit;   /* of the handshake, where nobody else looks at the time */
    int64_t active;       /* loop time when bytes last moved */
    enum tls_trust trust;
    char why[TLS_TEXT]; /* what is wrong; empty: nothing that we know of */
    unsigned char first[TLS_FIRST];
    size_t nfirst;
};

/* tls_layer.c: whom the connection is with, and who begins. Returns 0, or -1 with `e`. */
int tls_prepare(struct tls_layer *x, const char *host, struct err *e);

/* tls_datagram.c: as tls_make(). */
struct layer *tls_datagram_make(struct tls *t, bool client, const char *host, struct err *e);

/* tls_words.c: what the errors of the library mean, which are then forgotten; into x->why unless that is known already. */
void tls_explain(struct tls_layer *x);

/* The last error of the library, in its own words, for what it could not load. */
const char *tls_reason(const struct tls *t);

/* tls_verify.c: for SSL_CTX_set_cert_verify_callback(), with a struct tls. */
int tls_verify(X509_STORE_CTX *sc, void *tls);

/* The handshake is done: whom a session that goes on was with is known from then. Returns false, with x->why, when the other
 * side is not who it is to be after all. */
bool tls_shaken(struct tls_layer *x);

/* Reads sha256:HEX into t->wanted. Returns 0, or -1 with `e`. */
int tls_read_pin(struct tls *t, const char *pin, struct err *e);

/* tls_cert.c: texts of certificates, which hold whatever their issuer wrote. */
void tls_cert_pin(const struct tls *t, X509 *cert, char text[static TLS_PIN]);
void tls_cert_print(const struct tls *t, X509 *cert, char text[static TLS_PIN]);
void tls_cert_subject(const struct tls *t, X509 *cert, char *text, size_t size);
void tls_cert_issuer(const struct tls *t, X509 *cert, char *text, size_t size);
void tls_cert_names(const struct tls *t, X509 *cert, char *text, size_t size); /* empty: there are none */
void tls_cert_name(const struct tls *t, const X509_NAME *name, char *text, size_t size); /* "/O=x/CN=y" */
void tls_cert_time(const struct tls *t, const ASN1_TIME *time, char *text, size_t size);

/* Hashes of the certificate and of its public key. */
void tls_cert_hash(const struct tls *t, X509 *cert, unsigned char hash[static TLS_HASH]);
void tls_key_hash(const struct tls *t, X509 *cert, unsigned char hash[static TLS_HASH]);

/* A key and a certificate for this run, put into t->ctx. Returns 0, or -1 with `e`. */
int tls_cert_make_up(struct tls *t, struct err *e);

/* tls_session.c: what --ssl-session names. What cannot be read or written is told in the log, and no failure. */
void tls_session_load(struct tls_layer *x);
void tls_session_save(struct tls_layer *x);

/* tls_tell.c: as the op. */
bool tls_tell(const struct layer *l, enum layer_topic topic, unsigned i, char *text, size_t size);

#endif
