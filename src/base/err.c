/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static void fill(struct err *e, enum status status, int sys,
                                                       const char *format, va_list args)
{
    e->status = status;
    e->sys = sys;
    vsnprintf(e->text, sizeof e->text, format, args);
}

int err_set(struct err *e, enum status status, const char *format, ...)
{
    va_list args;

    if (e == NULL)
        return -1;
    va_start(args, format);
    fill(e, status, 0, format, args);
    va_end(args);
    return -1;
}

int err_sys(struct err *e, enum status status, int sys, const char *format, ...)
{
    va_list args;
    char why[128];
    size_t used, whylen;

    if (e == NULL)
        return -1;
    va_start(args, format);
    fill(e, status, sys, format, args);
    va_end(args);
    /* The reason matters most: a long text (host names have 253 letters) is cut to let it in. */
    snprintf(why, sizeof why, ": %s", strerror(sys));
    whylen = strlen(why);
    used = strlen(e->text);
    if (used > sizeof e->text - 1 - whylen)
        used = sizeof e->text - 1 - whylen;
    memcpy(e->text + used, why, whylen + 1);
    return -1;
}

void err_clear(struct err *e)
{
    memset(e, 0, sizeof *e);
}
