/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef USE_OPENSSL

#include "layer/tls_load.h"

#include <stddef.h>

#include "base/library.h"

#define SSL_LIBRARY "libssl.so.3"
#define CRYPTO_LIBRARY "libcrypto.so.3"

#define NOTE                                                                                             \
    "[{\"feature\":\"tls\",\"description\":\"TLS on connections (--ssl)\",\"priority\":\"recommended\"," \
    "\"soname\":[\"" SSL_LIBRARY "\"]},"                                                                 \
    "{\"feature\":\"tls\",\"description\":\"TLS on connections (--ssl)\",\"priority\":\"recommended\","  \
    "\"soname\":[\"" CRYPTO_LIBRARY "\"]}]"

LIBRARY_NOTE(NOTE);

#define ROW(name) {#name, offsetof(struct tls_lib, name)},
static const struct library_symbol ssl_functions[] = {TLS_SSL_FUNCTIONS(ROW)};
static const struct library_symbol crypto_functions[] = {TLS_CRYPTO_FUNCTIONS(ROW)};

#define LIBRARY(file, table)                                                              \
    {                                                                                     \
        .soname = {(file)}, .feature = "TLS", .product = "OpenSSL 3", .symbols = (table), \
        .n = sizeof(table) / sizeof *(table)                                              \
    }
static const struct library crypto = LIBRARY(CRYPTO_LIBRARY, crypto_functions);
static const struct library ssl = LIBRARY(SSL_LIBRARY, ssl_functions);

int tls_load(struct tls_lib *lib, struct err *e)
{
    return library_load(lib, &crypto, e) < 0 ? -1 : library_load(lib, &ssl, e);
}

#endif
