/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * library: shared libraries that are loaded when they are first needed, since each start would pay for linking with them.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A function or a variable, and where in the struct of pointers its address goes. */
struct library_symbol {
    const char *name;
    size_t at;
};

struct library {
    const char *soname[2];         /* the first that is there; systems differ */
    const char *feature, *product; /* for messages: "TLS", "OpenSSL 3" */
    const struct library_symbol *symbols;
    size_t n;
};

/* Fills `pointers`. The library stays loaded. Returns 0, or -1 with `e`: there is none, or it lacks something. */
int library_load(void *pointers, const struct library *lib, struct err *e);

/* What is loaded and linked with by nobody is told to packagers by a note of ELF, after the specification of the UAPI group;
 * `JSON` is a string. */
#ifdef __ELF__
#define LIBRARY_NOTE(JSON)                                                \
    static const struct {                                                 \
        uint32_t namesz, descsz, type;                                    \
        char name[4];                                                     \
        _Alignas(4) char desc[(sizeof(JSON) + 3) / 4 * 4];                \
    } note __attribute__((used, section(".note.dlopen"), aligned(4))) = { \
        .namesz = 4, .descsz = sizeof(JSON), .type = 0x407c0c0a, .name = "FDO", .desc = JSON}
#else
#define LIBRARY_NOTE(JSON) _Static_assert(1, "there is no ELF")
#endif

#endif
