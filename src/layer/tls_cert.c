/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be said of a certificate, and one that is made up for a run.
 */
#ifdef USE_OPENSSL

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layer/tls_parts.h"

enum {
    VALID = 30 * 24 * 3600, /* seconds; nobody listens for longer */
    EARLY = 24 * 3600,      /* for who has a slow clock */
};

static void hash_of(const struct tls *t, const unsigned char *der, int n, unsigned char hash[static TLS_HASH])
{
    if (n > 0)
        t->lib.SHA256(der, (size_t)n, hash);
    else
        memset(hash, 0, TLS_HASH);
}

void tls_cert_hash(const struct tls *t, X509 *cert, unsigned char hash[static TLS_HASH])
{
    if (t->lib.X509_digest(cert, t->lib.EVP_sha256(), hash, NULL) != 1)
        memset(hash, 0, TLS_HASH);
}

void tls_key_hash(const struct tls *t, X509 *cert, unsigned char hash[static TLS_HASH])
{
    unsigned char *der = NULL;
    int n = t->lib.i2d_X509_PUBKEY(t->lib.X509_get_X509_PUBKEY(cert), &der);

    hash_of(t, der, n, hash);
    if (n > 0)
        t->lib.CRYPTO_free(der, __FILE__, __LINE__);
}

static void write_hash(const unsigned char hash[static TLS_HASH], char text[static TLS_PIN])
{
    size_t n = (size_t)snprintf(text, TLS_PIN, "sha256:");

    for (int i = 0; i < TLS_HASH; i++)
        n += (size_t)snprintf(text + n, TLS_PIN - n, "%02x", hash[i]);
}

void tls_cert_pin(const struct tls *t, X509 *cert, char text[static TLS_PIN])
{
    unsigned char hash[TLS_HASH];

    tls_key_hash(t, cert, hash);
    write_hash(hash, text);
}

void tls_cert_print(const struct tls *t, X509 *cert, char text[static TLS_PIN])
{
    unsigned char hash[TLS_HASH];

    tls_cert_hash(t, cert, hash);
    write_hash(hash, text);
}

/* Takes what was written to memory, in one line, and cuts it. */
static void take_text(const struct tls *t, BIO *from, char *text, size_t size)
{
    int n = from != NULL ? t->lib.BIO_read(from, text, (int)size - 1) : 0;

    text[n > 0 ? n : 0] = '\0';
    t->lib.BIO_free(from);
}

static void write_name(const struct tls *t, const X509_NAME *name, char *text, size_t size)
{
    BIO *to = t->lib.BIO_new(t->lib.BIO_s_mem());

    if (to != NULL)
        t->lib.X509_NAME_print_ex(to, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    take_text(t, to, text, size);
}

void tls_cert_name(const struct tls *t, const X509_NAME *name, char *text, size_t size)
{
    if (t->lib.X509_NAME_oneline(name, text, (int)size) == NULL)
        text[0] = '\0';
}

void tls_cert_subject(const struct tls *t, X509 *cert, char *text, size_t size)
{
    write_name(t, t->lib.X509_get_subject_name(cert), text, size);
}

void tls_cert_issuer(const struct tls *t, X509 *cert, char *text, size_t size)
{
    write_name(t, t->lib.X509_get_issuer_name(cert), text, size);
}

void tls_cert_names(const struct tls *t, X509 *cert, char *text, size_t size)
{
    int at = t->lib.X509_get_ext_by_NID(cert, NID_subject_alt_name, -1);
    BIO *to = at >= 0 ? t->lib.BIO_new(t->lib.BIO_s_mem()) : NULL;

    if (to != NULL)
        t->lib.X509V3_EXT_print(to, t->lib.X509_get_ext(cert, at), 0, 0);
    take_text(t, to, text, size);
}

void tls_cert_time(const struct tls *t, const ASN1_TIME *time, char *text, size_t size)
{
    struct tm tm;

    if (t->lib.ASN1_TIME_to_tm(time, &tm) != 1 || strftime(text, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        snprintf(text, size, "(no time)");
}

/* Fills a certificate that signs itself. Returns false when the library fails. */
static bool fill_cert(const struct tls *t, X509 *cert, EVP_PKEY *key)
{
    const struct tls_lib *o = &t->lib;
    X509_NAME *name = o->X509_get_subject_name(cert);
    X509_EXTENSION *names = o->X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
                                                   "DNS:localhost,IP:127.0.0.1,IP:::1");
    unsigned char serial[4];
    bool done;

    if (names == NULL || o->RAND_bytes(serial, sizeof serial) != 1)
        return false;
    done = o->X509_set_version(cert, 2) == 1 &&
           o->ASN1_INTEGER_set(o->X509_get_serialNumber(cert),
                               (long)serial[0] << 16 | (long)serial[1] << 8 | serial[2]) == 1 &&
           o->X509_gmtime_adj(o->X509_getm_notBefore(cert), -EARLY) != NULL &&
           o->X509_gmtime_adj(o->X509_getm_notAfter(cert), VALID) != NULL &&
           o->X509_set_pubkey(cert, key) == 1 &&
           o->X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                                         0) == 1 &&
           o->X509_set_issuer_name(cert, name) == 1 && o->X509_add_ext(cert, names, -1) == 1 &&
           o->X509_sign(cert, key, o->EVP_sha256()) > 0;
    o->X509_EXTENSION_free(names);
    return done;
}

int tls_cert_make_up(struct tls *t, struct err *e)
{
    const struct tls_lib *o = &t->lib;
    EVP_PKEY *key = o->EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *cert = o->X509_new();
    bool done = key != NULL && cert != NULL && fill_cert(t, cert, key) &&
                o->SSL_CTX_use_certificate(t->ctx, cert) == 1 && o->SSL_CTX_use_PrivateKey(t->ctx, key) == 1;

    o->X509_free(cert);
    o->EVP_PKEY_free(key);
    t->made_up = done;
    return done ? 0 : err_set(e, STATUS_LOCAL, "TLS: no certificate could be made: %s", tls_reason(t));
}

#endif
