/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PIECE = 16 * 1024 }; /* bytes shown in one go */

void view_init(struct view *v)
{
    v->text = mem_alloc(text_safe_max(PIECE));
}

void view_clear(struct view *v)
{
    free(v->text);
    v->text = NULL;
}

static void print(void *ctx, const char *text, size_t n)
{
    struct view *v = ctx;

    screen_put(v->screen, text, n);
}

/* Prints what the screen does not show yet of the unfinished line. */
static void print_tail(struct view *v)
{
    if (!v->stands)
        print(v, v->tail.text, v->tail.len);
}

void view_answered(struct view *v)
{
    v->tail.len = 0;
    v->stands = false;
    v->stale = true;
}

/* All of it stands on the screen afterwards; more than there is room for is not kept. */
static void keep_dumb(struct view *v, const char *text, size_t n)
{
    print_tail(v);
    if (v->tail.len + n > TAIL_SIZE / 2)
        v->tail.len = 0;
    print(v, text, n);
    if (n > TAIL_SIZE / 2) {
        text += n - TAIL_SIZE / 2;
        n = TAIL_SIZE / 2;
    }
    memcpy(v->tail.text + v->tail.len, text, n);
    v->tail.len += n;
    v->stands = true;
}

static void show_text(struct view *v, const char *text, size_t n)
{
    const char *newline;
    unsigned columns;

    if (n == 0)
        return;
    if (!v->line) {
        print(v, text, n);
        v->midline = text[n - 1] != '\n';
        return;
    }
    columns = v->hide(v->ctx);
    newline = memrchr(text, '\n', n);
    if (newline != NULL) {
        size_t lines = (size_t)(newline + 1 - text);

        print_tail(v);
        print(v, text, lines);
        view_answered(v);
        text += lines;
        n -= lines;
    }
    v->stale = true;
    if (n > 0 && v->dumb)
        keep_dumb(v, text, n);
    else if (n > 0)
        tail_add(&v->tail, text, n, columns, print, v);
}

size_t view_show(struct view *v, const void *data, size_t n)
{
    if (screen_full(v->screen))
        return 0;
    if (n > PIECE)
        n = PIECE;
    if (v->raw)
        show_text(v, data, n);
    else
        show_text(v, v->text, text_safe_put(&v->safe, data, n, v->text));
    return n;
}

void view_finish(struct view *v)
{
    char rest[16];

    show_text(v, rest, text_safe_end(&v->safe, rest));
}

void view_note(struct view *v, const char *line)
{
    static const char name[] = "pollcat: ";

    if (v->line)
        v->hide(v->ctx);
    if (v->line ? v->stands : v->midline)
        print(v, "\r\n", 2);
    v->stands = v->midline = false;
    print(v, name, sizeof name - 1);
    print(v, line, strlen(line));
    print(v, "\n", 1);
}
