/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the errors of the library mean, and what to do.
 */
#ifdef USE_OPENSSL

#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "layer/tls_parts.h"

#define NO_CERTIFICATE "the client showed no certificate (--ssl-require-client)"
#define DAMAGED "what came was damaged, or changed on the way"
/* A record that is none, after one that was. */
#define NO_TLS_ANY_MORE "what came is no TLS any more: the peer went on in the clear, or somebody meddled"

static const struct {
    int reason;
    const char *words;
} reasons[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, "the peer speaks no version of TLS that is allowed here (--ssl-min)"},
    {SSL_R_NO_PROTOCOLS_AVAILABLE,
     "no version of TLS is left to speak: the system's settings or --ssl-min forbid all"},
    {SSL_R_VERSION_TOO_LOW, "the peer speaks no version of TLS that is allowed here (--ssl-min)"},
    {SSL_R_WRONG_SSL_VERSION, "the peer speaks no version of TLS that is allowed here (--ssl-min)"},
    {SSL_R_NO_SHARED_CIPHER, "no cipher is common to both sides (--ssl-ciphers)"},
    {SSL_R_NO_CIPHERS_AVAILABLE, "no cipher is left to use (--ssl-ciphers)"},
    {SSL_R_DH_KEY_TOO_SMALL, "the peer's key for this connection is too weak"},
    {SSL_R_WRONG_SIGNATURE_TYPE, "the peer signs in a way that is not allowed here"},
    {SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, "the peer is too old to change keys safely"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, DAMAGED},
    {SSL_R_NO_APPLICATION_PROTOCOL, "no protocol is common to both sides (--ssl-alpn)"},
    {SSL_R_WRONG_VERSION_NUMBER, NO_TLS_ANY_MORE},
    {SSL_R_HTTP_REQUEST, NO_TLS_ANY_MORE},
    {SSL_R_HTTPS_PROXY_REQUEST, NO_TLS_ANY_MORE},
    {SSL_R_BAD_RECORD_TYPE, NO_TLS_ANY_MORE},
    {SSL_R_PACKET_LENGTH_TOO_LONG, NO_TLS_ANY_MORE},
    {SSL_R_ENCRYPTED_LENGTH_TOO_LONG, NO_TLS_ANY_MORE},
    {SSL_R_RECORD_LENGTH_MISMATCH, NO_TLS_ANY_MORE},
    {SSL_R_LENGTH_TOO_SHORT, NO_TLS_ANY_MORE},
};

/* What a server says that does not wait for TLS, as it begins. */
static const struct {
    const char *begin, *has, *hint; /* `has` is somewhere in it; NULL: whatever there is */
} strangers[] = {
    {"HTTP/", NULL, "plain HTTP, which is without --ssl; https has a port of its own"},
    {"SSH-", NULL, "SSH, which is without --ssl"},
    {"220", "FTP", "FTP: try --starttls ftp"},
    {"220", "SMTP", "SMTP: try --starttls smtp"},
    {"220", NULL, "SMTP or FTP, most likely: try --starttls smtp, or ftp"},
    {"* OK", NULL, "IMAP: try --starttls imap"},
    {"+OK", NULL, "POP3: try --starttls pop3"},
    {"200 ", NULL, "NNTP, most likely: try --starttls nntp"},
    {"201 ", NULL, "NNTP, most likely: try --starttls nntp"},
    {"\"IMPLEM", NULL, "ManageSieve: try --starttls sieve"},
    {"<?xml", NULL, "XMPP, most likely: try --starttls xmpp"},
    {":", "NOTICE", "IRC: try --starttls irc"},
};

/* What the other side says of us. */
static const struct {
    int alert;
    const char *words;
} alerts[] = {
    {SSL_AD_HANDSHAKE_FAILURE, "the peer refuses: it finds no cipher, key or certificate that suits it"},
    {SSL_AD_PROTOCOL_VERSION,
     "the peer refuses: it speaks none of the versions of TLS that are allowed here (--ssl-min)"},
    {SSL_AD_UNKNOWN_CA, "the peer refuses: it does not trust who issued our certificate"},
    {SSL_AD_BAD_CERTIFICATE, "the peer refuses: our certificate is not the one it wants"},
    {SSL_AD_CERTIFICATE_EXPIRED, "the peer refuses: our certificate has expired"},
    {SSL_AD_CERTIFICATE_REVOKED, "the peer refuses: our certificate is revoked"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "the peer refuses our certificate"},
    {SSL_AD_UNSUPPORTED_CERTIFICATE,
     "the peer refuses: our certificate is of a kind, or for a purpose, that it does not take"},
    {SSL_AD_ACCESS_DENIED, "the peer refuses: our certificate gives no access"},
    {SSL_AD_UNRECOGNIZED_NAME, "the peer refuses: it knows no server of this name (--ssl-servername)"},
    {SSL_AD_NO_APPLICATION_PROTOCOL,
     "the peer refuses: it speaks none of the protocols offered (--ssl-alpn)"},
    {SSL_AD_INSUFFICIENT_SECURITY, "the peer refuses: our ciphers or keys are too weak for it"},
    {SSL_AD_CERTIFICATE_REQUIRED, "the peer refuses: it wants a certificate from us (--ssl-cert)"},
};

/* A record begins with its type and a version of 3; old clients with a hello of SSL 2. */
static bool speaks_tls(const struct tls_layer *x)
{
    if (x->nfirst < 2)
        return true;
    return (x->first[0] >= SSL3_RT_CHANGE_CIPHER_SPEC && x->first[0] <= SSL3_RT_HANDSHAKE &&
            x->first[1] == 3) ||
           (!x->client && (x->first[0] & 0x80) != 0 && x->nfirst > 2 && x->first[2] == 1);
}

/* What to do about it, or NULL. */
static const char *hint_of(const struct tls_layer *x, const char *said)
{
    for (size_t i = 0; x->client && i < sizeof strangers / sizeof strangers[0]; i++) {
        if (strncmp(said, strangers[i].begin, strlen(strangers[i].begin)) == 0 &&
            (strangers[i].has == NULL || strstr(said, strangers[i].has) != NULL))
            return strangers[i].hint;
    }
    return NULL;
}

/* The greeting of MySQL: three bytes of length, a number, the version of the protocol. */
static bool greets_as_mysql(const struct tls_layer *x)
{
    return x->client && x->nfirst > 5 && x->first[2] == 0 && x->first[3] == 0 && x->first[4] == 10;
}

/* What it says instead, up to the end of its line. */
static void explain_stranger(struct tls_layer *x)
{
    char said[TLS_FIRST + 1] = "";
    const char *hint;
    size_t n = 0;

    for (; n < x->nfirst && x->first[n] >= ' ' && x->first[n] < 127; n++)
        said[n] = (char)x->first[n];
    said[n] = '\0';
    hint = greets_as_mysql(x) ? "MySQL: try --starttls mysql" : hint_of(x, said);
    snprintf(x->why, sizeof x->why, "the peer does not speak TLS%s%s%s%s%s", n > 3 ? ": it says '" : "",
             n > 3 ? said : "", n > 3 ? "'" : "", hint != NULL ? "; that is " : "", hint != NULL ? hint : "");
}

static const char *words_of_alert(const struct tls *t, int alert, char *text, size_t size)
{
    for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
        if (alerts[i].alert == alert)
            return alerts[i].words;
    }
    snprintf(text, size, "the peer refuses: %s", t->lib.SSL_alert_desc_string_long(alert));
    return text;
}

static const char *words_of(const struct tls_layer *x, unsigned long code, char *text, size_t size)
{
    const struct tls *t = x->tls;
    const int reason = ERR_GET_REASON(code);
    const char *own;

    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
        return words_of_alert(t, reason - SSL_AD_REASON_OFFSET, text, size);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && reasons[i].reason == reason)
            return reasons[i].words;
    }
    if (x->shaken &&
        ERR_GET_LIB(code) != ERR_LIB_SSL) /* of the ciphers, which have nothing else to do then */
        return DAMAGED;
    own = t->lib.ERR_reason_error_string(code);
    snprintf(text, size, "TLS: %s", own != NULL ? own : "it failed");
    return text;
}

void tls_explain(struct tls_layer *x)
{
    const struct tls *t = x->tls;
    unsigned long code = t->lib.ERR_get_error(); /* the first is what happened */
    char text[TLS_TEXT];

    t->lib.ERR_clear_error();
    if (x->why[0] != '\0')
        return;
    if (!speaks_tls(x))
        explain_stranger(x);
    else if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
             ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        message_format(MESSAGE_CLIENT_UNCERTIFIED, &(struct message){.why = NO_CERTIFICATE}, x->why,
                       sizeof x->why);
    else
        snprintf(x->why, sizeof x->why, "%s", words_of(x, code, text, sizeof text));
}

const char *tls_reason(const struct tls *t)
{
    const char *reason = t->lib.ERR_reason_error_string(t->lib.ERR_peek_last_error());

    t->lib.ERR_clear_error();
    return reason != NULL ? reason : "it does not work";
}

#endif
