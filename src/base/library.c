/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static void *library_open(const struct library *lib, const char **soname)
{
    void *from = NULL;

    for (size_t i = 0; from == NULL && i < sizeof lib->soname / sizeof *lib->soname && lib->soname[i] != NULL;
         i++) {
        *soname = lib->soname[i];
        from = dlopen(*soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    }
    return from;
}

int library_load(void *pointers, const struct library *lib, struct err *e)
{
    const char *soname;
    void *from = library_open(lib, &soname);

    if (from == NULL)
        return err_set(e, STATUS_LOCAL, "%s needs %s of %s, which is not installed (%s)", lib->feature,
                       lib->soname[0], lib->product, dlerror());
    for (size_t i = 0; i < lib->n; i++) {
        void *symbol = dlsym(from, lib->symbols[i].name);

        if (symbol == NULL)
            return err_set(e, STATUS_LOCAL, "%s needs %s, and this %s is another: it has no %s", lib->feature,
                           lib->product, soname, lib->symbols[i].name);
        memcpy((char *)pointers + lib->symbols[i].at, &symbol, sizeof symbol);
    }
    return 0;
}
