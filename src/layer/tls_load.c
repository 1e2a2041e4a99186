/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef USE_OPENSSL

#include "layer/tls_load.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SSL_LIBRARY "libssl.so.3"
#define CRYPTO_LIBRARY "libcrypto.so.3"

/* So that packagers see what is loaded and linked with by nobody: the ELF note of the UAPI group's specification. */
#define NOTE                                                                                             \
    "[{\"feature\":\"tls\",\"description\":\"TLS on connections (--ssl)\",\"priority\":\"recommended\"," \
    "\"soname\":[\"" SSL_LIBRARY "\"]},"                                                                 \
    "{\"feature\":\"tls\",\"description\":\"TLS on connections (--ssl)\",\"priority\":\"recommended\","  \
    "\"soname\":[\"" CRYPTO_LIBRARY "\"]}]"

#ifdef __ELF__
static const struct {
    uint32_t namesz, descsz, type;
    char name[4];
    _Alignas(4) char desc[(sizeof NOTE + 3) / 4 * 4];
} note __attribute__((used, section(".note.dlopen"), aligned(4))) = {
    .namesz = 4, .descsz = sizeof NOTE, .type = 0x407c0c0a, .name = "FDO", .desc = NOTE};
#endif

struct function {
    const char *name;
    size_t at; /* in struct tls_lib */
};

#define ROW(name) {#name, offsetof(struct tls_lib, name)},
static const struct function ssl_functions[] = {TLS_SSL_FUNCTIONS(ROW)};
static const struct function crypto_functions[] = {TLS_CRYPTO_FUNCTIONS(ROW)};

enum {
    SSL_FUNCTIONS = sizeof ssl_functions / sizeof ssl_functions[0],
    CRYPTO_FUNCTIONS = sizeof crypto_functions / sizeof crypto_functions[0],
};

static int load(struct tls_lib *lib, const char *soname, const struct function *functions, size_t n,
                struct err *e)
{
    void *from = dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (from == NULL)
        return err_set(e, STATUS_LOCAL, "TLS needs %s of OpenSSL 3, which is not installed (%s)", soname,
                       dlerror());
    for (size_t i = 0; i < n; i++) {
        void *function = dlsym(from, functions[i].name);

        if (function == NULL)
            return err_set(e, STATUS_LOCAL, "TLS needs OpenSSL 3, and this %s is another: it has no %s",
                           soname, functions[i].name);
        memcpy((char *)lib + functions[i].at, &function, sizeof function);
    }
    return 0;
}

int tls_load(struct tls_lib *lib, struct err *e)
{
    if (load(lib, CRYPTO_LIBRARY, crypto_functions, CRYPTO_FUNCTIONS, e) < 0)
        return -1;
    return load(lib, SSL_LIBRARY, ssl_functions, SSL_FUNCTIONS, e);
}

#endif
