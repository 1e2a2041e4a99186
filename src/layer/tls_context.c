/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A side made ready: its options given to the library.
 */
#include "layer/tls.h"

const struct name tls_version_names[] = {{"1.2", TLS_1_2}, {"1.3", TLS_1_3}, {NULL, 0}};

#ifdef USE_OPENSSL

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "layer/tls_parts.h"

enum { KEPT_BLOCKS = 2 };

/* SSLKEYLOGFILE: each line whole, so that several programs may share the file. */
static void log_key(const SSL *ssl, const char *line)
{
    const char *path = getenv("SSLKEYLOGFILE");
    const size_t n = strlen(line);
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600) : -1;
    char *text;

    (void)ssl;
    if (fd < 0)
        return;
    text = mem_strndup(line, n + 1);
    text[n] = '\n';
    if (write(fd, text, n + 1) < 0)
        log_notice("SSLKEYLOGFILE %s: %s", path, strerror(errno));
    free(text);
    close(fd);
}

/* A listener takes the first of its own that the client has as well. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                           unsigned size, void *tls)
{
    const struct tls *t = tls;

    (void)ssl;
    if (t->lib.SSL_select_next_proto((unsigned char **)out, n, t->alpn, t->alpn_size, in, size) ==
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_OK;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* "h2,http/1.1" as it is sent: each with its length before it. Returns 0, or -1 with `e`. */
static int set_protocols(struct tls *t, const char *list, struct err *e)
{
    const size_t n = strlen(list);
    unsigned char *wire = mem_alloc(n + 2);

    t->alpn = wire;
    t->alpn_size = (unsigned)n + 1;
    for (const char *p = list;; p++) {
        const size_t length = strcspn(p, ",");

        if (length == 0 || length > 255)
            return err_set(e, STATUS_LOCAL,
                           "--ssl-alpn: '%.128s' is no list of protocols such as h2,http/1.1", list);
        *wire = (unsigned char)length;
        memcpy(wire + 1, p, length);
        wire += length + 1;
        p += length;
        if (*p == '\0')
            break;
    }
    if (t->server)
        t->lib.SSL_CTX_set_alpn_select_cb(t->ctx, choose_protocol, t);
    else if (t->lib.SSL_CTX_set_alpn_protos(t->ctx, t->alpn, t->alpn_size) != 0) /* 0 is well here */
        return err_set(e, STATUS_LOCAL, "--ssl-alpn: %s", tls_reason(t));
    return 0;
}

static int refuse_file(const struct tls *t, const char *option, const char *path, struct err *e)
{
    if (access(path, R_OK) < 0)
        return err_sys(e, STATUS_LOCAL, errno, "%s %.128s", option, path);
    return err_set(e, STATUS_LOCAL, "%s %.128s: %s", option, path, tls_reason(t));
}

/* Our certificate and key. */
static int set_identity(struct tls *t, struct err *e)
{
    const struct tls_lib *o = &t->lib;
    const char *cert = t->conf->cert, *key = t->conf->key != NULL ? t->conf->key : cert;

    if (cert == NULL && t->conf->key != NULL)
        return err_set(e, STATUS_LOCAL, "--ssl-key needs --ssl-cert");
    if (cert == NULL)
        return t->server ? tls_cert_make_up(t, e) : 0;
    if (o->SSL_CTX_use_certificate_chain_file(t->ctx, cert) != 1)
        return refuse_file(t, "--ssl-cert", cert, e);
    if (o->SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1)
        return refuse_file(
            t, t->conf->key != NULL ? "--ssl-key" : "--ssl-cert (which has no --ssl-key beside it)", key, e);
    return 0;
}

static int set_revoked(struct tls *t, struct err *e)
{
    const struct tls_lib *o = &t->lib;
    X509_STORE *store = o->SSL_CTX_get_cert_store(t->ctx);
    X509_LOOKUP *lookup = o->X509_STORE_add_lookup(store, o->X509_LOOKUP_file());

    if (lookup == NULL || o->X509_load_crl_file(lookup, t->conf->crl, X509_FILETYPE_PEM) < 1)
        return refuse_file(t, "--ssl-crl", t->conf->crl, e);
    o->X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return 0;
}

static int set_issuers(struct tls *t, const char *option, const char *file, struct err *e)
{
    if (t->lib.SSL_CTX_load_verify_file(t->ctx, file) != 1)
        return refuse_file(t, option, file, e);
    return 0;
}

/* Whom a client trusts: the other side always has to show a certificate. */
static int set_trust(struct tls *t, struct err *e)
{
    if (t->conf->trust != NULL && set_issuers(t, "--ssl-trustfile", t->conf->trust, e) < 0)
        return -1;
    if (t->conf->trust == NULL && t->lib.SSL_CTX_set_default_verify_paths(t->ctx) != 1)
        return err_set(e, STATUS_LOCAL, "TLS: the system's trusted issuers: %s", tls_reason(t));
    t->lib.SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    return 0;
}

/* Whom a listener asks for a certificate. */
static int set_clients(struct tls *t, struct err *e)
{
    const char *file = t->conf->client_ca;
    const bool must = t->conf->require_client || (t->pinned && !t->conf->pin_too);

    if (must && file == NULL && !t->pinned)
        return err_set(e, STATUS_LOCAL, "--ssl-require-client needs --ssl-client-ca, or --ssl-pin");
    if (file != NULL && set_issuers(t, "--ssl-client-ca", file, e) < 0)
        return -1;
    if (file != NULL)
        t->lib.SSL_CTX_set_client_CA_list(t->ctx, t->lib.SSL_load_client_CA_file(file));
    if (file != NULL || must)
        t->lib.SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER | (must ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                                  NULL);
    return 0;
}

/* Those of TLS 1.3 have names of their own. */
static int set_ciphers(struct tls *t, const char *list, struct err *e)
{
    const bool new = strncmp(list, "TLS_", 4) == 0;

    if ((new ? t->lib.SSL_CTX_set_ciphersuites(t->ctx, list)
             : t->lib.SSL_CTX_set_cipher_list(t->ctx, list)) == 1)
        return 0;
    return err_set(e, STATUS_LOCAL, "--ssl-ciphers %.128s: %s", list, tls_reason(t));
}

/* The cookie was looked at before (net/cookies.h). */
static int believe_cookie(SSL *ssl, const unsigned char *cookie, unsigned n)
{
    (void)ssl, (void)cookie, (void)n;
    return 1;
}

/* How long datagrams may be is told by the layer. */
static int set_datagrams(struct tls *t, struct err *e)
{
    const struct tls_lib *o = &t->lib;

    if (t->conf->min == TLS_1_3 + 1)
        return err_set(e, STATUS_LOCAL, "--ssl-min 1.3: of DTLS there is 1.2 here, and no newer one");
    o->SSL_CTX_set_options(t->ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION);
    o->SSL_CTX_set_cookie_verify_cb(t->ctx, believe_cookie);
    o->SSL_CTX_ctrl(t->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, DTLS1_2_VERSION, NULL);
    return 0;
}

/* A read comes back behind each record without data: there may be no end of them. */
static void set_stream(struct tls *t)
{
    const struct tls_lib *o = &t->lib;

    o->SSL_CTX_ctrl(t->ctx, SSL_CTRL_CLEAR_MODE, SSL_MODE_AUTO_RETRY, NULL);
    o->SSL_CTX_ctrl(t->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION,
                    t->conf->min == TLS_1_3 + 1 ? TLS1_3_VERSION : TLS1_2_VERSION, NULL);
}

static const SSL_METHOD *method_of(const struct tls *t)
{
    const struct tls_lib *o = &t->lib;

    if (t->conf->datagram)
        return t->server ? o->DTLS_server_method() : o->DTLS_client_method();
    return t->server ? o->TLS_server_method() : o->TLS_client_method();
}

static int set_options(struct tls *t, struct err *e)
{
    const struct tls_conf *c = t->conf;
    const struct tls_lib *o = &t->lib;

    o->SSL_CTX_ctrl(
        t->ctx, SSL_CTRL_MODE,
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS, NULL);
    o->SSL_CTX_ctrl(t->ctx, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL);
    o->SSL_CTX_set_num_tickets(
        t->ctx, 1); /* each is a part of the handshake's work, and the next comes with its use */
    if (c->datagram && set_datagrams(t, e) < 0)
        return -1;
    if (!c->datagram)
        set_stream(t);
    o->SSL_CTX_set_session_id_context(t->ctx, (const unsigned char *)"pollcat", 7);
    o->SSL_CTX_set_cert_verify_callback(t->ctx, tls_verify, t);
    if (getenv("SSLKEYLOGFILE") != NULL)
        o->SSL_CTX_set_keylog_callback(t->ctx, log_key);
    if (c->pin != NULL && tls_read_pin(t, c->pin, e) < 0)
        return -1;
    if (c->ciphers != NULL && set_ciphers(t, c->ciphers, e) < 0)
        return -1;
    if (c->alpn != NULL && set_protocols(t, c->alpn, e) < 0)
        return -1;
    if (set_identity(t, e) < 0 || (t->server ? set_clients(t, e) : set_trust(t, e)) < 0)
        return -1;
    return c->crl != NULL ? set_revoked(t, e) : 0;
}

struct tls *tls_new(const struct tls_conf *conf, bool server, struct err *e)
{
    struct tls *t = mem_alloc(sizeof *t);

    t->conf = conf;
    t->server = server;
    pool_init(&t->blocks, TLS_BLOCK, KEPT_BLOCKS);
    if (tls_load(&t->lib, e) < 0) {
        free(t);
        return NULL;
    }
    t->ctx = t->lib.SSL_CTX_new(method_of(t));
    if (t->ctx == NULL)
        err_set(e, STATUS_LOCAL, "TLS: %s", tls_reason(t));
    if (t->ctx == NULL || set_options(t, e) < 0) {
        tls_free(t);
        return NULL;
    }
    if (server)
        tls_cert_pin(t, t->lib.SSL_CTX_get0_certificate(t->ctx), t->pin);
    t->lib.ERR_clear_error();
    return t;
}

void tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    t->lib.SSL_CTX_free(t->ctx);
    pool_clear(&t->blocks);
    free(t->alpn);
    free(t);
}

const char *tls_pin(const struct tls *t)
{
    return t->pin;
}

bool tls_is_made_up(const struct tls *t)
{
    return t->made_up;
}

#else

struct tls *tls_new(const struct tls_conf *conf, bool server, struct err *e)
{
    (void)conf, (void)server;
    err_set(e, STATUS_LOCAL, "TLS is not in this pollcat: it was built --without-openssl");
    return NULL;
}

void tls_free(struct tls *t)
{
    (void)t;
}

const char *tls_pin(const struct tls *t)
{
    (void)t;
    return "";
}

bool tls_is_made_up(const struct tls *t)
{
    (void)t;
    return false;
}

struct layer *tls_make(const void *tls, bool client, const char *host, uint16_t port, struct err *e)
{
    (void)client, (void)host, (void)port;
    tls_new(tls, false, e);
    return NULL;
}

void tls_limit(struct layer *l, int64_t ms)
{
    (void)l, (void)ms;
}

bool tls_is_to_proxy(const struct layer *l)
{
    (void)l;
    return false;
}

#endif
