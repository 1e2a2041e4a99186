/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls_load: the functions of OpenSSL, found when they are first needed: linking with it would cost each start of the
 * program more than all else that it does. Private to layer/tls*.
 */
#ifndef LAYER_TLS_LOAD_H
#define LAYER_TLS_LOAD_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/err.h"

#define TLS_SSL_FUNCTIONS(X)              \
    X(DTLS_client_method)                 \
    X(DTLS_get_data_mtu)                  \
    X(DTLS_server_method)                 \
    X(DTLSv1_listen)                      \
    X(SSL_CIPHER_get_name)                \
    X(SSL_CTX_ctrl)                       \
    X(SSL_CTX_free)                       \
    X(SSL_CTX_get_cert_store)             \
    X(SSL_CTX_get0_certificate)           \
    X(SSL_CTX_load_verify_file)           \
    X(SSL_CTX_new)                        \
    X(SSL_CTX_set_alpn_protos)            \
    X(SSL_CTX_set_alpn_select_cb)         \
    X(SSL_CTX_set_cert_verify_callback)   \
    X(SSL_CTX_set_cipher_list)            \
    X(SSL_CTX_set_ciphersuites)           \
    X(SSL_CTX_set_client_CA_list)         \
    X(SSL_CTX_set_cookie_verify_cb)       \
    X(SSL_CTX_set_default_verify_paths)   \
    X(SSL_CTX_set_keylog_callback)        \
    X(SSL_CTX_set_num_tickets)            \
    X(SSL_CTX_set_options)                \
    X(SSL_CTX_set_session_id_context)     \
    X(SSL_CTX_set_verify)                 \
    X(SSL_CTX_use_PrivateKey)             \
    X(SSL_CTX_use_PrivateKey_file)        \
    X(SSL_CTX_use_certificate)            \
    X(SSL_CTX_use_certificate_chain_file) \
    X(SSL_SESSION_free)                   \
    X(SSL_SESSION_is_resumable)           \
    X(SSL_alert_desc_string_long)         \
    X(SSL_ctrl)                           \
    X(SSL_do_handshake)                   \
    X(SSL_free)                           \
    X(SSL_get0_alpn_selected)             \
    X(SSL_get0_param)                     \
    X(SSL_get0_peer_certificate)          \
    X(SSL_get1_session)                   \
    X(SSL_get_current_cipher)             \
    X(SSL_get_error)                      \
    X(SSL_get_pending_cipher)             \
    X(SSL_get_ex_data)                    \
    X(SSL_get_ex_data_X509_STORE_CTX_idx) \
    X(SSL_get_peer_cert_chain)            \
    X(SSL_get_state)                      \
    X(SSL_get_version)                    \
    X(SSL_has_pending)                    \
    X(SSL_in_init)                        \
    X(SSL_load_client_CA_file)            \
    X(SSL_new)                            \
    X(SSL_peek)                           \
    X(SSL_pending)                        \
    X(SSL_read)                           \
    X(SSL_select_next_proto)              \
    X(SSL_session_reused)                 \
    X(SSL_set_accept_state)               \
    X(SSL_set_bio)                        \
    X(SSL_set_connect_state)              \
    X(SSL_set_ex_data)                    \
    X(SSL_set_session)                    \
    X(SSL_shutdown)                       \
    X(SSL_write)                          \
    X(TLS_client_method)                  \
    X(TLS_server_method)                  \
    X(d2i_SSL_SESSION)                    \
    X(i2d_SSL_SESSION)

#define TLS_CRYPTO_FUNCTIONS(X)        \
    X(ASN1_INTEGER_set)                \
    X(ASN1_TIME_to_tm)                 \
    X(BIO_ADDR_free)                   \
    X(BIO_ADDR_new)                    \
    X(BIO_ctrl)                        \
    X(BIO_ctrl_get_write_guarantee)    \
    X(BIO_ctrl_pending)                \
    X(BIO_free)                        \
    X(BIO_new)                         \
    X(BIO_new_bio_pair)                \
    X(BIO_nread)                       \
    X(BIO_nread0)                      \
    X(BIO_read)                        \
    X(BIO_s_mem)                       \
    X(BIO_write)                       \
    X(CRYPTO_free)                     \
    X(ERR_clear_error)                 \
    X(ERR_get_error)                   \
    X(ERR_peek_last_error)             \
    X(ERR_reason_error_string)         \
    X(EVP_PKEY_Q_keygen)               \
    X(EVP_PKEY_free)                   \
    X(EVP_Q_digest)                    \
    X(EVP_sha256)                      \
    X(OBJ_nid2sn)                      \
    X(OPENSSL_sk_num)                  \
    X(OPENSSL_sk_value)                \
    X(RAND_bytes)                      \
    X(SHA256)                          \
    X(X509V3_EXT_conf_nid)             \
    X(X509V3_EXT_print)                \
    X(X509_EXTENSION_free)             \
    X(X509_LOOKUP_file)                \
    X(X509_NAME_add_entry_by_txt)      \
    X(X509_NAME_get_text_by_NID)       \
    X(X509_NAME_oneline)               \
    X(X509_NAME_print_ex)              \
    X(X509_STORE_CTX_get0_cert)        \
    X(X509_STORE_CTX_get_current_cert) \
    X(X509_STORE_CTX_get_error)        \
    X(X509_STORE_CTX_get_ex_data)      \
    X(X509_STORE_CTX_set_error)        \
    X(X509_STORE_add_lookup)           \
    X(X509_STORE_set_flags)            \
    X(X509_VERIFY_PARAM_set1_host)     \
    X(X509_VERIFY_PARAM_set1_ip)       \
    X(X509_VERIFY_PARAM_set1_ip_asc)   \
    X(X509_VERIFY_PARAM_set_hostflags) \
    X(X509_add_ext)                    \
    X(X509_check_host)                 \
    X(X509_check_ip_asc)               \
    X(X509_digest)                     \
    X(X509_free)                       \
    X(X509_get0_notAfter)              \
    X(X509_get0_notBefore)             \
    X(X509_get_X509_PUBKEY)            \
    X(X509_get_ext)                    \
    X(X509_get_ext_by_NID)             \
    X(X509_get_issuer_name)            \
    X(X509_get_serialNumber)           \
    X(X509_get_subject_name)           \
    X(X509_getm_notAfter)              \
    X(X509_getm_notBefore)             \
    X(X509_gmtime_adj)                 \
    X(X509_load_crl_file)              \
    X(X509_new)                        \
    X(X509_set_issuer_name)            \
    X(X509_set_pubkey)                 \
    X(X509_set_version)                \
    X(X509_sign)                       \
    X(X509_verify_cert)                \
    X(X509_verify_cert_error_string)   \
    X(i2d_X509_PUBKEY)

/* A pointer to each function, named as it is. */
struct tls_lib {
#define TLS_POINTER(name) __typeof__(&name) name;
    TLS_SSL_FUNCTIONS(TLS_POINTER)
    TLS_CRYPTO_FUNCTIONS(TLS_POINTER)
#undef TLS_POINTER
};

/* Fills `lib`. The library stays loaded. Returns 0, or -1 with `e`: there is none, or it lacks something. */
int tls_load(struct tls_lib *lib, struct err *e);

#endif
