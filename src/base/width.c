/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/width.h"

#include <wchar.h>

enum { TAB = 8 };

struct width width_next(const char *s, size_t n, size_t at)
{
    unsigned char c = (unsigned char)s[0];
    mbstate_t state = {0};
    wchar_t wide;
    size_t len;
    int columns;

    if (c >= 0x20 && c < 0x7f)
        return (struct width){1, 1, false};
    if (c == '\t')
        return (struct width){1, TAB - (unsigned)(at % TAB), false};
    if (c < 0x20 || c == 0x7f)
        return (struct width){1, 2, false};
    len = mbrtowc(&wide, s, n, &state);
    if (len == (size_t)-2)
        return (struct width){n, 1, true};
    if (len == (size_t)-1 || len == 0)
        return (struct width){1, 1, false};
    columns = wcwidth(wide);
    return (struct width){len, columns < 0 ? 1 : (unsigned)columns, false};
}

size_t width_text(const char *s, size_t n, size_t at)
{
    for (size_t i = 0; i < n;) {
        struct width w = width_next(s + i, n - i, at);

        at += w.columns;
        i += w.len;
    }
    return at;
}
