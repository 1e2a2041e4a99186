/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/tail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/width.h"

enum {
    TAB = 8,         /* the most columns a byte takes */
    PIECE = 1024,    /* bytes looked at together */
    SEQUENCE = 1024, /* a control sequence longer than this is handed out in part */
};

enum kind { CHARACTER, COLOUR, CONTROL, RETURN, UNFINISHED };

struct token {
    enum kind kind;
    size_t len;
    unsigned columns;
};

/* ESC [ parameters final; ESC ] and the like up to BEL or ESC \; ESC and one byte (ECMA-48, 5.3 to 5.6). */
static struct token escape(const char *s, size_t n)
{
    struct token t = {CONTROL, 2, 0};

    if (n < 2)
        return (struct token){UNFINISHED, n, 0};
    if (s[1] == '[') {
        for (size_t i = 2; i < n; i++) {
            if (s[i] >= 0x40 && s[i] <= 0x7e)
                return (struct token){s[i] == 'm' ? COLOUR : CONTROL, i + 1, 0};
            if (s[i] < 0x20 || s[i] == 0x7f)
                return (struct token){CONTROL, i, 0};
        }
        t.kind = UNFINISHED;
        t.len = n;
    } else if (strchr("]PX^_", s[1]) != NULL) {
        for (size_t i = 2; i < n; i++) {
            if (s[i] == '\a')
                return (struct token){CONTROL, i + 1, 0};
            if (s[i] == 0x1b && i + 1 < n)
                return (struct token){CONTROL, s[i + 1] == '\\' ? i + 2 : i, 0};
        }
        t.kind = UNFINISHED;
        t.len = n;
    }
    if (t.kind == UNFINISHED && n >= SEQUENCE)
        t.kind = CONTROL;
    return t;
}

/* The first token of `s`, which stands in column `at`. */
static struct token next(const char *s, size_t n, unsigned at)
{
    struct width w;

    if (s[0] == '\r')
        return (struct token){RETURN, 1, 0};
    if (s[0] == 0x1b)
        return escape(s, n);
    if (((s[0] & 0xe0) == 0 && s[0] != '\t') || s[0] == 0x7f)
        return (struct token){CONTROL, 1, 0};
    w = width_next(s, n, at);
    return (struct token){w.cut ? UNFINISHED : CHARACTER, w.len, w.cut ? 0 : w.columns};
}

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

static void settle(struct tail *t, unsigned width, tail_print *print, void *ctx)
{
    unsigned columns = 0;
    size_t i = 0;

    while (i < t->len) {
        struct token k = next(t->text + i, t->len - i, columns);

        if (k.kind == UNFINISHED)
            break;
        if (k.kind == CONTROL) {
            print(ctx, t->text + i, k.len);
            cut(t, i, k.len);
            continue;
        }
        if (k.kind == RETURN) {
            if (i + 1 == t->len)
                break;
            cut(t, 0, i + 1);
            columns = 0;
            i = 0;
            continue;
        }
        if (width > 0 && k.columns > 0 && i > 0 && columns + k.columns > width) {
            print_row(t, i, columns, width, print, ctx);
            columns = 0;
            i = 0;
            continue;
        }
        columns += k.columns;
        i += k.len;
    }
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
    char *prompt = mem_alloc(n * TAB + 1), *out = prompt;
    unsigned columns = 0;

    for (size_t i = 0; i < n;) {
        struct token k = next(text + i, n - i, columns);

        if (k.kind == COLOUR) {
            *out++ = '\001'; /* RL_PROMPT_START_IGNORE */
            out = (char *)memcpy(out, text + i, k.len) + k.len;
            *out++ = '\002'; /* RL_PROMPT_END_IGNORE */
        } else if (k.kind == CHARACTER && text[i] == '\t') {
            memset(out, ' ', k.columns);
            out += k.columns;
        } else if (k.kind == CHARACTER) {
            out = (char *)memcpy(out, text + i, k.len) + k.len;
        }
        columns += k.columns;
        i += k.len;
    }
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
