/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the other side is who it is to be; and if not, what is wrong and what to do about it.
 */
#ifdef USE_OPENSSL

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/message.h"
#include "base/num.h"
#include "layer/tls_parts.h"

enum { SHORT = 56 /* bytes of a name in an explanation */ };

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, tolower((unsigned char)c));

    return at != NULL && c != '\0' ? (int)(at - digits) : -1;
}

int tls_read_pin(struct tls *t, const char *pin, struct err *e)
{
    const char *p = pin;
    int i = 0;

    if (strncasecmp(pin, "sha256:", 7) == 0) {
        for (p += 7; i < 2 * TLS_HASH && hex_digit(*p) >= 0; i++) {
            t->wanted[i / 2] = (unsigned char)(t->wanted[i / 2] << 4 | hex_digit(*p++));
            p += *p == ':'; /* as OpenSSL writes it */
        }
    }
    if (i < 2 * TLS_HASH || *p != '\0')
        return err_set(e, STATUS_LOCAL, "--ssl-pin: '%.80s' is not sha256: and 64 hexadecimal digits", pin);
    t->pinned = true;
    return 0;
}

static bool has_pin(const struct tls *t, X509 *cert)
{
    unsigned char hash[TLS_HASH];

    tls_key_hash(t, cert, hash);
    if (memcmp(hash, t->wanted, TLS_HASH) == 0)
        return true;
    tls_cert_hash(t, cert, hash);
    return memcmp(hash, t->wanted, TLS_HASH) == 0;
}

#define SAY(x, ...) snprintf((x)->why, sizeof(x)->why, __VA_ARGS__)

/* What the option for its pin begins with. */
static const char *prefix_of(const struct tls_layer *x)
{
    return x->tls->conf->proxy != NULL ? "proxy-" : "";
}

/* Puts what is said into the words of who is asked for. */
static void word(struct tls_layer *x, enum message_id id, const char *host, const char *text)
{
    char own[TLS_TEXT];

    memcpy(own, x->why, sizeof own);
    message_format(id, &(struct message){.why = own, .host = host, .text = text}, x->why, sizeof x->why);
}

static void explain_pin(struct tls_layer *x, X509 *cert)
{
    char pin[TLS_PIN];

    tls_cert_pin(x->tls, cert, pin);
    SAY(x, "the peer has another key than --%sssl-pin says: %s", prefix_of(x), pin);
    word(x, MESSAGE_OTHER_PIN, NULL, x->tls->conf->pin);
}

static void explain_self_signed(struct tls_layer *x, X509 *cert)
{
    char pin[TLS_PIN];

    tls_cert_pin(x->tls, cert, pin);
    SAY(x, "the certificate is self-signed; if it is the right one, trust it with --%sssl-pin %s",
        prefix_of(x), pin);
}

static void explain_issuer(struct tls_layer *x, X509 *cert)
{
    char issuer[SHORT];

    tls_cert_issuer(x->tls, cert, issuer, sizeof issuer);
    SAY(x,
        "nobody here knows the certificate's issuer, %s; if it is to be trusted, give --ssl-trustfile FILE",
        issuer);
}

static void explain_time(struct tls_layer *x, X509 *cert, bool expired)
{
    const struct tls_lib *o = &x->tls->lib;
    const ASN1_TIME *when = expired ? o->X509_get0_notAfter(cert) : o->X509_get0_notBefore(cert);
    char time[SHORT];

    tls_cert_time(x->tls, when, time, sizeof time);
    if (expired)
        SAY(x, "the certificate has expired: it was valid until %s", time);
    else
        SAY(x, "the certificate is not valid yet: it will be from %s on; is the clock right here?", time);
}

static void explain_name(struct tls_layer *x, X509 *cert)
{
    char names[SHORT] = "";

    tls_cert_names(x->tls, cert, names, sizeof names);
    if (names[0] == '\0')
        tls_cert_subject(x->tls, cert, names, sizeof names);
    SAY(x, "the certificate is for %s and not for %.56s; if that is meant, give %s", names, x->name,
        x->tls->conf->proxy != NULL ? "--proxy-ssl-pin" : "--ssl-servername NAME");
}

static const struct {
    int code;
    const char *words;
} faults[] = {
    {X509_V_ERR_CERT_REVOKED, "the certificate is revoked by its issuer (--ssl-crl)"},
    {X509_V_ERR_UNABLE_TO_GET_CRL, "--ssl-crl has no list of the certificate's issuer"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "--ssl-crl has a list that has expired: get a new one"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "--ssl-crl has a list that is not valid yet; is the clock right here?"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, "--ssl-crl has a list that its issuer did not sign"},
    {X509_V_ERR_INVALID_PURPOSE, "the certificate is for another purpose than this"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "the certificate's key is too weak"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "the key of the certificate's issuer is too weak"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "the certificate is signed with a digest that is too weak, such as SHA-1"},
    {X509_V_ERR_INVALID_CA, "the certificate's issuer may not issue certificates"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "the certificate is forged: its issuer did not sign it so"},
};

static void find_words(struct tls_layer *x, X509 *cert, int code)
{
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        explain_time(x, cert, code == X509_V_ERR_CERT_HAS_EXPIRED);
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        explain_name(x, cert);
        return;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        explain_self_signed(x, cert);
        return;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        explain_issuer(x, cert);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i].code == code)
            SAY(x, "%s", faults[i].words);
    }
    if (x->why[0] == '\0')
        SAY(x, "the certificate is not trusted: %s", x->tls->lib.X509_verify_cert_error_string(code));
}

static void explain(struct tls_layer *x, X509 *cert, int code)
{
    const bool named = code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH;

    find_words(x, cert, code);
    word(x, named ? MESSAGE_OTHER_NAME : MESSAGE_UNTRUSTED, x->name,
         x->tls->lib.X509_verify_cert_error_string(code));
}

static bool verify_pin(struct tls_layer *x, X509_STORE_CTX *sc, X509 *cert)
{
    if (has_pin(x->tls, cert)) {
        x->trust = TLS_PINNED;
        return true;
    }
    x->tls->lib.X509_STORE_CTX_set_error(sc, X509_V_ERR_CERT_REJECTED);
    explain_pin(x, cert);
    return false;
}

static bool verify_chain(struct tls_layer *x, X509_STORE_CTX *sc, X509 *cert)
{
    const struct tls_lib *o = &x->tls->lib;
    X509 *wrong;

    if (o->X509_verify_cert(sc) == 1) {
        x->trust = TLS_VERIFIED;
        return true;
    }
    wrong = o->X509_STORE_CTX_get_current_cert(sc);
    explain(x, wrong != NULL ? wrong : cert, o->X509_STORE_CTX_get_error(sc));
    return false;
}

/* It has no names but the subject's own, and that is it. */
static bool is_called(const struct tls *t, X509 *cert, const char *name)
{
    char names[SHORT], own[SHORT];

    tls_cert_names(t, cert, names, sizeof names);
    return names[0] == '\0' &&
           t->lib.X509_NAME_get_text_by_NID(t->lib.X509_get_subject_name(cert), NID_commonName, own,
                                            sizeof own) > 0 &&
           strcmp(own, name) == 0;
}

static bool is_for(const struct tls *t, X509 *cert, const char *name)
{
    return t->lib.X509_check_host(cert, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 ||
           t->lib.X509_check_ip_asc(cert, name, 0) == 1 || (t->conf->old_names && is_called(t, cert, name));
}

/* Whose it is to be, where that is looked at here; NULL: it is not. */
static const char *wanted_name(const struct tls_layer *x)
{
    const struct tls_conf *c = x->tls->conf;

    if (!x->client)
        return c->client_name;
    return c->old_names && !c->nameless && !c->insecure ? x->name : NULL;
}

/* What else is asked of a certificate that is trusted. */
static bool suits(struct tls_layer *x, X509 *cert)
{
    const struct tls *t = x->tls;
    const char *name = wanted_name(x);

    if (name != NULL && !is_for(t, cert, name)) {
        if (x->client)
            explain_name(x, cert);
        else
            SAY(x, "the client's certificate is not for %.56s", name);
        word(x, x->client ? MESSAGE_OTHER_NAME : MESSAGE_OTHER_CLIENT, name, NULL);
        return false;
    }
    if (t->pinned && t->conf->pin_too && !has_pin(t, cert)) {
        explain_pin(x, cert);
        return false;
    }
    return true;
}

/* Some ciphers do without certificates. A listener that must have one does not offer them. */
static bool may_be_nobody(struct tls_layer *x)
{
    if (!x->client || (x->tls->conf->insecure && !x->tls->pinned))
        return true;
    SAY(x, "the server showed no certificate, and so it can be anybody");
    return false;
}

/* A session goes on that was of this very trust, or else it had not been offered; or not accepted. */
bool tls_shaken(struct tls_layer *x)
{
    const struct tls *t = x->tls;
    X509 *cert = t->lib.SSL_get0_peer_certificate(x->ssl);

    x->shaken = true;
    if (x->trust == TLS_UNSEEN && cert != NULL)
        x->trust = t->pinned ? TLS_PINNED : x->client && t->conf->insecure ? TLS_BELIEVED : TLS_VERIFIED;
    return cert != NULL ? suits(x, cert) : may_be_nobody(x);
}

int tls_verify(X509_STORE_CTX *sc, void *tls)
{
    struct tls *t = tls;
    const struct tls_lib *o = &t->lib;
    SSL *ssl = o->X509_STORE_CTX_get_ex_data(sc, o->SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_layer *x = o->SSL_get_ex_data(ssl, 0);
    X509 *cert = o->X509_STORE_CTX_get0_cert(sc);

    if (t->pinned && !t->conf->pin_too)
        return verify_pin(x, sc, cert);
    if (x->client && t->conf->insecure) {
        x->trust = TLS_BELIEVED;
        return 1;
    }
    return verify_chain(x, sc, cert);
}

#endif
