/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { COLUMNS = 80 }; /* where nobody knows */

void sheet_put(struct sheet *s, const char *text, size_t n)
{
    screen_put(s->screen, text, n);
}

unsigned sheet_above(struct sheet *s)
{
    if (s->line)
        s->hide(s->ctx);
    if (s->line ? s->stands : s->midline)
        sheet_put(s, s->paper ? "\n" : "\r\n", s->paper ? 1 : 2);
    s->stands = s->midline = false;
    if (s->paper)
        return 0;
    return s->columns > 0 ? s->columns : COLUMNS;
}

static void scan_colors(struct sheet *s, const char *text, size_t n)
{
    if (s->colors)
        sgr_scan(&s->tail.sgr, text, n);
}

static void put_text(void *ctx, const char *text, size_t n)
{
    struct sheet *s = ctx;

    sheet_put(s, text, n);
    scan_colors(s, text, n);
}

/* The colours that a peer left are its text's alone. */
static void begin_colors(struct sheet *s)
{
    char text[SGR_TEXT];

    if (s->colors)
        sheet_put(s, text, sgr_format(&s->tail.sgr, text));
}

static void end_colors(struct sheet *s)
{
    char text[SGR_TEXT];

    if (s->colors && sgr_format(&s->tail.sgr, text) > 0)
        sheet_put(s, SGR_RESET, sizeof SGR_RESET - 1);
}

/* Prints what the screen does not show yet of the unfinished line. */
static void put_tail(struct sheet *s)
{
    if (!s->stands)
        put_text(s, s->tail.text, s->tail.len);
}

void sheet_answered(struct sheet *s)
{
    scan_colors(s, s->tail.text, s->tail.len);
    s->tail.len = 0;
    s->stands = false;
    s->stale = true;
}

/* All of it stands on the screen afterwards; more than there is room for is not kept. */
static void keep_dumb(struct sheet *s, const char *text, size_t n)
{
    put_tail(s);
    if (s->tail.len + n > TAIL_SIZE / 2)
        s->tail.len = 0;
    sheet_put(s, text, n);
    if (n > TAIL_SIZE / 2) {
        text += n - TAIL_SIZE / 2;
        n = TAIL_SIZE / 2;
    }
    memcpy(s->tail.text + s->tail.len, text, n);
    s->tail.len += n;
    s->stands = true;
}

static void show_above(struct sheet *s, const char *text, size_t n)
{
    const char *newline = memrchr(text, '\n', n);

    if (newline != NULL) {
        size_t lines = (size_t)(newline + 1 - text);

        put_tail(s);
        s->tail.len = 0;
        put_text(s, text, lines);
        sheet_answered(s);
        text += lines;
        n -= lines;
    }
    s->stale = true;
    if (n > 0 && s->dumb)
        keep_dumb(s, text, n);
    else if (n > 0)
        tail_add(&s->tail, text, n, s->columns, put_text, s);
}

void sheet_text(struct sheet *s, const char *text, size_t n)
{
    if (n == 0)
        return;
    if (s->line)
        s->hide(s->ctx);
    begin_colors(s);
    if (s->line) {
        show_above(s, text, n);
    } else {
        put_text(s, text, n);
        s->midline = text[n - 1] != '\n';
    }
    end_colors(s);
}

void sheet_leave(struct sheet *s)
{
    if (s->line && s->tail.len > 0 && !s->stands) {
        s->hide(s->ctx);
        begin_colors(s);
        put_tail(s);
        end_colors(s);
        sheet_put(s, "\r\n", 2);
    } else {
        sheet_above(s);
    }
    sheet_answered(s);
    s->tail.sgr = (struct sgr){0};
}

void sheet_yield(struct sheet *s)
{
    if (s->tail.len > 0 && !s->stands) {
        begin_colors(s);
        put_tail(s);
        end_colors(s);
    }
    sheet_answered(s);
}

char *sheet_unfinished(const struct sheet *s)
{
    char *text, *prompt;
    size_t n = 0;

    if (s->tail.len == 0)
        return NULL;
    text = mem_alloc(SGR_TEXT + s->tail.len + sizeof SGR_RESET);
    if (s->colors)
        n = sgr_format(&s->tail.sgr, text);
    memcpy(text + n, s->tail.text, s->tail.len);
    n += s->tail.len;
    if (s->colors) {
        memcpy(text + n, SGR_RESET, sizeof SGR_RESET - 1);
        n += sizeof SGR_RESET - 1;
    }
    prompt = tail_format(text, n);
    free(text);
    return prompt;
}
