/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/wrap.h"

#include "term/row.h"

enum { COLUMNS_LEAST = 8 };

void wrap_begin(struct wrap *w, unsigned columns, unsigned width, tail_print *print, void *ctx)
{
    *w = (struct wrap){.print = print, .ctx = ctx};
    if (columns < COLUMNS_LEAST)
        return;
    w->columns = columns;
    w->indent = width <= columns / 2 ? width : 1;
    w->at = width % columns;
}

/* How many of `n` bytes, `most` at most, are characters of one column each. */
static size_t plain_run(const char *text, size_t n, size_t most)
{
    size_t i = 0;

    if (n > most)
        n = most;
    while (i < n && text[i] >= ' ' && text[i] <= '~')
        i++;
    return i;
}

static void next_row(struct wrap *w)
{
    static const struct sgr none;
    bool colored = !sgr_same(&w->sgr, &none);
    char text[SGR_TEXT];

    if (colored)
        w->print(w->ctx, SGR_RESET, sizeof SGR_RESET - 1);
    w->print(w->ctx, "\n", 1);
    for (w->at = 0; w->at < w->indent; w->at++)
        w->print(w->ctx, " ", 1);
    if (colored)
        w->print(w->ctx, text, sgr_format(&w->sgr, text));
}

void wrap_put(struct wrap *w, const char *text, size_t n)
{
    size_t printed = 0;

    for (size_t i = 0; i < n && w->columns > 0;) {
        size_t room = w->at < w->columns ? w->columns - w->at : 0, run = plain_run(text + i, n - i, room);
        struct row_token t;

        w->at += (unsigned)run;
        i += run;
        if (i == n)
            break;
        t = row_next(text + i, n - i, w->at);
        if (t.columns > 0 && w->at + t.columns > w->columns) {
            w->print(w->ctx, text + printed, i - printed);
            printed = i;
            next_row(w);
            /* A tab is as wide as it is where it stands. */
            t = row_next(text + i, n - i, w->at);
        }
        if (t.kind == ROW_COLOR)
            sgr_scan(&w->sgr, text + i, t.len);
        w->at += t.columns;
        i += t.len;
    }
    w->print(w->ctx, text + printed, n - printed);
}

size_t wrap_most(const struct wrap *w, size_t n)
{
    const size_t row = w->columns - w->indent;

    return w->columns == 0 ? n : n + (n / row + 1) * (w->indent + SGR_TEXT + sizeof SGR_RESET + 1);
}
