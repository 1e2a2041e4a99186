/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>

#include "base/err.h"

enum {
    PAGE = 4096,
    SMALL =
        1024, /* what glibc keeps for the next malloc(3) of that size, which calloc(3) does not take from */
};

static void *checked(void *got)
{
    if (got == NULL) {
        fputs("pollcat: out of memory\n", stderr);
        exit(STATUS_LOCAL);
    }
    return got;
}

void *mem_alloc(size_t size)
{
    void *small;

    if (size > SMALL)
        return checked(calloc(1, size));
    small = checked(malloc(size > 0 ? size : 1));
    memset(small, 0, size);
    return small;
}

void *mem_resize(void *old, size_t size)
{
    return checked(realloc(old, size > 0 ? size : 1));
}

void *mem_pages(size_t size)
{
    return checked(aligned_alloc(PAGE, size));
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t n)
{
    char *copy = mem_alloc(n + 1);

    memcpy(copy, text, n);
    return copy;
}

void mem_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
