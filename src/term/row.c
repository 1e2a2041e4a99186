/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/width.h"

enum { SEQUENCE = 1024 }; /* a longer control sequence is taken as it is so far */

/* ESC [ parameters final; ESC ] and the like up to BEL or ESC \; ESC and one byte (ECMA-48, 5.3 to 5.6). */

static enum row_kind csi_kind(const char *s, size_t n)
{
    char parameter = n == 4 ? s[2] : '0';

    if (s[n - 1] == 'm')
        return ROW_COLOR;
    if (s[n - 1] != 'K' || n > 4 || (parameter != '0' && parameter != '2'))
        return ROW_CONTROL;
    return parameter == '2' ? ROW_ERASE_ALL : ROW_ERASE;
}

static struct row_token escape(const char *s, size_t n)
{
    struct row_token t = {ROW_CONTROL, 2, 0};

    if (n < 2)
        return (struct row_token){ROW_UNFINISHED, n, 0};
    if (s[1] == '[') {
        for (size_t i = 2; i < n; i++) {
            if (s[i] >= 0x40 && s[i] <= 0x7e)
                return (struct row_token){csi_kind(s, i + 1), i + 1, 0};
            if (s[i] < 0x20 || s[i] == 0x7f)
                return (struct row_token){ROW_CONTROL, i, 0};
        }
        t.kind = ROW_UNFINISHED;
        t.len = n;
    } else if (strchr("]PX^_", s[1]) != NULL) {
        for (size_t i = 2; i < n; i++) {
            if (s[i] == '\a')
                return (struct row_token){ROW_CONTROL, i + 1, 0};
            if (s[i] == 0x1b && i + 1 < n)
                return (struct row_token){ROW_CONTROL, s[i + 1] == '\\' ? i + 2 : i, 0};
        }
        t.kind = ROW_UNFINISHED;
        t.len = n;
    }
    if (t.kind == ROW_UNFINISHED && n >= SEQUENCE)
        t.kind = ROW_CONTROL;
    return t;
}

struct row_token row_next(const char *text, size_t n, unsigned at)
{
    unsigned char c = (unsigned char)text[0];
    struct width w;

    if (c == '\r')
        return (struct row_token){ROW_RETURN, 1, 0};
    if (c == '\b')
        return (struct row_token){ROW_BACK, 1, 0};
    if (c == 0x1b)
        return escape(text, n);
    if ((c < 0x20 && c != '\t') || c == 0x7f)
        return (struct row_token){ROW_CONTROL, 1, 0};
    w = width_next(text, n, at);
    return (struct row_token){w.cut ? ROW_UNFINISHED : ROW_CHARACTER, w.len, w.cut ? 0 : w.columns};
}

static bool goes_back(enum row_kind kind)
{
    return kind >= ROW_RETURN && kind <= ROW_ERASE_ALL;
}

bool row_moves(const char *text, size_t n)
{
    if (memchr(text, '\r', n) != NULL || memchr(text, '\b', n) != NULL)
        return true;
    for (const char *p = text, *end = text + n; (p = memchr(p, 0x1b, (size_t)(end - p))) != NULL; p++) {
        if (goes_back(row_next(p, (size_t)(end - p), 0).kind))
            return true;
    }
    return false;
}

/* A column. One without text is blank; of a character of several columns, the first has all. */
struct cell {
    const char *text;
    size_t len;
    unsigned columns; /* 0: the character to the left reaches into this one */
    struct sgr sgr;
};

struct row {
    struct cell *cells;
    size_t room;
    unsigned end; /* of what stands there */
    unsigned at;  /* the cursor */
    struct sgr sgr;
    bool colored; /* there are colours to be kept */
};

static const struct cell blank = {.text = " ", .len = 1, .columns = 1};

static void reach(struct row *r, unsigned end)
{
    if (end > r->room) {
        r->room = end * 2;
        r->cells = mem_resize(r->cells, r->room * sizeof *r->cells);
    }
    while (r->end < end)
        r->cells[r->end++] = blank;
}

/* Blanks the character that has a part in column `i`. */
static void clear_at(struct row *r, unsigned i)
{
    unsigned columns;

    if (i >= r->end)
        return;
    while (r->cells[i].columns == 0)
        i--;
    columns = r->cells[i].columns;
    for (unsigned k = 0; k < columns; k++)
        r->cells[i + k] = blank;
}

static void put_character(struct row *r, const char *text, struct row_token t)
{
    for (unsigned i = 0; i < t.columns; i++)
        clear_at(r, r->at + i);
    reach(r, r->at + t.columns);
    for (unsigned i = 0; i < t.columns; i++)
        r->cells[r->at + i] = (struct cell){.sgr = r->sgr};
    r->cells[r->at].text = text;
    r->cells[r->at].len = t.len;
    r->cells[r->at].columns = t.columns;
    r->at += t.columns;
}

/* What takes no column belongs to the character it follows. */
static void join(struct row *r, const char *text, size_t n)
{
    unsigned i = r->at;

    if (i == 0 || i > r->end)
        return;
    do
        i--;
    while (r->cells[i].columns == 0);
    if (r->cells[i].text + r->cells[i].len == text)
        r->cells[i].len += n;
}

static void erase(struct row *r, bool all)
{
    if (r->at < r->end && r->cells[r->at].columns == 0)
        clear_at(r, r->at);
    if (r->at < r->end)
        r->end = r->at;
    for (unsigned i = 0; all && i < r->end; i++)
        r->cells[i] = blank;
}

static void put(struct row *r, const char *text, struct row_token t)
{
    switch (t.kind) {
    case ROW_CHARACTER:
        if (text[0] == '\t')
            reach(r, r->at += t.columns);
        else if (t.columns > 0)
            put_character(r, text, t);
        else
            join(r, text, t.len);
        break;
    case ROW_COLOR:
        sgr_scan(&r->sgr, text, t.len);
        r->colored = true;
        break;
    case ROW_CONTROL:
        join(r, text, t.len);
        break;
    case ROW_RETURN:
        r->at = 0;
        break;
    case ROW_BACK:
        r->at -= r->at > 0;
        break;
    case ROW_ERASE:
    case ROW_ERASE_ALL:
        erase(r, t.kind == ROW_ERASE_ALL);
        break;
    case ROW_UNFINISHED:
        break;
    }
}

struct out {
    char *text;
    size_t len, room;
    struct sgr sgr; /* as the terminal stands */
};

static void add(struct out *o, const char *text, size_t n)
{
    if (o->len + n > o->room) {
        o->room = (o->len + n) * 2;
        o->text = mem_resize(o->text, o->room);
    }
    if (n > 0)
        memcpy(o->text + o->len, text, n);
    o->len += n;
}

static void add_color(struct out *o, const struct row *r, const struct sgr *sgr)
{
    char text[SGR_TEXT];
    size_t n;

    if (!r->colored || sgr_same(&o->sgr, sgr))
        return;
    n = sgr_format(sgr, text);
    add(o, n > 0 ? text : SGR_RESET, n > 0 ? n : sizeof SGR_RESET - 1);
    o->sgr = *sgr;
}

/* Adds what stands in the columns up to `end`; returns where the last of it ends. */
static unsigned add_cells(struct out *o, const struct row *r, unsigned end)
{
    unsigned i = 0;

    while (i < end) {
        add_color(o, r, &r->cells[i].sgr);
        add(o, r->cells[i].text, r->cells[i].len);
        i += r->cells[i].columns;
    }
    return i;
}

static void trim(struct row *r)
{
    for (; r->end > r->at; r->end--) {
        const struct cell *c = &r->cells[r->end - 1];

        if (c->columns != 1 || c->len != 1 || c->text[0] != ' ' || !sgr_same(&c->sgr, &blank.sgr))
            return;
    }
}

char *row_flat(const char *text, size_t n, const struct sgr *before, bool cursor, size_t *len)
{
    struct row r = {.sgr = *before};
    struct out o = {.text = mem_alloc(n + 1), .room = n + 1, .sgr = *before};
    size_t i = 0;

    *len = n;
    if (!row_moves(text, n))
        return memcpy(o.text, text, n);
    while (i < n) {
        struct row_token t = row_next(text + i, n - i, r.at);

        if (t.kind == ROW_UNFINISHED)
            break;
        put(&r, text + i, t);
        i += t.len;
    }
    trim(&r);
    add_cells(&o, &r, r.end);
    if (cursor && r.at < r.end) {
        add(&o, "\r", 1);
        for (unsigned at = add_cells(&o, &r, r.at); at > r.at; at--)
            add(&o, "\b", 1);
    }
    add_color(&o, &r, &r.sgr);
    add(&o, text + i, n - i);
    free(r.cells);
    *len = o.len;
    return o.text;
}
