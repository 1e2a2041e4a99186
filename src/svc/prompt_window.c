/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/prompt_window.h"

#include <stdio.h>

#include <readline/readline.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/width.h"
#include "svc/tail.h"

enum {
    TAB_MOST = 8,
    OCTAL_MOST = 4, /* how readline may show a byte that is no character */
    AT_LEAST = 2,   /* columns of the line, however little room there is */
};

/* The most columns that the character may take; `*len` becomes its length. */
static unsigned cost(const char *s, size_t n, unsigned columns, size_t *len)
{
    struct width w = width_next(s, n, 0);

    *len = w.len;
    if (s[0] == '\n')
        return columns;
    if (s[0] == '\t')
        return TAB_MOST;
    return w.len == 1 && (s[0] & 0x80) != 0 ? OCTAL_MOST : w.columns;
}

/* How far the line goes within `room` columns. */
static size_t forward(const char *line, size_t n, size_t from, unsigned room, unsigned columns)
{
    while (from < n) {
        size_t len;
        unsigned c = cost(line + from, n - from, columns, &len);

        if (c > room)
            break;
        room -= c;
        from += len;
    }
    return from;
}

static bool is_inner(char c)
{
    return (c & 0xc0) == 0x80;
}

static size_t backward(const char *line, size_t n, size_t from, unsigned room, unsigned columns)
{
    while (from > 0) {
        size_t len, at = from - 1;
        unsigned c;

        while (at > 0 && from - at < 4 && is_inner(line[at]))
            at--;
        c = cost(line + at, n - at, columns, &len);
        if (at + len < from) { /* not one character */
            at = from - 1;
            c = OCTAL_MOST;
        }
        if (c > room)
            break;
        room -= c;
        from = at;
    }
    return from;
}

/* Moves the window, no more than it must, over `point` of the line's `n` bytes. */
static void move(struct prompt_window *w, const char *line, size_t n, size_t point)
{
    int rows, width;
    unsigned columns, taken, room;

    rl_get_screen_size(&rows, &width);
    columns = (unsigned)width;
    /* A wide character may leave a column empty at the end of each row; the cursor and < and > need one. */
    taken = tail_columns(rl_display_prompt) + (unsigned)rows + 3;
    room = (unsigned)rows * columns;
    room = room > taken + AT_LEAST ? room - taken : AT_LEAST;
    w->to = forward(line, n, 0, room, columns);
    if (w->to == n) {
        w->from = 0;
        return;
    }
    if (w->from > point || forward(line, n, w->from, room, columns) < point)
        w->from = backward(line, n, point, room / 2, columns);
    while (w->from > 0 && w->from < point && is_inner(line[w->from]))
        w->from++;
    w->to = forward(line, n, w->from, room, columns);
}

/* Where a place in the line is in the window, which has `lead` bytes in front. */
static int within(const struct prompt_window *w, int at, size_t lead)
{
    size_t place = (size_t)at;

    if (place < w->from)
        return 0;
    return (int)((place < w->to ? place : w->to) - w->from + lead);
}

void prompt_window_show(struct prompt_window *w, bool secret, bool dumb)
{
    char *line = rl_line_buffer, *text;
    int end = rl_end, point = rl_point, mark = rl_mark;
    size_t n = secret ? 0 : (size_t)end, len, lead;

    if (secret || dumb)
        *w = (struct prompt_window){0, n};
    else
        move(w, line, n, (size_t)point);
    lead = w->from > 0;
    len = w->to - w->from;
    text = mem_alloc(lead + len + 2);
    memcpy(text, "<", lead);
    memcpy(text + lead, line + w->from, len);
    len += lead;
    if (w->to < n)
        text[len++] = '>';
    text[len] = '\0';
    rl_line_buffer = text;
    rl_end = (int)len;
    rl_point = within(w, point, lead);
    rl_mark = within(w, mark, lead);
    rl_redisplay();
    free(text);
    rl_line_buffer = line;
    rl_end = end;
    rl_point = point;
    rl_mark = mark;
}
