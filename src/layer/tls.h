/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls: TLS on a connection, by OpenSSL (3.0 or later), which is loaded when it is first needed.
 *
 * A struct tls is one side's options made ready: files read, and for a listener without a certificate one made for the
 * run. Each connection gets a layer of it. What is wrong with the other side's certificate, or with what it speaks, is told
 * in words of ours (tls_verify.c, tls_words.c).
 *
 * close_notify is the end of a direction: it is read as IO_EOF, and shut sends it. An end without it is a failure, as
 * somebody may have cut the connection, unless conf->lenient. Of datagrams it is the end of both directions, and may be lost:
 * there shut sends it when the port closes.
 */
#ifndef LAYER_TLS_H
#define LAYER_TLS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/names.h"
#include "io/layer.h"

enum tls_version { TLS_1_2, TLS_1_3 };

/* 1.2, 1.3. */
extern const struct name tls_version_names[];

/* Strings outlive what is made of it; NULL: not given. Files are PEM. */
struct tls_conf {
    const char *cert, *key; /* our certificate with those of its issuers; its key, NULL: in the same file */
    const char *trust;      /* the issuers that are trusted; NULL: those that the system trusts */
    const char *crl;        /* what these issuers have revoked */
    const char *client_ca;  /* of a listener: clients are asked for a certificate of these issuers */
    bool require_client;    /* and have to show one */
    const char *ciphers;    /* as OpenSSL lists them */
    const char *name;       /* who the server is to be, instead of the host that was asked for */
    const char *alpn;       /* protocols to choose from, set apart by commas, the best first */
    const char
        *pin; /* sha256:HEX of the other side's certificate or public key, which is trusted for that alone */
    const char *proxy;       /* it is to this one, for messages; NULL: to whom the connection is for */
    const char *session;     /* where a client keeps the session, to resume it */
    const char *client_name; /* of a listener: whom a client's certificate, if it shows one, must be for */
    int min;                 /* enum tls_version and 1, as OPTION_WORD gives it; 0: 1.2 */
    size_t segment; /* of datagrams: what is longer is cut into messages of this size; 0: it is refused */
    bool datagram;  /* DTLS: each message is a datagram */
    bool insecure;  /* a client believes whoever answers */
    bool old_names; /* an address may be the subject's name, where a certificate has no other names */
    bool nameless;  /* whoever the server's certificate is for */
    bool pin_too;   /* besides what else is to be right; of a listener: where a client shows a certificate */
    bool hasty;     /* a client ends its direction at once, without waiting for the server to be silent */
    bool lenient;   /* an end without close_notify is an end */
};

struct tls;

/* Makes a side ready; `conf` must outlive it. NULL with `e`: the library is missing, or a file or a list is wrong
 * (STATUS_LOCAL). */
struct tls *tls_new(const struct tls_conf *conf, bool server, struct err *e);

/* Its layers must be gone. NULL is fine. */
void tls_free(struct tls *t);

/* "sha256:HEX" of the public key that a listener shows: what its clients can give as their pin. */
const char *tls_pin(const struct tls *t);

/* The listener made its certificate itself. */
bool tls_is_made_up(const struct tls *t);

/* True for TLS that ends at a proxy: whom the connection is for has none by that. */
bool tls_is_to_proxy(const struct layer *l);

/* As `make` of struct net_layer (net/transport.h), with a struct tls as `conf`. A listener of datagrams hands on a port whose
 * first datagram is a hello with a cookie that was looked at (net/cookies.h). */
struct layer *tls_make(const void *tls, bool client, const char *host, uint16_t port, struct err *e);

/* The handshake of one of these, which is on a port, fails unless it is done in `ms`. */
void tls_limit(struct layer *l, int64_t ms);

#endif
