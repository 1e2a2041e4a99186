/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What people may want to know of a connection, and of who is at its other end.
 */
#ifdef USE_OPENSSL

#include <stdio.h>
#include <string.h>

#include "base/container.h"
#include "layer/tls_parts.h"

enum { NAME = 160 };

/* "TLS 1.3" of the library's "TLSv1.3", "DTLS 1.2" of "DTLSv1.2". */
static void write_version(const struct tls_layer *x, char *text, size_t size)
{
    const char *version = x->tls->lib.SSL_get_version(x->ssl);

    const size_t name = strcspn(version, "v");

    snprintf(text, size, "%.*s %s", (int)name, version, version[name] == 'v' ? version + name + 1 : "");
}

static void tell_agreement(const struct tls_layer *x, char *text, size_t size)
{
    const struct tls_lib *o = &x->tls->lib;
    const SSL_CIPHER *cipher = o->SSL_get_current_cipher(x->ssl);
    const unsigned char *alpn = NULL;
    unsigned n = 0;
    char version[16];

    write_version(x, version, sizeof version);
    o->SSL_get0_alpn_selected(x->ssl, &alpn, &n);
    snprintf(text, size, "%s, %s%s%.*s%s", version,
             cipher != NULL ? o->SSL_CIPHER_get_name(cipher) : "no cipher", n > 0 ? ", ALPN " : "", (int)n,
             n > 0 ? (const char *)alpn : "", o->SSL_session_reused(x->ssl) ? ", resumed" : "");
}

static void tell_peer(const struct tls_layer *x, char *text, size_t size)
{
    static const char *const trusts[] = {[TLS_UNSEEN] = "",
                                         [TLS_BELIEVED] = "not verified (--insecure)",
                                         [TLS_VERIFIED] = "verified",
                                         [TLS_PINNED] = "trusted for its pin"};
    const struct tls *t = x->tls;
    X509 *cert = t->lib.SSL_get0_peer_certificate(x->ssl);
    char subject[NAME];

    if (cert == NULL) {
        snprintf(text, size, "TLS: the peer showed no certificate");
        return;
    }
    tls_cert_subject(t, cert, subject, sizeof subject);
    snprintf(text, size, "TLS: the peer's certificate is of %s%s%s, %s",
             subject[0] != '\0' ? subject : "nobody",
             x->trust == TLS_VERIFIED && x->name != NULL ? " for " : "",
             x->trust == TLS_VERIFIED && x->name != NULL ? x->name : "", trusts[x->trust]);
}

/* Returns false when there is none. */
static bool tell_expiry(const struct tls_layer *x, char *text, size_t size)
{
    const struct tls *t = x->tls;
    X509 *cert = t->lib.SSL_get0_peer_certificate(x->ssl);
    char time[NAME];

    if (cert == NULL)
        return false;
    tls_cert_time(t, t->lib.X509_get0_notAfter(cert), time, sizeof time);
    snprintf(text, size, "TLS: it is valid until %s", time);
    return true;
}

/* Certificate `i` that the other side has shown, its own first; NULL past the last. A server's list of the client's
 * chain lacks that one. */
static X509 *shown(const struct tls_layer *x, unsigned i)
{
    const struct tls_lib *o = &x->tls->lib;
    const OPENSSL_STACK *chain = (const OPENSSL_STACK *)o->SSL_get_peer_cert_chain(x->ssl);
    const unsigned at = x->client ? i : i - 1;

    if (i == 0)
        return o->SSL_get0_peer_certificate(x->ssl);
    return chain != NULL && (int)at < o->OPENSSL_sk_num(chain) ? o->OPENSSL_sk_value(chain, (int)at) : NULL;
}

/* Line `i` of a certificate; false past the last. */
static bool tell_cert(const struct tls *t, X509 *cert, unsigned number, unsigned i, char *text, size_t size)
{
    char a[NAME], b[NAME];

    switch (i) {
    case 0:
        tls_cert_subject(t, cert, a, sizeof a);
        snprintf(text, size, "%u subject  %s", number, a);
        return true;
    case 1:
        tls_cert_issuer(t, cert, a, sizeof a);
        snprintf(text, size, "  issuer   %s", a);
        return true;
    case 2:
        tls_cert_names(t, cert, a, sizeof a);
        snprintf(text, size, "  names    %s", a[0] != '\0' ? a : "(none)");
        return true;
    case 3:
        tls_cert_time(t, t->lib.X509_get0_notBefore(cert), a, sizeof a);
        tls_cert_time(t, t->lib.X509_get0_notAfter(cert), b, sizeof b);
        snprintf(text, size, "  valid    %s to %s", a, b);
        return true;
    case 4:
        tls_cert_print(t, cert, a);
        snprintf(text, size, "  print    %s", a);
        return true;
    case 5:
        tls_cert_pin(t, cert, a);
        snprintf(text, size, "  key      %s", a);
        return true;
    default:
        return false;
    }
}

/* In the order, and with the words, that nc(1) of OpenBSD has for them. */
static bool tell_brief(const struct tls_layer *x, unsigned i, char *text, size_t size)
{
    const struct tls *t = x->tls;
    const struct tls_lib *o = &t->lib;
    X509 *cert = o->SSL_get0_peer_certificate(x->ssl);
    char value[NAME] = "";
    const char *word;

    if (i == 0) {
        snprintf(text, size, "TLS handshake negotiated %s/%s with host %s", o->SSL_get_version(x->ssl),
                 o->SSL_CIPHER_get_name(o->SSL_get_current_cipher(x->ssl)), x->name != NULL ? x->name : "");
        return true;
    }
    if (cert == NULL || i > 5)
        return false;
    word = (const char *const[]){"Subject", "Issuer", "Valid From", "Valid Until", "Cert Hash"}[i - 1];
    if (i <= 2)
        tls_cert_name(t, i == 1 ? o->X509_get_subject_name(cert) : o->X509_get_issuer_name(cert), value,
                      sizeof value);
    else if (i <= 4)
        tls_cert_time(t, i == 3 ? o->X509_get0_notBefore(cert) : o->X509_get0_notAfter(cert), value,
                      sizeof value);
    else
        tls_cert_print(t, cert, value);
    snprintf(text, size, "%s: %s%s", word, i == 5 ? "SHA256" : "", i == 5 ? strchr(value, ':') : value);
    return true;
}

bool tls_tell(const struct layer *l, enum layer_topic topic, unsigned i, char *text, size_t size)
{
    enum { LINES = 6 };
    const struct tls_layer *x = container_of(l, const struct tls_layer, layer);
    X509 *cert;
    size_t n;

    if (!x->shaken)
        return false;
    n = x->tls->conf->proxy != NULL ? (size_t)snprintf(text, size, "%s: ", x->tls->conf->proxy) : 0;
    n = n < size ? n : size - 1;
    if (topic == LAYER_CREDENTIALS) {
        cert = shown(x, i / LINES);
        return cert != NULL && tell_cert(x->tls, cert, i / LINES, i % LINES, text + n, size - n);
    }
    if (topic == LAYER_BRIEF)
        return tell_brief(x, i, text, size);
    if (i == 0)
        tell_agreement(x, text + n, size - n);
    else if (i == 1)
        tell_peer(x, text + n, size - n);
    return i < 2 || (i == 2 && tell_expiry(x, text + n, size - n));
}

#endif
