/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/prompt_window.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/width.h"
#include "term/readline.h"
#include "term/tail.h"

enum {
    TAB_MOST = 8,
    OCTAL_MOST = 4,    /* how readline may show a byte that is no character */
    PROMPT_LEAST = 16, /* columns that a prompt of readline's own may take anywhere */
};

/* How readline lays a line out. */
struct layout {
    unsigned columns;
    bool flat; /* it scrolls in one row: it takes bytes for columns */
};

/* The most columns that the character may take; `*len` becomes its length. */
static unsigned cost(const char *s, size_t n, const struct layout *l, size_t *len)
{
    struct width w = width_next(s, n, 0);

    *len = w.len;
    if (s[0] == '\n')
        return l->columns;
    if (s[0] == '\t')
        return TAB_MOST;
    return w.len == 1 && (s[0] & 0x80) != 0 ? OCTAL_MOST
           : w.columns > w.len || !l->flat  ? w.columns
                                            : (unsigned)w.len;
}

/* How far the line goes within `room` columns. */
static size_t forward(const char *line, size_t n, size_t from, unsigned room, const struct layout *l)
{
    while (from < n) {
        size_t len;
        unsigned c = cost(line + from, n - from, l, &len);

        if (c > room)
            break;
        room -= c;
        from += len;
    }
    return from;
}

static size_t backward(const char *line, size_t n, size_t from, unsigned room, const struct layout *l)
{
    while (from > 0) {
        size_t len, at = from - 1;
        unsigned c;

        while (at > 0 && from - at < 4 && utf8_inner(line[at]))
            at--;
        c = cost(line + at, n - at, l, &len);
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

/* Readline scrolls the line in one row where it can not go up, or when the user wants it so. */
static struct layout layout(bool dumb)
{
    const char *scrolls = rl.variable_value("horizontal-scroll-mode");
    int rows, columns;

    rl.get_screen_size(&rows, &columns);
    return (struct layout){(unsigned)columns,
                           dumb || rows == 1 || (scrolls != NULL && strcmp(scrolls, "on") == 0)};
}

/* In one row, readline may loop for ever over a prompt with colours. */
void prompt_window_adapt(char *prompt, bool dumb)
{
    char *to = prompt;

    if (!layout(dumb).flat)
        return;
    while (*prompt != '\0') {
        if (*prompt == RL_PROMPT_START_IGNORE)
            prompt += strcspn(prompt, (char[]){RL_PROMPT_END_IGNORE, '\0'}) + 1;
        else
            *to++ = *prompt++;
    }
    *to = '\0';
}

/* Moves the window, no more than it must, over `point` of the line's `n` bytes. */
static void move(struct prompt_window *w, const char *line, size_t n, size_t point, bool dumb)
{
    const struct layout l = layout(dumb);
    int rows, columns;
    unsigned taken, room;

    rl.get_screen_size(&rows, &columns);
    if (l.flat)
        rows = 1;
    /* A wide character may leave a column empty at the end of each row; the cursor and < and > need one. */
    taken = (l.flat ? (unsigned)strlen(*rl.display_prompt) : tail_columns(*rl.display_prompt)) +
            (unsigned)rows + 3;
    room = (unsigned)rows * l.columns;
    room = room > taken + l.columns / 2 ? room - taken : l.columns / 2;
    w->to = forward(line, n, 0, room, &l);
    if (w->to == n) {
        w->from = 0;
        return;
    }
    if (w->from > point || forward(line, n, w->from, room, &l) < point)
        w->from = backward(line, n, point, room / 2, &l);
    while (w->from > 0 && w->from < point && utf8_inner(line[w->from]))
        w->from++;
    w->to = forward(line, n, w->from, room, &l);
}

/* Readline writes beyond its memory when the text that is searched for takes more than some hundred rows. */
static bool shorten(bool dumb)
{
    const struct layout l = layout(dumb);
    int rows, columns;
    size_t n = strlen(*rl.display_prompt), from;
    unsigned room;
    char *end;

    if (*rl.display_prompt == *rl.prompt)
        return false;
    rl.get_screen_size(&rows, &columns);
    room = (unsigned)(rows / 2 * columns);
    room = room > PROMPT_LEAST ? room : PROMPT_LEAST;
    if (backward(*rl.display_prompt, n, n, room, &l) == 0)
        return false;
    from = backward(*rl.display_prompt, n, n, room - 3, &l);
    end = mem_strdup(*rl.display_prompt + from);
    rl.message("...%s", end); /* draws */
    free(end);
    return true;
}

/* From a prompt with colours to one without, or back, readline may loop for ever: it starts anew. */
static void change_prompt(struct prompt_window *w)
{
    bool colored = strchr(*rl.display_prompt, RL_PROMPT_START_IGNORE) != NULL;

    if (colored != w->colored) {
        rl.clear_visible_line();
        rl.on_new_line();
    }
    w->colored = colored;
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
    char *line = *rl.line_buffer, *text;
    int end = *rl.end, point = *rl.point, mark = *rl.mark;
    size_t n = secret ? 0 : (size_t)end, len, lead;

    if (shorten(dumb))
        return;
    if (!dumb)
        change_prompt(w);
    w->from = 0;
    w->to = n;
    if (!secret)
        move(w, line, n, (size_t)point, dumb);
    lead = w->from > 0;
    len = w->to - w->from;
    text = mem_alloc(lead + len + 2);
    memcpy(text, "<", lead);
    memcpy(text + lead, line + w->from, len);
    len += lead;
    if (w->to < n)
        text[len++] = '>';
    text[len] = '\0';
    *rl.line_buffer = text;
    *rl.end = (int)len;
    *rl.point = within(w, point, lead);
    *rl.mark = within(w, mark, lead);
    rl.redisplay();
    free(text);
    *rl.line_buffer = line;
    *rl.end = end;
    *rl.point = point;
    *rl.mark = mark;
}

bool prompt_window_climb(const struct prompt_window *w, bool secret, unsigned indent, unsigned columns)
{
    const char *up = rl.get_termcap("up");
    size_t rows, n = (size_t)*rl.end;

    if (up == NULL || secret || w->from > 0 || w->to < n || memchr(*rl.line_buffer, '\n', n) != NULL)
        return false;
    rows = width_text(*rl.line_buffer, (size_t)*rl.point, indent) / columns;
    fputs("\r", *rl.outstream);
    for (; rows > 0; rows--)
        fputs(up, *rl.outstream);
    return true;
}

void prompt_window_fill(const char *line)
{
    size_t n = strlen(line), out = 0;
    char *copy = mem_alloc(n + 1);
    struct width w;

    for (size_t i = 0; i < n; i += w.len) {
        w = width_next(line + i, n - i, 0);
        if (w.cut || (w.len == 1 && (line[i] & 0x80) != 0))
            continue;
        memcpy(copy + out, line + i, w.len);
        out += w.len;
    }
    copy[out] = '\0';
    rl.begin_undo_group();
    rl.delete_text(0, *rl.end);
    *rl.point = 0;
    rl.insert_text(copy);
    rl.end_undo_group();
    free(copy);
}

void prompt_window_list(char **matches, int count, int longest, size_t cut)
{
    char **words = mem_alloc(((size_t)count + 2) * sizeof *words);

    for (int i = 0; i <= count; i++)
        words[i] = strlen(matches[i]) >= cut ? matches[i] + cut : matches[i];
    rl.display_match_list(words, count, longest - (int)cut);
    free(words);
    rl.forced_update_display();
}
