/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/tail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/width.h"
#include "term/row.h"

enum {
    TAB = 8,      /* the most columns a byte takes */
    PIECE = 1024, /* bytes looked at together */
};

static void cut(struct tail *t, size_t from, size_t n)
{
    memmove(t->text + from, t->text + from + n, t->len - from - n);
    t->len -= n;
}

/* Prints the first `n` bytes, which fill `columns` of the row, and goes on to the next row: blanks up to and over
 * the edge and a carriage return are what makes terminals wrap without taking it for the end of the line. */
static void print_row(struct tail *t, size_t n, unsigned columns, unsigned width, tail_print *print,
                      void *ctx)
{
    print(ctx, t->text, n);
    for (; columns <= width; columns++)
        print(ctx, " ", 1);
    print(ctx, "\r", 1);
    cut(t, 0, n);
}

/* Leaves no more than the row and the way back to where the cursor was. */
static void flatten(struct tail *t)
{
    size_t n;
    char *flat = row_flat(t->text, t->len, &t->sgr, true, &n);

    /* Colours may make it longer. */
    if (n <= TAIL_SIZE) {
        memcpy(t->text, flat, n);
        t->len = n;
    }
    free(flat);
}

static void settle(struct tail *t, unsigned width, tail_print *print, void *ctx)
{
    unsigned columns = 0;
    bool moves = false;
    size_t i = 0;

    while (i < t->len) {
        struct row_token k = row_next(t->text + i, t->len - i, columns);

        if (k.kind == ROW_UNFINISHED)
            break;
        if (k.kind == ROW_CONTROL) {
            print(ctx, t->text + i, k.len);
            cut(t, i, k.len);
            continue;
        }
        if (width > 0 && k.columns > 0 && i > 0 && columns + k.columns > width) {
            print_row(t, i, columns, width, print, ctx);
            columns = 0;
            i = 0;
            moves = false;
            continue;
        }
        moves = moves || k.kind >= ROW_RETURN;
        if (k.kind == ROW_RETURN)
            columns = 0;
        else if (k.kind == ROW_BACK)
            columns -= columns > 0;
        columns += k.columns;
        i += k.len;
    }
    if (moves)
        flatten(t);
    /* Characters without width have no end: such a row is closed by force. */
    if (t->len > TAIL_SIZE - PIECE)
        print_row(t, t->len, columns, width, print, ctx);
}

void tail_add(struct tail *t, const char *text, size_t n, unsigned width, tail_print *print, void *ctx)
{
    while (n > 0) {
        size_t piece = n < PIECE ? n : PIECE;

        memcpy(t->text + t->len, text, piece);
        t->len += piece;
        text += piece;
        n -= piece;
        settle(t, width, print, ctx);
    }
}

char *tail_format(const char *text, size_t n)
{
    static const struct sgr none;
    char *flat = row_flat(text, n, &none, false, &n), *prompt = mem_alloc(n * TAB + 1), *out = prompt;
    unsigned columns = 0;

    for (size_t i = 0; i < n;) {
        struct row_token k = row_next(flat + i, n - i, columns);

        if (k.kind == ROW_COLOR) {
            *out++ = '\001'; /* RL_PROMPT_START_IGNORE */
            out = (char *)memcpy(out, flat + i, k.len) + k.len;
            *out++ = '\002'; /* RL_PROMPT_END_IGNORE */
        } else if (k.kind == ROW_CHARACTER && flat[i] == '\t') {
            memset(out, ' ', k.columns);
            out += k.columns;
        } else if (k.kind == ROW_CHARACTER) {
            out = (char *)memcpy(out, flat + i, k.len) + k.len;
        }
        columns += k.columns;
        i += k.len;
    }
    free(flat);
    *out = '\0';
    return prompt;
}

unsigned tail_columns(const char *prompt)
{
    size_t columns = 0;

    for (size_t n; *prompt != '\0'; prompt += n) {
        n = strcspn(prompt, "\001");
        columns = width_text(prompt, n, columns);
        if (prompt[n] != '\0')
            n += strcspn(prompt + n, "\002");
        if (prompt[n] != '\0')
            n++;
    }
    return (unsigned)columns;
}
