/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer/library.h"

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
        void *function = dlsym(from, lib->functions[i].name);

        if (function == NULL)
            return err_set(e, STATUS_LOCAL, "%s needs %s, and this %s is another: it has no %s", lib->feature,
                           lib->product, soname, lib->functions[i].name);
        memcpy((char *)pointers + lib->functions[i].at, &function, sizeof function);
    }
    return 0;
}
