/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/tls_digest.h"

#ifdef USE_OPENSSL

#include <stdlib.h>

#include "base/mem.h"
#include "layer/tls_load.h"

int tls_digest(const char *name, const void *data, size_t n, unsigned char out[static TLS_DIGEST],
               struct err *e)
{
    struct tls_lib *lib = mem_alloc(sizeof *lib);
    size_t length = 0;
    int r = tls_load(lib, e);

    if (r == 0 && lib->EVP_Q_digest(NULL, name, NULL, data, n, out, &length) != 1)
        r = err_set(e, STATUS_LOCAL, "this OpenSSL makes no %s", name);
    free(lib);
    return r < 0 ? -1 : (int)length;
}

#else

int tls_digest(const char *name, const void *data, size_t n, unsigned char out[static TLS_DIGEST],
               struct err *e)
{
    (void)data, (void)n, (void)out;
    return err_set(e, STATUS_LOCAL, "%s needs OpenSSL: this pollcat was built --without-openssl", name);
}

#endif
