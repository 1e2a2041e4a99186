/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crlf.h"

#include <string.h>

size_t crlf_put(struct crlf *c, const void *in, size_t n, void *out)
{
    const char *p = in;
    const char *end = p + n;
    char *o = out;

    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t run = (size_t)((newline != NULL ? newline : end) - p);

        if (run > 0) {
            memcpy(o, p, run);
            o += run;
            c->last_cr = p[run - 1] == '\r';
        }
        if (newline == NULL)
            break;
        if (!c->last_cr)
            *o++ = '\r';
        *o++ = '\n';
        c->last_cr = false;
        p = newline + 1;
    }
    return (size_t)(o - (char *)out);
}
